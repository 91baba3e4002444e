"""A verdict can be overturned: an alert that comes back soon after a verified fix says that the fix did not hold.

It is upheld when the look that follows finds another cause, or finds none and somebody has put there anew what was
mended: then something else broke, and the fix did what it was for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from fermata.domain.alert import Alert
from fermata.domain.diagnosis import Diagnosis
from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.execution import VerificationVerdict
from fermata.domain.facts import ChangeFacts
from fermata.domain.ids import ExecutionId, IncidentId
from fermata.domain.incident import Incident
from fermata.domain.journal import JournalEvent
from fermata.domain.person import FERMATA
from fermata.domain.plan import Plan
from fermata.flows.context import FlowContext
from fermata.kit.clock import format_instant
from fermata.kit.units import format_duration
from fermata.ports.store import Transaction
from fermata.rules.sightings import find_facts


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
    # By a clock that was set back it was verified in a time to come: how long ago it was, nobody knows.
    ago = f"{format_duration(age)} after" if age >= timedelta() else "after"
    text = f"{alert.name} fired again {ago} the fix was verified; the fix did not hold"
    transaction.ledger.save_verification(
        verification.model_copy(update={"verdict": VerificationVerdict.UNCHANGED, "text": text})
    )
    kept = {
        "execution_id": executions[-1].id,
        "alert": alert.name,
        "text": verification.text,
        "fired_at": format_instant(now),
    }
    transaction.flags.put(f"overturned/{incident.id}", kept)
    data = {"execution_id": executions[-1].id, "alert_id": alert.id, "text": text}
    transaction.journal.append(
        JournalEvent(kind="verification.overturned", actor=FERMATA, incident_id=incident.id, data=data), now
    )
    return True


def uphold_if_other_cause(
    transaction: Transaction,
    incident_id: IncidentId,
    diagnosis: Diagnosis,
    now: datetime,
    evidence: Sequence[Evidence] = (),
) -> bool:
    """Give an overturned verdict back when what fired again is another trouble; answer whether it did.

    It is when it has another cause or place and not the same guilty change, or when no cause is known and what was
    mended had been put there anew in between: what fired is not what was measured. Otherwise a look that finds no cause
    leaves it overturned: the loop breaker may come one attempt early, never late.

    Args:
        evidence: Of the look.
    """
    kept = transaction.flags.find(f"overturned/{incident_id}")
    if kept is None:
        return False
    execution = transaction.ledger.find_execution(ExecutionId(kept["execution_id"]))
    verification = transaction.ledger.find_verification(ExecutionId(kept["execution_id"]))
    if execution is None or verification is None:
        transaction.flags.remove(f"overturned/{incident_id}")
        return False
    plan = transaction.proposals.get_plan(execution.plan_id)
    places = {plan.steady_state.entity, *(action.target for action in plan.actions)}
    leading = diagnosis.leading
    if leading is None:
        why = _find_replacement(evidence, places, verification.verified_at, kept)
    else:
        is_same = (leading.cause == plan.cause and leading.entity in places) or is_because_of(
            plan, diagnosis.guilty_change, transaction.findings.list_evidence(incident_id)
        )
        why = "" if is_same else f"for another cause: {leading.cause} at {leading.entity.ref}"
    if leading is not None or why:
        transaction.flags.remove(f"overturned/{incident_id}")
    if not why:
        return False
    text = f"{kept['text']}; {kept['alert']} fired again later {why}"
    transaction.ledger.save_verification(
        verification.model_copy(update={"verdict": VerificationVerdict.RESTORED, "text": text})
    )
    data = {"execution_id": execution.id, "text": text}
    event = JournalEvent(kind="verification.upheld", actor=FERMATA, incident_id=incident_id, data=data)
    transaction.journal.append(event, now)
    return True


def is_because_of(plan: Plan, change: str | None, evidence: Sequence[Evidence]) -> bool:
    """Answer whether a plan was made because of a change: it may go on elsewhere, under another cause's name."""
    cited = {citation.evidence_id for citation in plan.citations}
    found = (find_facts(item, ChangeFacts) for item in evidence if item.id in cited)
    return change is not None and any(one is not None and one.facts.id == change for one in found)


def _find_replacement(
    evidence: Sequence[Evidence], places: set[Entity], verified_at: datetime, kept: Mapping[str, Any]
) -> str:
    """Return in words that what was mended was put there anew between the verdict and the alert; empty when not."""
    fired_at = kept.get("fired_at")
    if fired_at is None:  # Kept by an older version.
        return ""
    until = datetime.fromisoformat(str(fired_at))
    for item in evidence:
        found = find_facts(item, ChangeFacts) if item.kind is EvidenceKind.CHANGE and item.entity in places else None
        if found is None or found.facts.kind != "deployment" or found.facts.is_own:
            continue
        if verified_at < found.facts.changed_at <= until:
            at = format_instant(found.facts.changed_at)
            return f"of what was put there at {at}, after the verdict: {item.title}"
    return ""
