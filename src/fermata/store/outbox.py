"""Cards on their way to channels: one row per channel and key, holding the newest card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, case, func, select, update

from fermata.domain.card import Card
from fermata.ports.outbox import OutboxEntry, OutboxPlace
from fermata.store.statements import insert_new, read_record, write_record
from fermata.store.tables import outbox

_WAITS = '"can_decide":true'
"""In a stored card whose plan waits; in a text of a card the quotes would be escaped."""


@dataclass(frozen=True, slots=True)
class SqlOutboxRows:
    """`ports.store.OutboxRows` over SQL."""

    connection: Connection

    def put(self, channel: str, key: str, card: Card, *, now: datetime) -> None:
        """Queue the card as the newest of its key, due at once. The very same card again changes nothing.

        What was held against the card stays counted: one that is refused is not tried more often because it changes.
        """
        text = write_record(card)
        values = {
            "channel": channel,
            "key": key,
            "card": text,
            "version": 1,
            "delivered_version": 0,
            "is_delivered": False,
            "attempts": 0,
            "due_at": now,
            "last_error": "",
        }
        if insert_new(self.connection, outbox, values, ["channel", "key"]):
            return
        own = outbox.c.channel == channel, outbox.c.key == key
        newer = update(outbox).where(*own, outbox.c.card != text)
        self.connection.execute(newer.values(card=text, version=outbox.c.version + 1, is_delivered=False, due_at=now))

    def renew(self, channel: str, key: str, *, now: datetime) -> bool:
        """Make a card that is shown due again, unchanged; answer whether it was shown and nothing newer waited."""
        shown = (
            update(outbox)
            .where(outbox.c.channel == channel, outbox.c.key == key)
            .where(outbox.c.is_delivered, outbox.c.receipt.is_not(None))
            .values(version=outbox.c.version + 1, is_delivered=False, due_at=now)
        )
        return self.connection.execute(shown).rowcount > 0

    def list_waiting(self, now: datetime | None = None) -> Sequence[str]:
        """Return the channels that a card is due for, by name; without an instant, those that any card waits for."""
        waiting = select(outbox.c.channel).where(~outbox.c.is_delivered)
        due = waiting if now is None else waiting.where(outbox.c.due_at <= now)
        return self.connection.execute(due.distinct().order_by(outbox.c.channel)).scalars().all()

    def list_due(self, now: datetime, limit: int = 20, channel: str | None = None) -> Sequence[OutboxEntry]:
        """Return undelivered cards whose time has come, see the port; of one channel when it is named."""
        due = select(outbox).where(~outbox.c.is_delivered, outbox.c.due_at <= now)
        if channel is not None:
            due = due.where(outbox.c.channel == channel)
        is_first = outbox.c.card.contains(_WAITS, autoescape=True)
        order = (case((is_first, 0), else_=1), outbox.c.due_at, outbox.c.channel, outbox.c.key)
        rows = self.connection.execute(due.order_by(*order).limit(limit))
        return [_read(row) for row in rows]

    def list_due_after(self, after: datetime) -> Sequence[OutboxEntry]:
        """Return undelivered cards that are due later than an instant."""
        late = select(outbox).where(~outbox.c.is_delivered, outbox.c.due_at > after)
        return [_read(row) for row in self.connection.execute(late.order_by(outbox.c.due_at).limit(20))]

    def list_places(self, key: str) -> Sequence[OutboxPlace]:
        """Return where a card was sent or is to be sent, by channel."""
        columns = select(outbox.c.channel, outbox.c.receipt, outbox.c.is_delivered)
        rows = self.connection.execute(columns.where(outbox.c.key == key).order_by(outbox.c.channel))
        return [OutboxPlace(row.channel, row.receipt is not None, row.is_delivered, row.receipt or "") for row in rows]

    def list_stranded(self, channels: Sequence[str], beside: str, limit: int = 20) -> Sequence[OutboxEntry]:
        """Return undelivered cards of these channels that were never sent to `beside`, oldest first."""
        there = select(outbox.c.key).where(outbox.c.channel == beside)
        stranded = select(outbox).where(
            ~outbox.c.is_delivered, outbox.c.channel.in_(channels), outbox.c.key.not_in(there)
        )
        rows = self.connection.execute(stranded.order_by(outbox.c.due_at, outbox.c.key).limit(limit))
        return [_read(row) for row in rows]

    def mark_delivered(self, entry: OutboxEntry, receipt: str, *, now: datetime) -> None:  # noqa: ARG002 - the port's signature
        """Keep the receipt. A card replaced meanwhile stays due; an older one that was late changes nothing."""
        delivered = (
            update(outbox)
            .where(outbox.c.channel == entry.channel, outbox.c.key == entry.key)
            .where(outbox.c.delivered_version < entry.version)
            .values(
                delivered_version=entry.version,
                is_delivered=outbox.c.version <= entry.version,
                receipt=receipt,
                attempts=0,
                last_error="",
            )
        )
        self.connection.execute(delivered)

    def mark_failed(self, entry: OutboxEntry, error: str, retry_in: timedelta, *, now: datetime) -> None:
        """Plan another try. A card that was replaced meanwhile keeps its own time."""
        failed = (
            update(outbox)
            .where(outbox.c.channel == entry.channel, outbox.c.key == entry.key, outbox.c.version == entry.version)
            .values(due_at=now + retry_in, last_error=error)
        )
        self.connection.execute(failed)

    def put_off(self, channel: str, key: str, version: int, wait: timedelta, *, now: datetime) -> None:
        """Let a card wait because others of its place arrived and it did not; one that was replaced is let alone."""
        held = (
            update(outbox)
            .where(outbox.c.channel == channel, outbox.c.key == key, outbox.c.version == version)
            .values(attempts=outbox.c.attempts + 1, due_at=now + wait)
        )
        self.connection.execute(held)

    def count_undelivered(self) -> int:
        """Return how many wait."""
        return self.connection.execute(select(func.count()).where(~outbox.c.is_delivered)).scalar_one()


def _read(row: Row[Any]) -> OutboxEntry:
    return OutboxEntry(
        channel=row.channel,
        key=row.key,
        card=read_record(Card, row.card, f"card {row.key}"),
        version=row.version,
        receipt=row.receipt,
        attempts=row.attempts,
        due_at=row.due_at,
        last_error=row.last_error,
    )
