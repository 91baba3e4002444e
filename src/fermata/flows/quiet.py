"""Reading whether somebody asked to keep still about an incident."""

from __future__ import annotations

from datetime import datetime

from fermata.domain.ids import IncidentId
from fermata.domain.record import Instant, Record
from fermata.ports.store import Transaction


class Snooze(Record):
    """That somebody asked to keep still."""

    until: Instant
    by: str


def name_snooze(incident_id: IncidentId) -> str:
    """Return the flag it is kept in."""
    return f"snooze/{incident_id}"


def find_snooze(transaction: Transaction, incident_id: IncidentId, now: datetime) -> Snooze | None:
    """Return the snooze that is in force, or `None`."""
    value = transaction.flags.find(name_snooze(incident_id))
    snooze = Snooze.from_json(value) if value is not None else None
    return snooze if snooze is not None and now < snooze.until else None
