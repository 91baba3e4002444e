"""Numbers of one shape: drift, leap, step; ids and counters left out."""

import pytest

from fermata.rules.condense.gauges import Failures, Gauge, has_status


def measure(form, values):
    """Feed values through a form of line; give the first place that is watched."""
    gauge = Gauge(form.format(values[0]))
    for line, value in enumerate(values):
        gauge.read(form.format(value).encode(), line, line + 1)
    return next(place for place in gauge.places if place is not None)


def test_drift_is_measured_in_spreads():
    """A queue that grows has moved; its ends are remembered with their lines."""
    place = measure("queue depth is {}", list(range(10, 1000, 10)))

    assert place.measure_drift() > 1.5
    assert (place.low_line, place.high_line) == (0, 98)
    assert place.high_raw == b"queue depth is 990"


@pytest.mark.parametrize(
    "values",
    [
        [5, 9, 7, 1, 8, 2] * 20,
        [100, 101, 102, 103] * 10 + [110, 111, 112] * 10,
        [7] * 40,
        [1, 2, 3],
    ],
)
def test_noise_does_not_drift(values):
    """Numbers that jump about, moved by a tenth, never moved, or are too few."""
    assert measure("took {} ms", values).measure_drift() == 0.0


def test_constant_level_that_moved_has_drifted():
    """Without any spread the move itself is the measure."""
    assert measure("free {} MB", [4000] * 30 + [40] * 30).measure_drift() == 10.0


def test_swing_goes_far_and_comes_back():
    """Smoothly down to nothing and up again: no drift between the ends, and still a story."""
    values = [abs(number - 30) * 10 for number in range(61)]
    place = measure("free {} MB", values)

    assert place.measure_drift() == 0.0
    assert place.measure_swing() > 0.5
    assert (place.low, place.low_line) == (0.0, 30)


@pytest.mark.parametrize("values", [[5, 9, 7, 1, 8, 2] * 20, [100, 101, 102, 103] * 10, [7] * 40, [0, 50, 100]])
def test_noise_does_not_swing(values):
    """What jumps about moves many times its range; what stays near, or is too short, has no story."""
    assert measure("took {} ms", values).measure_swing() == 0.0


def test_leap_is_far_above_the_others():
    """One flush of half a minute among those of milliseconds."""
    place = measure("flush took {} ms", [20, 31, 25, 40] * 10 + [32000])

    assert place.measure_leap() == 10.0
    assert place.high_line == 40


@pytest.mark.parametrize("values", [[20, 31, 25, 90] * 10, [5] * 20, [1, 900]])
def test_ordinary_height_is_no_leap(values):
    """Thrice the others it must be, of enough of them, and there must be others."""
    assert measure("took {} ms", values).measure_leap() == 0.0


def test_step_is_a_constant_that_changes():
    """Always 3, then 2: the line of the change is kept, and later ones are not mistaken for it."""
    place = measure("ready replicas {}", [3] * 10 + [2, 1, 0])

    assert place.has_step
    assert (place.step_line, place.step_raw) == (10, b"ready replicas 2")


def test_change_without_constancy_is_no_step():
    """A number that varies anyway has no step."""
    assert not measure("took {} ms", [3, 4] + [3] * 20 + [9]).has_step


@pytest.mark.parametrize(
    ("text", "watched"),
    [
        ("seq=1000 took 5 ms", [None, True]),
        ("worker id 7", [None]),
        ("at 12:30:59 on 2026-01-02 from 10.0.0.1", []),
        ("open descriptors: 900/65536", [True]),
        ("version 3 of 41", [None, False]),
        ("1 2 3 4 5 6 7 8 9", [False] * 8),
        ("took 5 ms of 504655533fda and x7", [True]),
        ("\x1b[31m took 7 ms", [True]),
        ('{"bytes-in-use":"2147479552"}', [True]),
        ("1117838570 ready 1767225600.123 heap 1767225600", [False, None, True]),
    ],
)
def test_counters_and_times_are_left_out(text, watched):
    """What counts or names is not watched; what has a unit or a word of measuring is measured."""
    places = Gauge(text).places

    assert [place and place.is_measured for place in places] == watched


def test_place_that_is_left_out_is_not_read():
    """The numbers beside a counter are read, the counter is not."""
    gauge = Gauge("seq=1000 took 5 ms")

    gauge.read(b"seq=1001 took 8 ms", 3, 1)

    assert gauge.places[0] is None
    assert gauge.places[1].high == 8.0


def test_line_without_numbers_is_idle():
    """Nothing to watch costs nothing."""
    assert Gauge("all is well").is_idle
    assert not Gauge("took 5 ms").is_idle


def test_series_covers_a_long_log():
    """However many values come, both ends of the log are in the series and memory stays."""
    place = measure("lag {} s", list(range(5000)))

    assert len(place.series) <= 64
    assert place.measure_drift() > 1.5


def test_direction_is_that_of_the_ends():
    """A number that fell is not rising, whatever it did between."""
    assert measure("lag {} s", [1, 9, 2, 5]).is_rising
    assert not measure("lag {} s", [5, 9, 1, 2]).is_rising


def test_answers_of_5xx_are_counted():
    """Digits are all that tells a failed request from another; first and last are kept."""
    failures = Failures()
    for line, status in enumerate((200, 404, 503, 200, 500)):
        failures.read(f'"GET /cart HTTP/1.1" {status} 512'.encode(), line)

    assert (failures.count, failures.first_line, failures.last_line) == (2, 2, 4)


@pytest.mark.parametrize(
    ("text", "answer"),
    [('"GET / HTTP/1.1" 200 5', True), ("status=503 x", True), ("status_code: 200", True), ("took 503 ms", False)],
)
def test_status_is_told_from_other_numbers(text, answer):
    """A status stands behind the request or its name."""
    assert has_status(text) is answer


@pytest.mark.parametrize(
    ("values", "line", "surety"),
    [
        ([40, 44, 41, 38, 46, 45, 39, 42, 43, 40, 5, 4, 6, 5, 3], 10, 1.0),
        ([900, 400, 700, 8000, 650, 3000, 2000, 500, 900, 1200, 0, 0, 0, 0], 10, 1.0),
        ([40, 44, 41, 38, 46, 45, 39, 42, 43, 40, 90, 95, 99, 91], 10, 1.0),
        ([-9, -5, -7, -6, -8, -9, -5, -7, -6, -40, -41, -42, -44], 9, 1.0),
        ([40, 44, 41, 38, 46, 45, 39, 42, 43, 40, 5], 10, 0.4),
        ([40, 44, 41, 38, 46, 45, 39, 42, 43, 40, 5, 4, 6, 5, 41, 44, 40], 10, 1.0),
    ],
)
def test_turn_is_the_first_value_far_outside_of_all_before(values, line, surety):
    """A count falls, work becomes nothing, a level jumps: whether or not it ever comes back."""
    place = measure("pool of {} members", values)

    assert (place.turn_line, place.measure_turn()) == (line, surety)
    assert place.turn_raw == f"pool of {values[line]} members".encode()


@pytest.mark.parametrize(
    "values",
    [
        [40, 44, 41, 38, 46, 45, 39, 42, 43, 40, 50, 36, 55],
        [40, 44, 41, 38, 46, 45, 39, 42, 43, 40, 900, 41, 42, 43],
        [40, 3, 900, 2, 1],
    ],
)
def test_noise_does_not_turn(values):
    """What goes a little further, strays once and returns, or was hardly seen before."""
    assert measure("pool of {} members", values).measure_turn() == 0.0


def test_turns_of_what_stands_before_the_first_word_are_no_news():
    """Times and ids of processes stand there, and leap as days and programs end."""
    values = [40, 44, 41, 38, 46, 45, 39, 42, 43, 40, 5, 4, 6, 5, 3]

    assert measure("{} pool of members", values).measure_turn() == 0.0


def test_id_of_a_process_is_not_measured():
    """What stands in brackets right behind a name counts processes; in brackets of its own it may be a measure."""
    assert Gauge("sshd(pam_unix)[12756]: session opened").is_idle
    assert Gauge("cron[812]: session opened").is_idle
    assert not Gauge("session took [812] turns").is_idle


def test_failures_of_two_shapes_are_counted_together():
    """The first and the last of both, whichever shape they came in; one without any adds nothing."""
    one, other, none = Failures(), Failures(), Failures()
    for place, failures in ((5, one), (3, other), (9, other), (7, one)):
        failures.read(b'"GET / HTTP/1.1" 502 1', place)

    one.absorb(other)
    one.absorb(none)
    none.absorb(one)

    for failures in (one, none):
        assert (failures.count, failures.first_line, failures.last_line) == (4, 3, 9)
