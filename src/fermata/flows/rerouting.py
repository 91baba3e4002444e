"""Cards of a channel that fails, sent to another: somebody has to see them. The first gets them too, once it works."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from fermata.domain.ids import IncidentId
from fermata.domain.journal import JournalEvent
from fermata.domain.person import FERMATA
from fermata.flows.boundary import contain
from fermata.flows.context import FlowContext
from fermata.flows.resting import Rests, list_rests
from fermata.kit.clock import is_within
from fermata.kit.log import get_log
from fermata.ports.outbox import OutboxEntry
from fermata.ports.store import Transaction
from fermata.rules.notices import find_channel

_log = get_log("rerouting")


async def reroute_stranded(context: FlowContext) -> int:
    """Queue cards that wait for a failing channel for the first fallback that works; return how many."""
    notify, now = context.notify, context.clock.now()
    if not notify.fallback:
        return 0
    rests, waiting = await context.store.read(
        lambda transaction: (list_rests(transaction), transaction.outbox.list_waiting())
    )
    failing = {
        address: rest
        for address in waiting
        if (rest := rests.find(address)) is not None and not is_within(notify.fallback_after, rest.since, now)
    }
    beside = _choose_fallback(context, rests) if failing else None
    if beside is None:
        return 0
    stranded = await context.store.read(lambda transaction: transaction.outbox.list_stranded(list(failing), beside))
    for entry in stranded:
        reason = f"{find_channel(entry.channel)} has failed since {failing[entry.channel].since:%H:%M} UTC"
        work = partial(_reroute, entry=entry, beside=beside, reason=reason, now=now)
        done = await contain(f"reroute {entry.key}", partial(context.store.write, work))
        if done.failed:
            _log.warning("card.not_rerouted", key=entry.key, reason=done.failure)
    return len(stranded)


def _choose_fallback(context: FlowContext, rests: Rests) -> str | None:
    """Return the first fallback whose channel is there and does not fail itself."""
    known = (address for address in context.notify.fallback if find_channel(address) in context.channels)
    return next((address for address in known if rests.find(address) is None), None)


def _reroute(transaction: Transaction, *, entry: OutboxEntry, beside: str, reason: str, now: datetime) -> None:
    if any(place.channel == beside for place in transaction.outbox.list_places(entry.key)):
        return
    transaction.outbox.put(beside, entry.key, entry.card, now=now)
    data = {"from": entry.channel, "to": beside, "reason": reason}
    event = JournalEvent(kind="card.rerouted", actor=FERMATA, incident_id=IncidentId(entry.key), data=data)
    transaction.journal.append(event, now)
