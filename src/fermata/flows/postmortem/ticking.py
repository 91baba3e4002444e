"""A ticked action becomes a ticket: by a person's word, of exactly the text they saw, and once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from fermata.domain.action import ActionResult, Outcome
from fermata.domain.ids import IncidentId
from fermata.domain.journal import JournalEvent
from fermata.domain.person import Actor
from fermata.domain.postmortem import Postmortem
from fermata.flows.context import FlowContext
from fermata.flows.postmortem.editing import get_postmortem
from fermata.flows.tickets import Subject, TicketDraft, draft_ticket, file_ticket, find_target, refuse_stranger
from fermata.kit.digest import compute_digest
from fermata.kit.errors import NotFoundError, TransientError, UserError
from fermata.kit.redaction import redact
from fermata.ports.store import Transaction
from fermata.rules.ticks import Box, BoxKind, list_boxes, tick

_TRIES = 3
_LONGEST_TITLE = 200
_URL = re.compile(r"https?://[^\s<>\"')\]]+")


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


async def prepare_ticket(context: FlowContext, incident_id: IncidentId, item: str, place: str = "") -> TicketDraft:
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
    title = redact(box.text).text
    text = {
        "title": title if len(title) <= _LONGEST_TITLE else f"{title[: _LONGEST_TITLE - 3].rstrip()}...",
        "description": _describe(context, postmortem, title),
    }
    subject = Subject(
        words="this item",
        parts=(incident_id, item),
        digest=compute_digest({"incident": incident_id, "item": item}),
        incident_id=incident_id,
    )
    return await draft_ticket(context, target, text, subject)


async def make_ticket(context: FlowContext, draft: TicketDraft, by: Actor) -> Ticked:
    """Make the ticket that was shown, at most once, and note it in the post-mortem.

    Raises:
        ForbiddenError: Whoever ticks is nobody of the settings.
        GuardRefused: Everything is halted.
    """
    incident_id, item = IncidentId(draft.subject.parts[0]), draft.subject.parts[1]

    def note(transaction: Transaction, result: ActionResult) -> None:
        data = {"item": item, "action_id": draft.key.action_id, "target": draft.target.ref}
        data |= {"outcome": result.outcome.value, "detail": result.detail}
        event = JournalEvent(kind="postmortem.ticked", actor=by, incident_id=incident_id, data=data)
        transaction.journal.append(event, result.at)

    result = await file_ticket(context, draft, by, note)
    if result.outcome is not Outcome.DONE:
        return Ticked(result, "", await get_postmortem(context, incident_id))
    match = _URL.search(result.detail)
    url = match[0] if match else ""
    return Ticked(result, url, await _note(context, incident_id, item, url, by))


async def link_ticket(context: FlowContext, incident_id: IncidentId, item: str, url: str, by: Actor) -> Postmortem:
    """Tick an action item with a ticket that a person made themselves, wherever that is.

    Raises:
        NotFoundError: There is no such post-mortem, or no such item in it.
        UserError: That is no web address, or the item is a ticket already.
        ForbiddenError: Whoever ticks is nobody of the settings.
    """
    refuse_stranger(by)
    if not _URL.fullmatch(url):
        raise UserError("That is no web address", do="Give the ticket's link, https://...")
    _find_box(await get_postmortem(context, incident_id), item)
    return await _note(context, incident_id, item, url, by)


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


def _describe(context: FlowContext, postmortem: Postmortem, title: str) -> str:
    page = f"{context.public_url}/postmortems/{quote(postmortem.incident_id)}" if context.public_url else ""
    return "\n\n".join(filter(None, [title, f"An action item of the post-mortem of {postmortem.incident_id}.", page]))


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
