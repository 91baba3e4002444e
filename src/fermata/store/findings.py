"""Evidence, gaps and diagnoses of incidents."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from fermata.domain.diagnosis import Diagnosis
from fermata.domain.evidence import Evidence, Gap, Gathering
from fermata.domain.ids import IncidentId
from fermata.kit.digest import canonical_json
from fermata.store.statements import insert_new, read_record, upsert, write_record
from fermata.store.tables import diagnoses, evidence, gatherings


@dataclass(frozen=True, slots=True)
class SqlFindingRows:
    """`ports.store.FindingRows` over SQL."""

    connection: Connection

    def add_gathering(self, incident_id: IncidentId, gathering: Gathering) -> None:
        """Keep evidence (the same evidence again changes nothing) and replace the incident's gaps."""
        for item in gathering.evidence:
            self._add(incident_id, item.id, write_record(item))
        gaps = canonical_json([write_record(gap) for gap in gathering.gaps])
        upsert(self.connection, gatherings, {"incident_id": incident_id, "gaps": gaps}, ["incident_id"])

    def _add(self, incident_id: IncidentId, evidence_id: str, record: str) -> bool:
        values = {"incident_id": incident_id, "id": evidence_id, "record": record}
        return insert_new(self.connection, evidence, values, ["incident_id", "id"])

    def list_evidence(self, incident_id: IncidentId) -> Sequence[Evidence]:
        """Return the incident's evidence, in the order it was added."""
        listed = select(evidence.c.id, evidence.c.record).where(evidence.c.incident_id == incident_id)
        rows = self.connection.execute(listed.order_by(evidence.c.position))
        return [read_record(Evidence, row.record, f"evidence {row.id}") for row in rows]

    def list_gaps(self, incident_id: IncidentId) -> Sequence[Gap]:
        """Return what was missing in the latest gathering."""
        latest = select(gatherings.c.gaps).where(gatherings.c.incident_id == incident_id)
        texts = json.loads(self.connection.execute(latest).scalar_one_or_none() or "[]")
        return [read_record(Gap, text, f"gaps of incident {incident_id}") for text in texts]

    def save_diagnosis(self, incident_id: IncidentId, diagnosis: Diagnosis) -> None:
        """Keep the latest diagnosis."""
        values = {"incident_id": incident_id, "record": write_record(diagnosis)}
        upsert(self.connection, diagnoses, values, ["incident_id"])

    def find_diagnosis(self, incident_id: IncidentId) -> Diagnosis | None:
        """Return the latest diagnosis, or `None`."""
        text = self._find_diagnosis_text(incident_id)
        return read_record(Diagnosis, text, f"diagnosis of incident {incident_id}") if text is not None else None

    def _find_diagnosis_text(self, incident_id: IncidentId) -> str | None:
        latest = select(diagnoses.c.record).where(diagnoses.c.incident_id == incident_id)
        return self.connection.execute(latest).scalar_one_or_none()

    def carry_over(self, source: IncidentId, target: IncidentId) -> int:
        """Copy evidence and, where the target has none, the diagnosis, to another incident; return how many pieces.

        Copies are verbatim: they keep the incident they were collected for, and so the ids by which they are cited.
        """
        listed = select(evidence.c.id, evidence.c.record).where(evidence.c.incident_id == source)
        rows = self.connection.execute(listed.order_by(evidence.c.position)).all()
        copied = sum(self._add(target, row.id, row.record) for row in rows)
        diagnosis = self._find_diagnosis_text(source)
        if diagnosis is not None:
            values = {"incident_id": target, "record": diagnosis}
            copied += insert_new(self.connection, diagnoses, values, ["incident_id"])
        return copied
