"""The hold: a plan that waits as a row, withdrawn when its reason is gone, handed to a person when there is no plan."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fermata.domain.ids import IncidentId, PlanId, ProposalId
from fermata.domain.incident import Incident, IncidentState
from fermata.domain.journal import JournalEvent
from fermata.domain.person import FERMATA
from fermata.domain.plan import Plan
from fermata.domain.proposal import Proposal, ProposalState
from fermata.flows.cards import load_card_input, redact_card, refresh_card
from fermata.flows.context import FlowContext
from fermata.kit.errors import GuardRefused, NotFoundError
from fermata.kit.ids import derive_id
from fermata.ports.store import Transaction
from fermata.rules.card import compose_card, refuse_incomplete
from fermata.rules.lifecycle import move_incident, settle_alerts


def hold_plan(transaction: Transaction, context: FlowContext, plan: Plan, now: datetime) -> dict[str, Any]:
    """Write the hold: the proposal row, its journal entry and its card, in one transaction.

    A plan whose card does not show all of it is not held: it goes to a person without a button.
    """
    proposal = open_proposal(plan, now)
    if was_held(transaction, plan.id):
        return {"outcome": "held", "proposal_id": proposal.id}
    incident = transaction.incidents.get(plan.incident_id)
    if not incident.is_live:
        return {"outcome": "skipped", "reason": f"the incident is {incident.state.value}"}
    card = redact_card(compose_card(load_card_input(transaction, plan.incident_id, now, plan=plan, proposal=proposal)))
    try:
        refuse_incomplete(card, plan)
    except GuardRefused as refusal:
        return hand_to_person(transaction, context, plan.incident_id, str(refusal), now)
    withdraw_hold(transaction, incident, f"a newer plan took its place: {plan.id}", now)
    transaction.proposals.open(plan, proposal)
    transaction.incidents.save(move_incident(incident, IncidentState.HELD, now))
    data = {
        "proposal_id": proposal.id,
        "plan_id": plan.id,
        "digest": plan.digest,
        "actions": [{"name": action.name, "target": action.target.ref} for action in plan.actions],
        "guardrails": list(plan.approval.guardrails),
        "expires_at": proposal.expires_at.isoformat(),
    }
    transaction.journal.append(
        JournalEvent(kind="proposal.opened", actor=FERMATA, incident_id=plan.incident_id, data=data), now
    )
    refresh_card(transaction, context, plan.incident_id, now)
    return {"outcome": "held", "proposal_id": proposal.id}


def was_held(transaction: Transaction, plan_id: PlanId) -> bool:
    """Answer whether this very plan was held before: the step that holds it was interrupted after its commit.

    What was held then stands, whatever became of it since; done again, the plan would be superseded by itself.
    """
    try:
        transaction.proposals.get(derive_proposal_id(plan_id))
    except NotFoundError:
        return False
    return True


def derive_proposal_id(plan_id: PlanId) -> ProposalId:
    """Return the one id that the hold of a plan can have."""
    return ProposalId(derive_id("prop", plan_id))


def open_proposal(plan: Plan, now: datetime) -> Proposal:
    """Build the hold of a plan."""
    return Proposal(
        id=derive_proposal_id(plan.id),
        plan_id=plan.id,
        incident_id=plan.incident_id,
        plan_digest=plan.digest,
        state=ProposalState.OPEN,
        opened_at=now,
        expires_at=now + plan.approval.valid_for,
    )


def hand_to_person(
    transaction: Transaction,
    context: FlowContext,
    incident_id: IncidentId,
    reason: str,
    now: datetime,
    *,
    resolves: bool = True,
) -> dict[str, Any]:
    """Say on the card that a person must act, and why Fermata proposes nothing.

    Args:
        resolves: Whether the incident is over when each of its alerts is: they may all have resolved while something
            was executed, and their source says so once. False where a person has to look all the same.
    """
    incident = transaction.incidents.get(incident_id)
    if not incident.is_live:
        return {"outcome": "skipped", "reason": f"the incident is {incident.state.value}"}
    handed = move_incident(incident, IncidentState.NEEDS_PERSON, now)
    transaction.flags.put(f"no-action/{incident_id}", {"reason": reason})
    transaction.journal.append(
        JournalEvent(kind="incident.handed_over", actor=FERMATA, incident_id=incident_id, data={"reason": reason}), now
    )
    settled = settle_alerts(handed, transaction.alerts.list_by_ids(handed.alert_ids), now) if resolves else handed
    transaction.incidents.save(settled)
    if settled.state is IncidentState.RESOLVED:
        withdraw_hold(transaction, settled, "every alert of the incident resolved", now)
        transaction.journal.append(
            JournalEvent(kind="incident.resolved", actor=FERMATA, incident_id=incident_id, data={"by": "alerts"}), now
        )
    refresh_card(transaction, context, incident_id, now)
    return {"outcome": "needs_person", "reason": reason}


def withdraw_hold(transaction: Transaction, incident: Incident, reason: str, now: datetime) -> bool:
    """Supersede whatever plan of the incident is open; answer whether there was one.

    Every one of them, not the newest by its time: a clock that was set back must not leave an older one to approve.
    """
    held = transaction.proposals.list_for_incident(incident.id)
    moved = [
        proposal
        for proposal in held
        if proposal.state is ProposalState.OPEN
        and transaction.proposals.compare_and_set(
            proposal.id, ProposalState.OPEN, ProposalState.SUPERSEDED, at=now, by=FERMATA.id, reason=reason
        )
    ]
    for proposal in moved:
        data = {"proposal_id": proposal.id, "reason": reason}
        transaction.journal.append(
            JournalEvent(kind="proposal.superseded", actor=FERMATA, incident_id=incident.id, data=data), now
        )
    return bool(moved)
