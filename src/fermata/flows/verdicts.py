"""A verdict can be overturned: an alert that comes back soon after a verified fix says that the fix did not hold."""

from __future__ import annotations

from datetime import datetime

from fermata.domain.alert import Alert
from fermata.domain.execution import VerificationVerdict
from fermata.domain.incident import Incident
from fermata.domain.journal import JournalEvent
from fermata.domain.person import FERMATA
from fermata.flows.context import FlowContext
from fermata.kit.units import format_duration
from fermata.ports.store import Transaction


def overturn_if_flapping(
    transaction: Transaction, context: FlowContext, incident: Incident, alert: Alert, now: datetime
) -> bool:
    """Turn a recent `restored` into `unchanged` when the incident's alert fires again; answer whether it did.

    The loop breaker reads verdicts: a fix after which the alert flaps counts as one that failed.
    """
    executions = transaction.ledger.list_executions(incident.id)
    if not executions:
        return False
    verification = transaction.ledger.find_verification(executions[-1].id)
    if verification is None or verification.verdict is not VerificationVerdict.RESTORED:
        return False
    age = now - verification.verified_at
    if age > context.limits.flap_window:
        return False
    text = f"{alert.name} fired again {format_duration(age)} after the fix was verified; the fix did not hold"
    transaction.ledger.save_verification(
        verification.model_copy(update={"verdict": VerificationVerdict.UNCHANGED, "text": text})
    )
    data = {"execution_id": executions[-1].id, "alert_id": alert.id, "text": text}
    transaction.journal.append(
        JournalEvent(kind="verification.overturned", actor=FERMATA, incident_id=incident.id, data=data), now
    )
    return True
