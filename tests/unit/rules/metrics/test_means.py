"""The sum and the count of a histogram or summary, read as a mean."""

import pytest

from fermata.rules.metrics.means import join_means
from fermata.rules.metrics.semantics import Kind
from fermata.rules.metrics.series import Series


def _counter(metric, rates, service="web"):
    total, values = 0.0, []
    for rate in rates:
        total += 10 * rate
        values.append(total)
    return Series.from_points(service, metric, list(zip(range(0, 10 * len(values), 10), values, strict=True)))


def test_twice_the_traffic_is_not_twice_as_slow():
    """The mean stays, and the count is traffic."""
    asked = [10.0] * 6 + [20.0] * 6
    spent = [0.5 * rate for rate in asked]

    count, mean = join_means([_counter("wait_seconds_sum", spent), _counter("wait_seconds_count", asked)])

    assert (count.metric, count.meaning.kind) == ("wait_seconds_count", Kind.TRAFFIC)
    assert (mean.name, mean.meaning.kind, mean.meaning.statistic) == ("web:wait_seconds_avg", Kind.LATENCY, "avg")
    assert mean.values[1:] == pytest.approx([0.5] * 11)


def test_mean_is_over_all_answers():
    """Failures took time, too; where nobody asked there is no mean."""
    series = [
        _counter("wait_seconds_sum", [1.0] * 6 + [0.0] * 2),
        _counter("wait_seconds_sum_5xx", [3.0] * 6 + [0.0] * 2),
        _counter("wait_seconds_count", [1.0] * 6 + [0.0] * 2),
        _counter("wait_seconds_count_5xx", [1.0] * 6 + [0.0] * 2),
    ]

    mean = join_means(series)[-1]

    assert mean.values == [None, 2.0, 2.0, 2.0, 2.0, 2.0, None, None]


def test_sum_alone_and_sums_of_no_time_stay():
    """Without its count a sum has no mean; sizes are no slowness."""
    series = [
        _counter("wait_seconds_sum", [1.0] * 6),
        _counter("body_bytes_sum", [1.0] * 6),
        _counter("body_bytes_count", [1.0] * 6),
        _counter("wait_seconds_count", [1.0] * 6, service="cart"),
    ]

    assert sorted(item.name for item in join_means(series)) == sorted(item.name for item in series)
