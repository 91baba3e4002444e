"""Rates of a sample beside rates of everything."""

import pytest

from fermata.rules.servicegraph.merging import merge
from fermata.rules.servicegraph.partial import Basis, Fact


@pytest.fixture
def rated(part):
    """Give what makes a measured source of calls with their rates."""

    def make(source, rates, *, is_sampled=False):
        made = part("measured", " ".join(rates), source=source)
        made.is_sampled = is_sampled
        for edge, rate in zip(made.edges, rates.values(), strict=True):
            if rate is not None:
                edge.facts["rate_rps"] = Fact(rate, Basis.MEASURED, source)
        return made

    return make


def merge_rates(*parts):
    """Give the merged rates by call, and the notes."""
    merged = merge(parts)
    rates = {
        f"{edge.caller}>{edge.callee}": edge.facts["rate_rps"] for edge in merged.edges if "rate_rps" in edge.facts
    }
    return {name: fact.value for name, fact in rates.items()}, {n: f.source for n, f in rates.items()}, merged.notes


def test_call_that_only_traces_have_follows_its_caller(rated):
    """One trace in fifty: what each of its requests asks the database is what all ask."""
    metrics = rated("prometheus", {"web>cart": 100})
    traces = rated("traces", {"web>cart": 2, "cart>db": 6}, is_sampled=True)

    rates, sources, notes = merge_rates(metrics, traces)

    assert rates == {"web>cart": 100, "cart>db": 300}
    assert sources["cart>db"] == "traces, times 50"
    assert notes == ("traces: the rate of one call is scaled to what prometheus counts of the callers",)


def test_further_down_it_follows_from_there(rated):
    """However deep what counts everything does not look, in whatever order the calls stand."""
    metrics = rated("prometheus", {"web>cart": 100})
    traces = rated("traces", {"price>db": 8, "cart>price": 4, "web>cart": 2}, is_sampled=True)

    rates, _, notes = merge_rates(metrics, traces)

    assert rates == {"web>cart": 100, "cart>price": 200, "price>db": 400}
    assert "the rates of 2 calls are scaled" in notes[0]


def test_entry_is_known_by_what_it_calls(rated):
    """Nothing leads to it."""
    metrics = rated("prometheus", {"web>cart": 100})
    traces = rated("traces", {"web>cart": 2, "web>ads": 1}, is_sampled=True)

    assert merge_rates(metrics, traces)[0]["web>ads"] == 50


@pytest.mark.parametrize(
    ("counted", "is_sampled"),
    [
        ({"web>cart": 2.3}, True),  # As near as minutes differ.
        ({"blog>feed": 100}, True),  # Nothing of these callers is counted.
        ({"web>cart": None}, True),
        ({"web>cart": 0}, True),
        ({"web>cart": 100}, False),  # Both count everything.
    ],
)
def test_rate_stays_where_nothing_says_how_much_is_sampled(rated, counted, is_sampled):
    """A lower bound, as it was."""
    traces = rated("traces", {"web>cart": 2, "cart>db": 6}, is_sampled=is_sampled)

    rates, _, notes = merge_rates(rated("prometheus", counted), traces)

    assert rates["cart>db"] == 6
    assert notes == ()


def test_call_without_a_rate_gets_none(rated):
    """Nothing is made up."""
    traces = rated("traces", {"web>cart": 2, "cart>db": None}, is_sampled=True)

    assert "cart>db" not in merge_rates(rated("prometheus", {"web>cart": 100}), traces)[0]
