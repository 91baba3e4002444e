"""Where people are: cards out, decisions in."""

from __future__ import annotations

from typing import Protocol

from fermata.domain.card import Card


class Channel(Protocol):
    """Shows cards to people.

    Contract: shows the card whole or not at all; redaction has run before. Delivering the same key again changes the
    message that is there (find-or-post) where the channel can do that; `docs/channels.md` says where it cannot.
    """

    @property
    def name(self) -> str:
        """Return the channel's name as handles in the settings use it."""
        ...

    async def deliver(self, card: Card, *, key: str, receipt: str | None) -> str:
        """Show the card and return a receipt to update it by.

        Args:
            key: One per incident: how the message is found again.
            receipt: What an earlier delivery of this key returned; `None` at first.

        Raises:
            OperationalError: The channel is not reachable; the outbox tries again later.
        """
        ...
