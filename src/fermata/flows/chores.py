"""What comes due by the clock: cards that quiet hours held back, digests, plans that nobody decides."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from fermata.domain.ids import IncidentId, ProposalId
from fermata.domain.journal import JournalEvent
from fermata.domain.person import FERMATA
from fermata.domain.proposal import ProposalState
from fermata.flows.boundary import contain
from fermata.flows.cards import mark_card, queue_card, redact_card
from fermata.flows.clock_note import find_clock
from fermata.flows.context import FlowContext
from fermata.flows.later import Chore, Due, list_at, list_due, plan_later
from fermata.flows.notify import name_escalated
from fermata.flows.postmortem.fading import fade_one
from fermata.flows.quiet import find_snooze
from fermata.flows.renewing import renew_some
from fermata.kit.clock import format_instant
from fermata.kit.errors import InvariantBroken, NotFoundError, OperationalError
from fermata.kit.log import get_log
from fermata.kit.units import format_duration
from fermata.ports.store import Transaction
from fermata.rules.notices import DigestItem, compose_digest

_log = get_log("chores")


async def do_due(context: FlowContext) -> int:
    """Do what is due; return how many things. Each in a commit of its own with its note's end, so that it is done once.

    Nothing is written while nothing is due.
    """
    now = context.clock.now()
    due = await context.store.read(lambda transaction: list_due(transaction, now))
    digests = list(dict.fromkeys(item.at for item in due if item.chore is Chore.DIGEST))
    for at in digests:
        await contain(f"digest of {at}", partial(context.store.write, partial(_digest, at=at, now=now)))
    for item in due:
        if item.chore is not Chore.DIGEST:
            await _do_one(context, item, now)
    return len(due)


async def _do_one(context: FlowContext, due: Due, now: datetime) -> None:
    done = await contain(
        f"chore {due.name}", partial(context.store.write, partial(_do, context=context, due=due, now=now))
    )
    if not done.failed or isinstance(done.error, OperationalError):
        return  # A store that is full, busy or gone says nothing about the chore: it stays due.
    # It can never be done: what it is about cannot be read. Tried for ever it would keep the others waiting.
    _log.error("chore.dropped", chore=due.chore.value, about=due.about, reason=done.failure)
    await contain("chores", lambda: context.store.write(lambda transaction: transaction.flags.remove(due.name)))


def _do(transaction: Transaction, *, context: FlowContext, due: Due, now: datetime) -> None:
    # Removal decides: of two workers that see it, one does it.
    if not transaction.flags.remove(due.name):
        return
    if due.chore is Chore.CARD:
        mark_card(transaction, context, IncidentId(due.about))
    elif due.chore is Chore.RENEW:
        renew_some(transaction, context, due.about, now)
    elif due.chore is Chore.FADE:
        _fade(transaction, context, due, now)
    else:
        _escalate(transaction, context, due, now)


def _fade(transaction: Transaction, context: FlowContext, due: Due, now: datetime) -> None:
    clock = find_clock(transaction, now)
    over = due.value.get("over", due.at)
    if clock.trusted is not None and over > format_instant(clock.deletes_by):
        # The clock leapt ahead, and may be wrong: what it says is over cannot be had again.
        plan_later(transaction, clock.believed_at, Chore.FADE, due.about, {**due.value, "over": over})
        return
    fade_one(transaction, context, IncidentId(due.about), clock.deletes_by)


def _escalate(transaction: Transaction, context: FlowContext, due: Due, now: datetime) -> None:
    """Show a plan that nobody has decided to the next ones, once; not while it is to be quiet, but right after."""
    proposal = transaction.proposals.get(ProposalId(due.about))
    if proposal.state is not ProposalState.OPEN or now >= proposal.expires_at:
        return
    quiet_until = _find_quiet(transaction, context, proposal.incident_id, now)
    if quiet_until is not None:
        plan_later(transaction, quiet_until, Chore.ESCALATE, due.about, due.value)
        return
    if not transaction.flags.put_if_absent(name_escalated(proposal), {"at": now.isoformat()}):
        return
    added = queue_card(transaction, context, due.value["addresses"], proposal.incident_id, now)
    reason = f"it was not decided within {format_duration(now - proposal.opened_at)}"
    data = {"proposal_id": proposal.id, "addresses": list(added), "reason": reason}
    event = JournalEvent(kind="card.escalated", actor=FERMATA, incident_id=proposal.incident_id, data=data)
    transaction.journal.append(event, now)


def _find_quiet(
    transaction: Transaction, context: FlowContext, incident_id: IncidentId, now: datetime
) -> datetime | None:
    """Return until when nobody new is to hear of an incident: somebody snoozed it, or its severity waits by night."""
    snooze = find_snooze(transaction, incident_id, now)
    if snooze is not None:
        return snooze.until
    quiet = context.notify.quiet
    if quiet is None or transaction.incidents.get(incident_id).severity not in quiet.severities:
        return None
    return quiet.find_end(now)


def _digest(transaction: Transaction, *, at: str, now: datetime) -> None:
    """Queue one card for all incidents of a digest, at each address."""
    by_address: dict[str, list[DigestItem]] = {}
    for due in list_at(transaction, at, Chore.DIGEST):
        transaction.flags.remove(due.name)
        try:
            incident = transaction.incidents.get(IncidentId(due.about))
        except (InvariantBroken, NotFoundError) as error:
            _log.error("digest.incomplete", incident_id=due.about, reason=str(error))
            continue
        item = DigestItem(
            incident_id=incident.id, title=incident.title, severity=incident.severity, state=incident.state
        )
        for address in due.value["addresses"]:
            by_address.setdefault(address, []).append(item)
    for address, listed in by_address.items():
        key = f"digest-{at.replace(':', '').replace('.', '-')}"  # Letters that any service takes in an id.
        card = redact_card(compose_digest(key, listed, datetime.fromisoformat(at)))
        transaction.outbox.put(address, key, card, now=now)
