"""What models cost, for surfaces: the ledger as a report, with what is left of the budgets."""

from __future__ import annotations

from datetime import timedelta

from fermata.domain.ids import IncidentId
from fermata.domain.record import Record
from fermata.flows.context import FlowContext
from fermata.ports.store import Transaction
from fermata.rules.budget import Left, list_left
from fermata.rules.costs import CostReport, CostsBy, report_costs


class Costs(Record):
    """What was spent in a time."""

    report: CostReport
    left: tuple[Left, ...]
    """Of the budgets that the latest call fell under, the narrowest first; empty while nothing was asked."""


async def load_costs(context: FlowContext, by: CostsBy, days: int, incident_id: IncidentId | None = None) -> Costs:
    """Return what was spent in the last days, calls under way among it.

    Args:
        by: What a line of the report stands for.
        incident_id: Of one incident alone.
    """
    now = context.clock.now()

    def read(transaction: Transaction) -> Costs:
        until = now + timedelta(days=1)  # Another machine's clock may be ahead.
        attempts = transaction.spending.list_attempts(now - timedelta(days=days), until, incident_id)
        if not attempts:
            return Costs(report=report_costs((), by), left=())
        latest = attempts[-1].model_copy(update={"at": now})
        left = list_left(context.budgets, transaction.spending.sum_spent(latest), latest)
        return Costs(report=report_costs(attempts, by), left=tuple(left))

    return await context.store.read(read)
