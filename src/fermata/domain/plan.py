"""The steps proposed for one incident: cannot exist without evidence, and its digest is what a person approves."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field, model_validator

from fermata.domain.action import EarlierAction, PlannedAction, Risk
from fermata.domain.diagnosis import Citation
from fermata.domain.entity import Entity
from fermata.domain.ids import EvidenceId, IncidentId, PlanId
from fermata.domain.record import Instant, Record, Text


class SteadyState(Record):
    """The measurable normal that verification probes for."""

    entity: Entity
    text: Text
    """In words: `checkout is RUNNING without a restart for 5 s, and alert CheckoutDown resolves`."""
    stable_for: timedelta
    """How long it must hold."""
    within: timedelta
    """How long verification waits for it before it says `unchanged`."""


class ApprovalRule(Record):
    """Who may approve this plan, by which guardrails, and how many it takes. From the policy, shown on the card."""

    guardrails: tuple[str, ...] = Field(min_length=1)
    """Ids of the guardrails that cover the actions."""
    roles: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    needed: int = Field(ge=1)
    """Distinct people who must say yes."""
    valid_for: timedelta
    """How long the proposal stays open, and how long an approval holds."""

    @model_validator(mode="after")
    def _require_someone(self) -> ApprovalRule:
        if not self.roles and not self.people:
            message = "an approval rule that names nobody could never be met; refuse the plan instead"
            raise ValueError(message)
        return self


class Plan(Record):
    """What is proposed. Everything in here is on the card and under the digest."""

    id: PlanId
    incident_id: IncidentId
    created_at: Instant
    summary: Text
    """One sentence for people: what would be done and why."""
    cause: Text
    """The hypothesis it acts on."""
    evidence_ids: tuple[EvidenceId, ...] = Field(min_length=1)
    citations: tuple[Citation, ...] = Field(min_length=1)
    actions: tuple[PlannedAction, ...] = Field(min_length=1)
    steady_state: SteadyState
    approval: ApprovalRule
    earlier: tuple[EarlierAction, ...] = ()
    undoes: PlanId | None = None
    """The plan this one takes back, when it is an undo."""

    @model_validator(mode="after")
    def _require_agreement(self) -> Plan:
        cited = {citation.evidence_id for citation in self.citations}
        if not cited <= set(self.evidence_ids):
            message = "a plan cites evidence it does not rest on"
            raise ValueError(message)
        if len({action.id for action in self.actions}) != len(self.actions):
            message = "two steps of a plan share an action id"
            raise ValueError(message)
        return self

    @property
    def digest(self) -> str:
        """Return the digest over the whole plan: any changed parameter, diff or approver is another digest."""
        return self.compute_digest()

    @property
    def risk(self) -> Risk:
        """Return the highest risk of its steps."""
        return max((action.risk for action in self.actions), key=lambda risk: risk.rank)
