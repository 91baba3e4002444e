"""What moved far and stayed there, whatever it measures."""

import pytest

from fermata.rules.metrics.moved import is_present, list_moved
from fermata.rules.metrics.series import Series


def _series(name, values, step=60.0):
    service, _, metric = name.rpartition(":")
    return Series(service, metric, [step * index for index in range(len(values))], values)


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("worker:messages_in", 100.0, 0.0),
        ("worker:requests_per_s", 100.0, 0.0),
        ("queue:depth", 50.0, 4000.0),
        ("redis:hits_per_second", 290.0, 1.0),
        ("queue:letters", 0.0, 12.0),
    ],
)
def test_series_that_goes_far_and_stays_there_moved(build, name, before, after):
    """A stop, a filling queue and a cold cache, by whatever name; beside nothing at all, anything is far."""
    (shift,) = list_moved([build(name, before, after)])

    assert (shift.series.name, shift.before) == (name, pytest.approx(before, rel=0.02))
    assert shift.after == pytest.approx(after, rel=0.02)
    assert is_present(shift)


@pytest.mark.parametrize(
    "name",
    ["worker:messages_in", "queue:depth", "web:latency"],
)
def test_series_that_stays_or_moves_a_little_did_not_move(build, name):
    """A third more is weather: load and seasons do that each day."""
    assert list_moved([build(name, 100.0), build(name, 100.0, 133.0), build(name, 100.0, 70.0)]) == ()


def test_noise_is_no_move():
    """Twice as much is not far for what doubles all the time."""
    values = [100.0, 40.0, 220.0, 90.0, 180.0, 60.0, 130.0, 200.0] * 6

    assert list_moved([_series("jobs:runs", values)]) == ()


def test_two_points_are_no_move(build):
    """A scrape that failed, a deployment: it takes longer to have stopped."""
    assert list_moved([build("worker:messages_in", 100.0, 0.0, loud=2)]) == ()
    assert list_moved([build("worker:messages_in", 100.0, 0.0, loud=3)])


def test_farthest_comes_first(build):
    """What cannot be overlooked is told before what can."""
    moved = list_moved([build("queue:depth", 100.0, 220.0), build("worker:messages_in", 100.0, 1.0, noise=0.001)])

    assert [shift.series.name for shift in moved] == ["queue:depth", "worker:messages_in"]


def test_move_that_came_back_is_not_present():
    """Nor is it where the last points are gaps only; one more wild point behind it does not end it."""
    over = _series("worker:messages_in", [100.0] * 30 + [0.0] * 10 + [100.0] * 20)
    open_end = _series("worker:messages_in", [100.0] * 30 + [0.0] * 28 + [100.0, None, None])

    assert [is_present(shift) for shift in list_moved([over, open_end])] == [False, True]


def test_onset_and_baseline_say_what_is_normal(build):
    """As for any shift."""
    series = build("worker:messages_in", 100.0, 0.0)

    assert list_moved([series], onset=30 * 60.0)[0].onset == 30 * 60.0
    assert list_moved([series], baseline=(0.0, 20 * 60.0))
    assert list_moved([series], onset=0.0) == ()
