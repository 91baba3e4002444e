"""The zone of logs whose times state none."""

from datetime import UTC, datetime, timedelta

import pytest

from fermata.rules.changes.clocks import LogClock, find_local, read_clock, say_offset

NOON = datetime(2026, 9, 2, 12, 0, tzinfo=UTC)
WINDOW = (NOON - timedelta(hours=2), NOON)
EAST = timedelta(hours=2)
ACCESS = LogClock("logs/gw.log", frozenset({EAST}), ())


def bare(first, minutes=60, name="logs/err.log"):
    """Return the clock of a log that writes once a minute from a number of hours after the window's end."""
    begin = NOON + timedelta(hours=first)
    return LogClock(name, frozenset(), tuple(begin + timedelta(minutes=minute) for minute in range(minutes)))


def test_log_that_fits_the_incident_only_in_a_neighbours_zone_is_read_in_it():
    """The error log of a host is written in the local time that its access log states."""
    found = find_local(bare(1), [ACCESS], WINDOW)

    assert found.offset == EAST
    assert "taken as +02:00, which logs/gw.log states" in found.why


def test_log_that_fits_as_utc_stays_where_it_is():
    """Two hours earlier it would lie outside of the window."""
    assert find_local(bare(-1.5), [ACCESS], (NOON - timedelta(hours=1.5), NOON)) is None


def test_log_that_fits_both_ways_stays_in_utc_and_that_is_said():
    """A wrong move would part causes and effects that belong together."""
    found = find_local(bare(-1), [ACCESS], (NOON - timedelta(hours=9), NOON))

    assert found.offset == timedelta(0)
    assert found.other == "logs/gw.log"
    assert "taken as UTC; they may be +02:00" in found.why


def test_log_that_fits_in_two_zones_is_not_moved():
    """Which of two neighbours it is like, nobody says."""
    other = LogClock("logs/app.log", frozenset({timedelta(hours=1.75)}), ())

    assert find_local(bare(1), [ACCESS, other], WINDOW).offset == timedelta(0)


def test_log_that_fits_nowhere_is_said_to_be_local_perhaps():
    """Without a neighbour's zone nobody knows how far it is off."""
    found = find_local(bare(1), [], WINDOW)

    assert (found.offset, found.other) == (timedelta(0), "")
    assert "they may be local" in found.why


@pytest.mark.parametrize(
    ("own", "others"),
    [
        (ACCESS, [bare(1)]),  # It states its own.
        (LogClock("a", frozenset(), ()), [ACCESS]),  # It tells no time.
        (bare(-1), []),
        (bare(-1), [ACCESS, LogClock("b", frozenset({timedelta(0)}), ())]),  # Somebody else writes in UTC.
    ],
)
def test_log_that_needs_no_zone_is_left_alone(own, others):
    """Nothing is said where UTC is as good as anything."""
    assert find_local(own, others, (NOON - timedelta(hours=9), NOON)) is None


def test_clock_of_a_log_is_what_its_times_state_or_do_not():
    """Offsets that are stated, and times that are not; an epoch is the same instant everywhere."""
    clock = read_clock("a", ["2026-09-02T12:00:00+02:00 x", "2026/09/02 12:00:00 y", "1788350400 z", "no time"], NOON)

    assert clock.stated == {EAST}
    assert clock.bare == (NOON,)


def test_offset_is_said_as_times_state_it():
    """Hours and minutes with their sign."""
    assert say_offset(timedelta(hours=5.5)) == "+05:30"
    assert say_offset(timedelta(hours=-3)) == "-03:00"
