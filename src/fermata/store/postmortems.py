"""Post-mortems: one row for each incident, replaced only by whoever read its last version."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, or_, select, update

from fermata.domain.ids import IncidentId
from fermata.domain.postmortem import Postmortem
from fermata.kit.digest import canonical_json
from fermata.store.erasing import note_erased
from fermata.store.statements import insert_new, read_record, write_record
from fermata.store.tables import postmortems


@dataclass(frozen=True, slots=True)
class SqlPostmortemRows:
    """`ports.store.PostmortemRows` over SQL."""

    connection: Connection

    def find(self, incident_id: IncidentId) -> Postmortem | None:
        """Return an incident's post-mortem, or `None`."""
        rows = postmortems.c
        query = select(rows.incident_id, rows.record).where(rows.incident_id == incident_id)
        row = self.connection.execute(query).first()
        return _read(row) if row is not None else None

    def save(self, postmortem: Postmortem) -> bool:
        """Save the version that follows the one that is stored; answer whether this call did it."""
        values = {
            "incident_id": postmortem.incident_id,
            "version": postmortem.version,
            "updated_at": postmortem.updated_at,
            "record": write_record(postmortem),
        }
        if postmortem.version == 1:
            return insert_new(self.connection, postmortems, values, ["incident_id"])
        rows = postmortems.c
        is_next = (rows.incident_id == postmortem.incident_id) & (rows.version == postmortem.version - 1)
        # What was struck from the last version is words that somebody deleted.
        note_erased(self.connection)
        return self.connection.execute(update(postmortems).where(is_next).values(values)).rowcount == 1

    def list_citing(self, keys: Collection[str], limit: int = 100) -> Sequence[IncidentId]:
        """Return the incidents whose post-mortem holds one of these messages' keys. Reads every row: not often."""
        if not keys:
            return []
        rows = postmortems.c
        # As the record writes it: a key with a quotation mark stands there escaped.
        holds = or_(*(rows.record.contains(canonical_json(key)[1:-1], autoescape=True) for key in keys))
        query = select(rows.incident_id).where(holds).order_by(rows.incident_id).limit(limit)
        return [IncidentId(found) for found in self.connection.execute(query).scalars()]

    def list_recent(self, limit: int = 50, offset: int = 0) -> Sequence[Postmortem]:
        """Return post-mortems, the one that changed last at the front."""
        rows = postmortems.c
        query = select(rows.incident_id, rows.record).order_by(rows.updated_at.desc(), rows.incident_id.desc())
        return [_read(row) for row in self.connection.execute(query.limit(limit).offset(offset))]


def _read(row: Any) -> Postmortem:
    return read_record(Postmortem, row.record, f"post-mortem of {row.incident_id}")
