"""Which of several workers delivers cards: one at a time, or two would post the same card side by side."""

from __future__ import annotations

from datetime import datetime, timedelta

from fermata.domain.record import Instant, Record, Text
from fermata.flows.context import FlowContext
from fermata.ports.store import Transaction

_NAME = "courier"
LEASE = timedelta(seconds=30)
"""Three times the patience for one card: it is renewed before each, so that it never ends while one is under way."""
_RENEWED_BELOW = timedelta(seconds=20)


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
    now = context.clock.now()
    known = await context.store.read(_find)
    if known is not None and known.worker == context.worker and _RENEWED_BELOW < known.until - now <= LEASE:
        return True
    if known is not None and not _may_take(known, context.worker, now):
        return False
    return await context.store.write(lambda transaction: _take(transaction, context.worker, now))


def _find(transaction: Transaction) -> Courier | None:
    value = transaction.flags.find(_NAME)
    return Courier.from_json(value) if value is not None else None


def _take(transaction: Transaction, worker: str, now: datetime) -> bool:
    known = _find(transaction)  # Again: of two that saw it free, one is first.
    if known is not None and not _may_take(known, worker, now):
        return False
    transaction.flags.put(_NAME, Courier(worker=worker, until=now + LEASE).to_json())
    return True


def _may_take(known: Courier, worker: str, now: datetime) -> bool:
    # A lease that would last for longer than leases do was written by a clock that ran ahead.
    return known.worker == worker or known.until <= now or known.until - now > 2 * LEASE
