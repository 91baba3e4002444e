"""The ids, each its own type, so that one is never taken for another."""

from __future__ import annotations

from typing import NewType

AlertId = NewType("AlertId", str)
"""Derived from source, fingerprint and `starts_at`: the same firing is the same id however often it is sent."""
IncidentId = NewType("IncidentId", str)
EvidenceId = NewType("EvidenceId", str)
"""Short within an incident (`ev-1a2b...`), derived from collector, query and content."""
PlanId = NewType("PlanId", str)
ActionId = NewType("ActionId", str)
"""Derived from the plan's id and the step's position: the idempotency key of one effect."""
ProposalId = NewType("ProposalId", str)
ApprovalId = NewType("ApprovalId", str)
ExecutionId = NewType("ExecutionId", str)
PersonId = NewType("PersonId", str)
"""A stable name from the settings (`alice`), never a channel's handle."""
RunId = NewType("RunId", str)
"""One execution of a flow; also the engine's workflow id."""
