"""Which of several workers delivers cards: one at a time, or two would post the same card side by side."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime

from fermata.domain.record import Instant, Record, Text
from fermata.flows.boundary import contain
from fermata.flows.context import FlowContext
from fermata.ports.store import Transaction

_NAME = "courier"


class Courier(Record):
    """Who delivers, and until when nobody else does."""

    worker: Text
    until: Instant


async def is_courier(context: FlowContext) -> bool:
    """Answer whether this worker is to deliver the next card. One that is alone always is.

    A worker that dies is followed by another within the lease; one that is started again goes on at once.
    """
    if not context.worker:
        return True
    now, lease = context.clock.now(), context.lease
    known = await context.store.read(_find)
    if known is not None and known.worker == context.worker and lease / 2 < known.until - now <= lease:
        return True
    if known is not None and not _may_take(known, context, now):
        return False
    return await context.store.write(lambda transaction: _take(transaction, context, now))


def is_anybody_there(transaction: Transaction, context: FlowContext, now: datetime) -> bool:
    """Answer whether any of several workers delivers, by its lease, and one more for clocks that differ."""
    known = _find(transaction)
    return known is not None and now < known.until + context.lease


@asynccontextmanager
async def stay_courier(context: FlowContext) -> AsyncIterator[None]:
    """Keep delivering this worker's business while something is under way: one card may take longer than a lease."""
    if not context.worker:
        yield
        return
    keeping = asyncio.create_task(_keep(context))
    try:
        yield
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping


async def _keep(context: FlowContext) -> None:
    while True:
        await asyncio.sleep(context.lease.total_seconds() / 4)
        await contain("courier", lambda: is_courier(context))


def _find(transaction: Transaction) -> Courier | None:
    value = transaction.flags.find(_NAME)
    return Courier.from_json(value) if value is not None else None


def _take(transaction: Transaction, context: FlowContext, now: datetime) -> bool:
    known = _find(transaction)  # Again: of two that saw it free, one is first.
    if known is not None and not _may_take(known, context, now):
        return False
    transaction.flags.put(_NAME, Courier(worker=context.worker, until=now + context.lease).to_json())
    return True


def _may_take(known: Courier, context: FlowContext, now: datetime) -> bool:
    # A lease that would last for longer than leases do was written by a clock that ran ahead.
    return known.worker == context.worker or known.until <= now or known.until - now > 2 * context.lease
