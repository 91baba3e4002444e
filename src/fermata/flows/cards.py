"""The card of an incident, made anew from the rows whenever they change. One incident, one card that changes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from fermata.domain.card import Card
from fermata.domain.ids import IncidentId
from fermata.domain.plan import Plan
from fermata.domain.proposal import Proposal, ProposalState
from fermata.flows.context import FlowContext
from fermata.flows.looking import find_rest
from fermata.flows.notify import plan_next, send_card
from fermata.flows.quiet import find_snooze
from fermata.flows.renewing import plan_renewal
from fermata.flows.similar import list_beside, list_remembered
from fermata.kit.errors import InvariantBroken, NotFoundError
from fermata.kit.redaction import redact
from fermata.ports.store import Transaction
from fermata.rules.card import CardInput, EarlierHold, compose_card
from fermata.rules.notices import describe_notice
from fermata.rules.runbooks import check_runbooks


def redact_card(card: Card) -> Card:
    """Pass every text of a card through the choke point.

    What is approved is the redacted card: if redaction took something out of a diff, the card is incomplete and cannot
    be approved.
    """
    return Card.from_json({key: _redact_value(value) for key, value in card.to_json().items()})


_ADDRESS = re.compile(r"https?://[^\s<>()\[\]|]+")
"""Without what would end a link where it is written as one."""
_EXACT = ("incident_id", "proposal_id", "plan_digest", "evidence_id", "expires_at")
"""Fields that are ours and are compared, never shown text from outside."""


def _redact_value(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value).text
    if isinstance(value, list):
        return [_redact_value(item) for item in value]
    if isinstance(value, dict):
        return {key: item if key in _EXACT else _redact_value(item) for key, item in value.items()}
    return value


def load_card_input(
    transaction: Transaction,
    incident_id: IncidentId,
    now: datetime,
    *,
    plan: Plan | None = None,
    proposal: Proposal | None = None,
) -> CardInput:
    """Read everything a card is made of.

    Args:
        plan: A plan that is not stored yet, to see its card before it is held.
        proposal: Its hold.
    """
    incident = transaction.incidents.get(incident_id)
    notes: list[str] = []
    held = transaction.proposals.list_for_incident(incident_id)
    if proposal is None:
        proposal = next(iter(held), None)
        if proposal is not None:
            try:
                plan = transaction.proposals.get_plan(proposal.plan_id)
            except (InvariantBroken, NotFoundError) as error:
                notes.append(f"The stored plan cannot be read and will not run: {error.why or error.what}.")
                proposal = None
    if incident.is_live and (snooze := find_snooze(transaction, incident_id, now)) is not None:
        notes.append(f"{snooze.by} asked to keep still about it until {snooze.until:%Y-%m-%d %H:%M} UTC.")
    if (rest := find_rest(transaction, incident)) is not None:
        notes.append(
            f"An alert came during the last look or right after it: it is looked at again by itself at "
            f"{rest:%H:%M:%S} UTC. Cause and plan are of the look before."
        )
    executions = transaction.ledger.list_executions(incident_id)
    execution = next((item for item in reversed(executions) if proposal and item.proposal_id == proposal.id), None)
    if proposal is None and executions:
        execution = executions[-1]
    decided = [item for item in held if item.state in _DECIDED_IN_VAIN and item != proposal]
    outcome = transaction.flags.find(f"no-action/{incident_id}")
    evidence = tuple(transaction.findings.list_evidence(incident_id))
    gathered = transaction.flags.find(f"gathered/{incident_id}")
    # Against the latest look only: what an earlier one saw would let a stale page pass.
    latest = [item for item in evidence if gathered is None or item.id in gathered["evidence"]]
    return CardInput(
        incident=incident,
        alerts=tuple(transaction.alerts.list_by_ids(incident.alert_ids)),
        evidence=evidence,
        latest=tuple(item.id for item in latest),
        runbooks=check_runbooks(latest),
        costs=tuple(transaction.spending.list_of_incident(incident_id)),
        diagnosis=transaction.findings.find_diagnosis(incident_id),
        plan=plan,
        proposal=proposal,
        earlier=tuple(hold for hold in (_read_earlier(transaction, item) for item in decided) if hold is not None),
        approvals=tuple(transaction.proposals.list_approvals(proposal.id)) if proposal else (),
        execution=execution,
        verification=transaction.ledger.find_verification(execution.id) if execution else None,
        gaps=tuple(transaction.findings.list_gaps(incident_id)),
        no_action_reason=str(outcome["reason"]) if outcome else "",
        beside=list_beside(transaction, incident),
        seen=list_remembered(transaction, incident_id),
        notes=tuple(notes),
        now=now,
    )


_DECIDED_IN_VAIN = frozenset({ProposalState.REJECTED, ProposalState.STALE, ProposalState.REFUSED})


def _read_earlier(transaction: Transaction, proposal: Proposal) -> EarlierHold | None:
    """Return a hold with who decided on it; `None` when nobody did."""
    approvals = tuple(transaction.proposals.list_approvals(proposal.id))
    if not approvals and proposal.state is not ProposalState.REJECTED:
        return None
    try:
        summary = transaction.proposals.get_plan(proposal.plan_id).summary
    except (InvariantBroken, NotFoundError):
        summary = ""  # What was said counts, whatever became of the row of its plan.
    return EarlierHold(proposal=proposal, summary=summary, approvals=approvals)


def build_card(transaction: Transaction, context: FlowContext, incident_id: IncidentId, now: datetime) -> Card:
    """Return the incident's card as it is now, redacted, with where its page is.

    A row of it that cannot be read any more costs what it said, never the card: the alert has to reach people.
    """
    return _compose(context, _load_what_is_readable(transaction, incident_id, now))


def _compose(context: FlowContext, source: CardInput) -> Card:
    page = find_page(context.public_url, source.incident.id)
    return redact_card(compose_card(source.model_copy(update={"page": page})))


def find_page(public_url: str, incident_id: IncidentId) -> str:
    """Return the address of an incident's page; empty where nobody said how people reach the page, as a web address."""
    is_address = _ADDRESS.fullmatch(public_url)
    return f"{public_url.rstrip('/')}/incidents/{quote(incident_id)}" if is_address else ""


def _load_what_is_readable(transaction: Transaction, incident_id: IncidentId, now: datetime) -> CardInput:
    try:
        return load_card_input(transaction, incident_id, now)
    except (InvariantBroken, NotFoundError) as error:
        incident = transaction.incidents.get(incident_id)
        note = f"The rest of this card cannot be shown: {error.what}. {error.why}"
        return CardInput(incident=incident, notes=(note,), now=now)


_MARK = "card-due/"


def mark_card(transaction: Transaction, context: FlowContext, incident_id: IncidentId) -> None:
    """Note that the card is to be made anew: once for a whole flood of webhooks, by the delivery that follows."""
    if context.channels:
        transaction.flags.put(f"{_MARK}{incident_id}", {})


def has_marked_cards(transaction: Transaction) -> bool:
    """Answer whether any card is marked."""
    return bool(transaction.flags.list_named(_MARK))


def list_marked_cards(transaction: Transaction) -> list[IncidentId]:
    """Return the incidents whose card is marked."""
    return [IncidentId(name.removeprefix(_MARK)) for name, _ in transaction.flags.list_named(_MARK)]


def refresh_marked_cards(
    transaction: Transaction, context: FlowContext, now: datetime, only: IncidentId | None = None
) -> int:
    """Make anew every card that was marked, or one of them; return how many."""
    marked = list_marked_cards(transaction) if only is None else [only]
    for incident_id in marked:
        transaction.flags.remove(f"{_MARK}{incident_id}")
        refresh_card(transaction, context, incident_id, now)
    return len(marked)


def refresh_card(transaction: Transaction, context: FlowContext, incident_id: IncidentId, now: datetime) -> None:
    """Queue the incident's card where it is to be shown, in the transaction that changed what is on it."""
    if not context.channels:
        return
    source = _load_what_is_readable(transaction, incident_id, now)
    card = _compose(context, source)
    notice = describe_notice(source.incident, source.alerts, can_decide=card.can_decide)
    send_card(transaction, context, source.incident, notice, card, now)
    plan_next(transaction, context, notice, source.proposal, now)
    plan_renewal(transaction, context, source.proposal, now)


def queue_card(
    transaction: Transaction, context: FlowContext, addresses: Sequence[str], incident_id: IncidentId, now: datetime
) -> Sequence[str]:
    """Queue the incident's card for addresses where it is not yet; return those."""
    there = {place.channel for place in transaction.outbox.list_places(incident_id)}
    new = [address for address in addresses if address not in there]
    card = build_card(transaction, context, incident_id, now) if new else None
    for address in new:
        if card is not None:
            transaction.outbox.put(address, incident_id, card, now=now)
    return new
