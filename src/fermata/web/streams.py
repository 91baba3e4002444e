"""Who is to be told at once that something changed: the open streams, and one look at the store for all of them.

The journal is what is looked at: nothing changes without an entry, whichever process wrote it. The halt stands beside
it, since it is a file first. While nobody listens, nobody looks.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from fermata.domain.ids import IncidentId
from fermata.flows.halt import Halt
from fermata.flows.readings import Readings
from fermata.flows.switch import Switch
from fermata.kit.errors import FermataError, OperationalError
from fermata.kit.log import get_log

_log = get_log("web")

LOOK_EVERY_S = 0.5
"""A change is to be on the page within two seconds; an indexed read of nothing takes a tenth of a millisecond."""
MOST_STREAMS = 64
"""A quarter of the connections a process takes: a stream holds one for as long as its tab is looked at."""
MOST_OF_A_SESSION = 4
"""Browsers open six connections to one address over HTTP/1.1: with all of them streams, no page would open any more."""
_ENTRIES_AT_ONCE = 500
_REMEMBERED = 1000
"""Entries kept for those who come back: minutes of a storm, days of a calm system."""


class TooManyStreamsError(OperationalError):
    """There are as many streams as there may be; the page asks by itself instead."""


@dataclass(frozen=True, slots=True)
class News:
    """What is new since a place in the journal."""

    sequence: int
    """The place that was reached."""
    incidents: tuple[IncidentId, ...] | None
    """Those that entries since then are about, in the order of their first; `None` when too much happened to tell."""
    switched: bool
    """Somebody halted or resumed, or may have."""


@dataclass(eq=False, slots=True)
class Stream:
    """One tab that listens."""

    session_id: str
    place: int
    """Sequence number of the last entry it was told of."""
    switch_turn: int
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    is_ended: bool = False
    """It is to be closed because its session is over."""

    def wake(self, *, end: bool = False) -> None:
        """Make it look at what it is to tell."""
        self.is_ended = self.is_ended or end
        self.woken.set()


class Streams:
    """The open streams of this process."""

    def __init__(self, readings: Readings, switch: Switch, look_every_s: float = LOOK_EVERY_S) -> None:
        self._readings = readings
        self._switch = switch
        self._look_every_s = look_every_s
        self._open: set[Stream] = set()
        self._recent: deque[tuple[int, IncidentId | None]] = deque(maxlen=_REMEMBERED)
        self._head = 0
        self._forgotten = 0
        """Entries up to this one are not remembered."""
        self._halt: Halt | None = None
        self._switch_turn = 0
        self._looking: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()

    @asynccontextmanager
    async def open(self, session_id: str, place: int | None) -> AsyncIterator[Stream]:
        """Yield a stream; the look at the store begins with the first and ends with the last.

        Args:
            place: The last entry its tab was told of; `None` for a tab that begins now.

        Raises:
            TooManyStreamsError: This session, or this process, has as many as it may have.
            OperationalError: The store cannot be read.
        """
        self._refuse_crowd(session_id)
        stream = Stream(session_id, 0, -1)
        self._open.add(stream)
        try:
            await self._start_looking()
            stream.place = self._head if place is None else min(place, self._head)
            stream.switch_turn = self._switch_turn if place is None else -1
            if place is not None:
                stream.wake()
            yield stream
        finally:
            self._open.discard(stream)
            if not self._open and self._looking is not None:
                self._looking.cancel()
                self._looking = None

    def read_news(self, stream: Stream) -> News | None:
        """Return what the stream was not told yet, once; `None` when that is nothing."""
        stream.woken.clear()
        if stream.place == self._head and stream.switch_turn == self._switch_turn:
            return None
        since, switched = stream.place, stream.switch_turn != self._switch_turn
        stream.place, stream.switch_turn = self._head, self._switch_turn
        if since < self._forgotten:
            return News(self._head, None, switched)
        touched = (incident_id for sequence, incident_id in self._recent if sequence > since)
        named = tuple(dict.fromkeys(incident_id for incident_id in touched if incident_id is not None))
        return News(self._head, named, switched)

    def end_session(self, session_id: str) -> None:
        """Close the streams of somebody who signs out."""
        for stream in self._open:
            if stream.session_id == session_id:
                stream.wake(end=True)

    @property
    def is_looking(self) -> bool:
        """Answer whether the store is looked at; false with streams open means that it could not be read."""
        return self._looking is not None and not self._looking.done()

    def _refuse_crowd(self, session_id: str) -> None:
        own = sum(stream.session_id == session_id for stream in self._open)
        if len(self._open) >= MOST_STREAMS or own >= MOST_OF_A_SESSION:
            raise TooManyStreamsError(
                "There are too many live pages",
                why=f"at most {MOST_OF_A_SESSION} of one session and {MOST_STREAMS} in all are kept current at once",
                do="Close some; this one asks every few seconds instead",
            )

    async def _start_looking(self) -> None:
        async with self._starting:
            if self.is_looking:
                return
            self._head = self._forgotten = await self._readings.find_journal_head()
            self._recent.clear()
            self._halt = await self._switch.find()
            self._looking = asyncio.create_task(self._keep_looking())

    async def _keep_looking(self) -> None:
        try:
            while True:
                await asyncio.sleep(self._look_every_s)
                await self._look()
        except FermataError as error:
            # Each stream ends, its browser comes again, and is told by the page itself what is wrong.
            _log.warning("stream.not_served", error=error.what)
        finally:
            self._wake_all()

    async def _look(self) -> None:
        entries = await self._readings.list_journal(None, self._head, _ENTRIES_AT_ONCE)
        halt = await self._switch.find()
        for entry in entries:
            if len(self._recent) == _REMEMBERED:
                self._forgotten = self._recent[0][0]
            self._recent.append((entry.sequence, entry.event.incident_id))
            self._head = entry.sequence
        if halt != self._halt:
            self._halt, self._switch_turn = halt, self._switch_turn + 1
        elif not entries:
            return
        self._wake_all()

    def _wake_all(self) -> None:
        for stream in self._open:
            stream.wake()


async def wait_for_news(stream: Stream, timeout_s: float) -> None:
    """Wait until the stream is woken, or the time is over."""
    with suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            await stream.woken.wait()
