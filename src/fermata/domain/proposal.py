"""The hold: a plan that waits for a person, and what people said."""

from __future__ import annotations

from enum import StrEnum

from fermata.domain.ids import ApprovalId, IncidentId, PersonId, PlanId, ProposalId
from fermata.domain.record import Instant, Record, Text


class ProposalState(StrEnum):
    """Where a proposal is. Only `open` may change, except that `approved` becomes `executed`, `stale` or `refused`."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    STALE = "stale"
    """The world moved between dry run and execution: proposed anew."""
    REFUSED = "refused"
    """A guard refused at execution time."""
    SUPERSEDED = "superseded"
    """A newer plan for the same incident took its place, or the incident ended by itself."""
    EXECUTED = "executed"
    """Leg 2 came to its end, whatever the outcome."""


class Proposal(Record):
    """The hold itself: a row, not a waiting thread."""

    id: ProposalId
    plan_id: PlanId
    incident_id: IncidentId
    plan_digest: Text
    state: ProposalState
    opened_at: Instant
    expires_at: Instant
    decided_at: Instant | None = None
    decided_by: str = ""
    """Person ids that settled it, comma-separated; `fermata` for expiry and supersession."""
    reason: str = ""
    """Why it was rejected, refused, stale or superseded, in words."""


class Approval(Record):
    """One person's yes, bound to one digest."""

    id: ApprovalId
    proposal_id: ProposalId
    plan_digest: Text
    person_id: PersonId
    role: Text
    """The role or name under which the person was entitled at that moment."""
    channel: Text
    approved_at: Instant
    expires_at: Instant


class Ruling(StrEnum):
    """What a person asked for."""

    APPROVE = "approve"
    REJECT = "reject"


class Answer(Record):
    """What someone who clicked is told. Every click gets one."""

    accepted: bool
    """True when this click changed something."""
    state: ProposalState
    text: Text
    """In words, for the one who clicked: done, who else is needed, or why it did not count."""
    rule: str = ""
    """The guard that refused; empty when accepted."""
    execution_enqueued: bool = False
    """True when this click completed the approval."""
