"""A person's word that certain alerts are expected for a while."""

from __future__ import annotations

from pydantic import Field

from fermata.domain.record import FrozenMap, Instant, Record, Text


class Silence(Record):
    """Alerts that match are recorded and shown, and start nothing."""

    id: Text
    """Short name, shown where an alert was held back."""
    match: FrozenMap[str, str] = Field(min_length=1)
    """Label -> glob; all must match. An empty match would silence everything and is refused."""
    until: Instant
    """The first instant at which such alerts count again."""
    reason: Text
    """Why, in words."""
