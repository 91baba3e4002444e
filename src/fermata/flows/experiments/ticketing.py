"""A collapse becomes a ticket: by a person's word, of exactly the text they saw, and once for each rehearsal.

As for the action items of a post-mortem no plan is held for it: whoever files it is the person, and a ticket changes
nothing that runs.
"""

from __future__ import annotations

from dataclasses import dataclass

from fermata.domain.action import ActionResult, BlastRadius, DryRun, Outcome, PlannedAction
from fermata.domain.entity import Entity
from fermata.domain.execution import Intent
from fermata.domain.ids import ActionId, PlanId
from fermata.domain.journal import JournalEvent
from fermata.domain.person import Actor
from fermata.flows.boundary import contain
from fermata.flows.context import FlowContext
from fermata.flows.experiments.holding import ExperimentView
from fermata.flows.experiments.report import draft_ticket
from fermata.flows.postmortem.ticking import find_target
from fermata.kit.errors import ForbiddenError, UserError
from fermata.kit.ids import derive_id
from fermata.kit.redaction import redact
from fermata.ports.action import ExecutionKey
from fermata.ports.store import Transaction


@dataclass(frozen=True, slots=True)
class Prepared:
    """A ticket as it would be made."""

    held_id: str
    action: PlannedAction
    key: ExecutionKey
    found: Intent | None
    """An attempt that was begun before, and has not certainly failed."""

    @property
    def words(self) -> str:
        """Return what is shown of it: its whole text, or that it was begun before."""
        return self.action.dry_run.diff or self.action.dry_run.note


async def prepare_ticket(context: FlowContext, view: ExperimentView, place: str = "") -> Prepared:
    """Return the ticket of a collapse, computed by the tracker itself. Changes nothing.

    Args:
        place: Where to make it, as for a post-mortem's ticket; it may be left out when there is one place only.

    Raises:
        UserError: It did not collapse, no tracker can take it, or an open one says the same.
        OperationalError: The tracker cannot be asked.
    """
    drafted = draft_ticket(view)
    if drafted is None:
        raise UserError(f"There is no ticket in {view.held.id}", why="it did not collapse", do="See its report")
    target = find_target(context, place, "File what `fermata chaos report --ticket` prints yourself")
    maker = context.actions[f"{target.system}.create_issue"]
    text = {"title": redact(drafted.title).text, "description": redact(drafted.body).text}
    parameters = maker.validate(target, text)
    found, key = await context.store.read(lambda transaction: _find_attempt(transaction, view))
    dry_run = _tell_begun(target) if found is not None else await maker.dry_run(target, parameters)
    action = PlannedAction(
        id=key.action_id,
        name=maker.spec.name,
        target=target,
        parameters=parameters,
        risk=maker.spec.risk,
        dry_run=dry_run,
    )
    return Prepared(view.held.id, action, key, found)


async def make_ticket(context: FlowContext, prepared: Prepared, by: Actor) -> ActionResult:
    """Make the ticket that was shown, at most once.

    Raises:
        ForbiddenError: Whoever files it is nobody of the settings.
        GuardRefused: Everything is halted.
    """
    if by.kind != "person":
        raise ForbiddenError(
            "No ticket was made", why=f"{by.id} is nobody of the settings", do="Add them under people:"
        )
    context.halt.refuse()
    action, key = prepared.action, prepared.key
    maker = context.actions[action.name]
    intent = Intent(
        action_id=key.action_id,
        plan_id=PlanId(derive_id("plan", prepared.held_id)),
        plan_digest=key.plan_digest,
        action_name=action.name,
        target=action.target,
        intended_at=context.clock.now(),
    )
    if await context.store.write(lambda transaction: _intend(transaction, intent, by)):
        done = await contain(action.name, lambda: maker.execute(action, key))
    else:
        began = prepared.found.intended_at if prepared.found is not None else intent.intended_at
        done = await contain(action.name, lambda: maker.probe(action, key, began))
    detail = f"Whether the ticket was made is not known: {done.failure}"
    result = done.value or ActionResult(outcome=Outcome.UNKNOWN, detail=redact(detail).text, at=context.clock.now())
    await context.store.write(lambda transaction: _record(transaction, prepared, result, by))
    context.meters.actions.labels(action.name, result.outcome.value).inc()
    return result


def _tell_begun(target: Entity) -> DryRun:
    return DryRun(
        possible=False,
        note="A ticket for this rehearsal was begun before; the tracker is asked whether it is there",
        observed_version="begun before",
        blast_radius=BlastRadius(count=1, entities=(target.ref,), text="the ticket that was begun"),
        undo_text="Nothing is made anew",
    )


def _find_attempt(transaction: Transaction, view: ExperimentView) -> tuple[Intent | None, ExecutionKey]:
    """Return an attempt that may have made the ticket, or the next one's key: what surely failed may go again."""
    number = 0
    while True:
        key = ExecutionKey(ActionId(derive_id("act", view.held.id, "ticket", str(number))), view.held.digest)
        found = transaction.ledger.find(key.action_id)
        if found is None or found.outcome is not Outcome.FAILED:
            return found, key
        number += 1


def _intend(transaction: Transaction, intent: Intent, by: Actor) -> bool:
    if not transaction.ledger.intend(intent):
        return False
    data = {"action_id": intent.action_id, "action": intent.action_name, "target": intent.target.ref}
    event = JournalEvent(kind="action.intended", actor=by, data=data | {"plan_digest": intent.plan_digest})
    transaction.journal.append(event, intent.intended_at)
    return True


def _record(transaction: Transaction, prepared: Prepared, result: ActionResult, by: Actor) -> None:
    transaction.ledger.settle(prepared.key.action_id, result.outcome, result.detail, result.at)
    data = {"experiment_id": prepared.held_id, "action_id": prepared.key.action_id}
    data |= {"target": prepared.action.target.ref, "outcome": result.outcome.value, "detail": result.detail}
    transaction.journal.append(JournalEvent(kind="experiment.ticketed", actor=by, data=data), result.at)
