"""Who is to blame for what models did not bring, for surfaces: the ledger as `rules.attribution` reads it."""

from __future__ import annotations

from datetime import timedelta

from fermata.flows.context import FlowContext
from fermata.rules.attribution import Standing, attribute
from fermata.rules.budget import start_of_day


async def load_attribution(context: FlowContext, days: int) -> tuple[Standing, ...]:
    """Return how each target did.

    Args:
        days: Today, in UTC, and the days before it.
    """
    now = context.clock.now()
    since = start_of_day(now) - timedelta(days=days - 1)
    # Another machine's clock may be ahead.
    return await context.store.read(
        lambda transaction: attribute(transaction.spending.list_attempts(since, now + timedelta(days=1)))
    )
