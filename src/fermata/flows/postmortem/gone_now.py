"""Asked right before a post-mortem leaves: which of the messages it rests on are in their chat no longer.

Whoever deletes a message while nobody listens tells no observer. So the chats are read once more, for exactly the time
and the rooms of what is cited.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fermata.domain.heard import HeardMessage
from fermata.domain.postmortem import Postmortem
from fermata.flows.context import FlowContext
from fermata.flows.postmortem.asking import ask_trails
from fermata.flows.postmortem.vanished import find_vanished
from fermata.ports.trail import TrailScope

_AROUND = timedelta(seconds=5)
"""More than what counts as the edge of a span that was asked for."""
_DEADLINE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Gone:
    """What was found."""

    ids: frozenset[str]
    gaps: tuple[str, ...]
    """In words, which chats could not be looked at; what was deleted there while nobody listened is not known."""


async def find_gone(context: FlowContext, postmortem: Postmortem) -> Gone:
    """Return the sources of a post-mortem that are gone. Takes as long as the slowest chat, half a minute at most."""
    cited = _list_cited(context, postmortem)
    scopes = {name: _build_scope(messages) for name, messages in cited.items()}
    parts = await ask_trails(context, scopes, _DEADLINE)
    unasked = [f"{name}: it cannot be read again" for name in sorted(set(scopes) - set(parts))]
    gone = [message.key for name, part in parts.items() for message in find_vanished(cited[name], part, scopes[name])]
    return Gone(frozenset(gone), (*unasked, *(gap for part in parts.values() for gap in part.gaps)))


def _list_cited(context: FlowContext, postmortem: Postmortem) -> Mapping[str, list[HeardMessage]]:
    """Return the messages of observed chats among the sources, by platform."""
    found: dict[str, list[HeardMessage]] = {}
    for name, source in postmortem.sources.items():
        message = _read(name, source) if source["kind"] == "message" else None
        # A forge is no chat: it tells of an incident's comments, not of everything in a room.
        if message is not None and context.observing.list_rooms(message.platform):
            found.setdefault(message.platform, []).append(message)
    return found


def _read(name: str, source: Mapping[str, Any]) -> HeardMessage | None:
    platform, colon, room = str(source.get("room", "")).partition(":")
    own = name.removeprefix(f"{platform}:{room}/")
    if not (colon and room and own) or own == name:
        return None
    at, thread = datetime.fromisoformat(source["at"]), str(source.get("thread", ""))
    return HeardMessage(platform=platform, room=room, id=own, at=at, thread=thread)


def _build_scope(messages: list[HeardMessage]) -> TrailScope:
    times = [message.at for message in messages]
    rooms = tuple(sorted({message.room for message in messages}))
    return TrailScope(start=min(times) - _AROUND, end=max(times) + _AROUND, rooms=rooms)
