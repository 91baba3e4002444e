"""A ticket that a person asks for: of exactly the text they saw, and at most once.

The action catalogue makes it, with its mark in the tracker and an intent in the ledger, as for every other effect. No
plan is held for it: whoever asks is the person, and a ticket changes nothing that runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fermata.domain.action import ActionResult, BlastRadius, DryRun, Outcome, PlannedAction
from fermata.domain.entity import Entity
from fermata.domain.execution import Intent
from fermata.domain.ids import ActionId, IncidentId, PlanId
from fermata.domain.journal import JournalEvent
from fermata.domain.person import Actor
from fermata.flows.boundary import contain
from fermata.flows.context import FlowContext
from fermata.kit.errors import ForbiddenError, UserError
from fermata.kit.ids import derive_id
from fermata.kit.redaction import redact
from fermata.ports.action import ExecutionKey
from fermata.ports.store import Transaction
from fermata.ports.tracker.create import CreateIssueAction


@dataclass(frozen=True, slots=True)
class Subject:
    """What a ticket is about. Of one subject one ticket is made."""

    words: str
    """As `this item`."""
    parts: tuple[str, ...]
    """What tells it from every other; ids are derived from them."""
    digest: str
    """Of the same, as the tracker's mark carries it."""
    incident_id: IncidentId | None = None


@dataclass(frozen=True, slots=True)
class TicketDraft:
    """A ticket as it would be made."""

    subject: Subject
    action: PlannedAction
    key: ExecutionKey
    found: Intent | None
    """An attempt that was begun before, and has not certainly failed."""

    @property
    def target(self) -> Entity:
        """Return where."""
        return self.action.target

    @property
    def words(self) -> str:
        """Return what is shown of it: its whole text, or that it was begun before."""
        return self.action.dry_run.diff or self.action.dry_run.note


def list_targets(context: FlowContext) -> tuple[Entity, ...]:
    """Return where tickets can be made: projects, teams and repositories of the trackers and forges in the settings."""
    return tuple(target for maker in _list_makers(context) for target in maker.targets)


def find_target(context: FlowContext, place: str, otherwise: str) -> Entity:
    """Return the place that a person names, or the one that there is.

    Args:
        place: `jira:project/SHOP`, `github:repository/shop/checkout`, or short `jira:SHOP`, `github:shop/checkout`.
        otherwise: What to do where there is no place at all.

    Raises:
        UserError: There is no such place, or none was named and there are several.
    """
    targets = list_targets(context)
    matches = [found for maker in _list_makers(context) if (found := maker.match(place)) is not None]
    if matches:
        return matches[0]
    if not place and len(targets) == 1:
        return targets[0]
    raise UserError(
        f"{place} is no place for tickets" if place else "Where should the ticket be made?",
        why=f"there are {', '.join(target.ref for target in targets)}" if targets else "no tracker is in the settings",
        do="Name one with --to" if targets else otherwise,
    )


async def draft_ticket(context: FlowContext, target: Entity, text: Mapping[str, str], subject: Subject) -> TicketDraft:
    """Return the ticket, computed by the tracker itself. Changes nothing.

    Args:
        text: Its `title` and `description`.

    Raises:
        UserError: The tracker cannot take it, or an open one says the same.
        OperationalError: The tracker cannot be asked.
    """
    maker = context.actions[f"{target.system}.create_issue"]
    parameters = maker.validate(target, text)
    found, key = await context.store.read(lambda transaction: _find_attempt(transaction, subject))
    # What was begun is asked after, not computed anew: its own ticket would look like somebody else's twin.
    dry_run = _tell_begun(target, subject.words) if found is not None else await maker.dry_run(target, parameters)
    action = PlannedAction(
        id=key.action_id,
        name=maker.spec.name,
        target=target,
        parameters=parameters,
        risk=maker.spec.risk,
        dry_run=dry_run,
    )
    return TicketDraft(subject, action, key, found)


async def file_ticket(
    context: FlowContext, draft: TicketDraft, by: Actor, note: Callable[[Transaction, ActionResult], None]
) -> ActionResult:
    """Make the ticket that was shown, at most once.

    Args:
        note: Journals what became of it, in the transaction that settles the attempt.

    Raises:
        ForbiddenError: Whoever asks is nobody of the settings.
        GuardRefused: Everything is halted.
    """
    refuse_stranger(by)
    context.halt.refuse()
    subject, action, key = draft.subject, draft.action, draft.key
    maker = context.actions[action.name]
    intent = Intent(
        action_id=key.action_id,
        plan_id=PlanId(derive_id("plan", *subject.parts)),  # None is held, and the ledger wants one.
        plan_digest=key.plan_digest,
        action_name=action.name,
        target=action.target,
        intended_at=context.clock.now(),
    )
    if await context.store.write(lambda transaction: _intend(transaction, intent, by, subject.incident_id)):
        done = await contain(action.name, lambda: maker.execute(action, key))
    else:
        began = draft.found.intended_at if draft.found is not None else intent.intended_at
        done = await contain(action.name, lambda: maker.probe(action, key, began))
    detail = f"Whether the ticket was made is not known: {done.failure}"
    result = done.value or ActionResult(outcome=Outcome.UNKNOWN, detail=redact(detail).text, at=context.clock.now())

    def record(transaction: Transaction) -> None:
        transaction.ledger.settle(key.action_id, result.outcome, result.detail, result.at)
        note(transaction, result)

    await context.store.write(record)
    context.meters.actions.labels(action.name, result.outcome.value).inc()
    return result


def refuse_stranger(by: Actor) -> None:
    """Refuse a ticket to whoever is nobody of the settings.

    Raises:
        ForbiddenError: As said.
    """
    if by.kind != "person":
        raise ForbiddenError(
            "No ticket was made",
            why=f"{by.id} is nobody of the settings",
            do="Add them under people:, with this handle",
        )


def _list_makers(context: FlowContext) -> list[CreateIssueAction]:
    return [action for action in context.actions.values() if isinstance(action, CreateIssueAction)]


def _tell_begun(target: Entity, about: str) -> DryRun:
    return DryRun(
        possible=False,
        note=f"A ticket for {about} was begun before; the tracker is asked whether it is there",
        observed_version="begun before",
        blast_radius=BlastRadius(count=1, entities=(target.ref,), text="the ticket that was begun"),
        undo_text="Nothing is made anew",
    )


def _find_attempt(transaction: Transaction, subject: Subject) -> tuple[Intent | None, ExecutionKey]:
    """Return an attempt that may have made the ticket, or the next one's key: what surely failed may go again."""
    number = 0
    while True:
        key = ExecutionKey(ActionId(derive_id("act", *subject.parts, str(number))), subject.digest)
        found = transaction.ledger.find(key.action_id)
        if found is None or found.outcome is not Outcome.FAILED:
            return found, key
        number += 1


def _intend(transaction: Transaction, intent: Intent, by: Actor, incident_id: IncidentId | None) -> bool:
    if not transaction.ledger.intend(intent):
        return False
    data = {"action_id": intent.action_id, "action": intent.action_name, "target": intent.target.ref}
    data |= {"plan_digest": intent.plan_digest}
    event = JournalEvent(kind="action.intended", actor=by, incident_id=incident_id, data=data)
    transaction.journal.append(event, intent.intended_at)
    return True
