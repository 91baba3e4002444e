"""The outbox: cards go out at least once, one message per incident and address, whatever a channel does meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from fermata.flows.boundary import Contained, contain
from fermata.flows.cards import has_marked_cards, list_marked_cards, refresh_marked_cards
from fermata.flows.chores import do_due
from fermata.flows.context import FlowContext
from fermata.flows.courier import is_courier, stay_courier
from fermata.flows.resting import LONGEST_REST, Rest, Rests, choose_probe, is_suspect, list_rests, rest, wake
from fermata.kit.errors import TransientError
from fermata.kit.log import get_log
from fermata.kit.units import format_duration
from fermata.ports.channel import Channel
from fermata.ports.outbox import OutboxEntry
from fermata.ports.store import Transaction
from fermata.rules.notices import find_channel

_log = get_log("deliver")
_PATIENCE = timedelta(seconds=10)
"""For one card. Posting a message takes a second; a terminal that is held (Ctrl-S) takes for ever."""


async def deliver_due(context: FlowContext) -> int:
    """Deliver every card whose time has come; return how many were delivered. A failure plans another try.

    Each look costs the same few reads, however many cards wait and however many of their channels are down.
    """
    if not await is_courier(context):
        return 0
    await contain("chores", lambda: do_due(context))
    now = context.clock.now()
    # A look first: a write transaction twice a second for nothing would wake the disk for nothing.
    if await context.store.read(has_marked_cards):
        await _refresh(context, now)
    entries = await context.store.read(lambda transaction: _list_due(transaction, now))
    queues: dict[str, list[OutboxEntry]] = {}
    for entry in entries:
        queues.setdefault(find_channel(entry.channel), []).append(entry)
    # Side by side: a channel that hangs must not keep the cards of the others. One at a time within each, in order.
    async with stay_courier(context):
        return sum(await asyncio.gather(*(_deliver_queue(context, queue) for queue in queues.values())))


def _list_due(transaction: Transaction, now: datetime) -> Sequence[OutboxEntry]:
    """Return the cards whose time has come, of channels that are not left alone; some of each, in their order.

    Else those whose time the clock has left behind when it was set back.
    """
    rests = list_rests(transaction)
    ready = [address for address in transaction.outbox.list_waiting(now) if rests.is_due(address, now)]
    due = [entry for address in ready for entry in transaction.outbox.list_due(now, channel=address)]
    if due:
        return _arrange(due, rests)
    behind = transaction.outbox.list_due_after(now + LONGEST_REST)
    return [entry for entry in behind if rests.is_due(entry.channel, now)]


def _arrange(due: Sequence[OutboxEntry], rests: Rests) -> Sequence[OutboxEntry]:
    """Put those whose plan waits first, whichever their room; before all, what each place that fails is tried with."""
    ordered = sorted(due, key=lambda entry: not entry.card.can_decide)
    found = [rests.find(entry.channel) for entry in ordered]
    failing = {id(rest): rest for rest in found if rest is not None}.values()
    probes = [choose_probe(one, [e for e, rest in zip(ordered, found, strict=True) if rest is one]) for one in failing]
    # Not in the same round as the probe beside it: if that one arrives, the suspect is put off.
    tried = [entry for entry in ordered if entry not in probes and not is_suspect(rests.find(entry.channel), entry)]
    return [*probes, *tried]


async def _refresh(context: FlowContext, now: datetime) -> None:
    """Make the marked cards anew in one commit; one by one when one of them cannot be made, or it would stop all."""
    done = await contain(
        "cards", lambda: context.store.write(lambda transaction: refresh_marked_cards(transaction, context, now))
    )
    if not done.failed:
        return
    for incident_id in await context.store.read(list_marked_cards):
        await contain(
            f"card of {incident_id}",
            partial(context.store.write, partial(refresh_marked_cards, context=context, now=now, only=incident_id)),
        )


async def _deliver_queue(context: FlowContext, queue: Sequence[OutboxEntry]) -> int:
    delivered, failed = 0, set[str]()
    for entry in queue:
        if entry.channel in failed:
            continue
        if not await is_courier(context):
            break
        # Monotonic time measures a duration; it is not an instant, so it needs no injected clock.
        began = time.monotonic()
        sent = await _deliver(context, entry)
        delivered += sent is not None and not sent.failed
        if sent is not None and sent.failed:
            failed.add(entry.channel)
        if (sent and isinstance(sent.error, TransientError)) or time.monotonic() - began >= _PATIENCE.total_seconds():
            break  # It is down or hangs, and each further card would only say so again: they stay due.
    return delivered


async def _send(channel: Channel, entry: OutboxEntry) -> str:
    try:
        async with asyncio.timeout(_PATIENCE.total_seconds()):
            room = entry.channel.partition(":")[2]
            return await channel.deliver(entry.card, key=entry.key, receipt=entry.receipt or None, room=room)
    except TimeoutError as error:
        raise TransientError(
            "The card was not taken", why=f"the channel did not answer within {format_duration(_PATIENCE)}"
        ) from error


async def _deliver(context: FlowContext, entry: OutboxEntry) -> Contained[str] | None:
    """Deliver one card; return what came of it, or `None` where there is no such channel any more."""
    channel = context.channels.get(find_channel(entry.channel))
    if channel is None:
        # The channel was taken out of the settings while a card waited; nobody can receive it any more.
        await context.store.write(
            # The receipt stays: a channel that is put back changes the message it had posted.
            lambda transaction: transaction.outbox.mark_delivered(entry, entry.receipt or "", now=context.clock.now())
        )
        return None
    sent = await contain(f"channel {entry.channel}", lambda: _send(channel, entry))
    resting = await context.store.write(partial(_settle, entry=entry, sent=sent, now=context.clock.now()))
    context.meters.cards.labels(channel.name, "failed" if sent.failed else "delivered").inc()
    if resting is not None:
        attempt = resting.attempts
        _log.warning("card.delayed", channel=entry.channel, key=entry.key, attempt=attempt, reason=sent.advice)
    return sent


def _settle(transaction: Transaction, *, entry: OutboxEntry, sent: Contained[str], now: datetime) -> Rest | None:
    if sent.value is not None:
        transaction.outbox.mark_delivered(entry, sent.value, now=now)
        wake(transaction, entry, now)
        return None
    resting = rest(transaction, entry, sent.advice, sent.error, now)
    # No longer than its place rests: whether it is the card's own fault shows when another one arrives.
    transaction.outbox.mark_failed(entry, sent.failure, resting.until - now, now=now)
    return resting
