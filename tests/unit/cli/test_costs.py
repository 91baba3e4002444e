"""`fermata costs`: a table with bars for people, the same figures for machines."""

from datetime import UTC, datetime

import pytest

from fermata.domain.model import AttemptOutcome, Usage
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
            make_attempt("c", cost_usd="0.03", at=now),
        ]
        for attempt in attempts:
            await house.store.write(lambda transaction, attempt=attempt: transaction.spending.settle(attempt))

    desk.play(work)
    return desk


def test_costs_are_a_table_with_bars(spent):
    """Dearest first, with what is estimated and what is left."""
    result = spent.run("costs", "--by", "model")

    assert result.code == 0, result.err
    lines = result.out.splitlines()
    assert lines[1].startswith("openai/gpt")
    assert "$0.13" in lines[1]
    assert "\u2588" * 24 in lines[1]
    assert "(1 failed)" in lines[1]
    assert "Total $0.15 for 3 calls." in lines
    assert any(line.startswith("Of it $0.03 is estimated") for line in lines)
    assert "All of it by openai/gpt, at what a token cost there: $0.20." in lines
    assert "Left of the day: $4.85 of $5.00." in lines


def test_costs_for_machines(spent):
    """The same, as JSON."""
    result = spent.run("costs", "--json")

    assert (result.code, result.err) == (0, "")
    assert result.json["total"]["calls"] == 3
    assert {left["budget"] for left in result.json["left"]} >= {"of the day", "of the month"}


def test_nothing_spent_says_why(desk):
    """An empty table would look like a fault."""
    result = desk.run("costs")

    assert result.code == 0
    assert "no model was asked" in result.out
