"""What channels brought in and was dealt with: a comment or an event that comes twice is worked off once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from fermata.store.statements import insert_new
from fermata.store.tables import deliveries


@dataclass(frozen=True, slots=True)
class SqlDeliveryRows:
    """`ports.store.DeliveryRows` over SQL."""

    connection: Connection

    def add(self, channel: str, delivery_id: str, at: datetime) -> bool:
        """Note a delivery; answer whether it was new."""
        return insert_new(
            self.connection, deliveries, {"channel": channel, "id": delivery_id, "at": at}, ["channel", "id"]
        )

    def has(self, channel: str, delivery_id: str) -> bool:
        """Answer whether a delivery was noted."""
        noted = select(deliveries.c.id).where(deliveries.c.channel == channel, deliveries.c.id == delivery_id)
        return self.connection.execute(noted).first() is not None

    def forget(self, before: datetime, channel: str = "") -> int:
        """Remove what was noted before an instant, in one channel or in all; return how many."""
        old = delete(deliveries).where(deliveries.c.at < before)
        return self.connection.execute(old.where(deliveries.c.channel == channel) if channel else old).rowcount
