"""`fermata costs`: a table with bars for people, the same figures for machines."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from tests.unit.flows.stage import NOON, make_alert

from fermata.cli.costs import By
from fermata.domain.model import AttemptOutcome, Usage
from fermata.rules.costs import CostsBy
from fermata.testing.records import make_attempt


@pytest.fixture
def spent(desk):
    """Give a desk on whose store two calls were made today."""

    async def work(house, engine):
        now = datetime.now(UTC)
        usage = Usage(input_tokens=9000, output_tokens=1000, cached_tokens=500)
        done = {"outcome": AttemptOutcome.OK, "usage": usage, "is_estimated": False, "at": now}
        attempts = [
            make_attempt("a", cost_usd="0.10", **done),
            make_attempt("b", cost_usd="0.02", target="openai/small", **done),
            make_attempt("c", cost_usd="0.03", at=now, error="we stopped waiting"),
            make_attempt("d", cost_usd="0.0005", at=now),
        ]
        for attempt in attempts:
            await house.store.write(lambda transaction, attempt=attempt: transaction.spending.settle(attempt))

    desk.play(work)
    return desk


def test_costs_are_a_table_with_bars(spent):
    """Dearest first, with what is estimated and what is left."""
    result = spent.run("costs", "--by", "model")

    assert result.code == 0, result.err
    header, big, small, *told = result.out.splitlines()
    assert header.split() == ["model", "cost", "calls", "failed", "tokens", "in", "cached", "out"]
    assert big.split() == ["openai/gpt", "$0.1305", "\u2588" * 24, "3", "1", "9,000", "500", "1,000"]
    assert small.split() == ["openai/small", "$0.0200", "\u2588" * 3 + "\u258b", "1", "-", "9,000", "500", "1,000"]
    tomorrow = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d} 00:00 UTC"
    assert told[-1].startswith("Left of the month: $49.85 of $50.00 until ")
    assert told[:-1] == [
        "Total $0.15 for 4 calls.",
        "1 call failed: `fermata models blame` says whose doing it was.",
        "Of it $0.03 is estimated: nobody confirmed it (cut answers, calls given up).",
        "Of it $0.0005 is reserved for 1 call that has not ended: the most it may cost.",
        "All answered tokens at the price of openai/gpt, the dearest that answered: $0.20.",
        f"Left of the day: $4.85 of $5.00 until {tomorrow}.",
    ]


@pytest.mark.parametrize(("width", "has_cache", "longest"), [(120, True, 40), (80, True, 16), (66, False, 10)])
def test_bars_take_what_room_there_is(width, has_cache, longest, spent, monkeypatch):
    """No line is longer than the terminal; the cached tokens make room before the bars do."""
    monkeypatch.setattr("fermata.cli.costs.get_line_width", lambda _: width)  # A terminal cannot be injected.

    result = spent.run("costs", "--by", "model")

    header, big, *_ = result.out.splitlines()
    assert ("cached" in header) is has_cache
    assert big.count("\u2588") == longest
    assert max(len(line.rstrip()) for line in result.out.splitlines()) <= width


def test_costs_for_machines(spent):
    """The same, as JSON."""
    result = spent.run("costs", "--json")

    assert (result.code, result.err) == (0, "")
    assert (result.json["by"], result.json["incident"], result.json["total"]["calls"]) == ("day", None, 4)
    assert result.json["total"]["pending"] == 1
    assert {left["budget"]: left["left_usd"] for left in result.json["left"]} == {
        "of the day": "4.8495",
        "of the month": "49.8495",
    }


def test_costs_of_an_incident_are_told_with_its_own_budget(desk):
    """Whole, whenever it was; one that no model was asked about says so."""
    view = desk.send(make_alert())
    nothing = desk.run("costs", "--incident", "latest")

    async def work(house, engine):
        attempt = make_attempt("a", cost_usd="0.10", incident_id=view.incident.id, at=NOON - timedelta(days=90))
        await house.store.write(lambda transaction: transaction.spending.settle(attempt))

    desk.play(work)
    result = desk.run("costs", "--incident", "latest", "--days", "1", "--by", "kind")

    assert "Nothing was spent on this incident: no model was asked about it." in nothing.out
    assert result.code == 0, result.err
    assert "Left of this incident: $0.40 of $0.50." in result.out.splitlines()


def test_nothing_spent_says_why(desk):
    """An empty table would look like a fault."""
    result = desk.run("costs")

    assert (result.code, result.out.count("\n")) == (0, 1)
    assert "no model was asked. Signatures are free; `models:` in the settings adds models." in result.out


def test_choices_are_the_reports_own():
    """They are written down twice, since the report's module takes its time to import."""
    assert list(get_args(By)) == [by.value for by in CostsBy]
