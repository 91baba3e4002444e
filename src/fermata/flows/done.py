"""What is remembered of a plan that was carried out, while an alert fires on: a look that explains nothing keeps it."""

from __future__ import annotations

from fermata.domain.diagnosis import Diagnosis, Verdict
from fermata.domain.ids import IncidentId, RunId
from fermata.ports.store import Transaction


def note_done(transaction: Transaction, incident_id: IncidentId, run_id: RunId, reason: str) -> None:
    """Remember for the next look what was done, and what a person is told if that look explains nothing.

    Args:
        run_id: Of that look; it counts for no other.
    """
    transaction.flags.put(f"done/{incident_id}", {"run": run_id, "reason": reason, "kept": False})


def keeps_cause(transaction: Transaction, incident_id: IncidentId, run_id: RunId, diagnosis: Diagnosis) -> bool:
    """Answer whether the diagnosis before stays: its cause was dealt with, and this look found no other."""
    noted, before = transaction.flags.find(f"done/{incident_id}"), transaction.findings.find_diagnosis(incident_id)
    if noted is None or noted["run"] != run_id or before is None:
        return False
    kept = before.verdict is Verdict.IDENTIFIED and diagnosis.verdict is Verdict.UNDETERMINED
    transaction.flags.put(f"done/{incident_id}", noted | {"kept": kept})
    return kept


def find_kept(transaction: Transaction, incident_id: IncidentId, run_id: RunId) -> str:
    """Return what a person is told after a look that kept the diagnosis before; empty when it did not."""
    noted = transaction.flags.find(f"done/{incident_id}")
    return str(noted["reason"]) if noted is not None and noted["run"] == run_id and noted["kept"] else ""
