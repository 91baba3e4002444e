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


def test_hour_that_comes_twice_ends_each_time():
    """At half past two on that night clocks go back: what ended once is quiet again, and ends again."""
    quiet = QuietHours(begins=time(22, 0), ends=time(2, 30), zone=BERLIN)
    first_end = at("2026-10-25 02:30").astimezone(UTC)
    again = at("2026-10-25 02:00").replace(fold=1).astimezone(UTC)

    assert quiet.find_end(first_end - timedelta(minutes=1)) == first_end
    assert quiet.find_end(first_end) is None
    assert quiet.find_end(again) == first_end + timedelta(hours=1)


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
