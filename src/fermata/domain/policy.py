"""Guardrails: what may be done to what, by whose word. Default deny."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field, model_validator

from fermata.domain.action import Risk
from fermata.domain.record import Instant, Record, Text

MAX_APPROVAL = timedelta(hours=24)
"""An approval is never valid for days: by then nobody remembers what was on the card."""


class Approvers(Record):
    """Who may say yes."""

    roles: tuple[str, ...] = ()
    """Roles; anyone who has one of them may say yes."""
    people: tuple[str, ...] = ()
    """Ids of people who may say yes whatever their roles."""

    @model_validator(mode="after")
    def _require_someone(self) -> Approvers:
        if not self.roles and not self.people:
            message = "name at least one role or person that may approve"
            raise ValueError(message)
        return self


class Guardrail(Record):
    """One permission: these actions, on these resources, with these people's approval, while the condition holds."""

    id: Text
    """Short name, shown on cards and in `policy test`."""
    actions: tuple[str, ...] = Field(min_length=1)
    """Globs over catalogue names (`supervisor.*`)."""
    resources: tuple[str, ...] = Field(min_length=1)
    """Globs over entity refs (`supervisor:process/checkout`)."""
    approvers: Approvers
    """Who may say yes; at least one role or person."""
    approvals: int = Field(default=1, ge=1, le=10)
    """Distinct people needed. High-risk actions need at least two whatever stands here."""
    max_risk: Risk = Risk.HIGH
    """Actions of a higher risk are not covered."""
    max_blast_radius: int | None = Field(default=None, ge=1)
    """More touched objects than this are not covered; `None` sets no limit."""
    condition: str = ""
    """CEL expression that must be true now; empty means always. Variables: docs/policy.md."""
    valid_for: timedelta = Field(default=timedelta(minutes=30), gt=timedelta(0), le=MAX_APPROVAL)
    """How long a proposal stays open, and how long an approval holds."""
    cooldown: timedelta = Field(default=timedelta(minutes=10), ge=timedelta(0))
    """The same action on the same target is refused within this time after its last execution."""


class FreezeWindow(Record):
    """A time in which nothing is executed."""

    id: Text
    """Short name; no guardrail and no other freeze has it."""
    starts_at: Instant
    """From this instant on nothing is executed."""
    ends_at: Instant
    """The first instant at which it may be again."""
    reason: Text
    """Why, for those whose plan is refused."""
    resources: tuple[str, ...] = ("*",)
    """Globs over entity refs that are frozen; everything unless told."""

    @model_validator(mode="after")
    def _require_order(self) -> FreezeWindow:
        if self.ends_at <= self.starts_at:
            message = "a freeze window must end after it starts"
            raise ValueError(message)
        return self


class Policy(Record):
    """All guardrails. An empty policy permits nothing."""

    guardrails: tuple[Guardrail, ...] = ()
    freezes: tuple[FreezeWindow, ...] = ()

    @model_validator(mode="after")
    def _require_distinct_ids(self) -> Policy:
        ids = [guardrail.id for guardrail in self.guardrails] + [freeze.id for freeze in self.freezes]
        if len(set(ids)) != len(ids):
            message = f"two guardrails or freezes share an id: {sorted({i for i in ids if ids.count(i) > 1})}"
            raise ValueError(message)
        return self


class PolicyDecision(Record):
    """What the policy says about one action on one resource, and by which rule."""

    permitted: bool
    guardrail: str = ""
    """The guardrail that covers it, or the one that came closest."""
    reason: Text
    """In words."""
    roles: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    approvals: int = 1
    valid_for: timedelta = timedelta(minutes=30)
    cooldown: timedelta = timedelta(minutes=10)
