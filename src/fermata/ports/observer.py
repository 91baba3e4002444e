"""The silent observer: what listeners tell it, and what a listener must be to tell it. It never speaks."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from fermata.domain.heard import HeardMessage, HeardPerson
from fermata.domain.record import Instant


class Observer(Protocol):
    """Keeps what was heard. Every method is idempotent: services deliver twice, and out of order.

    Contract: text is redacted here, on its way into the store, and nowhere before. What was deleted stays deleted,
    although an older event or a history page brings it again. Nothing is ever posted.
    """

    def wants(self, platform: str, room: str) -> bool:
        """Answer whether this room is observed: a listener drops everything else at once. Does no I/O."""
        ...

    async def hear(self, message: HeardMessage) -> None:
        """Keep a message, or its younger form; reactions and pins that are known already stay.

        Raises:
            OperationalError: The store cannot take it; the service must bring it again.
        """
        ...

    async def forget(self, platform: str, room: str, message_id: str, at: Instant) -> None:
        """Remove a deleted message for good, and remember only that it was deleted.

        Raises:
            OperationalError: The store cannot take it.
        """
        ...

    async def react(self, platform: str, room: str, message_id: str, *, name: str, user: str, present: bool) -> None:
        """Note that somebody's reaction is there, or is no longer."""
        ...

    async def pin(self, platform: str, room: str, message_id: str, *, present: bool) -> None:
        """Note that a message is pinned, or no longer."""
        ...

    async def meet(self, person: HeardPerson) -> None:
        """Keep who somebody is."""
        ...


@runtime_checkable
class Observes(Protocol):
    """A listener or a webhook that can tell an observer what it hears, beside clicks and commands."""

    def attach(self, observer: Observer) -> None:
        """Tell this observer from now on. Called once, before it listens."""
        ...
