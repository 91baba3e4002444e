"""Plans, holds and approvals. A hold changes by compare-and-set only: of two that race, one wins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, Row, Select, case, func, select, update

from fermata.domain.ids import IncidentId, PlanId, ProposalId
from fermata.domain.plan import Plan
from fermata.domain.proposal import Approval, Proposal, ProposalState
from fermata.kit.clock import CLOCK_SKEW
from fermata.kit.errors import InvariantBroken, NotFoundError
from fermata.store.statements import insert_new, read_record, write_record
from fermata.store.tables import approvals, plans, proposals


@dataclass(frozen=True, slots=True)
class SqlProposalRows:
    """`ports.store.ProposalRows` over SQL."""

    connection: Connection

    def open(self, plan: Plan, proposal: Proposal) -> None:
        """Add a plan with its hold. The same ids again change nothing."""
        insert_new(self.connection, plans, {"id": plan.id, "record": write_record(plan)}, ["id"])
        insert_new(self.connection, proposals, dict(proposal), ["id"])

    def get(self, proposal_id: ProposalId) -> Proposal:
        """Return a hold.

        Raises:
            NotFoundError: No such proposal.
        """
        found = self._list(select(proposals).where(proposals.c.id == proposal_id))
        if not found:
            raise NotFoundError(f"There is no proposal {proposal_id}", do="List the incidents: `fermata incidents`")
        return found[0]

    def get_plan(self, plan_id: PlanId) -> Plan:
        """Return a plan, built again from what is stored: an edited row gives another digest, or does not build.

        Raises:
            NotFoundError: No such plan.
            InvariantBroken: The stored text is no valid plan any more.
        """
        text = self.connection.execute(select(plans.c.record).where(plans.c.id == plan_id)).scalar_one_or_none()
        if text is None:
            raise NotFoundError(f"There is no plan {plan_id}", do="List the incidents: `fermata incidents`")
        return read_record(Plan, text, f"plan {plan_id}")

    def find_for_incident(self, incident_id: IncidentId) -> Proposal | None:
        """Return the hold that waits or is approved, else the incident's latest one, whatever its state."""
        found = self.list_for_incident(incident_id, limit=1)
        return found[0] if found else None

    def list_for_incident(self, incident_id: IncidentId, limit: int = 100) -> Sequence[Proposal]:
        """Return the incident's holds, the one that waits or is approved first, then newest first."""
        own = select(proposals).where(proposals.c.incident_id == incident_id)
        # By time alone, a clock that was set back would hide the hold that counts behind an older one.
        is_past = case((proposals.c.state.in_([ProposalState.OPEN, ProposalState.APPROVED]), 0), else_=1)
        return self._list(own.order_by(is_past, proposals.c.opened_at.desc(), proposals.c.id.desc()).limit(limit))

    def list_in_state(
        self, state: ProposalState, limit: int = 100, *, newest_first: bool = False
    ) -> Sequence[Proposal]:
        """Return holds in a state, the one that expires first at the front, or the one that was opened last."""
        in_state = select(proposals).where(proposals.c.state == state)
        order = proposals.c.opened_at.desc() if newest_first else proposals.c.expires_at
        return self._list(in_state.order_by(order, proposals.c.id).limit(limit))

    def count_in_state(self, state: ProposalState) -> int:
        """Return how many holds are in a state."""
        counted = select(func.count()).select_from(proposals).where(proposals.c.state == state)
        return int(self.connection.execute(counted).scalar_one())

    def list_expired(self, now: datetime) -> Sequence[Proposal]:
        """Return open holds at or past their expiry, and those that were opened in a time to come."""
        is_over = (proposals.c.expires_at <= now) | (proposals.c.opened_at > now + CLOCK_SKEW)
        expired = select(proposals).where(proposals.c.state == ProposalState.OPEN, is_over)
        return self._list(expired.order_by(proposals.c.expires_at, proposals.c.id).limit(100))

    def _list(self, query: Select[Any]) -> list[Proposal]:
        return _read(self.connection.execute(query))

    def compare_and_set(
        self,
        proposal_id: ProposalId,
        expected: ProposalState,
        new: ProposalState,
        *,
        at: datetime,
        by: str,
        reason: str,
    ) -> bool:
        """Move a hold if it is still in `expected`; answer whether this call did it."""
        moved = (
            update(proposals)
            .where(proposals.c.id == proposal_id, proposals.c.state == expected)
            .values(state=new, decided_at=at, decided_by=by, reason=reason)
        )
        return self.connection.execute(moved).rowcount == 1

    def add_approval(self, approval: Approval) -> bool:
        """Keep one person's yes; False when that person had already said it."""
        values = {
            "id": approval.id,
            "proposal_id": approval.proposal_id,
            "person_id": approval.person_id,
            "approved_at": approval.approved_at,
            "record": write_record(approval),
        }
        return insert_new(self.connection, approvals, values, ["proposal_id", "person_id"])

    def list_approvals(self, proposal_id: ProposalId) -> Sequence[Approval]:
        """Return the approvals, oldest first."""
        given = select(approvals.c.id, approvals.c.record).where(approvals.c.proposal_id == proposal_id)
        rows = self.connection.execute(given.order_by(approvals.c.approved_at, approvals.c.id))
        return [read_record(Approval, row.record, f"approval {row.id}") for row in rows]


def _read(rows: Iterable[Row[Any]]) -> list[Proposal]:
    try:
        return [Proposal.from_json(row._asdict()) for row in rows]
    except ValidationError as error:
        raise InvariantBroken(
            "A stored proposal cannot be read",
            why=f"Its row is no valid proposal any more ({error.error_count()} faults)",
            do="Run `fermata audit verify`, and restore the store from a backup if it was damaged",
        ) from error
