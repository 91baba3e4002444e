"""Quiet hours by the clock on the wall, over midnight and over summer time."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from fermata.rules.notices import QuietHours

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = QuietHours(begins=time(22, 0), ends=time(7, 0), zone=BERLIN)
LUNCH = QuietHours(begins=time(12, 0), ends=time(13, 0), zone=BERLIN)


def at(text):
    """Give an instant by Berlin's clock."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("quiet", "now", "end"),
    [
        (NIGHT, "2026-11-23 21:59", None),
        (NIGHT, "2026-11-23 22:00", "2026-11-24 07:00"),
        (NIGHT, "2026-11-24 00:30", "2026-11-24 07:00"),
        (NIGHT, "2026-11-24 06:59", "2026-11-24 07:00"),
        (NIGHT, "2026-11-24 07:00", None),
        (LUNCH, "2026-11-24 11:59", None),
        (LUNCH, "2026-11-24 12:00", "2026-11-24 13:00"),
        (LUNCH, "2026-11-24 13:00", None),
        (LUNCH, "2026-11-24 03:00", None),
    ],
)
def test_hours_end_by_the_clock_of_their_zone(quiet, now, end):
    """The first minute is quiet, the last named one is not."""
    found = quiet.find_end(at(now).astimezone(UTC))

    assert found == (at(end) if end else None)
    assert found is None or found.tzinfo is UTC


def test_night_is_shorter_when_clocks_are_set_forward():
    """Seven in the morning is seven in the morning, whatever was done to the night."""
    begins = at("2026-03-28 22:00").astimezone(UTC)

    assert NIGHT.find_end(begins) - begins == timedelta(hours=8)


def test_end_in_the_hour_that_is_skipped_is_the_moment_of_the_skip():
    """At two on that night it is three: what waits until half past two waits no longer than that."""
    quiet = QuietHours(begins=time(22, 0), ends=time(2, 30), zone=BERLIN)
    skip = at("2026-03-29 03:00").astimezone(UTC)

    assert quiet.find_end(skip - timedelta(minutes=1)) == skip
    assert quiet.find_end(skip) is None


def test_begin_in_the_hour_that_is_skipped_is_the_moment_of_the_skip():
    """Quiet from half past two is quiet at three."""
    quiet = QuietHours(begins=time(2, 30), ends=time(7, 0), zone=BERLIN)
    skip = at("2026-03-29 03:00").astimezone(UTC)

    assert quiet.find_end(skip - timedelta(minutes=1)) is None
    assert quiet.find_end(skip) == at("2026-03-29 07:00")


def test_hour_that_comes_twice_ends_once():
    """At three on that night it is two again: what went out at the first half past two does not wait anew."""
    quiet = QuietHours(begins=time(22, 0), ends=time(2, 30), zone=BERLIN)
    first_end = at("2026-10-25 02:30").astimezone(UTC)
    again = at("2026-10-25 02:00").replace(fold=1).astimezone(UTC)

    assert quiet.find_end(first_end - timedelta(minutes=1)) == first_end
    assert quiet.find_end(first_end) is None
    assert quiet.find_end(again) is None


def test_night_that_began_in_the_hour_that_comes_twice_has_no_hole():
    """Quiet from the first half past two on: the clock that goes back to two wakes nobody."""
    quiet = QuietHours(begins=time(2, 30), ends=time(7, 0), zone=BERLIN)
    began = at("2026-10-25 02:30").astimezone(UTC)

    minutes = [began + timedelta(minutes=count) for count in range(-1, 5 * 60 + 31)]
    assert [quiet.find_end(now) for now in minutes] == [None, *[at("2026-10-25 07:00")] * 330, None]


@given(st.timedeltas(timedelta(0), timedelta(days=730)), st.times(), st.times())
def test_end_lies_ahead_within_a_day(passed, begins, ends):
    """What waits is sent, whatever the clocks do."""
    if begins == ends:
        return
    quiet = QuietHours(begins=begins, ends=ends, zone=BERLIN)
    now = datetime(2026, 1, 1, tzinfo=UTC) + passed

    end = quiet.find_end(now)

    assert end is None or now < end <= now + timedelta(hours=25)


def test_hours_that_never_end_are_refused():
    """The same time twice says nothing."""
    with pytest.raises(ValidationError, match="none, or all"):
        QuietHours(begins=time(7, 0), ends=time(7, 0), zone=BERLIN)
