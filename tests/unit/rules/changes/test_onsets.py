"""When a failure began that no alert tells of."""

from datetime import UTC, datetime

import pytest

from fermata.rules.changes.loglines import read_dated
from fermata.rules.changes.onsets import read_spans


def at(hour, minute=0, second=0):
    """Give an instant of the day."""
    return datetime(2026, 11, 23, hour, minute, second, tzinfo=UTC)


def write_log(*, calm_from=11, stray=(), failing=()):
    """Give an hour and a half of a log, with errors at some minutes after noon."""
    lines = [f"2026-11-23T{calm_from + n // 60}:{n % 60:02d}:00Z INFO served in 3{n % 10} ms" for n in range(90)]
    lines += [f"2026-11-23T12:{minute:02d}:30Z ERROR request {minute} failed" for minute in failing]
    lines += [f"2026-11-23T11:{minute:02d}:30Z ERROR mail {minute} was returned" for minute in stray]
    return sorted(lines)


def test_failure_that_is_there_at_the_end_tells_the_onset():
    """What a program got over long before is not what somebody asks about."""
    (span,) = read_spans([write_log(stray=[15, 16], failing=[20, 24, 28])])

    assert (span.first_at, span.last_at, span.fails_since) == (at(11), at(12, 29), at(12, 20, 30))


def test_log_that_begins_with_its_newest_line_tells_the_same():
    """Consoles of clouds export them so."""
    log = write_log(stray=[15, 16], failing=[20, 24, 28])

    assert read_spans([log[::-1]]) == read_spans([log])


def test_failure_that_came_all_the_time_is_no_onset():
    """A log that fails from its first minutes on beside what it serves does so routinely."""
    (span,) = read_spans([[*write_log(stray=[1, 9, 40]), "2026-11-23T12:29:40Z ERROR mail 7 was returned"]])

    assert span.fails_since is None


def test_log_of_failures_alone_begins_with_the_onset():
    """It was pulled by its level, so that its beginning says nothing of what was normal."""
    (span,) = read_spans([["2026-11-23T12:20:00Z ERROR a failed", "no time", "2026-11-23T12:29:00Z ERROR a failed"]])

    assert span.fails_since == at(12, 20)


def write_access_log(code, *minutes, path="/x"):
    """Give an hour and a half of a server's log, with requests answered by a status at some minutes after noon."""
    line = '192.0.2.1 - - [23/Nov/2026:{}:{:02d}:{} +0000] "GET {} HTTP/1.1" {} 5'
    lines = [line.format(11 + n // 60, n % 60, "00", "/", 200) for n in range(90)]
    lines += [line.format(12 if minute >= 0 else 11, minute % 60, "30", path, code) for minute in minutes]
    return sorted(lines)


@pytest.mark.parametrize("code", [404, 502])
def test_status_that_many_requests_are_answered_with_at_the_end_tells_the_onset(code):
    """Servers write no level beside it."""
    (span,) = read_spans([write_access_log(code, 20, 22, 24, 26, 28)])

    assert span.fails_since == at(12, 20, 30)


@pytest.mark.parametrize(
    "log",
    [
        write_access_log(302, 20, 22, 24, 26, 28),
        write_access_log(404, 20, 22, 28),
        write_access_log(404, 1, 2, 3, 4, 5),
        write_access_log(404, -59, 20, 22, 24, 26, 28),
        [line.replace("GET ", "") for line in write_access_log(404, 20, 22, 24, 26, 28)],
    ],
    ids=["no failure", "a few", "got over", "from the beginning", "no request"],
)
def test_statuses_of_every_day_tell_no_onset(log):
    """A page that is not there now and then is no failure that began."""
    (span,) = read_spans([log])

    assert span.fails_since is None


def test_error_goes_before_what_requests_are_answered_with():
    """What a program calls an error says more than its answers."""
    log = [*write_access_log(404, 12, 22, 24, 26, 28), "2026-11-23T12:20:00Z ERROR no room"]

    (span,) = read_spans([[*log, "2026-11-23T12:28:00Z ERROR no room"]])
    spans = read_spans([write_access_log(404, 12, 22, 24, 26, 28), write_log(failing=[20, 24, 28])])

    assert span.fails_since == at(12, 20)
    assert [span.fails_since for span in spans] == [None, at(12, 20, 30)]


def test_year_of_one_log_dates_the_others():
    """Syslog states none, and the instant of the incident or another log gives it."""
    syslog = ["Nov 23 12:00:00 lb1 haproxy[1]: up", "Nov 23 12:05:00 lb1 app[1]: ERROR no server"]
    web = ['192.0.2.1 - - [23/Nov/2026:12:30:00 +0000] "GET / HTTP/1.1" 200 5']

    assert [span.first_at for span in read_spans([syslog, web])] == [at(12), at(12, 30)]
    assert read_spans([syslog], at(13))[0].fails_since == at(12, 5)
    assert read_spans([syslog]) == ()


def test_log_without_times_tells_nothing():
    """Nor does one of another week."""
    assert read_spans([["ERROR a failed"], ["2026-11-02 12:00:00 ERROR old"]], at(12)) == ()


def test_flood_of_kinds_is_bounded(monkeypatch):
    """Kinds that were met go on being followed; further ones are not."""
    monkeypatch.setattr("fermata.rules.changes.onsets._MOST_KINDS", 1)

    (span,) = read_spans([["2026-11-23T12:00:00Z ERROR a", "2026-11-23T12:01:00Z ERROR b"]])

    assert span.fails_since == at(12)


def test_only_times_that_state_their_day_are_dated():
    """Others would be given a day that nobody told, and what cannot be a time is none."""
    assert read_dated("[2026-11-23 12:01:10,101] INFO in app") == at(12, 1, 10)
    assert read_dated("Nov 23 12:00:00 host app: up") is None
    assert read_dated("2026-13-41 12:00:00 x") is None
    assert read_dated("no time") is None
