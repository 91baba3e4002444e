"""What Slack still tells of an incident's time: a channel's history, its threads, who people are. Fills gaps only.

`conversations.history` has no replies: each thread is asked for by `conversations.replies`. An app that is distributed
outside of Slack's Marketplace gets fifteen messages a minute (docs.slack.dev, "Rate limit changes for non-Marketplace
apps", 2025-05): then most of it stays a gap, and says so.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from fermata.domain.heard import HeardMessage, HeardPerson
from fermata.integrations.slack.answers import SlackRefusal
from fermata.integrations.slack.client import SlackClient
from fermata.integrations.slack.people import SlackPeople
from fermata.integrations.slack.settings import CONVERSATION
from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError
from fermata.ports.chat.asking import PatientAsking
from fermata.ports.chat.hearing import Hearing
from fermata.ports.chat.slack_wire import find_author, read_app, read_message, read_ts
from fermata.ports.chat.wire import Fields, list_fields
from fermata.ports.trail import TrailPart, TrailScope

if TYPE_CHECKING:
    from slack_sdk.web.async_client import AsyncWebClient
    from slack_sdk.web.async_slack_response import AsyncSlackResponse

PATIENCE = timedelta(seconds=30)
"""For everything that is read of one incident. 30 s: a person waits for the draft."""
_PAGE = 200
_NARROW = 15
"""Messages of a page for apps that Slack holds short."""
_MOST_PAGES = 50
"""Of one channel or thread: 10,000 messages."""
_MOST_THREADS = 300
_MOST_PEOPLE = 200
Call = Callable[["AsyncWebClient"], Awaitable["AsyncSlackResponse"]]


@dataclass(slots=True)
class _Reading:
    """One incident's part, as it is read."""

    asking: PatientAsking
    workspace_url: str
    app_id: str
    messages: dict[str, HeardMessage] = field(default_factory=dict)
    people: dict[str, HeardPerson] = field(default_factory=dict)
    authors: dict[str, None] = field(default_factory=dict)
    gaps: list[str] = field(default_factory=list)
    is_narrow: bool = False


class SlackTrail:
    """Reads the history of an incident's channels.

    Args:
        hearing: Which rooms' messages came in.
        patience: How long one reading may take, waits for Slack's limits included.
    """

    name = "slack"

    def __init__(self, client: SlackClient, clock: Clock, hearing: Hearing, *, patience: timedelta = PATIENCE) -> None:
        self._client = client
        self._clock = clock
        self._hearing = hearing
        self._patience = patience
        self._people = SlackPeople(client, clock)

    async def read_trail(self, scope: TrailScope) -> TrailPart:
        """Return the messages that are older than what the observer heard, with who wrote them."""
        named = dict.fromkeys(room.removeprefix("slack:") for room in scope.rooms)
        ends = {room: self._hearing.find_end(room, scope.end, scope.known_from) for room in named}
        rooms = {room: end for room, end in ends.items() if end > scope.start}
        if not rooms:
            return TrailPart()
        reading = _Reading(PatientAsking(self._clock, self._patience), "", "")
        try:
            myself = await reading.asking.ask(self._client.fetch_self)
        except OperationalError as error:
            return TrailPart(gaps=[f"slack: nothing read, {_tell(error)}"])
        reading.workspace_url, reading.app_id = myself.workspace_url, myself.bot_id
        for room, end in rooms.items():
            if CONVERSATION.fullmatch(room):
                await self._read_room(reading, room, scope.start, end)
            else:
                reading.gaps.append(f"slack {room[:80]}: not read, it is no channel's id")
        await self._read_people(reading)
        if reading.is_narrow and reading.gaps:
            reading.gaps.append(
                "slack: it gave 15 messages at a time, as it does to apps that are distributed outside of its "
                "Marketplace; one made from the manifest of `fermata init slack` is not held short"
            )
        messages = sorted(reading.messages.values(), key=lambda message: (message.at, message.id))
        return TrailPart(tuple(messages), tuple(reading.people.values()), gaps=tuple(reading.gaps))

    async def _read_room(self, reading: _Reading, room: str, start: datetime, end: datetime) -> None:
        span: dict[str, Any] = {"oldest": _write_ts(start), "latest": _write_ts(end), "inclusive": True}
        heads: list[str] = []

        def take(messages: Sequence[Fields]) -> None:
            for message in messages:
                self._take(reading, room, message)
                if message.get("reply_count") and message.get("thread_ts") == message.get("ts"):
                    heads.append(str(message["ts"]))

        history = await self._turn_pages(
            reading,
            "conversations.history",
            lambda more: lambda web: web.conversations_history(channel=room, limit=_PAGE, **span, **more),
            take,
        )
        if history:
            reading.gaps.append(f"slack {room}: history not read, {history}")
        if len(heads) > _MOST_THREADS:
            reading.gaps.append(f"slack {room}: {len(heads) - _MOST_THREADS:,} more threads not read")
        for number, head in enumerate(heads[:_MOST_THREADS]):
            thread = await self._read_thread(reading, room, head, span)
            if thread:
                left = len(heads) - number
                reading.gaps.append(f"slack {room}: replies of {left:,} threads not read, {thread}")
                return

    async def _read_thread(self, reading: _Reading, room: str, head: str, span: Mapping[str, Any]) -> str:
        def take(messages: Sequence[Fields]) -> None:
            for message in messages:
                if message.get("ts") != head:
                    self._take(reading, room, message)

        return await self._turn_pages(
            reading,
            "conversations.replies",
            lambda more: lambda web: web.conversations_replies(channel=room, ts=head, limit=_PAGE, **span, **more),
            take,
        )

    async def _turn_pages(
        self,
        reading: _Reading,
        method: str,
        call: Callable[[Mapping[str, Any]], Call],
        take: Callable[[Sequence[Fields]], object],
    ) -> str:
        """Take page after page; return why not all of them, in words, empty for all."""
        cursor, oldest = "", ""
        for _ in range(_MOST_PAGES):
            one = call({"cursor": cursor} if cursor else {})
            try:
                page = await reading.asking.ask(lambda one=one: self._client.ask(method, one))  # type: ignore[misc]  # the loop's own call
            except OperationalError as error:
                return f"{_tell(error)}{oldest}"
            messages = list_fields(page, "messages")
            take(messages)
            cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return ""
            reading.is_narrow |= len(messages) <= _NARROW
            at = read_ts(messages[-1].get("ts")) if messages else None
            oldest = f" (read as far as {at:%Y-%m-%d %H:%M} UTC)" if at is not None else oldest
        return f"there are more than {_MOST_PAGES * _PAGE:,} messages{oldest}"

    def _take(self, reading: _Reading, room: str, message: Fields) -> None:
        # What Fermata itself says stands in its own journal.
        if reading.app_id and message.get("bot_id") == reading.app_id:
            return
        heard = read_message(message, room, reading.workspace_url)
        if heard is None:
            return
        reading.messages[heard.key] = heard
        if (app := read_app(message)) is not None:
            reading.people[app.user] = app
        elif author := find_author(message):
            reading.authors[author] = None

    async def _read_people(self, reading: _Reading) -> None:
        asked = [user for user in reading.authors if user not in reading.people]
        for number, user in enumerate(asked[:_MOST_PEOPLE]):
            try:
                person = await reading.asking.ask(lambda user=user: self._people.fetch(user))  # type: ignore[misc]  # as above
            except OperationalError as error:
                left = len(asked) - number
                reading.gaps.append(f"slack: names and time zones of {left:,} people not read, {_tell(error)}")
                return
            if person is not None:
                reading.people[user] = person
        if len(asked) > _MOST_PEOPLE:
            reading.gaps.append(f"slack: names and time zones of {len(asked) - _MOST_PEOPLE:,} more people not read")


def _tell(error: OperationalError) -> str:
    """Return why, in a few words; for a scope that is missing, its name."""
    if isinstance(error, SlackRefusal) and error.code == "missing_scope":
        return f"missing scope {error.why.removeprefix('the app lacks ')}"
    return f"{error.what}: {error.why}" if error.why else error.what


def _write_ts(at: datetime) -> str:
    return f"{int(at.timestamp())}.{at.astimezone(UTC).microsecond:06d}"
