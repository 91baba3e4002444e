"""Messages that were heard and are in the channel's history no longer: deleted while nobody listened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from fermata.domain.heard import HeardMessage
from fermata.ports.trail import TrailPart, TrailScope

_EDGE = timedelta(seconds=1)
"""At both ends of what was asked for: a service may count them in or out."""


def find_vanished(kept: Sequence[HeardMessage], part: TrailPart, scope: TrailScope) -> Sequence[HeardMessage]:
    """Return the messages of a chat that its own history, read whole for their time, does not have.

    Replies in threads are never among them: a history need not reach a thread that began before it.

    Args:
        kept: What was heard, of any platform.
        part: What the chat told just now; nothing can be said of one with a gap, or that told nothing.
        scope: What it was asked for.
    """
    if part.gaps or not part.messages:
        return ()
    told = {message.key for message in part.messages}
    platform = part.messages[0].platform
    end = min(scope.end, scope.known_from) if scope.known_from is not None else scope.end
    return [
        message
        for message in kept
        if message.platform == platform
        and message.room in scope.rooms
        and not message.thread
        and scope.start + _EDGE < message.at < end - _EDGE
        and message.key not in told
    ]
