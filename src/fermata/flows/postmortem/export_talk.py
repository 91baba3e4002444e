"""What an export of a chat holds, whichever chat it is of, on its way to a trail."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from fermata.domain.heard import HeardMessage, HeardPerson
from fermata.domain.trail import Message
from fermata.flows.bundle.haul import Haul
from fermata.flows.bundle.parsing import read_instant
from fermata.flows.postmortem.chat_file import Chat
from fermata.flows.postmortem.finishing import Gone, finish_messages
from fermata.flows.postmortem.heard_talk import to_participants, to_trail_messages
from fermata.kit.clock import format_instant
from fermata.kit.errors import UserError
from fermata.ports.chat.markup import render_slack
from fermata.rules.repeats import GoneText

BEFORE, AFTER = timedelta(hours=1), timedelta(hours=2)
"""How much of the talk around an incident's window belongs to it: what led to it, and what people said of it then."""


_LONGEST = timedelta(days=3)
"""Of talk that may be one incident's."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of an export belongs to the incident."""

    channels: frozenset[str] = frozenset()
    """Names or ids, names without `#`; empty: all that are no direct messages."""
    start: datetime | None = None
    end: datetime | None = None

    def has_channel(self, *names: str) -> bool:
        """Answer whether a channel of one of these names is wanted."""
        return not self.channels or any(name.lstrip("#") in self.channels for name in names if name)

    def has_moment(self, at: datetime) -> bool:
        """Answer whether a moment lies in the window or close to it."""
        is_early = self.start is not None and at < self.start - BEFORE
        return not is_early and not (self.end is not None and at > self.end + AFTER)


def parse_wanted(words: Sequence[str]) -> Wanted:
    """Return what people say they want: names or ids of channels, and a span of time `START..END`.

    Raises:
        UserError: A span is none, or ends before it starts; either end may be left out.
    """
    channels: set[str] = set()
    start = end = None
    for word in words:
        if ".." not in word:
            channels.add(word.strip().lstrip("#"))
            continue
        ends = [part.strip() for part in word.split("..", 1)]
        start, end = (read_instant(part) for part in ends)
        if not any(ends) or any(part and not found for part, found in zip(ends, (start, end), strict=True)):
            raise UserError(
                f"{word!r} is no span of time",
                why="it is written with times of RFC 3339",
                do="Write it like 2026-07-02T12:00Z..2026-07-02T15:00Z; either end may be left out",
            )
    if start is not None and end is not None and end < start:
        raise UserError(
            "The span of time ends before it starts",
            why=f"{format_instant(end)} is before {format_instant(start)}",
            do=f"Turn it round: {format_instant(end)}..{format_instant(start)}",
        )
    return Wanted(frozenset(channels - {""}), start, end)


@dataclass(slots=True)
class ExportTalk:
    """What one export holds."""

    messages: list[HeardMessage] = field(default_factory=list)
    people: dict[str, HeardPerson] = field(default_factory=dict)
    """By id."""
    deleted: list[str] = field(default_factory=list)
    """Ids of messages that were deleted."""
    gone: list[GoneText] = field(default_factory=list)
    """Texts that nobody says any more."""
    names: dict[str, str] = field(default_factory=dict)
    """Of channels by id, for mentions."""
    channels: dict[str, None] = field(default_factory=dict)
    """Names of those that were read."""
    present: dict[str, None] = field(default_factory=dict)
    """Names of all that there are."""
    first: datetime | None = None
    """When the first message of these channels was written, wanted or not."""
    last: datetime | None = None

    def meet(self, at: datetime) -> None:
        """Note that a message was written at a moment."""
        self.first = at if self.first is None else min(self.first, at)
        self.last = at if self.last is None else max(self.last, at)


def to_chat(talks: Sequence[ExportTalk], wanted: Wanted, haul: Haul, source: str) -> Chat:
    """Return the talk of exports as a chat, in its last form and without secrets."""
    chat = Chat()
    messages: list[Message] = []
    deleted: list[str] = []
    gone: list[GoneText] = []
    channels: dict[str, None] = {}
    for talk in talks:
        people = list(talk.people.values())
        chat.people |= to_participants(people)
        messages += to_trail_messages(talk.messages, people, has_bare_ids=True, channels=talk.names)
        shown = {**talk.names, **{person.user: person.name for person in people}}
        gone += [replace(one, text=render_slack(one.text, shown)) for one in talk.gone]
        deleted += talk.deleted
        channels |= talk.channels
    chat.messages = finish_messages(_tell_apart(messages), Gone(deleted, gone), haul, source)
    chat.links = {message.id: message.url for talk in talks for message in talk.messages if message.url}
    if len(channels) == 1 or wanted.channels:
        chat.channels = tuple(channels)
    elif channels:
        haul.warn(
            f"{source}: {len(channels):,} channels are read as one talk ({_write_names(channels)}); name the "
            "incident's to leave the others out"
        )
    present = {name: None for talk in talks for name in talk.present}
    if wanted.channels and len(channels) < len(present):
        chat.part = "-".join(sorted(channels))
    if not channels and present:
        haul.warn(f"{source}: no channel of that name; there are {_write_names(present)}")
    if not messages:
        _tell_times(talks, haul, source)
    elif wanted.start is None and wanted.end is None:
        _tell_length(messages, haul, source)
    return chat


def _tell_length(messages: Sequence[Message], haul: Haul, source: str) -> None:
    """Say where the talk is of many days, and nobody said which of them are the incident's."""
    first, last = (choose(message.at for message in messages) for choose in (min, max))
    if last - first > _LONGEST:
        haul.warn(
            f"{source}: {(last - first).days} days are read as one incident; name its hours with --only START..END"
        )


def _tell_times(talks: Sequence[ExportTalk], haul: Haul, source: str) -> None:
    """Say of what time there is talk, where none of it is of the time that is wanted."""
    first = min((talk.first for talk in talks if talk.first is not None), default=None)
    last = max((talk.last for talk in talks if talk.last is not None), default=None)
    if first is not None and last is not None:
        haul.warn(
            f"{source}: nothing in that time; there is talk from {format_instant(first)} to {format_instant(last)}"
        )


def _write_names(channels: Iterable[str]) -> str:
    names = list(channels)
    return ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")


def _tell_apart(messages: Iterable[Message]) -> Iterable[Message]:
    """Yield messages so that no two have one id: ids are unique in their channel."""
    held: dict[str, str] = {}
    for message in messages:
        if held.setdefault(message.id, message.channel) == message.channel:
            yield message
        else:
            yield replace(message, id=f"{message.channel}/{message.id}")
