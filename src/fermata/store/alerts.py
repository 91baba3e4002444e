"""Alerts: one row per firing, in its latest state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, bindparam, or_, select, update

from fermata.domain.alert import Alert, AlertChange, AlertStatus
from fermata.domain.ids import AlertId
from fermata.kit.errors import NotFoundError
from fermata.store.statements import insert_new, read_record, write_record
from fermata.store.tables import alerts

# SQLite allows 32,766 bound values in one statement, PostgreSQL 65,535; 500 keeps the plans small.
_BATCH = 500

_OUT_OF_ORDER = timedelta(minutes=1)
"""How much later than its end a message of a firing may still come: longer than a peer of a cluster takes to send."""

_MOST_BEFORE = 20
"""Firings of one fingerprint that are looked through for the one that goes on. It began before so many that are over
only where its sender's clock is wrong, and a monitor that flaps for a year must not make each message slow."""

_CHANGE = (
    update(alerts)
    .where(alerts.c.id == bindparam("alert_id"))
    .values(status=bindparam("status"), record=bindparam("record"), sightings=alerts.c.sightings + 1)
)
_COUNT = update(alerts).where(alerts.c.id == bindparam("alert_id")).values(sightings=alerts.c.sightings + 1)


@dataclass(frozen=True, slots=True)
class SqlAlertRows:
    """`ports.store.AlertRows` over SQL."""

    connection: Connection

    def record(self, alert: Alert) -> AlertChange:
        """Store the alert or update its state; count the sighting."""
        values = {
            "id": alert.id,
            "fingerprint": alert.fingerprint,
            "name": alert.name,
            "status": alert.status,
            "starts_at": alert.starts_at,
            "sightings": 1,
            "record": write_record(alert),
        }
        if insert_new(self.connection, alerts, values, ["id"]):
            return AlertChange.NEW
        stored = self.get(alert.id)
        change = _judge(stored, alert)
        if change is AlertChange.LATE:
            self.connection.execute(_COUNT, {"alert_id": alert.id})
        else:
            record = write_record(alert.model_copy(update={"first_received_at": stored.heard_at}))
            changed = {"alert_id": alert.id, "status": alert.status, "record": record}
            self.connection.execute(_CHANGE, changed)
        return change

    def get(self, alert_id: AlertId) -> Alert:
        """Return an alert in its latest state.

        Raises:
            NotFoundError: No such alert.
        """
        found = self.list_by_ids([alert_id])
        if not found:
            raise NotFoundError(f"There is no alert {alert_id}", do="List the alerts: `fermata incidents`")
        return found[0]

    def find(self, text: str) -> Alert | None:
        """Return the alert whose id, fingerprint or name is `text`; the latest when several match."""
        matches = or_(alerts.c.id == text, alerts.c.fingerprint == text, alerts.c.name == text)
        latest = select(alerts.c.record).where(matches).order_by(alerts.c.starts_at.desc(), alerts.c.id).limit(1)
        record = self.connection.execute(latest).scalar_one_or_none()
        return read_record(Alert, record, f"alert {text}") if record is not None else None

    def list_firing(self, name: str) -> Sequence[Alert]:
        """Return the alerts of this name that fire now, the one that began last at the front."""
        firing = (
            select(alerts.c.id, alerts.c.record)
            .where(alerts.c.name == name, alerts.c.status == AlertStatus.FIRING)
            .order_by(alerts.c.starts_at.desc(), alerts.c.id)
        )
        return [read_record(Alert, row.record, f"alert {row.id}") for row in self.connection.execute(firing)]

    def find_going_on(self, source: str, fingerprint: str) -> Alert | None:
        """Return the firing of a fingerprint that is not over, else the one that began last; `None` without any."""
        latest = (
            select(alerts.c.id, alerts.c.record)
            .where(alerts.c.fingerprint == fingerprint)
            .order_by(alerts.c.starts_at.desc(), alerts.c.id)
            .limit(_MOST_BEFORE)
        )
        found = [read_record(Alert, row.record, f"alert {row.id}") for row in self.connection.execute(latest)]
        own = [alert for alert in found if alert.source == source]
        return next((alert for alert in own if alert.status is AlertStatus.FIRING), own[0] if own else None)

    def list_by_ids(self, alert_ids: Sequence[AlertId]) -> Sequence[Alert]:
        """Return these alerts in their latest state, in the order given; unknown ids are left out."""
        found: dict[AlertId, Alert] = {}
        for start in range(0, len(alert_ids), _BATCH):
            batch = alert_ids[start : start + _BATCH]
            rows = self.connection.execute(select(alerts.c.id, alerts.c.record).where(alerts.c.id.in_(batch)))
            found |= {row.id: read_record(Alert, row.record, f"alert {row.id}") for row in rows}
        return [found[alert_id] for alert_id in alert_ids if alert_id in found]

    def count_sightings(self, alert_id: AlertId) -> int:
        """Return how often it was delivered; 0 for an unknown one."""
        counted = select(alerts.c.sightings).where(alerts.c.id == alert_id)
        return self.connection.execute(counted).scalar_one_or_none() or 0


def _judge(stored: Alert, alert: Alert) -> AlertChange:
    """Say what a further message of a known firing changes."""
    if stored.status is alert.status:
        return AlertChange.REPEATED
    if alert.status is AlertStatus.RESOLVED:
        return AlertChange.RESOLVED
    # Alertmanager calls an alert resolved when it hears nothing for a while, and a restarted Prometheus then goes on
    # with the start it always had. It says so once; the next message may be hours away.
    since = alert.received_at - stored.received_at
    return AlertChange.REFIRED if since > _OUT_OF_ORDER else AlertChange.LATE
