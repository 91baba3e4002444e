"""Series in order of time, and counters turned into rates."""

import pytest

from fermata.rules.metrics.semantics import Kind
from fermata.rules.metrics.series import Series, as_rate


def test_points_come_in_order_and_the_last_of_equal_times_counts():
    """A source that repeats itself does not make a series longer."""
    series = Series.from_points("cart", "latency", [(20, 2.0), (10, 1.0), (20, 3.0)], unit="s")

    assert (series.times, series.values) == ([10, 20], [1.0, 3.0])
    assert (series.name, series.meaning.kind) == ("cart:latency", Kind.LATENCY)


def test_counter_becomes_its_increase_a_second():
    """A restart begins at zero, and a gap is spread over."""
    points = list(zip(range(0, 140, 10), (0, 10, 20, None, 40, 50, 60, 70, 80, 90, 100, 5, 15, 25), strict=True))
    series = Series.from_points("cart", "requests_total", points)

    rate = as_rate(series)

    assert rate.values[:5] == [None, 1.0, 1.0, None, 1.0]
    assert rate.values[11:] == [0.5, 1.0, 1.0]


@pytest.mark.parametrize(
    "metric", ["requests_total_5xx", "handled_total_failed", "wait_count_5xx", "nginx_ingress_controller_requests"]
)
def test_counter_stays_one_under_a_name_that_says_more(metric):
    """What a status adds to the name takes nothing from it, and one counter of note has no suffix."""
    series = Series.from_points("cart", metric, [(10 * place, 40.0 * place) for place in range(6)])

    assert as_rate(series).values == [None, 4.0, 4.0, 4.0, 4.0, 4.0]


@pytest.mark.parametrize(
    ("metric", "values"),
    [
        ("requests", (1, 2, 3, 4, 5)),
        ("visits_count", (5, 3, 4, 2, 6)),
        ("requests_total", (1, 2, 3)),
    ],
)
def test_what_is_no_counter_stays_as_it_is(metric, values):
    """Without a counter's name, with many falls, or too short to tell, nothing is changed."""
    series = Series.from_points("cart", metric, enumerate(values))

    assert as_rate(series) is series


def test_repeated_time_adds_no_rate():
    """Two readings of one instant have no rate between them."""
    series = Series("cart", "requests_total", [0, 10, 10, 20, 30], [0, 10, 10, 20, 30])

    assert as_rate(series).values == [None, 1.0, 1.0, 1.0, 1.0]
