"""Parts of a service added up, and failures that nobody counted until the first one."""

from fermata.rules.metrics.addition import add_parts, fill_births
from fermata.rules.metrics.series import Series, as_rate


def _series(metric, points, service="web"):
    return Series.from_points(service, metric, points)


def test_restart_of_one_pod_is_no_reset_of_all():
    """Of two counters' sum a fall would be taken for a reset, and what both had counted for an increase."""
    steady = [(time, 10.0 * time) for time in range(0, 160, 10)]
    restarted = [(time, 10.0 * (time if time < 50 else time - 50)) for time in range(0, 160, 10)]

    (total,) = add_parts([_series("requests_total", steady), _series("requests_total", restarted)])

    assert max(value for value in as_rate(total).values if value is not None) == 20.0


def test_pod_that_takes_over_goes_on_with_the_count():
    """One ends, another begins with what it had counted before it was seen: neither is a burst."""
    old = [(time, 500.0 + 10 * time) for time in range(0, 60, 10)]
    new = [(time, 7000.0 + 10 * time) for time in range(60, 120, 10)]

    (total,) = add_parts([_series("requests_total", old), _series("requests_total", new)])

    assert total.times == list(range(0, 120, 10))
    assert max(value for value in as_rate(total).values if value is not None) == 10.0


def test_time_without_any_part_stays_a_gap():
    """What nobody measured is no zero, of gauges as of counters."""
    points = [(0, 1.0), (10, None), (20, 2.0)]

    (rate,) = add_parts([_series("requests", points), _series("requests", points)])
    (count,) = add_parts([_series("requests_total", points), _series("requests_total", points)])

    assert (rate.values, count.values) == ([2.0, None, 4.0], [2.0, None, 4.0])


def test_times_of_parts_stay_apart():
    """Two pods' latencies are no latency of their sum, and a service's only series is left as it is."""
    slow = [_series("latency", [(0, 1.0)]), _series("latency", [(0, 3.0)])]
    alone = _series("requests", [(0, 1.0)])

    assert list(add_parts([*slow, alone])) == [*slow, alone]


def test_failures_begin_where_the_answers_do():
    """The first 503 makes the series; before it there were none."""
    answers = _series("requests_total", [(0, 5.0), (10, None), (20, 9.0), (30, 12.0)])
    failures = _series("requests_total_5xx", [(30, 4.0), (40, 8.0)])

    _, filled = fill_births([answers, failures])

    assert (filled.times, filled.values) == ([0, 20, 30, 40], [4.0, 4.0, 4.0, 8.0])


def test_rate_of_failures_was_zero_before():
    """What is no counter begins at nothing."""
    _, filled = fill_births([_series("rate", [(0, 5.0), (10, 5.0)]), _series("rate_5xx", [(10, 2.0)])])

    assert filled.values == [0.0, 2.0]


def test_failures_without_answers_or_numbers_stay_as_they_are():
    """Of whom nothing was counted nothing is known; another service's answers say nothing of it."""
    lonely = _series("requests_5xx", [(30, 4.0)])
    empty = _series("calls_5xx", [(30, None)])
    others = [_series("requests", [(0, 5.0)], service="cart"), _series("calls", [(0, 5.0)])]

    assert list(fill_births([lonely, empty, *others])) == [lonely, empty, *others]


def test_rates_read_at_times_of_their_own_stay_apart():
    """Added up, each would count as nothing whenever the other was read."""
    one = [(time, 10.0) for time in range(0, 120, 10)]
    other = [(time + 3, 10.0) for time in range(0, 60, 10)]

    apart = list(add_parts([_series("requests", one), _series("requests", other), _series("requests", [])]))

    assert [len(part.times) for part in apart] == [12, 6, 0]


def test_rates_of_pods_that_follow_each_other_are_one():
    """What follows shares no time with what was before, and goes on with it."""
    old, new = ([(time, 10.0) for time in range(begin, begin + 60, 10)] for begin in (0, 63))

    (total,) = add_parts([_series("requests", new), _series("requests", old)])

    assert len(total.times) == 12


def test_failures_took_no_time_before_there_were_any():
    """A duration of zero that nobody measured would be a rise without end."""
    answers = _series("request_duration_seconds", [(time, 0.2) for time in range(0, 60, 10)])
    failures = _series("request_duration_seconds_5xx", [(time, 0.2) for time in range(30, 60, 10)])

    _, kept = fill_births([answers, failures])

    assert kept.times == [30, 40, 50]
