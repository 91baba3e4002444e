"""What fills up or leaks."""

import pytest

from fermata.rules.changes.climbs import find_climb
from fermata.rules.metrics.series import Series

_MINUTE = 60.0
_LEAK = [100.0] * 40 + [100.0 + 2 * minute for minute in range(80)]


def climb(values, metric="memory_rss_bytes", until=None):
    """Return the climb of a series with a point a minute."""
    points = [(minute * _MINUTE, value) for minute, value in enumerate(values)]
    series = Series.from_points("shop", metric, points)
    return find_climb(series, len(values) * _MINUTE if until is None else until)


def test_leak_is_found_with_the_time_it_began():
    """It began after forty minutes; a twelfth of the time is as near as that can be told."""
    found = climb(_LEAK)

    assert found.before == 100.0
    assert found.after > 240.0
    assert 40 * _MINUTE <= found.onset <= 50 * _MINUTE
    assert found.strength == pytest.approx(0.75)


def test_leak_is_found_though_a_restart_ended_it():
    """What is killed starts anew; until then it climbed."""
    assert climb([*_LEAK, *[100.0] * 60], until=120 * _MINUTE) is not None


@pytest.mark.parametrize(
    ("values", "metric"),
    [
        ([100.0] * 120, "memory_rss_bytes"),
        ([100.0] * 100 + [900.0] * 20, "memory_rss_bytes"),
        ([100.0 + 0.1 * minute for minute in range(120)], "memory_rss_bytes"),
        ([100.0] * 60 + [101.0] * 40 + [200.0 + 90 * step for step in range(20)], "memory_rss_bytes"),
        ([100.0 + 0.01 * minute for minute in range(100)] + [400.0 + step for step in range(20)], "memory_rss_bytes"),
        (_LEAK, "latency_p95_ms"),
        (_LEAK[60:90], "memory_rss_bytes"),
        ([-value for value in reversed(_LEAK)], "memory_rss_bytes"),
    ],
)
def test_what_stays_jumps_or_grows_a_little_is_no_climb(values, metric):
    """Flat, a step, a few percent, the last minutes only, another kind of metric, too few points, below zero."""
    assert climb(values, metric) is None
