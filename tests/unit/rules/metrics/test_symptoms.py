"""What a node shows, in amounts that can be compared."""

import pytest
from tests.unit.rules.metrics.conftest import ONSET

from fermata.rules.metrics.series import Series
from fermata.rules.metrics.shift import Frame
from fermata.rules.metrics.symptoms import Signal, find_share_scale, find_signal, read_nodes

FRAME = Frame(0, ONSET - 1, ONSET)


@pytest.fixture
def read(build):
    """Give the state of one node with these series, each `(metric, before, after)`."""

    def make(*told, noise=0.01):
        series = [build(f"cart:{metric}", *levels, noise=noise) for metric, *levels in told]
        return read_nodes(series, FRAME)["cart"]

    return make


def test_slowness_is_time_lost_by_all_requests(read):
    """More seconds for each request times the requests asked of the node."""
    state = read(("latency_avg", 0.1, 0.3), ("requests", 100.0))

    assert state.symptoms[Signal.SLOW].each == pytest.approx(0.2, rel=0.05)
    assert state.measure_amount(Signal.SLOW) == pytest.approx(20, rel=0.05)
    assert state.measure_amount(Signal.FAILING) == 0


def test_milliseconds_are_seconds(read):
    """Units come from the name."""
    assert read(("latency_ms", 100.0, 300.0)).measure_amount(Signal.SLOW) == pytest.approx(0.2, rel=0.05)


def test_tail_alone_counts_for_what_it_is(read):
    """Where the mean was measured and stayed, a p99 speaks of one request in a hundred."""
    state = read(("latency_avg", 0.1), ("latency_p99", 1.0, 11.0))

    assert state.symptoms[Signal.SLOW].each == pytest.approx(0.1, rel=0.05)
    assert state.symptoms[Signal.SLOW].shift.series.metric == "latency_p99"


def test_mean_is_told_from_percentiles(read):
    """Straight lines between the percentiles that are known; what stayed counts as none."""
    both = read(("p50latency", 1.0, 2.0), ("p90latency", 2.0, 6.0))
    tail = read(("p50latency", 1.0), ("p90latency", 2.0, 6.0))

    # A quarter up to the median, two fifths between one and four, a tenth of four.
    assert both.symptoms[Signal.SLOW].each == pytest.approx(0.25 + 1.0 + 0.4, rel=0.05)
    assert tail.symptoms[Signal.SLOW].each == pytest.approx(0.8 + 0.4, rel=0.05)


def test_failures_are_a_share_of_the_requests(read):
    """Of one, of a hundred, and as a count beside the traffic."""
    shares = [
        read(("availability", 100.0, 90.0), ("requests", 200.0)),
        read(("success_rate", 1.0, 0.9), ("requests", 200.0)),
        read(("error_ratio", 0.0, 0.1), ("requests", 200.0)),
        read(("errors", 0.0, 20.0), ("requests", 200.0)),
    ]

    assert [state.measure_amount(Signal.FAILING) for state in shares] == pytest.approx([20] * 4, rel=0.05)


def test_count_without_traffic_is_compared_by_its_clarity(read):
    """Nobody knows of how many."""
    state = read(("errors", 0.0, 20.0))

    assert state.symptoms[Signal.FAILING].each == state.symptoms[Signal.FAILING].shift.strength


def test_single_failure_among_few_is_not_seen(read):
    """Of ten requests one failing is a tenth, and means nothing; of a thousand, a tenth means much."""
    assert read(("availability", 100.0, 90.0), ("requests", 10.0), noise=0).symptoms == {}
    assert Signal.FAILING in read(("availability", 100.0, 90.0), ("requests", 1000.0), noise=0).symptoms


def test_total_failure_of_few_is_seen(read):
    """However few they are."""
    assert Signal.FAILING in read(("availability", 100.0, 0.0), ("rps", 0.5), noise=0).symptoms


def test_traffic_that_stops_or_starts_is_told(read):
    """A hanging node completes few requests: what is asked of it is what arrived before."""
    silent, new, usual = (read(("requests", *levels)) for levels in ((50.0, 0.0), (0.0, 50.0), (50.0, 50.0)))

    assert [(state.is_silent, state.is_new) for state in (silent, new, usual)] == [
        (True, False),
        (False, True),
        (False, False),
    ]
    assert silent.traffic == pytest.approx(50, rel=0.02)
    assert (silent.load.change < 0, new.load.change > 0, usual.load) == (True, True, None)


@pytest.mark.parametrize(("metric", "after", "is_cold"), [("hit_ratio", 0.01, True), ("cache_hits", 0.6, False)])
def test_cache_whose_hits_fell_is_cold(read, metric, after, is_cold):
    """To half of what was usual, or less; by a ratio or by a count."""
    assert (read((metric, 0.93, after)).cold is not None) == is_cold
    assert read(("requests", 100.0, 1.0)).cold is None


def test_hits_are_no_traffic_beside_requests(read):
    """Whoever answers nothing from what it holds is asked as often as before."""
    assert read(("hits", 90.0, 1.0), ("requests", 100.0)).load is None
    assert read(("hits", 90.0, 1.0)).load.after == pytest.approx(1.0, rel=0.02)


def test_resources_stand_the_clearest_first(read):
    """They tell of the node itself."""
    state = read(("cpu", 1.0, 1.6), ("memory", 1.0, 9.0), ("disk_used", 1.0))

    assert [shift.series.metric for shift in state.resources] == ["memory", "cpu"]


def test_ratio_weighs_the_excess_by_what_was_normal(read):
    """A magnitude for slowness, the share for failures, and none without the signal."""
    slow, failing = read(("latency", 0.1, 0.8)), read(("availability", 100.0, 50.0))
    from_nothing = read(("latency", 0.0, 0.8))

    assert slow.measure_ratio(Signal.SLOW) == pytest.approx(2.08, rel=0.02)
    assert from_nothing.measure_ratio(Signal.SLOW) > 2
    assert failing.measure_ratio(Signal.FAILING) == pytest.approx(0.5, rel=0.02)
    assert slow.measure_ratio(Signal.FAILING) == 0


def test_multiple_of_next_to_nothing_is_bounded(read):
    """However little was normal, the ratio stays a number."""
    assert read(("latency", 1e-320, 0.8)).measure_ratio(Signal.SLOW) == pytest.approx(20.7, rel=0.01)


def test_signal_follows_the_alerted_metric():
    """A name that tells of neither leaves both."""
    assert [find_signal(name) for name in ("latency", "availability", "errors", "cpu", "")] == [
        Signal.SLOW,
        Signal.FAILING,
        Signal.FAILING,
        None,
        None,
    ]


def test_duration_is_no_ratio(read):
    """A share is told by whole words, or by how short forms end: 40 failures are 40, whatever was measured."""
    state = read(("wait_duration_count_5xx", 0.0, 40.0), ("requests", 100.0))

    assert state.symptoms[Signal.FAILING].each == pytest.approx(0.4, rel=0.05)


@pytest.mark.parametrize(
    ("metric", "whole"), [("error_percentages", 1.0), ("errorrate", 1.0), ("wait_duration", 0.0), ("ratios", 1.0)]
)
def test_share_is_told_by_its_name(metric, whole):
    """In the plural, too."""
    assert find_share_scale(Series.from_points("web", metric, [(at, 0.5) for at in range(5)])) == whole
