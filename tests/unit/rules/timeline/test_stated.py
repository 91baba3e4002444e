from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.rules.timeline.trail_scene import BERLIN, at

from fermata.rules.timeline.stated import find_stated_times

SAID = at("12:50")
NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("it started at 14:42 our time", "12:42"),
        ("it started at 14:42 local", "12:42"),
        ("it started at 14:42", "12:42"),
        ("5xx went from 0.1 to 11% at 14:42 our time", "12:42"),
        ("latency from 0.2 to 9 s since 14:42", "12:42"),
        ("it started at 12:42 UTC", "12:42"),
        ("it started at 12:42", "12:42"),
        ("it started at 2:42pm", "12:42"),
        ("since 8 am CEST", "06:00"),
        ("around ten past two", "12:10"),
        ("since a quarter to two in the afternoon, our time", "11:45"),
        ("from twenty-five past two", "12:25"),
        ("at 5 to two", "11:55"),
        ("since about two o'clock", "12:00"),
        ("around noon utc", "12:00"),
        ("it was 1215 UTC when it fell", "12:15"),
        ("about 20 min ago", "12:30"),
        ("half an hour ago", "12:20"),
        ("fifteen minutes ago", "12:35"),
        ("90 seconds ago", "12:48:30"),
        ("an hour ago", "11:50"),
        ("first at 2026-07-02T12:16:54Z", "12:16:54"),
        ("first at 2026-07-02 12:16:54", "12:16:54"),
        ("12:51 UTC by my clock", "12:50"),
        ("the last prefix was seen :41", "12:41"),
        ("it came back at :58", "11:58"),
        ("it started at 2:42 our time", "12:42"),
        ("it started at 8:42 eastern", "12:42"),
        ("it started 5:42 sharp, redmond time", "12:42"),
        ("it started at 12:42 zurich time", "10:42"),
        ("it started at 2:42 UTC", "02:42"),
    ],
)
def test_time_in_words_is_the_nearest_moment_before_it_was_said(text, clock):
    """A time of day is resolved by the zone that is named, else by the nearer of the speaker's and UTC."""
    (found,) = find_stated_times(text, SAID, BERLIN)

    assert found.at == at(clock)


@pytest.mark.parametrize(
    "text",
    [
        "next update at 15:00",
        "will be back at 14:40",
        "by 14:30 we are done",
        "it takes 3.45 seconds",
        "5xx went from 0.1 to 11%",
        "5xx went from 1 to 11 %",
        "it is 3 to 5% of requests",
        "load is at 7.5 now",
        "about 10 to 12 users",
        "25:10 is no time",
        "2026-13-45T12:00:00Z",
        "started at 14:55 our time",
        "since about 8 in the evening",
        "seen 70 past two",
        "90 of 212 pods are up",
        "99 before 12",
        "replayed 10 of 11",
        "",
    ],
)
def test_what_is_awaited_impossible_or_far_is_no_stated_time(text):
    """A wrong time is worse than the message's own."""
    assert find_stated_times(text, SAID, BERLIN) == ()


def test_midnight_said_in_the_morning_is_the_last_one():
    """Midnight is the end of a day."""
    (found,) = find_stated_times("broken since midnight utc", at("05:00"), None)

    assert found.at == at("00:00")


def test_hour_that_summer_time_repeats_is_the_nearer_one():
    """On the night when clocks go back, 02:42 in Berlin happens twice."""
    said = datetime(2026, 10, 25, 1, 50, tzinfo=UTC)

    (found,) = find_stated_times("since 02:42 our time", said, BERLIN)

    assert found.at == datetime(2026, 10, 25, 1, 42, tzinfo=UTC)


def test_evening_told_after_midnight_is_of_the_day_before():
    """A time of day may lie on the other side of the speaker's midnight."""
    said = datetime(2026, 7, 2, 4, 30, tzinfo=UTC)

    (found,) = find_stated_times("since 11:50 pm here", said, NEW_YORK)

    assert said - found.at == timedelta(minutes=40)


def test_minutes_alone_are_of_the_speakers_hour():
    """In India an hour begins half an hour beside the one of UTC."""
    (found,) = find_stated_times("seen at :10", SAID, timezone(timedelta(hours=5, minutes=30)))

    assert f"{found.at:%H:%M}" == "12:40"


def test_rough_time_and_name_of_a_deploy_are_marked():
    """About ten past two is no exact time, and "the 14:02 deploy" tells which one."""
    rough, name = find_stated_times("around 14:10 our time, after the 14:02 deploy", SAID, BERLIN)

    assert (rough.is_rough, rough.is_name) == (True, False)
    assert (name.is_rough, name.is_name) == (False, True)


PIECES = st.sampled_from(
    [
        *("past", "to", "of", "before", "after", "at", "since", "around", "half", "quarter", "ten", "noon", "midnight"),
        *("o'clock", "am", "pm", "utc", "our time", "in the evening", "ago", "min", ":", "/", "%", "-", "T", "Z"),
    ]
)


@given(st.lists(st.one_of(PIECES, st.integers(0, 99_999).map(str)), max_size=9).map(" ".join))
def test_numbers_and_words_of_time_in_any_order_are_a_past_moment_or_none(text):
    """Whatever people count beside words that times are told with, it is read, and never lies ahead."""
    assert all(found.at <= SAID for found in find_stated_times(text, SAID, NEW_YORK))


def test_text_of_thousands_of_clocks_is_read_in_linear_time():
    """A log that somebody pasted; each time is told once, and what is set ahead is none."""
    lines = 3000
    text = "at 12:04 it broke " * lines + "next update at 12:30"

    found = find_stated_times(text, datetime(2026, 11, 27, 20, 0, tzinfo=UTC), UTC)

    assert [time.position for time in found] == [place * 18 + 3 for place in range(lines)]
