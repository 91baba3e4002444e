"""What people write, told to the observer in the order in which it happened. The gateway brings nothing twice.

A thread is a channel of its own in Discord, with the id of the message it hangs from: what is written there belongs to
the channel around it, which the server's own list of threads tells.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from itertools import islice
from types import MappingProxyType
from typing import Any

from fermata.domain.record import Instant
from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError
from fermata.kit.log import get_log
from fermata.ports.chat.discord_wire import PINNED, read_author, read_emoji, read_message
from fermata.ports.chat.hearing import Hearing
from fermata.ports.chat.wire import Fields, find_text, get_fields, list_fields
from fermata.ports.observer import Observer

_log = get_log("discord")
_MOST_WAITING = 10_000
"""Events that wait for the store; what comes beyond them is lost, and said. A flood of 50 a second fills it in three
minutes of a store that is down."""
_BATCH = 100
_WAITS_S = (1, 5, 30)
"""Before each further try to store an event: Discord brings none again."""
_LEAVE_S = 2.0
_MOST_THREADS = 20_000
_LIST_OF_THREADS = frozenset({"GUILD_CREATE", "THREAD_LIST_SYNC"})
_THREAD = frozenset({"THREAD_CREATE", "THREAD_UPDATE"})


class DiscordObserving:
    """The gateway's events on their way to an observer. Without one, everything is dropped."""

    def __init__(self, clock: Clock, hearing: Hearing | None = None) -> None:
        self._clock = clock
        self._hearing = hearing or Hearing()
        self._observer: Observer | None = None
        self._user_id = ""
        self._parents: dict[str, str] = {}
        """By a thread's id, the channel it belongs to."""
        self._names: dict[str, str] = {}
        self._waiting: deque[tuple[str, Fields, Instant]] = deque()
        self._arrived = asyncio.Event()
        self._lost = 0
        self._takers: Mapping[str, Callable[[Observer, Fields, Instant], Awaitable[None]]] = MappingProxyType(
            {
                "MESSAGE_CREATE": self._take_message,
                "MESSAGE_UPDATE": self._take_change,
                "MESSAGE_DELETE": self._take_deletion,
                "MESSAGE_DELETE_BULK": self._take_deletion,
                "MESSAGE_REACTION_ADD": partial(self._take_reaction, present=True),
                "MESSAGE_REACTION_REMOVE": partial(self._take_reaction, present=False),
            }
        )

    @property
    def events(self) -> tuple[str, ...]:
        """Return the names of the events that it takes."""
        return (*self._takers, *_LIST_OF_THREADS, *_THREAD)

    @property
    def is_on(self) -> bool:
        """Answer whether anybody observes."""
        return self._observer is not None

    def attach(self, observer: Observer) -> None:
        """Tell this observer from now on."""
        self._observer = observer

    def note_self(self, user_id: str) -> None:
        """Learn who the bot is: what it says itself stands in the journal."""
        self._user_id = user_id

    def take(self, name: str, data: Mapping[str, Any]) -> None:
        """Take one event in; does not wait. What nobody wants is dropped at once."""
        if self._observer is None:
            return
        if name in _LIST_OF_THREADS:
            for thread in list_fields(data, "threads"):
                self._note_thread(thread)
        elif name in _THREAD:
            self._note_thread(data)
        elif self._observer.wants("discord", self._find_room(data)):
            if len(self._waiting) >= _MOST_WAITING:
                self._lost += 1
                return
            self._waiting.append((name, data, self._clock.now()))
            self._arrived.set()

    async def run(self) -> None:
        """Tell what was taken in, one after the other, until cancelled; then for two seconds more."""
        try:
            while True:
                await self._arrived.wait()
                self._arrived.clear()
                await self._drain()
        finally:
            try:
                async with asyncio.timeout(_LEAVE_S):
                    await self._drain()
            except TimeoutError:
                _log.warning("discord.events_lost", count=len(self._waiting), reason="the house stopped")

    async def _drain(self) -> None:
        while self._waiting:
            # Begun in their order, and together: an observer writes what it is told at one time at once.
            batch = list(islice(self._waiting, _BATCH))
            await asyncio.gather(*(self._tell(name, data, at) for name, data, at in batch))
            for _ in batch:
                self._waiting.popleft()
        if self._lost:
            _log.warning("discord.events_lost", count=self._lost, reason="the store did not take them fast enough")
            self._lost = 0

    async def _tell(self, name: str, data: Fields, at: Instant) -> None:
        if self._observer is None:
            return
        for wait in (*_WAITS_S, None):
            try:
                await self._takers[name](self._observer, data, at)
            except OperationalError as error:
                _log.warning("discord.event_not_taken", reason=str(error))
                if wait is None:
                    _log.warning("discord.events_lost", count=1, reason=str(error))
                else:
                    await self._clock.sleep(wait)
            else:
                return

    async def _take_message(self, observer: Observer, data: Fields, at: Instant) -> None:
        del at
        if data.get("type") == PINNED:
            pinned = find_text(get_fields(data, "message_reference"), "message_id")
            if pinned:
                await observer.pin("discord", self._find_room(data), pinned, present=True)
            return
        if find_text(get_fields(data, "author"), "id") == self._user_id:
            return
        channel, room = find_text(data, "channel_id"), self._find_room(data)
        thread = channel if channel != room else ""
        message = read_message(data, room, guild=find_text(data, "guild_id"), thread=thread)
        if message is None:
            return
        await observer.hear(message)
        self._hearing.note(room, self._clock.now())
        person = read_author(data)
        if person is not None and person.name and self._names.get(person.user) != person.name:
            await observer.meet(person)
            self._names[person.user] = person.name

    async def _take_change(self, observer: Observer, data: Fields, at: Instant) -> None:
        """Take an edit, a pin or a preview: Discord calls all of them an update, and may send a part of the message."""
        await self._take_message(observer, data, at)
        if isinstance(pinned := data.get("pinned"), bool) and self._is_others(data):
            await observer.pin("discord", self._find_room(data), find_text(data, "id"), present=pinned)

    async def _take_deletion(self, observer: Observer, data: Fields, at: Instant) -> None:
        ids = data.get("ids") if isinstance(data.get("ids"), list) else [data.get("id")]
        for message_id in ids or ():
            if isinstance(message_id, str):
                await observer.forget("discord", self._find_room(data), message_id, at)

    async def _take_reaction(self, observer: Observer, data: Fields, at: Instant, *, present: bool) -> None:
        del at
        name, message = read_emoji(data.get("emoji")), find_text(data, "message_id")
        if name and message:
            user = find_text(data, "user_id")
            await observer.react("discord", self._find_room(data), message, name=name, user=user, present=present)

    def _is_others(self, data: Fields) -> bool:
        author = find_text(get_fields(data, "author"), "id")
        return bool(find_text(data, "id")) and author != self._user_id

    def _find_room(self, data: Fields) -> str:
        channel = find_text(data, "channel_id")
        return self._parents.get(channel, channel)

    def _note_thread(self, thread: Fields) -> None:
        name, parent = find_text(thread, "id"), find_text(thread, "parent_id")
        if name and parent and len(self._parents) < _MOST_THREADS:
            self._parents[name] = parent
