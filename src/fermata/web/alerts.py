"""An incident's alerts as its page shows them: each with its id and why it is here, worked out once. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from fermata.domain.alert import Alert
from fermata.domain.ids import AlertId
from fermata.flows.readings import IncidentView

MOST_ALERTS = 20
"""As many as the card names; the others of a storm are folded away behind them."""


@dataclass(frozen=True, slots=True)
class ShownAlert:
    """One alert, and what the page says of it."""

    id: AlertId
    """A digest: worked out here, for a template would do it again for every line that it compares."""
    alert: Alert
    reasons: tuple[str, ...]
    """Why it belongs to this incident; empty when the incident does not say."""


def list_alerts(view: IncidentView) -> tuple[ShownAlert, ...]:
    """Return an incident's alerts in the order of the view."""
    reasons: dict[AlertId, list[str]] = {}
    for merge in view.incident.merges:
        reasons.setdefault(merge.alert_id, []).append(merge.text)
    shown = ((alert.id, alert) for alert in view.alerts)
    return tuple(ShownAlert(alert_id, alert, tuple(reasons.get(alert_id, ()))) for alert_id, alert in shown)
