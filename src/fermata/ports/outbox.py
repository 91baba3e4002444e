"""The rows of channels: cards on their way out, and what was brought in and dealt with. Part of `ports.store`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from fermata.domain.card import Card
from fermata.domain.record import Instant, Record


@dataclass(frozen=True, slots=True)
class OutboxPlace:
    """One place where a card is, or is to be."""

    channel: str
    is_shown: bool
    """It was delivered there once: what is shown has to be kept true."""
    is_delivered: bool
    """The newest card is there."""
    receipt: str = ""
    """What the channel keeps of it; the id of its message is among that."""


class OutboxEntry(Record):
    """A card on its way to one channel. A newer card of the same key replaces one that was not sent yet."""

    channel: str
    """The channel's name, with a room behind a colon where it is not the one of its settings: `slack:C0123`."""
    key: str
    card: Card
    version: int
    """Rises with each change of the card; a sender that is late does not overwrite a newer one."""
    receipt: str | None = None
    attempts: int = 0
    """Times that it was put off: others of its place arrived, and it did not."""
    due_at: Instant
    last_error: str = ""


class OutboxRows(Protocol):
    """Cards to deliver: at least once, in order of change, one message per key."""

    def put(self, channel: str, key: str, card: Card, *, now: datetime) -> None:
        """Queue the card as the newest of its key, due at once. The very same card again changes nothing."""
        ...

    def renew(self, channel: str, key: str, *, now: datetime) -> bool:
        """Make a card that is shown due again, unchanged; answer whether it was shown and nothing newer waited."""
        ...

    def list_waiting(self, now: datetime | None = None) -> Sequence[str]:
        """Return the channels that a card is due for; without an instant, those that any card waits for.

        Costs a walk over an index, however large the cards are.
        """
        ...

    def list_due(self, now: datetime, limit: int = 20, channel: str | None = None) -> Sequence[OutboxEntry]:
        """Return undelivered cards whose time has come, of one channel when it is named.

        Those whose plan waits for a person come first, then the oldest: a channel takes one message a second, and in a
        storm a plan would expire behind cards that ask for nothing.
        """
        ...

    def list_due_after(self, after: datetime) -> Sequence[OutboxEntry]:
        """Return undelivered cards that are due later than an instant, at most 20: a clock set back has left them."""
        ...

    def list_places(self, key: str) -> Sequence[OutboxPlace]:
        """Return where a card was sent or is to be sent, by channel."""
        ...

    def list_stranded(self, channels: Sequence[str], beside: str, limit: int = 20) -> Sequence[OutboxEntry]:
        """Return undelivered cards of these channels that were never sent to `beside`, oldest first."""
        ...

    def mark_delivered(self, entry: OutboxEntry, receipt: str, *, now: datetime) -> None:
        """Keep the receipt. A card that was replaced meanwhile stays due."""
        ...

    def mark_failed(self, entry: OutboxEntry, error: str, retry_in: timedelta, *, now: datetime) -> None:
        """Plan another try."""
        ...

    def put_off(self, channel: str, key: str, version: int, wait: timedelta, *, now: datetime) -> None:
        """Let a card wait because others of its place arrived and it did not; one that was replaced is let alone."""
        ...

    def count_undelivered(self) -> int:
        """Return how many wait."""
        ...


class DeliveryRows(Protocol):
    """What channels brought in (events, comments) and was dealt with."""

    def add(self, channel: str, delivery_id: str, at: datetime) -> bool:
        """Note a delivery; answer whether it was new."""
        ...

    def has(self, channel: str, delivery_id: str) -> bool:
        """Answer whether a delivery was noted."""
        ...

    def forget(self, before: datetime, channel: str = "") -> int:
        """Remove what was noted before an instant, in one channel or in all; return how many."""
        ...
