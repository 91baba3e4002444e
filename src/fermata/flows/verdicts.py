"""A verdict can be overturned: an alert that comes back soon after a verified fix says that the fix did not hold.

It is upheld when the look that follows finds another cause: then something else broke, and the fix did what it was for.
"""

from __future__ import annotations

from datetime import datetime

from fermata.domain.alert import Alert
from fermata.domain.diagnosis import Diagnosis
from fermata.domain.execution import VerificationVerdict
from fermata.domain.ids import ExecutionId, IncidentId
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
    kept = {"execution_id": executions[-1].id, "alert": alert.name, "text": verification.text}
    transaction.flags.put(f"overturned/{incident.id}", kept)
    data = {"execution_id": executions[-1].id, "alert_id": alert.id, "text": text}
    transaction.journal.append(
        JournalEvent(kind="verification.overturned", actor=FERMATA, incident_id=incident.id, data=data), now
    )
    return True


def uphold_if_other_cause(
    transaction: Transaction, incident_id: IncidentId, diagnosis: Diagnosis, now: datetime
) -> bool:
    """Give an overturned verdict back when what fired again has another cause or place; answer whether it did.

    A look that finds no cause leaves it overturned: the loop breaker may come one attempt early, never late.
    """
    kept = transaction.flags.find(f"overturned/{incident_id}")
    leading = diagnosis.leading
    if kept is None or leading is None:
        return False
    transaction.flags.remove(f"overturned/{incident_id}")
    execution = transaction.ledger.find_execution(ExecutionId(kept["execution_id"]))
    verification = transaction.ledger.find_verification(ExecutionId(kept["execution_id"]))
    if execution is None or verification is None:
        return False
    plan = transaction.proposals.get_plan(execution.plan_id)
    places = {plan.steady_state.entity, *(action.target for action in plan.actions)}
    if leading.cause == plan.cause and leading.entity in places:
        return False
    text = (
        f"{kept['text']}; {kept['alert']} fired again later for another cause: {leading.cause} at {leading.entity.ref}"
    )
    transaction.ledger.save_verification(
        verification.model_copy(update={"verdict": VerificationVerdict.RESTORED, "text": text})
    )
    data = {"execution_id": execution.id, "text": text}
    event = JournalEvent(kind="verification.upheld", actor=FERMATA, incident_id=incident_id, data=data)
    transaction.journal.append(event, now)
    return True
