"""Times, levels and messages in the forms that programs write."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.rules.changes.loglines import find_offset, read_message, read_time, read_zone
from fermata.rules.levels import LogLevel, find_level

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
        "[Wed May 20 11:30:05 2026] Out of memory: Killed process 1",
        "[Wed May 20 11:30:05.120394 2026] [core:error] x",
        "05/20/2026 11:30:05 AM x",
        "5/20/2026, 11:30:05 x",
        "20/05/2026 11:30:05 x",
        "20-May-2026 11:30:05.123 SEVERE [main] org.apache.catalina.core.StandardService.initInternal x",
        "[20-May-2026 11:30:05] WARNING: [pool www] server reached pm.max_children setting (5)",
        "[20-May-2026 11:30:05 UTC] PHP Fatal error:  x",
        "1:M 20 May 2026 11:30:05.123 # x",
        "May 20, 2026 11:30:05 AM org.apache.catalina.core.StandardWrapperValve invoke",
        "[ERROR] [05/20/2026 11:30:05.123] [shop-akka.actor.default-dispatcher-5] x",
        "[Nest] 123  - 05/20/2026, 11:30:05 AM   ERROR [ExceptionsHandler] x",
    ],
)
def test_time_is_read_in_its_form(text):
    """Each form leads to the same instant."""
    assert read_time(text, NEAR) == AT


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-20 13:30:05 ERROR x",
        "2026-05-20 13:30:05 CEST ERROR x",
        "2026-05-20T11:30:05Z ERROR x",
        "May 20 13:30:05 host kernel: x",
        "E0520 13:30:05.123456       1 server.go:1] x",
        "13:30:05.120 ERROR x",
        "1779276605 up",
    ],
)
def test_time_without_a_zone_is_read_in_the_one_of_its_log(text):
    """What states a zone, or counts seconds, is the same instant everywhere."""
    assert read_time(text, NEAR, timezone(timedelta(hours=2))) == AT


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("2026-05-20T11:30:05-03:00 x", -3),
        ("2026-05-20 11:30:05.120 CEST [7] LOG: x", 2),
        ("2026-05-20T11:30:05Z x", 0),
        ('10.0.0.1 - - [20/May/2026:11:30:05 +0200] "GET / HTTP/2" 200', 2),
    ],
)
def test_offset_is_what_a_time_states(text, hours):
    """As digits, as a letter, or as the zone's name."""
    assert find_offset(text) == timedelta(hours=hours)


@pytest.mark.parametrize(
    "text", ["2026/05/20 11:30:05 x", "2026-05-20 11:30:05 IST x", "2026-05-20T11:30:05+99:00 x", "no time at all"]
)
def test_offset_that_is_not_stated_is_none(text):
    """A name with several meanings states none."""
    assert find_offset(text) is None


@pytest.mark.parametrize(("facts", "minutes"), [({}, 0), ({"offset_minutes": 330}, 330), ({"offset_minutes": "x"}, 0)])
def test_zone_of_a_log_is_what_its_facts_say(incident, facts, minutes):
    """What is no number of minutes says nothing."""
    incident.add(EvidenceKind.LOGS, "a", ["x"], facts)

    assert read_zone(incident.evidence[0]).utcoffset(None) == timedelta(minutes=minutes)


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
    assert find_level(text) is level


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


@pytest.mark.parametrize(
    ("text", "hour"), [("5/20/2026 12:30:05 PM x", 12), ("5/20/2026 12:30:05 AM x", 0), ("5/20/2026 1:30:05 PM x", 13)]
)
def test_half_of_the_day_is_counted(text, hour):
    """Twelve is the first hour of each half."""
    at = read_time(text, NEAR)

    assert at is not None
    assert at.hour == hour


def test_hour_of_mariadb_is_set_in():
    """A single digit has a blank before it."""
    at = read_time("2026-05-20  9:30:05 12 [Warning] Aborted connection 12 to db: 'shop'", NEAR)

    assert at is not None
    assert at.hour == 9


@pytest.mark.parametrize(("half", "hour"), [("AM", 0), ("PM", 12)])
def test_half_of_the_day_of_java_is_counted(half, hour):
    """Twelve is the first hour of both."""
    at = read_time(f"May 20, 2026 12:30:05 {half} org.apache.catalina.core.StandardWrapperValve invoke", NEAR)

    assert at is not None
    assert at.hour == hour


@pytest.mark.parametrize("text", ["20/20/2026 11:30:05 x", "20/05/2026 11:30:05 PM x"])
def test_date_without_a_month_is_none(text):
    """Neither number is one, or the one that has to be is not."""
    assert read_time(text, NEAR) is None


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("app[56] cdg [info] [ 312.5] Out of memory: Killed process 318 (node) total-vm:1kB", LogLevel.ERROR),
        ("app[56] cdg [info] INFO Process appears to have been OOM killed!", LogLevel.ERROR),
        ("runner[56] cdg [info] machine exited with exit code 137, OOM killed: true", LogLevel.ERROR),
        ("runner[56] cdg [info] machine exited with exit code 1, OOM killed: false", LogLevel.INFO),
        ("app[56] cdg [info] INFO Killed process of an old release", LogLevel.INFO),
    ],
)
def test_kill_for_memory_is_an_error_whatever_level_it_is_passed_on_with(text, level):
    """The kernel prints it as an error; a platform that writes `[info]` before everything makes it no news."""
    assert find_level(text) is level


def test_error_in_parts_is_told_as_one():
    """Loggers of Node write an error's words, code and stack as fields of their own."""
    line = (
        '{"level":50,"reqId":"req-3n","err":{"type":"Error","message":"connect %s","stack":"Error\\n at",'
        '"code":"ECONNREFUSED"},"msg":"failed"}'
    )

    assert read_message(line % "to 10.0.0.2:5432") == "err=Error: connect to 10.0.0.2:5432 (ECONNREFUSED) failed"
    assert read_message(line % "ECONNREFUSED") == "err=Error: connect ECONNREFUSED failed"
    assert read_message('{"err":{"message":"m"},"msg":"failed"}') == "err={'message': 'm'} failed"
