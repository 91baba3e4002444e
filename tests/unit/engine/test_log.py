"""What dbos logs, as our log has it."""

import logging

import pytest
from structlog.testing import capture_logs

from fermata.engine.log import redirect_log
from fermata.kit import seldom


@pytest.fixture
def dbos(monkeypatch):
    """Give dbos's logger, led into ours and put back afterwards."""
    logger = logging.getLogger("dbos")
    monkeypatch.setattr(logger, "handlers", [])
    monkeypatch.setattr(logger, "level", logger.level)
    monkeypatch.setattr(logger, "propagate", logger.propagate)
    redirect_log(logging.WARNING)
    return logger


@pytest.fixture
def clock(monkeypatch):
    """Give seconds that pass when they are told to."""
    seconds = [1000.0]
    monkeypatch.setattr(seldom.time, "monotonic", lambda: seconds[0])
    return seconds


def test_same_report_is_told_once_a_minute_and_counted(dbos, clock):
    """A store that is away for an hour fills no disk; numbers in a report make no other one of it."""
    with capture_logs() as lines:
        for place in range(3):
            dbos.warning(f"Exception at 0x7f{place}a: port {place} refused the connection")
        dbos.warning("Exception: the disk is full")
        clock[0] += 59.9
        dbos.warning("Exception at 0x7f9a: port 9 refused the connection")
        clock[0] += 0.1
        dbos.warning("Exception at 0x7f8a: port 8 refused the connection")

    assert [(line["text"], line.get("kept_back")) for line in lines] == [
        ("Exception at 0x7f0a: port 0 refused the connection", None),
        ("Exception: the disk is full", None),
        ("Exception at 0x7f8a: port 8 refused the connection", 3),
    ]


AWAY = """Exception polling schedules: Traceback (most recent call last):
  File "psycopg/connection.py", line 117, in connect
    raise last_ex.with_traceback(None)
psycopg.OperationalError: connection failed: Connection refused
\tIs the server running on that host?

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "dbos/_scheduler.py", line 80, in poll
    with self.engine.begin() as c:
sqlalchemy.exc.OperationalError: (psycopg.OperationalError) connection failed: Connection refused
DETAIL: nobody listens
(Background on this error at: https://sqlalche.me/e/20/e3q8)
"""


def test_trace_in_a_report_is_told_by_what_was_raised(dbos):
    """A database that is away is one line for people; who debugs dbos reads the whole of it."""
    with capture_logs() as lines:
        dbos.warning(AWAY)

    brief = (
        "Exception polling schedules: sqlalchemy.exc.OperationalError: (psycopg.OperationalError) connection failed: "
        "Connection refused"
    )
    assert [(line["event"], line["text"]) for line in lines] == [
        ("engine.reported", brief),
        ("engine.traced", AWAY),
    ]


def test_trace_that_names_nothing_stays_whole(dbos):
    """What cannot be shortened is told as it is."""
    with capture_logs() as lines:
        dbos.warning("failed: Traceback (most recent call last):\n  cut")

    assert [line["text"] for line in lines] == ["failed: Traceback (most recent call last):\n  cut"]


def test_many_kinds_of_reports_are_not_all_remembered(dbos, clock, monkeypatch):
    """What is remembered has an end: then all of it may be told once more."""
    monkeypatch.setattr(seldom, "_MOST_KNOWN", 2)

    with capture_logs() as lines:
        for text in ("a", "b", "c", "a"):
            dbos.warning(text)

    assert [line["text"] for line in lines] == ["a", "b", "c", "a"]


@pytest.mark.parametrize("line", ["first", "second"])
def test_failure_with_a_trace_is_always_told(dbos, clock, line):
    """A bug is told each time."""
    with capture_logs() as lines:
        for _ in range(2):
            try:
                raise ValueError(line)
            except ValueError:
                dbos.exception("failed")

    assert [one["event"] for one in lines] == ["engine.failed", "engine.failed"]
