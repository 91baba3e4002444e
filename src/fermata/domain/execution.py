"""Doing what was approved, and looking afterwards whether it helped."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from fermata.domain.action import ActionResult, Outcome
from fermata.domain.entity import Entity
from fermata.domain.ids import ActionId, ExecutionId, IncidentId, PlanId, ProposalId
from fermata.domain.record import Instant, Record, Text


class Intent(Record):
    """A row of the intent ledger: written before the effect, at most one per action id, ever."""

    action_id: ActionId
    plan_id: PlanId
    plan_digest: Text
    action_name: Text
    target: Entity
    intended_at: Instant
    outcome: Outcome | None = None
    """`None` while nothing is known: after a crash this is probed, never retried."""
    detail: str = ""
    settled_at: Instant | None = None


class StepResult(Record):
    """One action of an execution."""

    action_id: ActionId
    action_name: Text
    target: Entity
    result: ActionResult


def compute_outcome(steps: tuple[StepResult, ...]) -> Outcome:
    """Return the worst outcome: unknown before failed before done; unknown when there is no step."""
    outcomes = {step.result.outcome for step in steps}
    for worst in (Outcome.UNKNOWN, Outcome.FAILED):
        if worst in outcomes:
            return worst
    return Outcome.DONE if outcomes else Outcome.UNKNOWN


class Execution(Record):
    """One run of an approved plan."""

    id: ExecutionId
    plan_id: PlanId
    proposal_id: ProposalId
    incident_id: IncidentId
    plan_digest: Text
    started_at: Instant
    ended_at: Instant | None = None
    steps: tuple[StepResult, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """Return the worst of its steps; see `compute_outcome`."""
        return compute_outcome(self.steps)


class HealthReading(Record):
    """One look at an entity against its steady state."""

    entity: Entity
    healthy: bool
    text: Text
    """In words with the numbers: `RUNNING for 6 s, 0 restarts`."""
    severity: int = 0
    """How far from normal, in the probe's own scale; only compared with itself before and after. 0 is healthy."""
    at: Instant


class VerificationVerdict(StrEnum):
    """What the probes say after an execution."""

    RESTORED = "restored"
    UNCHANGED = "unchanged"
    WORSE = "worse"


class Verification(Record):
    """Did it help?"""

    execution_id: ExecutionId
    verdict: VerificationVerdict
    before: tuple[HealthReading, ...]
    after: tuple[HealthReading, ...]
    text: Text
    """In words, for people."""
    verified_at: Instant
    took: timedelta
