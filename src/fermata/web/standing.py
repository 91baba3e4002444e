"""What a person's word on a held plan would come to, as far as a page can tell before they give it. Pure.

Only for the page: every click is judged by the rules, whatever stood here.
"""

from __future__ import annotations

from datetime import datetime

from fermata.domain.incident import Incident, IncidentState
from fermata.domain.person import Person
from fermata.domain.plan import Plan
from fermata.domain.proposal import ProposalState
from fermata.flows.readings import IncidentView
from fermata.rules.policy import describe_approvers, find_entitlement
from fermata.web.words import STATE_WORDS, describe_decision


def has_said_yes(view: IncidentView, person: Person, now: datetime) -> bool:
    """Answer whether a person's yes to the plan that is held counts already: another one would not."""
    return view.proposal is not None and any(
        approval.person_id == person.id
        and approval.plan_digest == view.proposal.plan_digest
        and now < approval.expires_at
        for approval in view.approvals
    )


def tell_missing_role(plan: Plan | None, person: Person) -> str:
    """Say that the settings give a person no role that this plan needs; empty when they give one.

    Whether a group gives it is asked at the click, and not before: nobody is kept from trying.
    """
    if plan is None or find_entitlement(plan.approval, person):
        return ""
    has = f"role {', '.join(person.roles)}" if person.roles else "no role"
    return (
        f"This needs {describe_approvers(plan.approval)}, and the settings give you {has}. "
        "A yes or a no of yours counts only if a group that they name gives you one."
    )


def tell_word(view: IncidentView) -> str:
    """Return what people said of the plan so far, in a line without its full stop; empty when nobody said anything."""
    if view.proposal is None:
        return ""
    if view.proposal.state is not ProposalState.OPEN:
        return describe_decision(view.proposal)
    names = " and ".join(approval.person_id for approval in view.approvals)
    return f"{names} said yes" if names else ""


def describe_state(view: IncidentView) -> str:
    """Return an incident's state in words: what is approved does not wait for a person any more."""
    is_approved = view.proposal is not None and view.proposal.state is ProposalState.APPROVED
    return describe_listed(view.incident, is_approved=is_approved)


def describe_listed(incident: Incident, *, is_approved: bool) -> str:
    """Return the same of an incident in a list, of whose plan only that is known."""
    if is_approved and incident.state is IncidentState.HELD:
        return "Approved, about to run"
    return STATE_WORDS[incident.state]
