"""Held plans and a house over the rehearsal system, for measuring what holds cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from fermata.bootstrap import House, open_house
from fermata.domain.action import BlastRadius, DryRun, PlannedAction, Risk
from fermata.domain.alert import Alert, AlertStatus, Severity
from fermata.domain.diagnosis import Citation
from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine
from fermata.domain.ids import ActionId, IncidentId, PlanId, ProposalId
from fermata.domain.incident import Incident, IncidentState, MergeReason
from fermata.domain.plan import ApprovalRule, Plan, SteadyState
from fermata.domain.proposal import Proposal, ProposalState
from fermata.kit.digest import compute_digest
from fermata.settings import load_settings
from fermata.testing.rehearsal import MIB, Rehearsal, RehearsalSettings, Stagehand, Workload

SETTINGS = """\
state_dir: state
log: {level: error}
people: [{id: dana, name: Dana, roles: [oncall], handles: {console: dana}}]
policy:
  guardrails:
    - {id: all, actions: ["rehearsal.*"], resources: ["rehearsal:process/*"], approvers: {roles: [oncall]}}
limits: {stable_for: 0s, verify_within: 1s}
systems: {}
"""


@dataclass(frozen=True)
class Held:
    """One incident that holds a plan."""

    alert: Alert
    incident: Incident
    evidence: Evidence
    plan: Plan
    proposal: Proposal


def build_held(service: str, now: datetime) -> Held:
    """Build an incident of one service with an open plan."""
    alert = Alert(
        source="alertmanager",
        fingerprint=f"fp-{service}",
        name="Down",
        status=AlertStatus.FIRING,
        severity=Severity.CRITICAL,
        labels={"alertname": "Down", "service": service},
        annotations={"summary": f"{service} is down"},
        starts_at=now,
        payload_digest="sha256:0",
        received_at=now,
    )
    incident_id = IncidentId(f"inc-{service}")
    target = Entity(system="rehearsal", kind="process", name=service)
    incident = Incident(
        id=incident_id,
        title=f"{service}: Down",
        state=IncidentState.HELD,
        severity=Severity.CRITICAL,
        opened_at=now,
        started_at=now,
        updated_at=now,
        alert_ids=(alert.id,),
        merges=(MergeReason(alert_id=alert.id, rule="first", text="first alert", at=now),),
        entities=(target,),
    )
    evidence = Evidence(
        incident_id=incident_id,
        kind=EvidenceKind.LOGS,
        collector="rehearsal.state",
        entity=target,
        title=f"logs of {service}",
        query=f"read {service}",
        observed_at=now,
        fresh_until=now + timedelta(hours=1),
        lines=(EvidenceLine(number=1, text="MemoryError"),),
    )
    action = PlannedAction(
        id=ActionId(f"act-{service}"),
        name="rehearsal.set_memory_limit",
        target=target,
        parameters={"limit_bytes": 128 * MIB},
        risk=Risk.LOW,
        dry_run=DryRun(
            possible=True,
            diff=f"--- a/{service}\n+++ b/{service}\n@@ -1 +1 @@\n-limit_bytes: {64 * MIB}\n+limit_bytes: {128 * MIB}",
            observed_version=compute_digest({"limit": 64 * MIB}),
            blast_radius=BlastRadius(count=1, entities=(target.ref,), text="1 workload restarts"),
            undo_text="set it back",
        ),
    )
    plan = Plan(
        id=PlanId(f"plan-{service}"),
        incident_id=incident_id,
        created_at=now,
        summary=f"raise the memory limit of {service}",
        cause="memory_limit_exceeded",
        evidence_ids=(evidence.id,),
        citations=(Citation(evidence_id=evidence.id, first_line=1, last_line=1, quote="MemoryError"),),
        actions=(action,),
        steady_state=SteadyState(entity=target, text="it runs", stable_for=timedelta(0), within=timedelta(seconds=1)),
        approval=ApprovalRule(guardrails=("all",), roles=("oncall",), needed=1, valid_for=timedelta(hours=1)),
    )
    proposal = Proposal(
        id=ProposalId(f"prop-{service}"),
        plan_id=plan.id,
        incident_id=incident_id,
        plan_digest=plan.digest,
        state=ProposalState.OPEN,
        opened_at=now,
        expires_at=now + timedelta(hours=1),
    )
    return Held(alert, incident, evidence, plan, proposal)


def open_rehearsal(root: Path) -> House:
    """Build a house on `root` whose only system is the rehearsal, with a workload for every held plan."""
    workloads = {
        f"svc{number}": Workload(need_bytes=100 * MIB, limit_bytes=64 * MIB) for number in range(0, 10_000, 50)
    }
    Stagehand(root / "workloads.json").write(workloads)
    (root / "fermata.yaml").write_text(SETTINGS)
    house = open_house(load_settings(root / "fermata.yaml", {}))
    rehearsal = Rehearsal(RehearsalSettings(path=root / "workloads.json"), house.context.clock)
    return House(house.settings, {"rehearsal": rehearsal}, house.store, house.engine, house.context.clock)
