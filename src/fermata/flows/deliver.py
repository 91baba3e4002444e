"""The outbox: cards go out at least once, one message per incident, whatever a channel does meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from fermata.flows.boundary import contain
from fermata.flows.cards import has_marked_cards, list_marked_cards, refresh_marked_cards
from fermata.flows.context import FlowContext
from fermata.kit.errors import TransientError
from fermata.kit.log import get_log
from fermata.kit.units import format_duration
from fermata.ports.channel import Channel
from fermata.ports.outbox import OutboxEntry
from fermata.ports.store import Transaction

_log = get_log("deliver")
_FIRST_RETRY = timedelta(seconds=1)
_LONGEST_RETRY = timedelta(minutes=5)
"""A channel that was down for an hour gets its cards within five minutes of coming back."""

_FAR_OFF = datetime.max.replace(tzinfo=UTC)
_PATIENCE = timedelta(seconds=10)
"""For one card. Posting a message takes a second; a terminal that is held (Ctrl-S) takes for ever."""


async def deliver_due(context: FlowContext) -> int:
    """Deliver every card whose time has come; return how many were delivered. A failure plans another try."""
    now = context.clock.now()
    # A look first: a write transaction twice a second for nothing would wake the disk for nothing.
    if await context.store.read(has_marked_cards):
        await _refresh(context, now)
    entries = await context.store.read(lambda transaction: _list_due(transaction, now))
    queues: dict[str, list[OutboxEntry]] = {}
    for entry in entries:
        queues.setdefault(entry.channel, []).append(entry)
    # Side by side: a channel that hangs must not keep the cards of the others.
    return sum(await asyncio.gather(*(_deliver_queue(context, queue) for queue in queues.values())))


def _list_due(transaction: Transaction, now: datetime) -> Sequence[OutboxEntry]:
    """Return the cards whose time has come; else those whose time the clock has left behind when it was set back."""
    due = transaction.outbox.list_due(now)
    return due or [entry for entry in transaction.outbox.list_due(_FAR_OFF) if entry.due_at - now > _LONGEST_RETRY]


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
    delivered = 0
    for entry in queue:
        # Monotonic time measures a duration; it is not an instant, so it needs no injected clock.
        began = time.monotonic()
        delivered += await _deliver(context, entry)
        if time.monotonic() - began >= _PATIENCE.total_seconds():
            break  # It hangs, and each further card would wait as long: they stay due.
    return delivered


async def _send(channel: Channel, entry: OutboxEntry) -> str:
    try:
        async with asyncio.timeout(_PATIENCE.total_seconds()):
            return await channel.deliver(entry.card, key=entry.key, receipt=entry.receipt or None)
    except TimeoutError as error:
        raise TransientError(
            "The card was not taken", why=f"the channel did not answer within {format_duration(_PATIENCE)}"
        ) from error


async def _deliver(context: FlowContext, entry: OutboxEntry) -> int:
    channel = context.channels.get(entry.channel)
    if channel is None:
        # The channel was taken out of the settings while a card waited; nobody can receive it any more.
        await context.store.write(
            # The receipt stays: a channel that is put back changes the message it had posted.
            lambda transaction: transaction.outbox.mark_delivered(entry, entry.receipt or "", now=context.clock.now())
        )
        return 0
    sent = await contain(f"channel {entry.channel}", lambda: _send(channel, entry))
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
