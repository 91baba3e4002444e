from datetime import UTC, date, datetime

import pytest

from fermata.rules.timeline.days import find_day
from fermata.rules.timeline.stated import find_stated_times

SAID = datetime(2026, 7, 2, 12, 50, tzinfo=UTC)
"""A Thursday."""


def find(text):
    """Return the day that is said of the first `21:17` of a text."""
    start = text.index("21:17")
    return find_day(text, start, start + 5, SAID, UTC)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("earliest use of the cookie: 29 June, 21:17 utc", date(2026, 6, 29)),
        ("first seen on june 29th, 21:17", date(2026, 6, 29)),
        ("first seen 21:17 on the 3rd of march", date(2026, 3, 3)),
        ("started 21:17 utc yesterday", date(2026, 7, 1)),
        ("my cut was 21:17 eastern on sunday", date(2026, 6, 28)),
        ("feed A away since tue 21:17", date(2026, 6, 30)),
        ("as of thursday 21:17", date(2026, 7, 2)),
        ("copied at 21:17, 30 dec", date(2025, 12, 30)),
        ("fell on sat at 21:17", date(2026, 6, 27)),
        ("fell sat 21:17", date(2026, 6, 27)),
        ("fell 21:17 utc sat", date(2026, 6, 27)),
        ("fell 21:17 berlin time, yesterday", date(2026, 7, 1)),
        ("fell yesterday between 21:17 and 22:00", date(2026, 7, 1)),
    ],
)
def test_day_that_is_said_beside_a_time_is_the_last_one(text, day):
    """A date without its year is of this year, or of the last one where it has not come yet."""
    assert find(text) == day


@pytest.mark.parametrize(
    "text",
    [
        "it fell at 21:17",
        "we met on monday. it fell at 21:17",
        "monday 10:00 was quiet, it fell at 21:17",
        "next tuesday 21:17",
        "review on friday at 21:17",
        "31 june, 21:17",
        "4 july 21:17 is in two days and was long ago",
        "it may fall at 21:17",
        "rolled back yesterday's deploy at 21:17",
        "21:17 rolled back monday\u2019s release",
        "monday's 21:17 was quiet",
        "21:17 on the friday release",
        "at 21:17 errors rose like yesterday",
        "up since monday, failing at 21:17",
        "we may 3 times restart, at 21:17 did",
        "the queue sat at 21:17",
        "what came at 21:17 sat in the queue",
        "the mon of ceph died at 21:17",
    ],
)
def test_day_of_something_else_or_to_come_is_none(text):
    """What is planned has not happened, and another sentence's day is another's."""
    assert find(text) is None


def test_time_of_a_named_day_is_that_day_however_long_ago():
    """An incident may last a week, and without a day it would be last night."""
    texts = ("tripped on monday 08:50 utc", "tripped at 08:50 utc", "found yesterday 11:00 utc")

    found = [find_stated_times(text, SAID, None)[0].at for text in texts]

    assert [f"{moment:%d %H:%M}" for moment in found] == ["29 08:50", "02 08:50", "01 11:00"]
