"""Reading whether somebody asked to keep still about an incident."""

from __future__ import annotations

from datetime import datetime

from fermata.domain.ids import IncidentId
from fermata.domain.record import Instant, Record
from fermata.kit.clock import CLOCK_SKEW
from fermata.ports.store import Transaction


class Snooze(Record):
    """That somebody asked to keep still."""

    until: Instant
    by: str
    at: Instant | None = None
    """When they asked; `None` in a note of an older Fermata."""


def name_snooze(incident_id: IncidentId) -> str:
    """Return the flag it is kept in."""
    return f"snooze/{incident_id}"


def find_snooze(transaction: Transaction, incident_id: IncidentId, now: datetime) -> Snooze | None:
    """Return the snooze that is in force, or `None`."""
    value = transaction.flags.find(name_snooze(incident_id))
    snooze = Snooze.from_json(value) if value is not None else None
    if snooze is None or now >= snooze.until:
        return None
    # One that was asked for in a time to come is of a clock that was set back: it would last longer than was asked for.
    return None if snooze.at is not None and snooze.at - now > CLOCK_SKEW else snooze
