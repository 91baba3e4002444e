"""The outbox: cards go out at least once, one message per incident, whatever a channel does meanwhile."""

from __future__ import annotations

from datetime import timedelta

from fermata.flows.boundary import contain
from fermata.flows.cards import has_marked_cards, refresh_marked_cards
from fermata.flows.context import FlowContext
from fermata.kit.log import get_log
from fermata.ports.store import OutboxEntry

_log = get_log("deliver")
_FIRST_RETRY = timedelta(seconds=1)
_LONGEST_RETRY = timedelta(minutes=5)
"""A channel that was down for an hour gets its cards within five minutes of coming back."""


async def deliver_due(context: FlowContext) -> int:
    """Deliver every card whose time has come; return how many were delivered. A failure plans another try."""
    now = context.clock.now()
    # A look first: a write transaction twice a second for nothing would wake the disk for nothing.
    if await context.store.read(has_marked_cards):
        await context.store.write(lambda transaction: refresh_marked_cards(transaction, context, now))
    entries = await context.store.read(lambda transaction: transaction.outbox.list_due(now))
    delivered = 0
    for entry in entries:
        delivered += await _deliver(context, entry)
    return delivered


async def _deliver(context: FlowContext, entry: OutboxEntry) -> int:
    channel = context.channels.get(entry.channel)
    if channel is None:
        # The channel was taken out of the settings while a card waited; nobody can receive it any more.
        await context.store.write(
            # The receipt stays: a channel that is put back changes the message it had posted.
            lambda transaction: transaction.outbox.mark_delivered(entry, entry.receipt or "", now=context.clock.now())
        )
        return 0
    sent = await contain(
        f"channel {entry.channel}", lambda: channel.deliver(entry.card, key=entry.key, receipt=entry.receipt or None)
    )
    now = context.clock.now()
    if sent.value is not None:
        receipt = sent.value
        await context.store.write(lambda transaction: transaction.outbox.mark_delivered(entry, receipt, now=now))
        context.meters.cards.labels(entry.channel, "delivered").inc()
        return 1
    wait = min(_FIRST_RETRY * 2**entry.attempts, _LONGEST_RETRY) if entry.attempts < 10 else _LONGEST_RETRY
    await context.store.write(lambda transaction: transaction.outbox.mark_failed(entry, sent.failure, wait, now=now))
    context.meters.cards.labels(entry.channel, "failed").inc()
    _log.warning("card.delayed", channel=entry.channel, key=entry.key, attempt=entry.attempts + 1, reason=sent.failure)
    return 0
