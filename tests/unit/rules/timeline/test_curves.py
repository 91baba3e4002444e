import pytest
from tests.unit.rules.timeline.trail_scene import at, curve

from fermata.rules.timeline.curves import find_onset, find_shift


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


@pytest.mark.parametrize(
    ("name", "before", "well", "ill"), [("orders up", 0.0, 1.0, 0.0), ("orders errors", 4.0, 0.0, 2.0)]
)
def test_recovery_of_the_trouble_before_is_no_departure(name, before, well, ill):
    """The recording begins in another incident; this one has a first sign of its own, or none."""
    recovered = [before] * 10 + [well] * 10

    shift = find_shift(curve([*recovered, *[ill] * 5], name=name))

    assert (shift.onset, shift.normal, shift.extreme) == (at("12:20"), well, ill)
    assert find_shift(curve(recovered, name=name)) is None


def test_recording_that_begins_just_before_the_trouble_starts_no_incident_by_being_well():
    """The trouble makes up most of what would be normal: that it is up for two points is not when it began."""
    assert find_shift(curve([1.0] * 3 + [0.0] * 10 + [1.0] * 5, name="api up")) is None


def test_something_else_that_grows_or_falls_is_a_departure():
    """Of a metric whose name tells no better way, either is."""
    assert find_shift(curve([0.0] * 10 + [1.0] * 10, name="orders queue")).onset == at("12:10")
    assert find_shift(curve([4.0] * 10 + [0.0] * 10, name="orders requests")).onset == at("12:10")


def test_slow_departure_begins_where_its_way_begins():
    """A drop that takes minutes started with its first point that is no noise."""
    shift = find_shift(curve([100.0] * 20 + [95.0, 90.0, 85.0, 80.0, 60.0, 50.0, 40.0] + [40.0] * 10))

    assert shift.onset == at("12:20")


def test_noise_before_a_jump_is_no_way_to_it():
    """Points on one side of normal by chance, no farther off than others before them, are not where it began."""
    quiet = [0.11, 0.19, 0.13, 0.19, 0.14, 0.14, 0.14, 0.14, 0.2, 0.16, 0.13, 0.19, 0.17, 0.19, 0.12, 0.13, 0.16]
    shift = find_shift(curve([*quiet, 0.13, 0.18, 0.17, 0.18, 0.2, 0.18, 0.19] + [18.0] * 12))

    assert shift.onset == at("12:24")


def test_trouble_longer_than_the_calm_before_it_is_still_trouble():
    """A recording that is cut close has little calm; what comes first is normal."""
    shift = find_shift(curve([100.0] * 8 + [5.0] * 300))

    assert (shift.normal, shift.onset) == (100.0, at("12:08"))


def test_most_of_the_way_back_is_recovered():
    """The tail of retries does not keep an incident open."""
    shift = find_shift(curve([1.0] * 20 + [50.0] * 10 + [5.0] * 20))

    assert shift.recovered == at("12:30")


def test_what_users_feel_starts_an_incident_before_what_machines_use_up():
    """Memory fills for minutes before anybody hurts."""
    memory = find_shift(curve([1.0] * 16 + [50.0] * 14, name="checkout memory_bytes"))
    errors = find_shift(curve([1.0] * 20 + [50.0] * 10, name="checkout errors"))

    assert find_onset([memory, errors]) is errors
    assert find_onset([memory]) is memory
    assert find_onset([]) is None
