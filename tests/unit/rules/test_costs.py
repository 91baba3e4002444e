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
    make_attempt("d", cost_usd="0.02", target="openai/big"),
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
