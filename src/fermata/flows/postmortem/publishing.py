"""A post-mortem leaves the house: by a person's word, without secrets, and without what was deleted until that moment.

Receipts are rows: the next export updates the same page, and knows what people changed there since.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from fermata.domain.ids import IncidentId
from fermata.domain.journal import JournalEvent
from fermata.domain.person import Actor
from fermata.domain.postmortem import Postmortem
from fermata.flows.context import FlowContext
from fermata.flows.postmortem.editing import get_postmortem
from fermata.flows.postmortem.file_sources import list_file_sources
from fermata.flows.postmortem.final_form import find_case, make_document, read_document, read_text
from fermata.flows.postmortem.front_matter import refuse_broken_front
from fermata.flows.postmortem.gone_now import find_gone
from fermata.flows.postmortem.markdown_file import MarkdownFile
from fermata.flows.postmortem.recheck import find_deleted, strike_deleted
from fermata.kit.clock import is_within
from fermata.kit.errors import ForbiddenError, TransientError, UserError
from fermata.ports.publisher import Document, Order, Published, Publisher, Receipt
from fermata.ports.store import Transaction
from fermata.ports.system import System

RECEIPTS = "postmortem.receipt:"
"""Prefix of the names that receipts are kept under."""
_TURN = "postmortem.publishing:"
_LONGEST_TURN = timedelta(minutes=10)
"""After it a turn that nobody gave back belongs to a process that ended."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to."""

    text: str
    """`confluence:OPS`."""
    publisher: Publisher
    place: str


def find_target(systems: Mapping[str, System], text: str) -> Target:
    """Return where a target leads, `<system>:<place>` or `markdown:<file>`.

    Raises:
        UserError: No system of the settings publishes under that name; those that do are named with their places.
    """
    found = [publisher for system in systems.values() if (publisher := system.find_publisher()) is not None]
    publishers: dict[str, Publisher] = {publisher.name: publisher for publisher in (MarkdownFile(), *found)}
    name, _, place = text.partition(":")
    if name == MarkdownFile.name and place:
        # The same file from whatever folder it is named.
        place = str(Path(place).absolute())
    if name in publishers and place:
        return Target(f"{name}:{place}", publishers[name], place)
    known = [f"{one.name}:{place}" for one in publishers.values() for place in one.list_places() or ("FILE",)]
    raise UserError(
        f"{text!r} is no place to export to",
        why=f"There are {', '.join(known)}",
        do="Name one of them; others come with their sections in the settings",
    )


async def publish_postmortem(
    context: FlowContext, incident_id: IncidentId, target: Target, by: Actor, *, is_forced: bool = False
) -> Published:
    """Publish an incident's post-mortem as people left it.

    Args:
        is_forced: Overwrite what people changed at the target since.

    Raises:
        NotFoundError: None was drafted yet.
        ForbiddenError: Whoever asks is nobody of the settings.
        GuardRefused: Everything is halted.
        UserError: There is no such place, or it holds something else; or the first lines are no YAML.
        OperationalError: The service cannot be asked, or refuses.
        TransientError: It is being published there right now.
    """
    _refuse(context, target, by)
    postmortem = await get_postmortem(context, incident_id)
    refuse_broken_front(postmortem.text, f"The post-mortem of {incident_id}")
    gone = await find_gone(context, postmortem)
    if gone.ids:
        text = strike_deleted(postmortem.text, postmortem.sources, gone.ids).text
        postmortem = postmortem.model_copy(update={"text": text})
    published = await _publish(context, make_document(postmortem), target, by, is_forced=is_forced)
    gaps = tuple(f"Whether messages were deleted while nobody listened is not known: {gap}" for gap in gone.gaps)
    return replace(published, notes=(*published.notes, *gaps))


async def publish_file(
    context: FlowContext, path: Path, target: Target, by: Actor, *, is_forced: bool = False
) -> Published:
    """Publish a draft that is a file, as people left it.

    What was deleted since goes out of it where it was drafted from rooms that are observed here.

    Raises:
        UserError: The file cannot be read, or its first lines are no YAML; else as `publish_postmortem`.
    """
    _refuse(context, target, by)
    text = read_text(path)
    refuse_broken_front(text, str(path))

    def strike(transaction: Transaction) -> str:
        # As it is stored: one that was rechecked does not tell any more what was deleted. Its sources have the words.
        found: Postmortem | None = transaction.postmortems.find(IncidentId(find_case(text)))
        left = strike_deleted(text, found.sources, find_deleted(transaction, found)).text if found else text
        # Soon after a deletion nothing stored tells of the message any more, but for its key.
        listed = list_file_sources(left, context.observing.list_places())
        return strike_deleted(left, listed, transaction.trail.list_forgotten(list(listed))).text

    document = read_document(path, await context.store.read(strike))
    return await _publish(context, document, target, by, is_forced=is_forced)


def _refuse(context: FlowContext, target: Target, by: Actor) -> None:
    if isinstance(target.publisher, MarkdownFile):
        return  # A file of one's own leaves nothing: the same words can be printed.
    if by.kind != "person":
        raise ForbiddenError(
            "Nothing was exported",
            why=f"{by.id} is nobody of the settings",
            do="Add them under people:, with this handle",
        )
    context.halt.refuse()


async def _publish(
    context: FlowContext, document: Document, target: Target, by: Actor, *, is_forced: bool
) -> Published:
    name = f"{document.key}>{target.text}"
    async with _take_turn(context, name):
        stored = await context.store.read(lambda transaction: transaction.flags.find(f"{RECEIPTS}{name}"))
        receipt = Receipt.model_validate(stored) if stored is not None else None
        published = await target.publisher.publish(Order(target.place, document, receipt, is_forced))
        await context.store.write(
            lambda transaction: _note(transaction, name, document, published, by, context.clock.now())
        )
    return published


@asynccontextmanager
async def _take_turn(context: FlowContext, name: str) -> AsyncIterator[None]:
    """Let one at a time publish a document to a place: two at once would make two pages where nothing forbids it."""
    now = context.clock.now()

    def take(transaction: Transaction) -> bool:
        held = transaction.flags.find(f"{_TURN}{name}")
        if held is not None and is_within(_LONGEST_TURN, datetime.fromisoformat(held["at"]), now):
            return False
        transaction.flags.put(f"{_TURN}{name}", {"at": now.isoformat()})
        return True

    if not await context.store.write(take):
        raise TransientError(
            "Nothing was exported", why="It is being exported there right now", do="Wait until that is done"
        )
    try:
        yield
    finally:
        await context.store.write(lambda transaction: transaction.flags.remove(f"{_TURN}{name}"))


def _note(
    transaction: Transaction, name: str, document: Document, published: Published, by: Actor, now: datetime
) -> None:
    if published.receipt is not None:
        transaction.flags.put(f"{RECEIPTS}{name}", published.receipt.to_json())
    known = transaction.postmortems.find(IncidentId(document.key))
    data = {
        "key": document.key,
        "target": name.partition(">")[2],
        "state": published.state.value,
        "url": published.url,
        "digest": document.digest,
    }
    incident_id = known.incident_id if known is not None else None
    transaction.journal.append(
        JournalEvent(kind="postmortem.exported", actor=by, incident_id=incident_id, data=data), now
    )
