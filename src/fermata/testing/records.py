"""Valid records to start a test from: each builder fills in everything, and a test changes what it is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from fermata.domain.action import BlastRadius, DryRun, PlannedAction, Risk
from fermata.domain.alert import Alert, AlertStatus, Severity
from fermata.domain.card import Card, CardSection
from fermata.domain.diagnosis import Citation, Diagnosis, Hypothesis, Verdict
from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine
from fermata.domain.execution import Execution, Intent, Verification, VerificationVerdict
from fermata.domain.ids import ActionId, ApprovalId, ExecutionId, IncidentId, PersonId, PlanId, ProposalId
from fermata.domain.incident import Incident, IncidentState, MergeReason
from fermata.domain.journal import JournalEvent
from fermata.domain.model import Attempt, AttemptOutcome, TaskKind, Tier
from fermata.domain.person import FERMATA
from fermata.domain.plan import ApprovalRule, Plan, SteadyState
from fermata.domain.proposal import Approval, Proposal, ProposalState
from fermata.domain.scope import Scope
from fermata.ports.outbox import OutboxEntry

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
"""When everything here happens."""
CHECKOUT = Entity(system="supervisor", kind="process", name="checkout")
"""What everything here happens to."""


def make_alert(name: str = "CheckoutDown", **changes: Any) -> Alert:
    """Return a firing critical alert of checkout; its fingerprint follows its name."""
    values: dict[str, Any] = {
        "source": "alertmanager",
        "fingerprint": f"fp-{name}",
        "name": name,
        "status": AlertStatus.FIRING,
        "severity": Severity.CRITICAL,
        "labels": {"alertname": name, "service": "checkout"},
        "annotations": {"summary": "checkout is down"},
        "starts_at": NOON,
        "payload_digest": "sha256:00",
        "received_at": NOON,
    }
    return Alert(**(values | changes))


def make_scope(*refs: str, at: datetime = NOON) -> Scope:
    """Return the scope of an alert without labels that fired at `at`: the hour before it, for entities by their ref."""
    alert = make_alert(labels={}, annotations={}, starts_at=at, received_at=at)
    return Scope(
        incident_id=IncidentId("inc-1"),
        alerts=(alert,),
        entities=tuple(Entity.parse(ref) for ref in refs),
        onset=at,
        window_start=at - timedelta(hours=1),
        window_end=at + timedelta(seconds=1),
    )


def make_incident(incident_id: str = "inc-1", *alerts: Alert, **changes: Any) -> Incident:
    """Return an open incident of these alerts, or of one."""
    members = alerts or (make_alert(),)
    values: dict[str, Any] = {
        "id": IncidentId(incident_id),
        "title": "checkout: CheckoutDown",
        "state": IncidentState.OPEN,
        "severity": Severity.CRITICAL,
        "opened_at": NOON,
        "started_at": NOON,
        "updated_at": NOON,
        "alert_ids": tuple(alert.id for alert in members),
        "merges": tuple(
            MergeReason(alert_id=alert.id, rule="first", text="it is the first", at=NOON) for alert in members
        ),
        "entities": (CHECKOUT,),
    }
    return Incident(**(values | changes))


def make_evidence(incident_id: str = "inc-1", text: str = "MemoryError", **changes: Any) -> Evidence:
    """Return log evidence of one line."""
    values: dict[str, Any] = {
        "incident_id": IncidentId(incident_id),
        "kind": EvidenceKind.LOGS,
        "collector": "supervisor.logs",
        "entity": CHECKOUT,
        "title": "checkout stderr",
        "query": "tailProcessStderrLog(checkout)",
        "observed_at": NOON,
        "fresh_until": NOON + timedelta(minutes=5),
        "lines": (EvidenceLine(number=1, text=text),),
    }
    return Evidence(**(values | changes))


def make_diagnosis(evidence: Evidence | None = None) -> Diagnosis:
    """Return a diagnosis whose one hypothesis cites the evidence's first line."""
    hypothesis = Hypothesis(
        cause="memory_limit_exceeded",
        text="checkout needs more memory than it may have",
        confidence=0.9,
        entity=CHECKOUT,
        citations=(_cite(evidence or make_evidence()),),
    )
    return Diagnosis(verdict=Verdict.IDENTIFIED, hypotheses=(hypothesis,))


def _cite(evidence: Evidence) -> Citation:
    return Citation(evidence_id=evidence.id, first_line=1, last_line=1, quote=evidence.lines[0].text)


def make_plan(plan_id: str = "pl-1", incident_id: str = "inc-1", **changes: Any) -> Plan:
    """Return a plan of one step that raises checkout's memory limit."""
    evidence = make_evidence(incident_id)
    values: dict[str, Any] = {
        "id": PlanId(plan_id),
        "incident_id": IncidentId(incident_id),
        "created_at": NOON,
        "summary": "Raise the memory limit of checkout to 128 MiB",
        "cause": "memory_limit_exceeded",
        "evidence_ids": (evidence.id,),
        "citations": (_cite(evidence),),
        "actions": (make_action(f"{plan_id}/1"),),
        "steady_state": SteadyState(
            entity=CHECKOUT,
            text="checkout is RUNNING",
            stable_for=timedelta(seconds=5),
            within=timedelta(minutes=1),
        ),
        "approval": ApprovalRule(guardrails=("shop",), roles=("oncall",), needed=1, valid_for=timedelta(minutes=30)),
    }
    return Plan(**(values | changes))


def make_action(action_id: str = "pl-1/1", **changes: Any) -> PlannedAction:
    """Return a step that raises checkout's memory limit to 128 MiB."""
    values: dict[str, Any] = {
        "id": ActionId(action_id),
        "name": "supervisor.set_memory_limit",
        "target": CHECKOUT,
        "parameters": {"limit_bytes": 134_217_728},
        "risk": Risk.MEDIUM,
        "dry_run": DryRun(
            possible=True,
            diff="-ulimit -d 65536\n+ulimit -d 131072\n",
            observed_version="sha256:01",
            blast_radius=BlastRadius(count=1, entities=(CHECKOUT.ref,), text="1 process restarts"),
            undo_text="Set it back to 64 MiB",
        ),
    }
    return PlannedAction(**(values | changes))


def make_proposal(proposal_id: str = "pr-1", plan: Plan | None = None, **changes: Any) -> Proposal:
    """Return an open hold on the plan, for 30 minutes."""
    held = plan or make_plan()
    values: dict[str, Any] = {
        "id": ProposalId(proposal_id),
        "plan_id": held.id,
        "incident_id": held.incident_id,
        "plan_digest": held.digest,
        "state": ProposalState.OPEN,
        "opened_at": NOON,
        "expires_at": NOON + timedelta(minutes=30),
    }
    return Proposal(**(values | changes))


def make_approval(proposal: Proposal, person: str = "alice", **changes: Any) -> Approval:
    """Return a person's yes to the hold."""
    values: dict[str, Any] = {
        "id": ApprovalId(f"ap-{proposal.id}-{person}"),
        "proposal_id": proposal.id,
        "plan_digest": proposal.plan_digest,
        "person_id": PersonId(person),
        "role": "oncall",
        "channel": "console",
        "approved_at": NOON,
        "expires_at": proposal.expires_at,
    }
    return Approval(**(values | changes))


def make_intent(action_id: str = "pl-1/1", plan_id: str = "pl-1", **changes: Any) -> Intent:
    """Return an intent nothing is known of yet."""
    values: dict[str, Any] = {
        "action_id": ActionId(action_id),
        "plan_id": PlanId(plan_id),
        "plan_digest": "sha256:02",
        "action_name": "supervisor.set_memory_limit",
        "target": CHECKOUT,
        "intended_at": NOON,
    }
    return Intent(**(values | changes))


def make_execution(execution_id: str = "ex-1", plan_id: str = "pl-1", **changes: Any) -> Execution:
    """Return an execution that has begun."""
    values: dict[str, Any] = {
        "id": ExecutionId(execution_id),
        "plan_id": PlanId(plan_id),
        "proposal_id": ProposalId("pr-1"),
        "incident_id": IncidentId("inc-1"),
        "plan_digest": "sha256:02",
        "started_at": NOON,
    }
    return Execution(**(values | changes))


def make_verification(execution_id: str = "ex-1", **changes: Any) -> Verification:
    """Return a verification that found the steady state."""
    values: dict[str, Any] = {
        "execution_id": ExecutionId(execution_id),
        "verdict": VerificationVerdict.RESTORED,
        "before": (),
        "after": (),
        "text": "checkout is RUNNING for 6 s",
        "verified_at": NOON,
        "took": timedelta(seconds=6),
    }
    return Verification(**(values | changes))


def make_card(title: str = "[critical] checkout: CheckoutDown", incident_id: str = "inc-1") -> Card:
    """Return a small card."""
    section = CardSection(heading="What is wrong", paragraphs=("checkout is down",))
    return Card(incident_id=IncidentId(incident_id), title=title, sections=(section,))


def make_entry(channel: str = "chat", key: str = "inc-1", **changes: Any) -> OutboxEntry:
    """Return a card on its way; its plan waits if that is said."""
    card = make_card().model_copy(update={"can_decide": changes.pop("can_decide", False)})
    return OutboxEntry(channel=channel, key=key, card=card, version=1, **{"due_at": NOON, **changes})


def make_event(kind: str = "alert.received", incident_id: str | None = "inc-1", **data: Any) -> JournalEvent:
    """Return something Fermata did."""
    about = IncidentId(incident_id) if incident_id is not None else None
    return JournalEvent(kind=kind, actor=FERMATA, incident_id=about, data=data)


def make_attempt(attempt_id: str = "att-1", **changes: Any) -> Attempt:
    """Return a call to a dear model for an incident, reserved and not settled."""
    values: dict[str, Any] = {
        "id": attempt_id,
        "at": NOON,
        "target": "openai/gpt",
        "kind": TaskKind.DIAGNOSE,
        "tier": Tier.HIGH,
        "outcome": AttemptOutcome.CANCELLED,
        "cost_usd": "0.10",
        "is_estimated": True,
        "incident_id": IncidentId("inc-1"),
    }
    return Attempt(**(values | changes))
