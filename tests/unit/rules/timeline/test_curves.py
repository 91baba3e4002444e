import pytest
from tests.unit.rules.timeline.trail_scene import at, curve

from fermata.rules.timeline.curves import find_shift


def test_departure_and_return_are_found():
    """The onset is the first of two points away from normal, the return the first point after the last."""
    shift = find_shift(curve([1.0] * 20 + [50.0] * 10 + [1.0] * 5))

    assert (shift.onset, shift.recovered) == (at("12:20"), at("12:30"))
    assert (shift.normal, shift.extreme) == (1.0, 50.0)


def test_metric_that_stays_away_has_no_return():
    """An open end is said as one."""
    assert find_shift(curve([1.0] * 20 + [50.0] * 10)).recovered is None


@pytest.mark.parametrize("values", [[1.0] * 30, [1.0, None] * 3, [1.0] * 20 + [50.0] + [1.0] * 9])
def test_flat_short_or_single_spike_is_no_departure(values):
    """One point is chance, and few points are no recording."""
    assert find_shift(curve(values)) is None
