"""The ledger as a report: every call counts, and what is estimated is said."""

from datetime import timedelta
from decimal import Decimal

from fermata.domain.model import AttemptOutcome, TaskKind, Usage
from fermata.rules.costs import CostsBy, report_costs
from fermata.testing.records import NOON, make_attempt


def answered(attempt_id, cost, tokens=(900, 100), **changes):
    """Give a settled call."""
    usage = Usage(input_tokens=tokens[0], output_tokens=tokens[1], cached_tokens=10)
    return make_attempt(
        attempt_id, cost_usd=cost, usage=usage, outcome=AttemptOutcome.OK, is_estimated=False, **changes
    )


ATTEMPTS = [
    answered("a", "0.10", target="openai/big"),
    answered("b", "0.01", target="openai/small", kind=TaskKind.CLASSIFY, at=NOON - timedelta(days=1)),
    answered("c", "0", target="ollama/own", incident_id=None),
    make_attempt("d", cost_usd="0.02", target="openai/big", error="we stopped waiting"),
]


def test_lines_are_days_in_order():
    """Each with its calls, failed ones among them."""
    report = report_costs(ATTEMPTS, CostsBy.DAY)

    assert [(line.name, line.calls, line.failed, line.cost_usd) for line in report.lines] == [
        ("2026-11-22", 1, 0, Decimal("0.01")),
        ("2026-11-23", 3, 1, Decimal("0.12")),
    ]
    assert (report.total.cost_usd, report.total.estimated_usd) == (Decimal("0.13"), Decimal("0.02"))
    assert (report.total.input_tokens, report.total.cached_tokens, report.total.output_tokens) == (2700, 30, 300)


def test_other_lines_come_the_dearest_first():
    """By model, kind and incident."""
    names = [[line.name for line in report_costs(ATTEMPTS, by).lines] for by in CostsBy if by is not CostsBy.DAY]

    assert names == [["inc-1", "-"], ["diagnose", "classify"], ["openai/big", "openai/small", "ollama/own"]]


def test_all_tokens_at_the_dearest_price_are_told():
    """A tenth of a cent for ten tokens, three thousand tokens: what asking only that one would have cost."""
    report = report_costs(ATTEMPTS, CostsBy.MODEL)

    assert (report.frontier_target, report.frontier_usd) == ("openai/big", Decimal("0.300000000"))


def test_free_or_failed_calls_tell_no_price():
    """Nothing to compare with is nothing."""
    report = report_costs([ATTEMPTS[2], ATTEMPTS[3], answered("e", "1", (0, 0))], CostsBy.DAY)

    assert (report.frontier_target, report.frontier_usd) == ("", None)


def test_call_under_way_is_neither_failed_nor_estimated():
    """Its row stands as it was reserved: at the most it may cost, and nobody knows yet how it ends."""
    report = report_costs([*ATTEMPTS, make_attempt("e", cost_usd="0.07")], CostsBy.DAY)

    total = report.total
    assert (total.calls, total.failed, total.pending) == (5, 1, 1)
    assert (total.cost_usd, total.estimated_usd, total.reserved_usd) == (
        Decimal("0.20"),
        Decimal("0.02"),
        Decimal("0.07"),
    )


def test_days_between_are_lines_of_nothing():
    """A plot that leaves them out would show days in a row that were none."""
    report = report_costs([answered("a", "1"), answered("b", "1", at=NOON - timedelta(days=3))], CostsBy.DAY)

    assert [(line.name[-2:], line.calls, line.cost_usd) for line in report.lines] == [
        ("20", 1, 1),
        ("21", 0, 0),
        ("22", 0, 0),
        ("23", 1, 1),
    ]


def test_years_are_not_filled_with_days_of_nothing():
    """They would be all that is seen."""
    report = report_costs([answered("a", "1"), answered("b", "1", at=NOON - timedelta(days=93))], CostsBy.DAY)

    assert len(report.lines) == 2


def test_nothing_is_no_line():
    """Of no day either."""
    assert report_costs([], CostsBy.DAY).lines == ()


def test_unconfirmed_answer_tells_no_price():
    """It stands in the ledger at its dearest, ten times what it may have cost."""
    told = answered("f", "3", target="openai/big").model_copy(update={"is_estimated": True})

    report = report_costs([*ATTEMPTS, told], CostsBy.MODEL)

    assert (report.frontier_target, report.frontier_usd) == ("openai/big", Decimal("0.400000000"))
