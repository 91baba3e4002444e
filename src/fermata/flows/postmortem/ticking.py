"""A ticked action becomes a ticket: by a person's word, of exactly the text they saw, and once.

The action catalogue makes it, with its mark in the tracker and an intent in the ledger, as for every other effect. No
plan is held for it: whoever ticks is the person, and a ticket changes nothing that runs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from fermata.domain.action import ActionResult, BlastRadius, DryRun, Outcome, PlannedAction
from fermata.domain.entity import Entity
from fermata.domain.execution import Intent
from fermata.domain.ids import ActionId, IncidentId, PlanId
from fermata.domain.journal import JournalEvent
from fermata.domain.person import Actor
from fermata.domain.postmortem import Postmortem
from fermata.flows.boundary import contain
from fermata.flows.context import FlowContext
from fermata.flows.postmortem.editing import get_postmortem
from fermata.kit.digest import compute_digest
from fermata.kit.errors import ForbiddenError, NotFoundError, TransientError, UserError
from fermata.kit.ids import derive_id
from fermata.kit.redaction import redact
from fermata.ports.action import ExecutionKey
from fermata.ports.store import Transaction
from fermata.ports.tracker.create import CreateIssueAction
from fermata.rules.ticks import Box, BoxKind, list_boxes, tick

_TRIES = 3
_LONGEST_TITLE = 200
_URL = re.compile(r"https?://[^\s<>\"')\]]+")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A ticket as it would be made."""

    incident_id: IncidentId
    box: Box
    target: Entity
    action: PlannedAction
    key: ExecutionKey
    found: Intent | None
    """An attempt that was begun before, and has not certainly failed."""

    @property
    def words(self) -> str:
        """Return what is shown of it: its whole text, or that it was begun before."""
        return self.action.dry_run.diff or self.action.dry_run.note


@dataclass(frozen=True, slots=True)
class Ticked:
    """What became of it."""

    result: ActionResult
    url: str
    """Of the ticket; empty when there is none, or nobody knows."""
    postmortem: Postmortem


def list_actions(postmortem: Postmortem) -> tuple[Box, ...]:
    """Return the action items of a post-mortem as people left them."""
    return tuple(box for box in list_boxes(postmortem.text) if box.kind is BoxKind.ACTION)


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


async def prepare_ticket(context: FlowContext, incident_id: IncidentId, item: str, place: str = "") -> Prepared:
    """Return the ticket of an action item, computed by the tracker itself. Changes nothing.

    Args:
        item: The action item's id.
        place: Where to make it, as for `find_target`; it may be left out when there is one place only.

    Raises:
        NotFoundError: There is no such post-mortem, or no such item in it.
        UserError: It is a ticket already, no tracker can take it, or an open one says the same.
        OperationalError: The tracker cannot be asked.
    """
    postmortem = await get_postmortem(context, incident_id)
    box = _find_box(postmortem, item)
    target = find_target(context, place, "Make it yourself, and note its link with --link")
    maker = context.actions[f"{target.system}.create_issue"]
    title = redact(box.text).text
    parameters = maker.validate(
        target,
        {
            "title": title if len(title) <= _LONGEST_TITLE else f"{title[: _LONGEST_TITLE - 3].rstrip()}...",
            "description": _describe(context, postmortem, title),
        },
    )
    found, key = await context.store.read(lambda transaction: _find_attempt(transaction, incident_id, item))
    # What was begun is asked after, not computed anew: its own ticket would look like somebody else's twin.
    dry_run = _begun(target) if found is not None else await maker.dry_run(target, parameters)
    action = PlannedAction(
        id=key.action_id,
        name=maker.spec.name,
        target=target,
        parameters=parameters,
        risk=maker.spec.risk,
        dry_run=dry_run,
    )
    return Prepared(incident_id, box, target, action, key, found)


async def make_ticket(context: FlowContext, prepared: Prepared, by: Actor) -> Ticked:
    """Make the ticket that was shown, at most once, and note it in the post-mortem.

    Raises:
        ForbiddenError: Whoever ticks is nobody of the settings.
        GuardRefused: Everything is halted.
    """
    _refuse_stranger(by)
    context.halt.refuse()
    maker = context.actions[prepared.action.name]
    intent = Intent(
        action_id=prepared.key.action_id,
        plan_id=PlanId(derive_id("plan", prepared.incident_id, prepared.box.id)),
        plan_digest=prepared.key.plan_digest,
        action_name=prepared.action.name,
        target=prepared.target,
        intended_at=context.clock.now(),
    )
    is_first = await context.store.write(lambda transaction: _intend(transaction, prepared, intent, by))
    if is_first:
        done = await contain(prepared.action.name, lambda: maker.execute(prepared.action, prepared.key))
    else:
        began = prepared.found.intended_at if prepared.found is not None else intent.intended_at
        done = await contain(prepared.action.name, lambda: maker.probe(prepared.action, prepared.key, began))
    detail = f"Whether the ticket was made is not known: {done.failure}"
    result = done.value or ActionResult(outcome=Outcome.UNKNOWN, detail=redact(detail).text, at=context.clock.now())
    return await _record(context, prepared, result, by)


async def link_ticket(context: FlowContext, incident_id: IncidentId, item: str, url: str, by: Actor) -> Postmortem:
    """Tick an action item with a ticket that a person made themselves, wherever that is.

    Raises:
        NotFoundError: There is no such post-mortem, or no such item in it.
        UserError: That is no web address, or the item is a ticket already.
        ForbiddenError: Whoever ticks is nobody of the settings.
    """
    _refuse_stranger(by)
    if not _URL.fullmatch(url):
        raise UserError("That is no web address", do="Give the ticket's link, https://...")
    _find_box(await get_postmortem(context, incident_id), item)
    return await _note(context, incident_id, item, url, by)


def _begun(target: Entity) -> DryRun:
    return DryRun(
        possible=False,
        note="A ticket for this item was begun before; the tracker is asked whether it is there",
        observed_version="begun before",
        blast_radius=BlastRadius(count=1, entities=(target.ref,), text="the ticket that was begun"),
        undo_text="Nothing is made anew",
    )


def _refuse_stranger(by: Actor) -> None:
    if by.kind != "person":
        raise ForbiddenError(
            "No ticket was made",
            why=f"{by.id} is nobody of the settings",
            do="Add them under people:, with this handle",
        )


def _find_box(postmortem: Postmortem, item: str) -> Box:
    known = {box.id: box for box in list_actions(postmortem)}
    if item not in known:
        raise NotFoundError(
            f"{postmortem.incident_id} has no action item {item[:80]}",
            why=f"its items are {', '.join(known)}" if known else "it has none",
            do="Write one under Actions, `- [ ] ...`, or name another",
        )
    if url := postmortem.ticks.get(item):
        raise UserError(f"That action item is a ticket already: {url}", do="Follow it there")
    return known[item]


def _list_makers(context: FlowContext) -> list[CreateIssueAction]:
    return [action for action in context.actions.values() if isinstance(action, CreateIssueAction)]


def _describe(context: FlowContext, postmortem: Postmortem, title: str) -> str:
    page = f"{context.public_url}/postmortems/{quote(postmortem.incident_id)}" if context.public_url else ""
    return "\n\n".join(filter(None, [title, f"An action item of the post-mortem of {postmortem.incident_id}.", page]))


def _find_attempt(transaction: Transaction, incident_id: IncidentId, item: str) -> tuple[Intent | None, ExecutionKey]:
    """Return an attempt that may have made the ticket, or the next one's key: what surely failed may go again."""
    digest = compute_digest({"incident": incident_id, "item": item})
    number = 0
    while True:
        key = ExecutionKey(ActionId(derive_id("act", incident_id, item, str(number))), digest)
        found = transaction.ledger.find(key.action_id)
        if found is None or found.outcome is not Outcome.FAILED:
            return found, key
        number += 1


def _intend(transaction: Transaction, prepared: Prepared, intent: Intent, by: Actor) -> bool:
    if not transaction.ledger.intend(intent):
        return False
    data = {"action_id": intent.action_id, "action": intent.action_name, "target": intent.target.ref}
    event = JournalEvent(
        kind="action.intended",
        actor=by,
        incident_id=prepared.incident_id,
        data=data | {"plan_digest": intent.plan_digest},
    )
    transaction.journal.append(event, intent.intended_at)
    return True


async def _record(context: FlowContext, prepared: Prepared, result: ActionResult, by: Actor) -> Ticked:
    def work(transaction: Transaction) -> None:
        transaction.ledger.settle(prepared.key.action_id, result.outcome, result.detail, result.at)
        data = {"item": prepared.box.id, "action_id": prepared.key.action_id, "target": prepared.target.ref}
        data |= {"outcome": result.outcome.value, "detail": result.detail}
        event = JournalEvent(kind="postmortem.ticked", actor=by, incident_id=prepared.incident_id, data=data)
        transaction.journal.append(event, context.clock.now())

    await context.store.write(work)
    context.meters.actions.labels(prepared.action.name, result.outcome.value).inc()
    if result.outcome is not Outcome.DONE:
        return Ticked(result, "", await get_postmortem(context, prepared.incident_id))
    match = _URL.search(result.detail)
    url = match[0] if match else ""
    return Ticked(result, url, await _note(context, prepared.incident_id, prepared.box.id, url, by))


def _save(transaction: Transaction, noted: Postmortem, by: Actor) -> bool:
    if not transaction.postmortems.save(noted):
        return False
    data = {"version": noted.version}
    event = JournalEvent(kind="postmortem.edited", actor=by, incident_id=noted.incident_id, data=data)
    transaction.journal.append(event, noted.updated_at)
    return True


async def _note(context: FlowContext, incident_id: IncidentId, item: str, url: str, by: Actor) -> Postmortem:
    """Tick the item's box, with the ticket's link."""
    for _ in range(_TRIES):
        current = await get_postmortem(context, incident_id)
        now = context.clock.now()
        noted = current.model_copy(
            update={
                "version": current.version + 1,
                "text": tick(current.text, BoxKind.ACTION, item, f"[ticket]({url})" if url else ""),
                "ticks": {**current.ticks, item: url},
                "updated_at": now,
                "updated_by": by.id,
            }
        )
        if await context.store.write(lambda transaction: _save(transaction, noted, by)):  # noqa: B023 - awaited here
            return noted
    raise TransientError(
        f"The ticket is made, and {incident_id} does not say so yet",
        why="Others saved the post-mortem each time",
        do=f"Tick it again: nothing is made twice. {url}",
    )
