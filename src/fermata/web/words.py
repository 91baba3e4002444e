"""States, severities and moments in the words people read. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from fermata.domain.incident import UNFINISHED_STATES, Incident, IncidentState
from fermata.domain.person import FERMATA
from fermata.domain.proposal import Proposal, ProposalState
from fermata.flows.readings import IncidentView
from fermata.kit.units import format_duration

STATE_WORDS = {
    IncidentState.OPEN: "Seen",
    IncidentState.INVESTIGATING: "Investigating",
    IncidentState.HELD: "Held for a person",
    IncidentState.NEEDS_PERSON: "Needs a person",
    IncidentState.EXECUTING: "Executing",
    IncidentState.VERIFYING: "Verifying",
    IncidentState.MITIGATED: "Mitigated",
    IncidentState.RESOLVED: "Resolved",
    IncidentState.MERGED: "Merged",
}
"""Incident state -> its badge."""

PROPOSAL_WORDS = {
    ProposalState.OPEN: "Waiting for a decision",
    ProposalState.APPROVED: "Approved{by}; about to run",
    ProposalState.REJECTED: "Rejected{by}",
    ProposalState.EXPIRED: "Expired without a decision",
    ProposalState.STALE: "Approved{by}, then stale: the target changed after the dry run",
    ProposalState.REFUSED: "Approved{by}, then refused by a guard",
    ProposalState.SUPERSEDED: "Superseded",
    ProposalState.EXECUTED: "Approved{by} and executed",
}
"""Proposal state -> the line above the decision; `{by}` is who settled it."""


_SAID_NO = (ProposalState.REJECTED, ProposalState.EXPIRED, ProposalState.STALE, ProposalState.REFUSED)


@dataclass(frozen=True, slots=True)
class Milestone:
    """One station on the way from alert to verification."""

    name: str
    state: str
    """`done`, `now` or `ahead`."""


def list_milestones(view: IncidentView) -> tuple[Milestone, ...]:
    """Return the way an incident goes, with where it is; an ended incident has no `now`."""
    decided = view.proposal is not None and view.proposal.state not in (ProposalState.OPEN, ProposalState.SUPERSEDED)
    done = {
        "Alert": True,
        "Evidence": bool(view.evidence) or not is_looked_into(view.incident),
        "Plan": view.plan is not None,
        "Decision": decided,
        # An execution ends with its verification: while that goes on, what was approved is done.
        "Execution": view.incident.state is IncidentState.VERIFYING
        or any(execution.ended_at for execution in view.executions),
        "Verification": bool(view.verifications),
    }
    # What nobody approved is not about to run.
    is_no = view.proposal is not None and view.proposal.state in _SAID_NO
    is_waiting = not is_over(view.incident) and not is_no
    current = next((name for name, reached in done.items() if not reached), None) if is_waiting else None
    return tuple(
        Milestone(name, "done" if reached else "now" if name == current else "ahead") for name, reached in done.items()
    )


def find_snooze(view: IncidentView, now: datetime) -> datetime | None:
    """Return until when somebody asked to keep still about it; `None` when nobody did, or one of both is over."""
    for entry in reversed(view.journal):
        if entry.event.kind == "incident.resolved":
            return None
        if entry.event.kind == "incident.snoozed":
            try:
                until = datetime.fromisoformat(str(entry.event.data.get("until")))
            except ValueError:
                return None
            return until if until.tzinfo is not None and until > now else None
    return None


def is_looked_into(incident: Incident) -> bool:
    """Answer whether its evidence is still to come: a look that found nothing is over as well."""
    return incident.state in (IncidentState.OPEN, IncidentState.INVESTIGATING)


def is_over(incident: Incident) -> bool:
    """Answer whether nobody has to look at it any more."""
    return incident.state not in UNFINISHED_STATES


def describe_decision(proposal: Proposal | None) -> str:
    """Say what became of a proposal and by whom, in one line; empty when there is none."""
    if proposal is None:
        return ""
    by = f" by {proposal.decided_by.replace(',', ' and ')}" if proposal.decided_by not in ("", FERMATA.id) else ""
    return PROPOSAL_WORDS[proposal.state].format(by=by)


def strip_severity(title: str, incident: Incident) -> str:
    """Return a card's title without its leading `[critical] `, which the page shows as a badge."""
    return title.removeprefix(f"[{incident.severity.value}] ")


def format_clock(instant: datetime, now: datetime) -> str:
    """Write an instant in UTC: `12:03:10` today, `2026-11-22 12:03` before and after."""
    return f"{instant:%H:%M:%S}" if instant.date() == now.date() else f"{instant:%Y-%m-%d %H:%M}"


def format_offset(instant: datetime, began: datetime) -> str:
    """Write how long before or after the beginning an instant is: minus `28s`, `+1m 30s`; `±0` within the second."""
    seconds = round((instant - began).total_seconds())
    sign = "+" if seconds > 0 else "\N{MINUS SIGN}"
    return f"{sign}{format_duration(timedelta(seconds=abs(seconds)))}" if seconds else "±0"


def format_distance(instant: datetime, now: datetime) -> str:
    """Write how far an instant is: `3 min ago`, `in 2 h`, `just now`. The script counts on in the same words."""
    seconds = (now - instant).total_seconds()
    amount = _round_amount(abs(seconds))
    if not amount:
        return "just now" if seconds >= 0 else "in a moment"
    return f"{amount} ago" if seconds > 0 else f"in {amount}"


def _round_amount(seconds: float) -> str:
    for below, factor, unit in ((45, 0, ""), (5400, 60, "min"), (129600, 3600, "h")):  # up to 90 min, up to 36 h
        if seconds < below:
            return f"{max(1, round(seconds / factor))} {unit}" if factor else ""
    return f"{round(seconds / 86400)} d"
