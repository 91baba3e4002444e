"""Ends that a source never tells, because it has forgotten that something fired.

Called by intake. A Prometheus and an Alertmanager that start anew without their state tell of what still fires under a
new start, and of the end of that start alone: the firing before it would hold its incident open for ever.
"""

from __future__ import annotations

from fermata.domain.alert import Alert, AlertBatch, AlertStatus
from fermata.ports.store import Transaction


def find_outlived(transaction: Transaction, batch: AlertBatch, alert: Alert) -> Alert | None:
    """Return another firing that an alert's end ends too, as over; `None` where there is none left.

    One set of labels fires once at a time: what began before it, and was never spoken of since it was first heard, is
    over with it. What is told of again goes on, as that of another source whose labels are the same.
    """
    if alert.status is not AlertStatus.RESOLVED or alert.ends_at is None or batch.many_at_once:
        return None
    other = transaction.alerts.find_going_on(alert.source, alert.fingerprint)
    if other is None or other.status is not AlertStatus.FIRING or other.starts_at >= alert.starts_at:
        return None
    if other.received_at > transaction.alerts.get(alert.id).heard_at:
        return None
    told = {"status": AlertStatus.RESOLVED, "ends_at": alert.ends_at, "received_at": alert.received_at}
    return other.model_copy(update=told)
