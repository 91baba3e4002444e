"""Asked right before a post-mortem leaves: which of the messages it rests on are in their chat no longer.

Whoever deletes a message while nobody listens tells no observer. So the chats are read once more, for exactly the time
and the rooms of what is cited; and the forges, whose comments belong to an issue, are asked for these by their ids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fermata.domain.heard import HeardMessage
from fermata.domain.postmortem import Postmortem
from fermata.flows.boundary import contain
from fermata.flows.context import FlowContext
from fermata.flows.postmortem.asking import ask_trails
from fermata.flows.postmortem.vanished import find_vanished
from fermata.ports.trail import Missing, Rereads, TrailScope

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
    talk = _list_cited(postmortem)
    forges = {source.name: source for source in context.trails if isinstance(source, Rereads) and source.name in talk}
    # Another chat that nobody observes, and a forge of no settings any more, was not read to begin with.
    cited = {
        name: messages for name, messages in talk.items() if name not in forges and context.observing.list_rooms(name)
    }
    scopes = {name: _build_scope(messages) for name, messages in cited.items()}
    parts = await ask_trails(context, scopes, _DEADLINE)
    unasked = [f"{name}: it cannot be read again" for name in sorted(set(scopes) - set(parts))]
    gone = [message.key for name, part in parts.items() for message in find_vanished(cited[name], part, scopes[name])]
    asked = [await _ask_again(context, source, talk[name]) for name, source in forges.items()]
    gone += [key for missing in asked for key in missing.keys]
    gaps = [gap for part in parts.values() for gap in part.gaps] + [gap for missing in asked for gap in missing.gaps]
    return Gone(frozenset(gone), (*unasked, *gaps))


async def _ask_again(context: FlowContext, source: Rereads, messages: Sequence[HeardMessage]) -> Missing:
    name = messages[0].platform
    # A forge ends by its own patience, which is as long.
    told = await contain(f"comments of {name} again", lambda: context.home.run(lambda: source.find_missing(messages)))
    return told.value if told.value is not None else Missing(gaps=(f"{name}: {told.advice}",))


def _list_cited(postmortem: Postmortem) -> Mapping[str, list[HeardMessage]]:
    """Return the messages among the sources, by platform."""
    found: dict[str, list[HeardMessage]] = {}
    for name, source in postmortem.sources.items():
        message = _read(name, source) if source["kind"] == "message" else None
        if message is not None:
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
