"""The ledger for surfaces: what was spent, and what is left of the budgets."""

from datetime import timedelta
from decimal import Decimal

from tests.unit.flows.stage import NOON

from fermata.domain.model import AttemptOutcome, Usage
from fermata.rules.costs import CostsBy
from fermata.testing.records import make_attempt


def spend(stage, attempt_id, cost, **changes):
    """Put a settled call into the ledger."""
    values = {"usage": Usage(input_tokens=900, output_tokens=100), "outcome": AttemptOutcome.OK, "at": NOON} | changes
    attempt = make_attempt(attempt_id, cost_usd=cost, **values)
    with stage.store.begin() as transaction:
        transaction.spending.open(attempt)
        transaction.spending.settle(attempt)


async def test_nothing_asked_costs_nothing(stage):
    """No line, and no budget to name: nobody knows whose it would be."""
    costs = await stage.house.readings.report_costs(CostsBy.DAY, 30)

    assert (costs.report.lines, costs.report.total.calls, costs.left) == ((), 0, ())


async def test_spent_is_summed_and_taken_from_the_budgets(stage):
    """Calls of the time that was asked for, and what they leave of the day's budget."""
    spend(stage, "a", "0.10")
    spend(stage, "b", "0.30", at=NOON - timedelta(days=9))

    costs = await stage.house.readings.report_costs(CostsBy.DAY, 7)

    left = {item.budget: item.spent_usd for item in costs.left}
    assert [line.cost_usd for line in costs.report.lines] == [Decimal("0.10")]
    assert (left["of the day"], left["of the month"]) == (Decimal("0.10"), Decimal("0.40"))


async def test_one_incident_is_told_alone(stage):
    """Only the calls that were made for it."""
    spend(stage, "a", "0.10", incident_id="inc-1")
    spend(stage, "b", "0.20", incident_id="inc-2")

    costs = await stage.house.readings.report_costs(CostsBy.MODEL, 7, "inc-2")

    assert costs.report.total.cost_usd == Decimal("0.20")
