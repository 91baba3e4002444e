"""What models cost, for surfaces: the ledger as a report, with what is left of the budgets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import zip_longest

from fermata.domain.ids import IncidentId
from fermata.domain.model import Attempt, AttemptOutcome, TaskKind, Tier
from fermata.domain.record import Record
from fermata.flows.context import FlowContext
from fermata.ports.store import Transaction
from fermata.rules.budget import Budgets, Left, list_left, start_of_day
from fermata.rules.costs import CostReport, CostsBy, report_costs

_AHEAD = timedelta(days=3660)


class Costs(Record):
    """What was spent in a time."""

    report: CostReport
    left: tuple[Left, ...]
    """Of every budget that is set, the narrowest first; of an incident's only where the report is about one."""


async def load_costs(context: FlowContext, by: CostsBy, days: int, incident_id: IncidentId | None = None) -> Costs:
    """Return what was spent, calls under way among it.

    Args:
        by: What a line of the report stands for.
        days: Today, in UTC, and the days before it. An incident is told whole, whenever it was.
        incident_id: Of one incident alone.
    """
    now = context.clock.now()
    since = start_of_day(now) - timedelta(days=days - 1)

    def read(transaction: Transaction) -> Costs:
        if incident_id is not None:
            attempts = transaction.spending.list_of_incident(incident_id)
        else:
            # What was written while a clock was ahead was spent all the same.
            attempts = transaction.spending.list_attempts(since, now + _AHEAD)
        left = find_left(transaction, context.budgets, now, incident_id)
        return Costs(report=report_costs(attempts, by), left=left)

    return await context.store.read(read)


def find_left(
    transaction: Transaction, budgets: Budgets, now: datetime, incident_id: IncidentId | None
) -> tuple[Left, ...]:
    """Return what is left of every budget that is set; of an incident's only with one."""
    found: dict[str, Left] = {}
    for call in _imagine_calls(budgets, now, incident_id):
        for left in list_left(budgets, transaction.spending.sum_spent(call), call):
            found.setdefault(left.budget, left)
    return tuple(found.values())


def _imagine_calls(budgets: Budgets, now: datetime, incident_id: IncidentId | None) -> Iterator[Attempt]:
    """Give calls that fall under every budget between them: sums are asked for by the call they would bear."""
    pairs = zip_longest(budgets.tiers_per_day, budgets.providers_per_day)
    for tier, provider in list(pairs) or [(None, None)]:
        yield Attempt(
            id="none",
            at=now,
            target=f"{provider or 'none'}/none",
            kind=TaskKind.PARSE,
            tier=tier or Tier.LOW,
            outcome=AttemptOutcome.CANCELLED,
            incident_id=incident_id,
        )
