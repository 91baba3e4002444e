"""Times, levels and messages in the forms that programs write."""

from datetime import UTC, datetime

import pytest

from fermata.rules.changes.loglines import read_level, read_message, read_time
from fermata.rules.logs import LogLevel

NEAR = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)
AT = datetime(2026, 5, 20, 11, 30, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-20T11:30:05.123Z INFO ok",
        "2026-05-20 11:30:05,123 INFO no zone is read as UTC",
        "2026/05/20 11:30:05 [WARN] go",
        "2026-05-20T13:30:05+02:00 INFO ok",
        "2026-05-20T09:30:05-0200 INFO ok",
        '10.0.0.1 - - [20/May/2026:11:30:05 +0000] "GET / HTTP/2" 200',
        "May 20 11:30:05 host kernel: x",
        "E0520 11:30:05.123456       1 server.go:1] x",
        "11:30:05.120 ERROR x",
        '{"level":50,"time":1779276605123,"msg":"x"}',
        "1779276605 up",
    ],
)
def test_time_is_read_in_its_form(text):
    """Each form leads to the same instant."""
    assert read_time(text, NEAR) == AT


@pytest.mark.parametrize(
    "text",
    [
        "no time at all",
        "2025-05-20T11:30:05Z a year ago",
        "2026-13-40T11:30:05Z no such day",
        "20/Foo/2026:11:30:05 +0000 no such month",
    ],
)
def test_time_that_cannot_be_meant_is_none(text):
    """A wrong time would be worse than none."""
    assert read_time(text, NEAR) is None


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("2026-05-20 11:30:05 ERROR x", LogLevel.ERROR),
        ("W0520 11:30:05.1 1 a.go:1] x", LogLevel.WARNING),
        ("2026-05-20T11:30:05Z fail: Api[1] x", LogLevel.ERROR),
        ('{"level":50,"msg":"x"}', LogLevel.ERROR),
        ('{"level":40,"msg":"x"}', LogLevel.WARNING),
        ('{"level":30,"msg":"x"}', LogLevel.INFO),
        ('{"@t":"2026-05-20T11:30:05Z","@l":"Warning","@m":"x"}', LogLevel.WARNING),
        ("@t=2026-05-20T11:30:05Z @l=Fatal @m=x", LogLevel.FATAL),
        ("[11:30:05 WRN] x", LogLevel.WARNING),
        ("plain words", None),
    ],
)
def test_level_is_read_in_its_form(text, level):
    """Runtimes have levels of their own."""
    assert read_level(text) is level


def test_message_of_a_json_line_is_what_is_not_about_the_line():
    """Time, level and ids of traces are no symptom."""
    text = '{"time":"2026-05-20T11:30:05Z","level":"error","msg":"pool empty","size":4,"trace_id":"ab"}'

    assert read_message(text) == "pool empty size=4"


def test_message_of_a_plain_line_is_the_line_without_its_time():
    """The date is not compared."""
    assert read_message("2026-05-20T11:30:05Z ERROR x") == " ERROR x"


def test_line_that_only_looks_like_json_is_its_own_message():
    """What does not parse is kept as it is."""
    assert read_message("{oops") == "{oops"
