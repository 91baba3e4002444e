"""What people write, tell to the observer: stored before it is acknowledged, since Slack forgets what was acknowledged.

Events do not go through Slack's framework: it acknowledges them before whoever takes them has begun. What is not taken
is not acknowledged; Slack sends it again at once, after a minute and after five.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from fermata.integrations.slack.client import SlackClient
from fermata.integrations.slack.people import SlackPeople
from fermata.kit.clock import Clock, is_within
from fermata.kit.errors import OperationalError
from fermata.kit.log import get_log
from fermata.ports.chat.hearing import Hearing
from fermata.ports.chat.slack_wire import (
    find_author,
    is_gone,
    read_app,
    read_message,
    read_person,
    read_ts,
    strip_skin,
)
from fermata.ports.chat.wire import Fields, find_text, get_fields
from fermata.ports.observer import Observer

EVENT_CALLBACK = "event_callback"
"""Type of a payload that carries an event."""
_MOST_REMEMBERED = 5_000
"""Ids of events that were taken: Slack sends one again within six minutes."""
_MOST_ASKED = 500
"""People who are asked for at a time; the others are asked for when they next write."""
_RETRY_SELF = timedelta(minutes=1)
_log = get_log("slack")


class SlackObserving:
    """Slack's events on their way to an observer. Without one, everything is dropped."""

    def __init__(self, client: SlackClient, clock: Clock, hearing: Hearing | None = None) -> None:
        self._client = client
        self._clock = clock
        self._hearing = hearing or Hearing()
        self._people = SlackPeople(client, clock)
        self._observer: Observer | None = None
        self._taken: dict[str, None] = {}
        self._apps: dict[str, str] = {}
        self._to_meet: dict[str, None] = {}
        self._meeting: asyncio.Task[None] | None = None
        self._workspace_url = ""
        self._asked_self_at: datetime | None = None
        self._takers: Mapping[str, Callable[[Observer, Fields], Awaitable[None]]] = {
            "pin_added": self._take_pin,
            "pin_removed": self._take_pin,
            "reaction_added": self._take_reaction,
            "reaction_removed": self._take_reaction,
            "user_change": self._take_user,
        }

    def attach(self, observer: Observer) -> None:
        """Tell this observer from now on."""
        self._observer = observer

    async def take(self, payload: Mapping[str, Any]) -> None:
        """Take one event; one that was taken already, or that nobody wants, at once.

        Args:
            payload: What Slack sends, of type `event_callback`.

        Raises:
            OperationalError: It is not stored: do not acknowledge it, so that Slack brings it again.
        """
        observer, event = self._observer, get_fields(payload, "event")
        event_id = find_text(payload, "event_id")
        if observer is None or event_id in self._taken:
            return
        if event.get("type") == "message":
            await self._take_message(observer, event, find_text(payload, "api_app_id"))
        elif (take := self._takers.get(find_text(event, "type"))) is not None:
            await take(observer, event)
        if event_id:
            self._taken[event_id] = None
            if len(self._taken) > _MOST_REMEMBERED:
                self._taken.pop(next(iter(self._taken)))

    async def settle(self) -> None:
        """Stop asking who people are, before a stop."""
        if self._meeting is not None:
            self._meeting.cancel()
            await asyncio.gather(self._meeting, return_exceptions=True)

    async def _take_message(self, observer: Observer, event: Fields, app_id: str) -> None:
        room = find_text(event, "channel")
        if not observer.wants("slack", room):
            return
        changed, at = event, read_ts(event.get("event_ts")) or self._clock.now()
        if event.get("subtype") == "message_deleted":
            await observer.forget("slack", room, find_text(event, "deleted_ts"), at)
            return
        if event.get("subtype") == "message_changed":
            changed = get_fields(event, "message")
            if is_gone(changed):
                await observer.forget("slack", room, find_text(changed, "ts"), at)
                return
        # What Fermata itself says stands in its own journal.
        if app_id and changed.get("app_id") == app_id:
            return
        message = read_message(changed, room, await self._find_workspace_url())
        if message is None:
            return
        await observer.hear(message)
        self._hearing.note(room, self._clock.now())
        await self._meet_author(observer, changed)

    async def _take_reaction(self, observer: Observer, event: Fields) -> None:
        item = get_fields(event, "item")
        room, ts, name = find_text(item, "channel"), find_text(item, "ts"), find_text(event, "reaction")
        if item.get("type") == "message" and ts and name and observer.wants("slack", room):
            present = event.get("type") == "reaction_added"
            user = find_text(event, "user")
            await observer.react("slack", room, ts, name=strip_skin(name), user=user, present=present)

    async def _take_pin(self, observer: Observer, event: Fields) -> None:
        item = get_fields(event, "item")
        room = find_text(event, "channel_id") or find_text(item, "channel")
        ts = find_text(get_fields(item, "message"), "ts")
        if ts and observer.wants("slack", room):
            await observer.pin("slack", room, ts, present=event.get("type") == "pin_added")

    async def _take_user(self, observer: Observer, event: Fields) -> None:
        person = read_person(get_fields(event, "user"))
        # Of the whole workspace, only who wrote where the observer listens.
        if person is not None and self._people.is_known(person.user):
            self._people.note(person.user, person)
            await observer.meet(person)

    async def _meet_author(self, observer: Observer, message: Fields) -> None:
        author = find_author(message)
        if (app := read_app(message)) is not None:
            if self._apps.get(app.user) != app.name:
                await observer.meet(app)
                self._apps[app.user] = app.name
        elif author.startswith(("U", "W")) and not self._people.is_known(author) and len(self._to_meet) < _MOST_ASKED:
            self._to_meet[author] = None
            if self._meeting is None or self._meeting.done():
                self._meeting = asyncio.create_task(self._meet(observer))

    async def _meet(self, observer: Observer) -> None:
        """Ask who people are, in the background: Slack waits for an acknowledgement, and not for a name."""
        while self._to_meet:
            user = next(iter(self._to_meet))
            try:
                if (person := await self._people.fetch(user)) is not None:
                    await observer.meet(person)
            except OperationalError as error:
                # When they write again they are asked for again.
                _log.warning("slack.person_not_known", reason=str(error))
                self._to_meet.clear()
            self._to_meet.pop(user, None)

    async def _find_workspace_url(self) -> str:
        now = self._clock.now()
        asked_at = self._asked_self_at
        if not self._workspace_url and (asked_at is None or not is_within(_RETRY_SELF, asked_at, now)):
            self._asked_self_at = now
            try:
                self._workspace_url = (await self._client.fetch_self()).workspace_url
            except OperationalError as error:
                _log.warning("slack.workspace_not_known", reason=str(error))
        return self._workspace_url
