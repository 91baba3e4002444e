"""What to collect for, decided by code from labels and entities, not by a chain of model turns."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import model_validator

from fermata.domain.alert import Alert
from fermata.domain.entity import Entity
from fermata.domain.ids import IncidentId
from fermata.domain.record import Instant, Record

UNKNOWN_ONSET = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for the onset where nothing that was collected tells a time: a fixed value, so that answers stay the same."""


class Scope(Record):
    """The frame of one gathering: which entities, which window."""

    incident_id: IncidentId
    alerts: tuple[Alert, ...]
    entities: tuple[Entity, ...]
    """Most specific first. A collector takes those it knows and ignores the others."""
    onset: Instant
    """The earliest `starts_at`: collectors look before it for causes and after it for symptoms."""
    window_start: Instant
    window_end: Instant
    beside: tuple[str, ...] = ()
    """Services that share a queue, a database or a cache with these: what changed there shortly before is looked at,
    and nothing else of them. Empty where nobody knows."""

    @model_validator(mode="after")
    def _require_order(self) -> Scope:
        if self.window_start >= self.window_end:
            message = "the window must end after it starts"
            raise ValueError(message)
        return self

    def list_names(self) -> tuple[str, ...]:
        """Return the distinct entity names, most specific first: what a collector without typed entities matches on."""
        return tuple(dict.fromkeys(entity.name for entity in self.entities))
