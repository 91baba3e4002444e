"""The silent observer: hears what is said in its rooms, hides secrets, keeps it for a while, forgets what is deleted.

It never speaks. What it is told is written in batches: while one is written the next one gathers, so that a bot that
posts fifty lines a second costs a few transactions, and a click never waits for more than one of them.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from fermata.domain.heard import HeardMessage, HeardPerson
from fermata.domain.record import Instant
from fermata.flows.boundary import Contained, contain
from fermata.flows.clock_note import note_clock
from fermata.flows.context import FlowContext
from fermata.kit.errors import FermataError, TransientError
from fermata.kit.log import get_log
from fermata.kit.redaction import redact
from fermata.ports.store import Transaction
from fermata.ports.trail_rows import ForgottenLine
from fermata.rules.quotes import list_plain_lines, strike_quotes

_log = get_log("observer")
_BATCH = 500
"""Told things in one transaction: on a slow disk a few tenths of a second."""
_MOST_WAITING = 10_000
"""Told things in memory. Beyond them the service is asked to come again: a store that is gone must not fill memory."""
_LONGEST_TEXT = 40_000
"""Characters of a message; Slack's own limit is 40,000 (chat.postMessage), Discord's 4,000."""
_MOST_FILES = 20
_SWEPT = 500
"""Rows of each kind that one sweep removes in one transaction."""
DELETED = "observer/deleted/"
"""Flags that name messages which were deleted, and may still stand in a post-mortem."""
_SALT = "observer/salt"
_MISSED = "observer/missed/"
_SWEPT_ROOMS = "observer/rooms"
"""The rooms that were observed when those of others were removed."""

_Work = Callable[[Transaction], None]


@dataclass(frozen=True, slots=True)
class _Told:
    """One thing that a listener told, until it is written."""

    platform: str
    what: str
    """For the counters: `message`, `deletion`, `reaction`, `pin` or `person`."""
    item: HeardMessage | HeardPerson | _Work
    done: asyncio.Future[None]


class Watch:
    """`ports.observer.Observer` over the store. Called on one event loop."""

    def __init__(self, context: FlowContext) -> None:
        self._context = context
        self._waiting: list[_Told] = []
        self._writing: asyncio.Task[None] | None = None
        self._missed: dict[str, datetime] = {}

    def wants(self, platform: str, room: str) -> bool:
        """Answer whether this room is observed. Does no I/O."""
        return self._context.observing.covers(platform, room)

    async def hear(self, message: HeardMessage) -> None:
        """Keep a message, or its younger form, redacted.

        Raises:
            OperationalError: The store cannot take it; the service must bring it again.
        """
        await self._tell(message.platform, "message", message)

    async def forget(self, platform: str, room: str, message_id: str, at: Instant) -> None:
        """Remove a deleted message for good, and remember only that it was deleted, and digests of its lines.

        Raises:
            OperationalError: The store cannot take it.
        """

        def work(transaction: Transaction) -> None:
            was = transaction.trail.forget(platform, room, message_id, at)
            transaction.flags.put(f"{DELETED}{platform}:{room}/{message_id}", {})
            if was is not None:
                _forget_lines(transaction, was, None, at)

        await self._tell(platform, "deletion", work)

    async def react(self, platform: str, room: str, message_id: str, *, name: str, user: str, present: bool) -> None:
        """Note that somebody's reaction is there, or is no longer. What comes last counts."""
        key, at = f"{platform}:{room}/{message_id}", self._context.clock.now()
        await self._tell(
            platform, "reaction", lambda rows: rows.trail.react(key, name=name, user=user, present=present, at=at)
        )

    async def pin(self, platform: str, room: str, message_id: str, *, present: bool) -> None:
        """Note that a message is pinned, or no longer."""
        key = f"{platform}:{room}/{message_id}"
        await self._tell(platform, "pin", lambda rows: rows.trail.pin(key, present=present))

    async def meet(self, person: HeardPerson) -> None:
        """Keep who somebody is, the name redacted."""
        await self._tell(person.platform, "person", person)

    async def _tell(self, platform: str, what: str, item: HeardMessage | HeardPerson | _Work) -> None:
        if len(self._waiting) >= _MOST_WAITING:
            self._miss([platform])
            raise TransientError(
                "The observer is behind",
                why=f"{len(self._waiting):,} things it was told wait for the store",
                do="See whether the store answers: `fermata check`",
            )
        loop = asyncio.get_running_loop()
        told = _Told(platform, what, item, loop.create_future())
        self._waiting.append(told)
        if self._writing is None or self._writing.done():
            self._writing = loop.create_task(self._write_all())
        await told.done

    async def _write_all(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:_BATCH], self._waiting[_BATCH:]
            written = await contain("observer", partial(self._write, batch))
            if written.failed:
                self._fail(batch, written)
                continue
            for told in batch:
                _resolve(told.done, None)
            for (platform, what), count in Counter((told.platform, told.what) for told in batch).items():
                self._context.meters.heard.labels(platform, what).inc(count)

    async def _write(self, batch: Sequence[_Told]) -> None:
        # Beside the loop, and outside of the transaction: hiding secrets is the larger part of the work.
        items = await asyncio.to_thread(lambda: [_hide(told.item) for told in batch])
        now, missed = self._context.clock.now(), dict(self._missed)
        await self._context.store.write(partial(_keep, items=items, missed=missed, now=now))
        self._missed = {name: at for name, at in self._missed.items() if missed.get(name) != at}

    def _fail(self, batch: Sequence[_Told], written: Contained[None]) -> None:
        self._miss([told.platform for told in batch])
        _log.warning("observer.failed", count=len(batch), reason=written.failure)
        error = written.error or TransientError("The observer kept nothing", why=written.failure, do="Report this")
        for told in batch:
            _resolve(told.done, error)

    def _miss(self, platforms: Sequence[str]) -> None:
        """Note that something was not kept: a draft asks the history of that time again."""
        for platform, count in Counter(platforms).items():
            self._missed[platform] = self._context.clock.now()
            self._context.meters.heard_lost.labels(platform).inc(count)


def _resolve(future: asyncio.Future[None], error: FermataError | None) -> None:
    if future.done():  # Whoever waited was cancelled.
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)


def _hide(item: HeardMessage | HeardPerson | _Work) -> HeardMessage | HeardPerson | _Work:
    if isinstance(item, HeardMessage):
        return hide_message(item)
    return hide_person(item) if isinstance(item, HeardPerson) else item


def hide_message(message: HeardMessage) -> HeardMessage:
    """Return a message without secrets in its text and the names of its files, and of bounded length."""
    text = message.text
    if len(text) > _LONGEST_TEXT:
        # Whole lines, so that no secret is cut in half and passes as something else.
        text = text[:_LONGEST_TEXT].rpartition("\n")[0] + "\n[cut]"
    files = tuple(redact(name).text for name in message.files[:_MOST_FILES])
    return message.model_copy(update={"text": redact(text).text, "files": files})


def hide_person(person: HeardPerson) -> HeardPerson:
    """Return a person without a secret in the name."""
    return person.model_copy(update={"name": redact(person.name).text})


def _keep(
    transaction: Transaction,
    *,
    items: Sequence[HeardMessage | HeardPerson | _Work],
    missed: dict[str, datetime],
    now: datetime,
) -> None:
    """Write a batch: people first, then the rest in the order in which it was told."""
    transaction.trail.meet([item for item in items if isinstance(item, HeardPerson)], now)
    messages: list[HeardMessage] = []
    for item in items:
        if isinstance(item, HeardMessage):
            messages.append(item)
        elif not isinstance(item, HeardPerson):
            keep_messages(transaction, messages, now)
            messages = []
            item(transaction)
    keep_messages(transaction, messages, now)
    for platform, at in missed.items():
        transaction.flags.put(f"{_MISSED}{platform}", {"at": at.isoformat()})


def keep_messages(transaction: Transaction, messages: Sequence[HeardMessage], now: datetime) -> None:
    """Keep redacted messages; lines that an author changed are remembered as no longer said."""
    for was, form in transaction.trail.hear(messages):
        _forget_lines(transaction, was, form, now)


def _forget_lines(transaction: Transaction, was: HeardMessage, form: HeardMessage | None, at: datetime) -> None:
    """Remember what a message no longer says.

    Args:
        form: Its present form; `None` when it was deleted.
    """
    gone = set(list_plain_lines(was.text)) - set(list_plain_lines(form.text) if form else ())
    if gone:
        salt = _ensure_salt(transaction)
        lines = [ForgottenLine(_digest(salt, line), is_deleted=form is None) for line in gone]
        transaction.trail.forget_lines(was.platform, was.room, lines, at)


def strike_forgotten(
    transaction: Transaction, platform: str, rooms: Sequence[str], messages: Sequence[HeardMessage]
) -> Sequence[HeardMessage]:
    """Return messages without those that were deleted, and without what they quote of what is no longer said.

    Args:
        rooms: Whose forgotten lines count: a text is quoted in other rooms, too.
    """
    gone = transaction.trail.list_forgotten([message.key for message in messages])
    lines = transaction.trail.list_forgotten_lines(platform, rooms)
    kept = [message for message in messages if message.key not in gone]
    if not lines:
        return kept
    salt = _ensure_salt(transaction)
    struck: list[HeardMessage] = []
    for message in kept:
        text = strike_quotes(message.text, lambda line: lines.get(_digest(salt, line)))
        struck.append(message if text == message.text else message.model_copy(update={"text": text}))
    return struck


def find_missed(transaction: Transaction, platform: str) -> datetime | None:
    """Return when something that was said on a platform was last not kept, or `None`."""
    found = transaction.flags.find(f"{_MISSED}{platform}")
    return datetime.fromisoformat(found["at"]) if found else None


def _ensure_salt(transaction: Transaction) -> bytes:
    """Return this store's own key for digests of lines, so that a list of likely lines computed once fits no store."""
    found = transaction.flags.find(_SALT)
    if found is None:
        found = {"hex": secrets.token_hex(16)}
        transaction.flags.put(_SALT, found)
    return bytes.fromhex(found["hex"])


def _digest(salt: bytes, line: str) -> str:
    return hmac.new(salt, line.encode(), hashlib.sha256).hexdigest()[:32]


async def sweep_heard(context: FlowContext) -> int:
    """Remove what was heard longer ago than it is kept; return how many rows went. Bounded in one run."""
    removed = await _sweep_rooms(context)
    before = (await note_clock(context)).deletes_by - context.observing.keep
    # Reads block nobody; a write transaction every few seconds would make clicks wait for nothing.
    if not await context.store.read(lambda transaction: transaction.trail.has_older(before)):
        return removed
    return removed + await context.store.write(lambda transaction: transaction.trail.sweep(before, _SWEPT))


async def _sweep_rooms(context: FlowContext) -> int:
    """Remove what was heard in rooms that are observed no longer: nobody would hear of deletions there."""
    places = context.observing.list_places()
    now = {"rooms": [list(place) for place in places]}

    def work(transaction: Transaction) -> int:
        removed = transaction.trail.sweep_rooms(places, _SWEPT)
        if removed < _SWEPT:
            transaction.flags.put(_SWEPT_ROOMS, now)
        return removed

    known = await context.store.read(lambda transaction: transaction.flags.find(_SWEPT_ROOMS))
    return await context.store.write(work) if known != now else 0
