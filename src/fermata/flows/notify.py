"""Where an incident's card goes: the decision of `rules.notices`, carried out on the outbox."""

from __future__ import annotations

from datetime import datetime

from fermata.domain.card import Card
from fermata.domain.incident import Incident
from fermata.domain.journal import JournalEvent
from fermata.domain.person import FERMATA
from fermata.domain.proposal import Proposal, ProposalState
from fermata.flows.context import FlowContext
from fermata.flows.later import Chore, plan_later
from fermata.ports.store import Transaction
from fermata.rules.notices import Notice, Routing, find_channel, plan_escalation, route_notice


def send_card(
    transaction: Transaction, context: FlowContext, incident: Incident, notice: Notice, card: Card, now: datetime
) -> None:
    """Queue a card wherever it is to be shown; where it is shown already, it is kept true whatever routes say now."""
    places = transaction.outbox.list_places(incident.id)
    routing = route_notice(context.notify, notice, tuple(context.channels), now)
    addresses = dict.fromkeys(place.channel for place in places if find_channel(place.channel) in context.channels)
    if routing.digest_at is None and routing.held_until is None:
        addresses |= dict.fromkeys(routing.addresses)
    elif not places:
        _wait(transaction, incident, routing)
    for address in addresses:
        transaction.outbox.put(address, incident.id, card, now=now)
    _journal(transaction, incident, routing, now)


def _wait(transaction: Transaction, incident: Incident, routing: Routing) -> None:
    if routing.digest_at is not None:
        value = {"addresses": list(routing.addresses)}
        plan_later(transaction, routing.digest_at, Chore.DIGEST, incident.id, value)
    elif routing.held_until is not None:
        plan_later(transaction, routing.held_until, Chore.CARD, incident.id, {})


def plan_next(
    transaction: Transaction, context: FlowContext, notice: Notice, proposal: Proposal | None, now: datetime
) -> None:
    """Note when an open plan is shown to the next ones. Noted again it is the same note."""
    if proposal is None or proposal.state is not ProposalState.OPEN:
        return
    routing = route_notice(context.notify, notice, tuple(context.channels), now)
    at = plan_escalation(routing, proposal.opened_at, proposal.expires_at)
    if at is not None and transaction.flags.find(name_escalated(proposal)) is None:
        value = {"addresses": list(routing.escalate_to)}
        plan_later(transaction, at, Chore.ESCALATE, proposal.id, value)


def name_escalated(proposal: Proposal) -> str:
    """Return the flag that says that a plan was shown to the next ones."""
    return f"escalated/{proposal.id}"


def _journal(transaction: Transaction, incident: Incident, routing: Routing, now: datetime) -> None:
    """Write down where it goes and why, when that changes. Every channel at once is no news."""
    name = f"routed/{incident.id}"
    decided = {"route": routing.route, "addresses": list(routing.addresses), "reasons": list(routing.reasons)}
    known = transaction.flags.find(name)
    is_plain = not routing.route and routing.held_until is None and routing.digest_at is None
    if known == decided or (known is None and is_plain):
        return
    transaction.flags.put(name, decided)
    event = JournalEvent(
        kind="card.routed",
        actor=FERMATA,
        incident_id=incident.id,
        data={"route": routing.route, "addresses": list(routing.addresses), "reasons": list(routing.reasons)},
    )
    transaction.journal.append(event, now)
