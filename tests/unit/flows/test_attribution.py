"""The ledger as it is read for blame: of the days that were asked for."""

from datetime import timedelta

from tests.unit.flows.stage import NOON
from tests.unit.flows.test_costs import spend

from fermata.domain.model import AttemptOutcome
from fermata.flows.attribution import load_attribution


async def test_calls_of_the_days_that_were_asked_for_are_told(stage):
    """An older one has its own story."""
    spend(stage, "a", "0.10", fault="an invented quote")
    spend(stage, "b", "0", at=NOON - timedelta(days=9), outcome=AttemptOutcome.TIMED_OUT)

    (standing,) = await load_attribution(stage.context, 7)

    assert (standing.calls, standing.checked, standing.accepted) == (1, 1, 0)
    assert [blame.last for blame in standing.blames] == ["an invented quote"]
