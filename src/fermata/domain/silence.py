"""A person's word that certain alerts are expected for a while."""

from __future__ import annotations

from pydantic import Field

from fermata.domain.record import FrozenMap, Instant, Record, Text


class Silence(Record):
    """Alerts that match are recorded and shown, and start nothing."""

    id: Text
    match: FrozenMap[str, str] = Field(min_length=1)
    """Label -> glob; all must match. An empty match would silence everything and is refused."""
    until: Instant
    reason: Text
