"""When a question is about: what the words of time in it mean at noon of some day."""

from datetime import UTC, datetime, timedelta

import pytest

from fermata.rules.asked_times import read_asked_time

NOW = datetime(2026, 11, 26, 13, 53, tzinfo=UTC)


def at(day, hour, minute=0):
    """Give an instant of this month."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "since"),
    [
        ("what changed in checkout since 13:20?", at(26, 13, 20)),
        ("since 13:20 UTC", at(26, 13, 20)),
        ("since 15:20+02:00", at(26, 13, 20)),
        ("since 08:20-05:00", at(26, 13, 20)),
        ("since noon", at(26, 12)),
        ("after midnight", at(26, 0)),
        ("since 9am", at(26, 9)),
        ("since 12 am", at(26, 0)),
        ("since 1 pm", at(26, 13)),
        ("since this morning", at(26, 6)),
        ("since yesterday", at(25, 0)),
        ("since yesterday at 15:00", at(25, 15)),
        ("since 2026-11-25", at(25, 0)),
        ("since 2026-11-25T10:30Z", at(25, 10, 30)),
        ("since half an hour ago", at(26, 13, 23)),
        ("since about 3 days ago", at(23, 13, 53)),
        ("in the last 10 minutes", at(26, 13, 43)),
        ("last hour", at(26, 12, 53)),
        ("over the past 2 days", at(24, 13, 53)),
        ("in the last few hours", at(26, 10, 53)),
        ("last week", at(19, 13, 53)),
        ("seit 13:20", at(26, 13, 20)),
        ("in den letzten 10 Minuten", at(26, 13, 43)),
        ("in den letzten 2 Stunden", at(26, 11, 53)),
        ("in den letzten 30 Sekunden", NOW - timedelta(seconds=30)),
    ],
)
def test_begin_is_read(text, since):
    """In clock times, days, and amounts that are counted back."""
    asked = read_asked_time(text, NOW)

    assert (asked.since, asked.until, asked.at, asked.problem) == (since, None, None, "")


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("between 9:00 and noon", at(26, 9), at(26, 12)),
        ("from 09:00 to 10:00 UTC", at(26, 9), at(26, 10)),
        ("what changed yesterday", at(25, 0), at(26, 0)),
        ("what changed today", at(26, 0), NOW),
        ("what changed this morning", at(26, 6), NOW),
        ("what changed on 2026-11-25", at(25, 0), at(26, 0)),
        ("what changed before 11:30", None, at(26, 11, 30)),
    ],
)
def test_end_is_read(text, since, until):
    """Of a day by its own name, of a span, or alone."""
    asked = read_asked_time(text, NOW)

    assert (asked.since, asked.until, asked.at) == (since, until, None)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("why did checkout break at 13:00?", at(26, 13)),
        ("what broke yesterday at 15:00", at(25, 15)),
        ("10 minutes ago", at(26, 13, 43)),
        ("vor 2 Stunden", at(26, 11, 53)),
    ],
)
def test_moment_is_read(text, moment):
    """Something happened then."""
    asked = read_asked_time(text, NOW)

    assert (asked.since, asked.until, asked.at) == (None, None, moment)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("since 14:00", "2026-11-26 14:00 UTC is still to come: it is 2026-11-26 13:53 UTC"),
        ("at 3pm", "still to come"),
        ("since 2025-01-01", "a question looks back 31 days at most"),
        ("between 12:00 and 11:00", "is not before"),
        ("since 25:00", "no time of a clock"),
        ("since 2026-13-45", "no time of a clock"),
    ],
)
def test_time_that_cannot_be_looked_at_is_said(text, why):
    """An answer about another time would read as one about this."""
    assert why in read_asked_time(text, NOW).problem


@pytest.mark.parametrize(
    "text",
    [
        "why is api-v2 slow",
        "who deployed last?",
        "the last deploy",
        "past due invoices",
        "the last 5xx on port 8080",
        "",
    ],
)
def test_question_without_a_time_is_left_alone(text):
    """Numbers and last things are not times."""
    asked = read_asked_time(text, NOW)

    assert (asked.rest, asked.since, asked.until, asked.at, asked.problem) == (text, None, None, None, "")


def test_words_of_time_are_taken_out_of_the_question():
    """No hour is looked for as a service."""
    assert read_asked_time("why did checkout break at 13:00?", NOW).rest.split() == [
        "why",
        "did",
        "checkout",
        "break",
        "?",
    ]
