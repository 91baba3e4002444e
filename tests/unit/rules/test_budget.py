"""What may be afforded: the narrowest budget that does not bear a call refuses it."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from fermata.domain.model import Spent
from fermata.kit.errors import GuardRefused
from fermata.rules.budget import (
    Budgets,
    list_left,
    refuse_over_budget,
    start_of_day,
    start_of_month,
    tell_left,
    write_usd,
)
from fermata.testing.records import make_attempt

ALL = Budgets(
    incident_usd=1, day_usd=2, month_usd=3, tiers_per_day={"high": Decimal(4)}, providers_per_day={"openai": Decimal(5)}
)


@pytest.mark.parametrize(
    ("spent", "words"),
    [
        ({"incident_usd": "0.95"}, "of this incident"),
        ({"provider_day_usd": "4.95"}, "of openai for the day"),
        ({"tier_day_usd": "3.95"}, "of the high tier for the day"),
        ({"day_usd": "1.95"}, "of the day"),
        ({"month_usd": "2.95"}, "of the month"),
    ],
)
def test_each_budget_refuses_what_it_does_not_bear(spent, words):
    """With what it may cost, what is left, and of how much."""
    with pytest.raises(GuardRefused, match=r"it may cost \$0\.10, and \$0\.05 of \$\d\.00 are left") as caught:
        refuse_over_budget(ALL, Spent(**spent), make_attempt(cost_usd="0.10"))

    assert (caught.value.rule, caught.value.facts["budget"]) == ("budget", words)
    assert caught.value.facts["left_usd"] == Decimal("0.05")


@pytest.mark.parametrize(
    ("budget", "at", "words"),
    [
        ("incident_usd", "2026-11-30T23:59:59Z", "are left. Raise budgets.incident_usd."),
        (
            "day_usd",
            "2026-11-29T23:59:59Z",
            "are left until 2026-11-30 00:00 UTC. Raise budgets.day_usd, or wait until then.",
        ),
        ("day_usd", "2026-11-30T00:00:00Z", "until 2026-12-01 00:00 UTC"),
        ("month_usd", "2026-12-31T23:59:59Z", "until 2027-01-01 00:00 UTC"),
        ("month_usd", "2028-02-01T00:00:00+02:00", "until 2028-02-01 00:00 UTC"),
    ],
)
def test_refusal_says_when_the_budget_begins_anew(budget, at, words):
    """And in which zone; an incident's never does, so nobody is told to wait for it."""
    draft = make_attempt(cost_usd="0.10", at=datetime.fromisoformat(at))

    with pytest.raises(GuardRefused) as caught:
        refuse_over_budget(Budgets(**{budget: 0}), Spent(), draft)

    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("cost", "spent", "words"),
    [
        ("0.0304", "0.0003", "it may cost $0.0304, and $0.0297 of $0.0300 are left"),
        ("0.0300000001", "0", "it may cost $0.030000000, and $0.030000000 of $0.030000000 are left"),
        ("5", "0", "it may cost $5.00, and $0.03 of $0.03 are left"),
    ],
)
def test_amounts_that_are_compared_are_written_apart(cost, spent, words):
    """That three cents do not fit into three cents helps nobody."""
    with pytest.raises(GuardRefused) as caught:
        refuse_over_budget(Budgets(day_usd="0.03"), Spent(day_usd=spent), make_attempt(cost_usd=cost))

    assert words in str(caught.value)


def test_what_is_left_is_told_from_the_limit():
    """A tenth of a cent that was spent is seen."""
    [left] = list_left(Budgets(day_usd="0.03"), Spent(day_usd="0.0038"), make_attempt())

    assert tell_left(left) == "Left of the day: $0.0262 of $0.0300 until 2026-11-24 00:00 UTC."


def test_call_that_fits_exactly_is_made():
    """The last cent may be spent."""
    refuse_over_budget(ALL, Spent(incident_usd="0.90"), make_attempt(cost_usd="0.10"))


def test_call_without_an_incident_is_no_incidents_matter():
    """A question of a person falls under the day's budget only."""
    refuse_over_budget(ALL, Spent(incident_usd=9), make_attempt(cost_usd="0.10", incident_id=None))


def test_free_call_fits_into_an_empty_budget():
    """A model on one's own machine goes on."""
    refuse_over_budget(Budgets(day_usd=0), Spent(day_usd=9), make_attempt(cost_usd=0))


def test_no_limit_refuses_nothing():
    """Whoever sets none means none."""
    refuse_over_budget(Budgets(), Spent(day_usd=10**6), make_attempt(cost_usd=10**6))


def test_what_is_left_is_never_below_zero():
    """A budget that was lowered is used up."""
    lefts = list_left(ALL, Spent(day_usd=5), make_attempt())

    assert [left.left_usd for left in lefts] == [1, 5, 4, 0, 3]


def test_days_and_months_begin_in_utc():
    """Wherever the clock stands."""
    late = datetime(2026, 11, 30, 22, 30, tzinfo=timezone(-timedelta(hours=2)))

    assert start_of_day(late) == datetime(2026, 12, 1, tzinfo=UTC)
    assert start_of_month(late) == datetime(2026, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "$0"),
        ("12.346", "$12.35"),
        ("1234.5", "$1,234.50"),
        ("0.0042", "$0.0042"),
        ("0.000042", "$0.000042"),
        ("0.0000000421", "$0.000000042"),
    ],
)
def test_amounts_show_that_they_are_something(amount, words):
    """A tenth of a cent is not nothing."""
    assert write_usd(Decimal(amount)) == words
