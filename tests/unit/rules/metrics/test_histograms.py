"""Buckets of a histogram as the slowness that they count."""

import pytest

from fermata.rules.metrics.histograms import compute_quantile, join_buckets
from fermata.rules.metrics.semantics import Kind
from fermata.rules.metrics.series import Series


def make_bucket(bound, values, *, metric="request_duration_seconds_bucket", **labels):
    """Give a bucket's counter, by the minute."""
    series = Series.from_points("cart", metric, [(60.0 * place, value) for place, value in enumerate(values)])
    return Series(
        series.service,
        series.metric,
        series.times,
        series.values,
        labels={"le": bound, **labels},
        id=f"{bound}{labels}",
    )


def climb(step, change=0, *, at=5, of=10):
    """Give a counter that climbs by a step, and by another one from a point on."""
    return [float(step * place + change * max(0, place - at)) for place in range(of)]


def test_steady_histogram_is_steady():
    """Its counters climb all the time, and what they count stays as it was."""
    (joined,) = join_buckets([make_bucket("0.1", climb(100)), make_bucket("+Inf", climb(100))])

    assert (joined.metric, joined.meaning.kind) == ("request_duration_seconds_p95", Kind.LATENCY)
    assert "le" not in joined.labels
    assert list(joined.values)[1:] == [pytest.approx(0.095)] * 9


def test_pods_of_a_histogram_add_up():
    """A slow one among them shows in the percentile of all."""
    buckets = [
        make_bucket("0.1", climb(100, -100), pod="a"),
        make_bucket("2", climb(100), pod="a"),
        make_bucket("0.1", climb(100), pod="b"),
        make_bucket("2", climb(100), pod="b"),
    ]

    (joined,) = join_buckets(buckets)

    assert joined.values[5] == pytest.approx(0.095)
    assert joined.values[6] == pytest.approx(0.1 + 1.9 * 0.9)


def test_one_bucket_is_neither_slowness_nor_joined():
    """Of a single one nobody knows what share it is."""
    (alone,) = join_buckets([make_bucket("0.1", climb(100))])

    assert (alone.metric, alone.meaning.kind) == ("request_duration_seconds_bucket", Kind.OTHER)


@pytest.mark.parametrize("bound", ["NaN", "small", ""])
def test_series_of_another_kind_stay_as_they_are(bound):
    """A label that is no bound makes no bucket."""
    given = [make_bucket(bound, [1.0], metric="latency"), make_bucket(bound, [2.0], metric="latency")]

    assert join_buckets(given) == given


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([100.0, 100.0], 0.95),
        ([50.0, 100.0], 1.0),
        ([0.0, 0.0], None),
        ([None, 100.0], None),
        ([100.0, 99.0], 0.95),
    ],
)
def test_percentile_is_interpolated(counts, expected):
    """Within a bucket; above the last bound that is a number nobody knows how far."""
    assert compute_quantile([1.0, float("inf")], counts) == expected
