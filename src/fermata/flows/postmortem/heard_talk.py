"""What an observer heard, what a history brought and what an export holds, as the messages that a draft is made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import tzinfo
from types import MappingProxyType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fermata.domain.heard import HeardMessage, HeardPerson
from fermata.domain.trail import Message, Participant
from fermata.ports.chat.markup import render_discord, render_slack

_RENDERERS: Mapping[str, Callable[[str, Mapping[str, str]], str]] = MappingProxyType(
    {"slack": render_slack, "discord": render_discord}
)
_LONGEST_CHAIN = 1_000
"""Replies to replies that are followed back to the first."""


class Names:
    """What people are called in a draft: by their name, and where two share one, by their id too."""

    def __init__(self, people: Iterable[HeardPerson]) -> None:
        self._people = {(person.platform, person.user): person for person in people}
        # The same name in two systems is one person; twice in one system, two.
        shared = Counter((person.platform, person.name.strip()) for person in self._people.values())
        self._handles = {
            key: name if shared[key[0], name := person.name.strip()] == 1 else f"{name} ({person.user})".strip()
            for key, person in self._people.items()
        }
        self._handles.update({key: key[1] for key, person in self._people.items() if not person.name.strip()})

    def find_handle(self, platform: str, user: str) -> str:
        """Return what somebody is called: the id of those whose name is not known, `unknown` without one."""
        return self._handles.get((platform, user)) or user or "unknown"

    def is_bot(self, platform: str, user: str) -> bool:
        """Answer whether this is known for a machine."""
        person = self._people.get((platform, user))
        return person is not None and person.is_bot

    def list_names(self, platform: str) -> dict[str, str]:
        """Return the names of one platform's people by their ids, for mentions."""
        return {user: handle for (where, user), handle in self._handles.items() if where == platform}

    def list_participants(self) -> dict[str, Participant]:
        """Return everybody by handle, with their zones."""
        # Where one system knows somebody's zone and another does not, the one that does counts.
        return {
            self._handles[key]: Participant(self._handles[key], zone=_find_zone(person.zone), is_bot=person.is_bot)
            for key, person in sorted(self._people.items(), key=lambda item: bool(item[1].zone))
        }


def to_participants(people: Iterable[HeardPerson]) -> dict[str, Participant]:
    """Return people as a draft knows them, by the handles that `to_trail_messages` gives."""
    return Names(people).list_participants()


def to_trail_messages(
    messages: Iterable[HeardMessage],
    people: Iterable[HeardPerson],
    *,
    has_bare_ids: bool = False,
    channels: Mapping[str, str] = MappingProxyType({}),
) -> list[Message]:
    """Return messages in the order of their time, with names in place of ids and text as it is shown.

    A message that is there twice is taken in its younger form. Ids are `HeardMessage.key`, in `thread` and `reply_to`
    too: they are unique among all rooms, and a citation leads back to what is stored.

    Args:
        people: Everybody who is known; the handles are those of `to_participants` for the same people.
        has_bare_ids: Keep each platform's own ids, as `chat.json` has them: for an export of one platform.
        channels: Names of rooms by their ids, for mentions.
    """
    names = Names(people)
    known = {platform: {**channels, **names.list_names(platform)} for platform in _RENDERERS}
    heard: dict[str, HeardMessage] = {}
    for message in messages:
        held = heard.get(message.key)
        if held is None or not _is_younger(held, message):
            heard[message.key] = message
    found: list[Message] = []
    for message in heard.values():
        prefix = "" if has_bare_ids else message.key.removesuffix(message.id)
        render = _RENDERERS.get(message.platform)
        thread = message.thread or _find_first(message, heard)
        found.append(
            Message(
                id=f"{prefix}{message.id}",
                at=message.at,
                user=names.find_handle(message.platform, message.user),
                text=render(message.text, known[message.platform]) if render else message.text,
                channel=message.room,
                thread=f"{prefix}{thread}" if thread else "",
                is_bot=message.is_bot or names.is_bot(message.platform, message.user),
                reply_to=f"{prefix}{message.reply_to}" if message.reply_to else "",
                reactions=message.reactions,
                is_pinned=message.is_pinned,
                files=message.files,
            )
        )
    return sorted(found, key=lambda message: (message.at, message.id))


def _is_younger(held: HeardMessage, other: HeardMessage) -> bool:
    """Answer whether what is held was edited later than the other form of the same message."""
    return held.edited_at is not None and (other.edited_at is None or held.edited_at > other.edited_at)


def _find_first(message: HeardMessage, heard: Mapping[str, HeardMessage]) -> str:
    """Return the id of the message that a chain of replies began with; empty for what answers nothing."""
    prefix = message.key.removesuffix(message.id)
    first, seen = message.reply_to, {message.id}
    for _ in range(_LONGEST_CHAIN):
        before = heard.get(f"{prefix}{first}")
        if before is None or not before.reply_to or before.reply_to in seen:
            break
        seen.add(first)
        first = before.reply_to
    return first


def _find_zone(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):  # Written by somebody else's system.
        return None
