"""Incidents in their latest form, and which alert belongs to which."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, select

from fermata.domain.alert import Severity
from fermata.domain.ids import AlertId, IncidentId
from fermata.domain.incident import Incident, IncidentState
from fermata.kit.digest import canonical_json
from fermata.kit.errors import NotFoundError
from fermata.ports.store import IncidentMark
from fermata.store.statements import read_record, upsert, write_record
from fermata.store.tables import incident_alerts, incidents

_COLUMNS = select(incidents.c.id, incidents.c.record)
_NEWEST = _COLUMNS.order_by(incidents.c.opened_at.desc(), incidents.c.id.desc())
_BATCH = 200
"""Rows of a search in memory at a time."""
_OWNER = select(incident_alerts.c.incident_id).where(incident_alerts.c.alert_id == bindparam("alert_id"))
_JOINABLE = (
    select(incidents.c.id, incidents.c.updated_at)
    .where(incidents.c.updated_at >= bindparam("since"))
    .order_by(incidents.c.opened_at, incidents.c.id)
)


@dataclass(frozen=True, slots=True)
class SqlIncidentRows:
    """`ports.store.IncidentRows` over SQL."""

    connection: Connection

    def save(self, incident: Incident) -> None:
        """Add or replace the incident, and index its alerts to it.

        A merged incident keeps its alerts in its record, for the story, but no longer owns them: they are looked up
        to the one it was merged into, whichever of the two is saved last.
        """
        values = {
            "id": incident.id,
            "state": incident.state,
            "opened_at": incident.opened_at,
            "updated_at": incident.updated_at,
            "record": write_record(incident),
        }
        upsert(self.connection, incidents, values, ["id"])
        self._index(incident)

    def _index(self, incident: Incident) -> None:
        """Write only what changed: an incident of a storm is saved once for each alert that joins it."""
        owned = set() if incident.state is IncidentState.MERGED else set(incident.alert_ids)
        known = select(incident_alerts.c.alert_id).where(incident_alerts.c.incident_id == incident.id)
        indexed = set(self.connection.execute(known).scalars())
        for alert_id in sorted(owned - indexed):
            values = {"alert_id": alert_id, "incident_id": incident.id}
            upsert(self.connection, incident_alerts, values, ["alert_id"])
        for alert_id in sorted(indexed - owned):
            self.connection.execute(delete(incident_alerts).where(incident_alerts.c.alert_id == alert_id))

    def get(self, incident_id: IncidentId) -> Incident:
        """Return an incident.

        Raises:
            NotFoundError: No such incident.
        """
        found = _read(self.connection.execute(_COLUMNS.where(incidents.c.id == incident_id)))
        if not found:
            raise NotFoundError(f"There is no incident {incident_id}", do="List them: `fermata incidents`")
        return found[0]

    def find_owner(self, alert_id: AlertId) -> IncidentId | None:
        """Return the id of the incident the alert belongs to now, or `None`. Costs the same however large it is."""
        owner = self.connection.execute(_OWNER, {"alert_id": alert_id}).scalar_one_or_none()
        return IncidentId(owner) if owner is not None else None

    def find_by_alert(self, alert_id: AlertId) -> Incident | None:
        """Return the incident the alert belongs to now, or `None`."""
        owner = _COLUMNS.join(incident_alerts, incident_alerts.c.incident_id == incidents.c.id)
        found = _read(self.connection.execute(owner.where(incident_alerts.c.alert_id == alert_id)))
        return found[0] if found else None

    def list_in_states(self, states: Sequence[IncidentState], *, newest_first: bool = False) -> Sequence[Incident]:
        """Return incidents in these states, the one that changed longest ago at the front, or last."""
        by_age = [incidents.c.updated_at, incidents.c.id]
        order = [column.desc() for column in by_age] if newest_first else by_age
        standing = _COLUMNS.where(incidents.c.state.in_(states)).order_by(*order)
        return _read(self.connection.execute(standing.limit(1000)))

    def count_in_states(self, states: Sequence[IncidentState]) -> int:
        """Return how many incidents are in these states."""
        counted = select(func.count()).select_from(incidents).where(incidents.c.state.in_(states))
        return int(self.connection.execute(counted).scalar_one())

    def list_joinable(self, since: datetime) -> Sequence[IncidentMark]:
        """Return the marks of incidents that changed at or after `since`, oldest first; merged ones are among them."""
        # In one go and by position: every webhook reads them all, and there may be thousands.
        found = self.connection.execute(_JOINABLE, {"since": since}).all()
        return [IncidentMark(incident_id, updated_at) for incident_id, updated_at in found]

    def list_recent(self, limit: int = 50, offset: int = 0) -> Sequence[Incident]:
        """Return incidents, newest first."""
        return _read(self.connection.execute(_NEWEST.limit(limit).offset(offset)))

    def search(
        self, words: Sequence[str], states: Sequence[IncidentState] = (), limit: int = 50, offset: int = 0
    ) -> Sequence[Incident]:
        """Return incidents that mention every word and are in one of the states, newest first. No states: in any.

        The database narrows down, for it knows the record as text alone; the records themselves decide. It lowers the
        case of ASCII only, and JSON writes some characters otherwise: such words are left to the records.
        """
        query = _NEWEST.where(incidents.c.state.in_(states)) if states else _NEWEST
        for word in words:
            if word.isascii() and word == json.dumps(word)[1:-1]:
                query = query.where(func.lower(incidents.c.record).contains(word.lower(), autoescape=True))
        # Closed at the end of the page: PostgreSQL's cursor would stay open otherwise.
        with self.connection.execute(query.execution_options(yield_per=_BATCH)) as rows:
            found = (incident for incident in _iterate(rows) if all(map(incident.mentions, words)))
            return list(islice(found, offset, offset + limit))

    def list_by_severity(
        self, severity: Severity, states: Sequence[IncidentState], limit: int = 50
    ) -> Sequence[Incident]:
        """Return incidents that are exactly so bad and in one of the states, newest first.

        As with a search, the database narrows down, by the stored form, and the records decide.
        """
        stored = canonical_json({"severity": severity.value})[1:-1]
        query = _NEWEST.where(incidents.c.state.in_(states), incidents.c.record.contains(stored, autoescape=True))
        with self.connection.execute(query.execution_options(yield_per=_BATCH)) as rows:
            return list(islice((incident for incident in _iterate(rows) if incident.severity is severity), limit))


def _read(rows: Iterable[Row[Any]]) -> list[Incident]:
    return list(_iterate(rows))


def _iterate(rows: Iterable[Any]) -> Iterator[Incident]:
    return (read_record(Incident, row.record, f"incident {row.id}") for row in rows)
