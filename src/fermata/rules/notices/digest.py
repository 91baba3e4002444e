"""One card for all the low severities of a span of time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from fermata.domain.alert import Severity
from fermata.domain.card import Card, CardRow, CardSection, Tone
from fermata.domain.ids import IncidentId
from fermata.domain.incident import IncidentState
from fermata.domain.record import Record, Text

_MOST_ROWS = 40
"""Of incidents: a digest is to be read, and channels bound a message."""


class DigestItem(Record):
    """One incident of a digest, as it is when the digest is made."""

    incident_id: IncidentId
    title: Text
    severity: Severity
    state: IncidentState


def compose_digest(key: str, items: Sequence[DigestItem], ends_at: datetime) -> Card:
    """Write the card of a digest; there is nothing to decide on it.

    Args:
        key: What the message is found by; it stands where an incident's id would.
        items: At least one.
    """
    shown = sorted(items, key=lambda item: (item.severity.rank, item.state is IncidentState.RESOLVED, item.incident_id))
    rows = [
        CardRow(
            label=f"[{item.severity.value}] {item.incident_id}",
            text=f"{item.title} ({item.state.value})",
            tone=Tone.QUIET if item.state is IncidentState.RESOLVED else Tone.PLAIN,
        )
        for item in shown[:_MOST_ROWS]
    ]
    if len(shown) > _MOST_ROWS:
        rows.append(CardRow(label="More", text=f"{len(shown) - _MOST_ROWS} further ones: `fermata incidents`"))
    counted = f"{len(shown)} incidents" if len(shown) > 1 else "1 incident"
    return Card(
        incident_id=IncidentId(key),
        title=f"Digest: {counted} of low severity",
        subtitle=f"until {ends_at:%Y-%m-%d %H:%M} UTC; no plan waits for a decision",
        tone=Tone.QUIET,
        sections=(CardSection(heading="Incidents", rows=tuple(rows)),),
    )
