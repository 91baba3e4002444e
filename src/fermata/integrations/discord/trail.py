"""What Discord still tells of an incident's time: a channel's history and its threads. Fills gaps only.

A message that a thread hangs from names it; a thread without one leaves a message that leads to it. Text of others
comes only with the Message Content Intent (reference, "Message Content Intent", read 2026-11), also here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from fermata.domain.heard import HeardMessage, HeardPerson
from fermata.integrations.discord.answers import MISSING_ACCESS, MISSING_PERMISSIONS, DiscordRefusal
from fermata.integrations.discord.client import DiscordClient
from fermata.integrations.discord.settings import SNOWFLAKE
from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError
from fermata.ports.chat.asking import PatientAsking
from fermata.ports.chat.discord_wire import (
    THREAD_MADE,
    is_without_content,
    read_author,
    read_message,
    read_snowflake,
    write_snowflake,
)
from fermata.ports.chat.hearing import Hearing
from fermata.ports.chat.wire import Fields, find_text, get_fields
from fermata.ports.trail import TrailPart, TrailScope

PATIENCE = timedelta(seconds=30)
"""For everything that is read of one incident. 30 s: a person waits for the draft."""
_PAGE = 100
_MOST_PAGES = 100
"""Of one channel or thread: 10,000 messages."""
_MOST_THREADS = 300


@dataclass(slots=True)
class _Reading:
    """One incident's part, as it is read."""

    asking: PatientAsking
    myself: str
    start: datetime
    end: datetime
    """Of the room that is being read."""
    messages: dict[str, HeardMessage] = field(default_factory=dict)
    people: dict[str, HeardPerson] = field(default_factory=dict)
    gaps: list[str] = field(default_factory=list)
    without_text: int = 0


class DiscordTrail:
    """Reads the history of an incident's channels.

    Args:
        hearing: Which rooms' messages came in.
        patience: How long one reading may take, waits for Discord's limits included.
    """

    name = "discord"

    def __init__(
        self, client: DiscordClient, clock: Clock, hearing: Hearing, *, patience: timedelta = PATIENCE
    ) -> None:
        self._client = client
        self._clock = clock
        self._hearing = hearing
        self._patience = patience

    async def read_trail(self, scope: TrailScope) -> TrailPart:
        """Return the messages that are older than what the observer heard, with who wrote them."""
        named = dict.fromkeys(room.removeprefix("discord:") for room in scope.rooms)
        ends = {room: self._hearing.find_end(room, scope.end, scope.known_from) for room in named}
        rooms = {room: end for room, end in ends.items() if end > scope.start}
        if not rooms:
            return TrailPart()
        asking = PatientAsking(self._clock, self._patience)
        try:
            myself = await asking.ask(self._client.fetch_self_id)
        except OperationalError as error:
            return TrailPart(gaps=[f"discord: nothing read, {_tell(error)}"])
        reading = _Reading(asking, myself, scope.start, scope.end)
        for room, end in rooms.items():
            if SNOWFLAKE.fullmatch(room):
                reading.end = end
                await self._read_room(reading, room)
            else:
                reading.gaps.append(f"discord {room[:80]}: not read, it is no channel's id")
        if reading.without_text:
            reading.gaps.append(
                f"discord: {reading.without_text:,} messages came without their text; for it switch on "
                '"Message Content Intent" under "Bot" in the developer portal'
            )
        messages = sorted(reading.messages.values(), key=lambda message: (message.at, message.id))
        return TrailPart(tuple(messages), tuple(reading.people.values()), gaps=tuple(reading.gaps))

    async def _read_room(self, reading: _Reading, room: str) -> None:
        try:
            channel = await reading.asking.ask(
                lambda: self._client.ask("looking at the channel", "GET", f"/channels/{room}")
            )
        except OperationalError as error:
            reading.gaps.append(f"discord {room}: history not read, {_tell(error)}")
            return
        guild = find_text(channel, "guild_id")
        threads: dict[str, None] = {}
        why = await self._read_channel(reading, room, guild=guild, threads=threads)
        if why:
            reading.gaps.append(f"discord {room}: history not read, {why}")
        for number, thread in enumerate(list(threads)[:_MOST_THREADS]):
            why = await self._read_channel(reading, room, guild=guild, thread=thread)
            if why:
                reading.gaps.append(f"discord {room}: {len(threads) - number:,} threads not read, {why}")
                return
        if len(threads) > _MOST_THREADS:
            reading.gaps.append(f"discord {room}: {len(threads) - _MOST_THREADS:,} more threads not read")

    async def _read_channel(
        self, reading: _Reading, room: str, *, guild: str, thread: str = "", threads: dict[str, None] | None = None
    ) -> str:
        """Read forwards through the time; return why not all of it, in words, empty for all."""
        newest = write_snowflake(reading.start - timedelta(milliseconds=1))
        for _ in range(_MOST_PAGES):
            path = f"/channels/{thread or room}/messages?limit={_PAGE}&after={newest}"
            try:
                page = await reading.asking.ask(
                    lambda path=path: self._client.ask("reading the channel's messages", "GET", path)  # type: ignore[misc]  # the loop's own path
                )
            except OperationalError as error:
                return f"{_tell(error)}{_write_reach(newest, reading.start)}"
            found = _list_known(page)
            for message in found:
                at = read_snowflake(message.get("id"))
                if at is not None and at <= reading.end:
                    self._take(reading, room, message, guild=guild, thread=thread)
                    if threads is not None and (name := _find_thread(message)):
                        threads[name] = None
            newest = max((str(message["id"]) for message in found), key=int, default=newest)
            at = read_snowflake(newest)
            if len(found) < _PAGE or at is None or at > reading.end:
                return ""
        return f"there are more than {_MOST_PAGES * _PAGE:,} messages{_write_reach(newest, reading.start)}"

    def _take(self, reading: _Reading, room: str, message: Fields, *, guild: str, thread: str) -> None:
        author = find_text(get_fields(message, "author"), "id")
        # What Fermata itself says stands in its own journal.
        if author == reading.myself:
            return
        heard = read_message(message, room, guild=guild, thread=thread)
        if heard is None:
            return
        if is_without_content(message):
            reading.without_text += 1
            return
        reading.messages[heard.key] = heard
        if (person := read_author(message)) is not None:
            reading.people[person.user] = person


def _list_known(page: Any) -> list[Fields]:
    """Return the messages of an answer that have an id, whatever else it holds."""
    found = page if isinstance(page, list) else []
    return [one for one in found if isinstance(one, dict) and read_snowflake(one.get("id")) is not None]


def _find_thread(message: Fields) -> str:
    if thread := find_text(get_fields(message, "thread"), "id"):
        return thread
    is_made = message.get("type") == THREAD_MADE
    return find_text(get_fields(message, "message_reference"), "channel_id") if is_made else ""


def _write_reach(newest: str, start: datetime) -> str:
    at = read_snowflake(newest)
    return f" (read as far as {at:%Y-%m-%d %H:%M} UTC)" if at is not None and at >= start else ""


def _tell(error: OperationalError) -> str:
    """Return why, in a few words; for a permission that is missing, its name."""
    if isinstance(error, DiscordRefusal) and error.code in (MISSING_ACCESS, MISSING_PERMISSIONS):
        return "missing permission View Channel or Read Message History"
    return f"{error.what}: {error.why}" if error.why else error.what
