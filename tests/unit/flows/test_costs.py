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
    """No line; all of each budget is left."""
    costs = await stage.house.readings.report_costs(CostsBy.DAY, 30)

    assert (costs.report.lines, costs.report.total.calls) == ((), 0)
    assert [(item.budget, item.left_usd) for item in costs.left] == [("of the day", 5), ("of the month", 50)]


async def test_spent_is_summed_and_taken_from_the_budgets(stage):
    """Calls of the time that was asked for, and what they leave of the day's budget."""
    spend(stage, "a", "0.10")
    spend(stage, "b", "0.30", at=NOON - timedelta(days=9))

    costs = await stage.house.readings.report_costs(CostsBy.DAY, 7)

    left = {item.budget: item.spent_usd for item in costs.left}
    assert [line.cost_usd for line in costs.report.lines] == [Decimal("0.10")]
    assert (left["of the day"], left["of the month"]) == (Decimal("0.10"), Decimal("0.40"))


async def test_what_a_clock_that_was_ahead_wrote_is_told_on_its_day(stage):
    """It was spent, and nobody would find it else; today's budget is not used up by it."""
    spend(stage, "a", "0.10", at=NOON + timedelta(days=40))

    costs = await stage.house.readings.report_costs(CostsBy.DAY, 7)

    assert [line.cost_usd for line in costs.report.lines] == [Decimal("0.10")]
    assert [left.spent_usd for left in costs.left] == [0, 0]


async def test_one_incident_is_told_alone(stage):
    """Only the calls that were made for it."""
    spend(stage, "a", "0.10", incident_id="inc-1")
    spend(stage, "b", "0.20", incident_id="inc-2")

    costs = await stage.house.readings.report_costs(CostsBy.MODEL, 7, "inc-2")

    assert costs.report.total.cost_usd == Decimal("0.20")


async def test_every_budget_is_told_whether_or_not_it_was_touched(build_stage):
    """Each tier's and each provider's own; no incident's, since the report is about all of them."""
    stage = build_stage(
        budgets={
            "month_usd": None,
            "tiers_per_day": {"high": 1, "low": 1},
            "providers_per_day": {"openai": 1, "anthropic": 1, "bedrock": 1},
        }
    )
    spend(stage, "a", "0.10")

    costs = await stage.house.readings.report_costs(CostsBy.DAY, 7)

    assert {item.budget: item.spent_usd for item in costs.left} == {
        "of the high tier for the day": Decimal("0.10"),
        "of the low tier for the day": 0,
        "of openai for the day": Decimal("0.10"),
        "of anthropic for the day": 0,
        "of bedrock for the day": 0,
        "of the day": Decimal("0.10"),
    }


async def test_incident_is_told_whole_with_its_own_budget(stage):
    """Whenever it was: who asks for one does not know how many days ago."""
    spend(stage, "a", "0.10", incident_id="inc-1", at=NOON - timedelta(days=99))
    spend(stage, "b", "0.20", incident_id="inc-1", at=NOON - timedelta(days=98))

    costs = await stage.house.readings.report_costs(CostsBy.KIND, 1, "inc-1")

    left = {item.budget: item.left_usd for item in costs.left}
    assert costs.report.total.cost_usd == Decimal("0.30")
    assert (left["of this incident"], left["of the day"]) == (Decimal("0.20"), 5)


async def test_days_are_whole_ones_and_today_is_one_of_them(stage):
    """Half of a first day would look like a cheap one."""
    midnight = NOON.replace(hour=0)
    for number, at in enumerate([midnight, midnight - timedelta(days=1), midnight - timedelta(days=1, seconds=1)]):
        spend(stage, f"call-{number}", "0.10", at=at)

    calls = [(await stage.house.readings.report_costs(CostsBy.DAY, days)).report.total.calls for days in (1, 2, 3)]

    assert calls == [1, 2, 3]
