"""Failures that a log shows all the time are not what an alert was about."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fermata.domain.diagnosis import Verdict
from fermata.rules.levels import find_level
from fermata.rules.signatures.routine import list_routine, mask
from fermata.rules.signatures.unrest import find_unrest

START = datetime(2026, 11, 23, 8, 51, tzinfo=UTC)
"""An hour before the alert."""
CLOSED = "ERROR client closed connection user=#"


def say(*told, minutes=61):
    """Write a log: a calm line each ten seconds, and (message, minutes of the window at which it comes)."""
    lines = [(second, "INFO login ok user=#") for second in range(0, minutes * 60, 10)]
    lines += [(60 * minute + 5, message) for message, at in told for minute in at]
    return [
        f"{START + timedelta(seconds=second):%Y-%m-%dT%H:%M:%SZ} {message.replace('#', str(second))}"
        for second, message in sorted(lines)
    ]


def routine(scene, lines):
    """Return the texts of the failing lines that are routine."""
    case = scene.logs(lines).build()
    (log,) = case.evidence
    failures = [line for line in log.lines if (level := find_level(line.text)) and level.is_severe]
    numbers = list_routine(case, log, failures)
    return [line.text.partition(" ")[2].rpartition("=")[0] for line in log.lines if line.number in numbers]


def test_log_without_times_and_failures_has_no_routine(scene):
    """As the standard output beside a log that fails: nothing is known of its past."""
    assert routine(scene, ["till serves"]) == []


def test_failure_that_came_as_often_before_is_routine(scene):
    """Each of its lines, whatever ids stand in it."""
    assert routine(scene, say((CLOSED, range(0, 61, 6)))) == ["ERROR client closed connection user"] * 11


@pytest.mark.parametrize(
    "told",
    [
        [(CLOSED, range(46, 61, 3))],
        [(CLOSED, [5, 40])],
        [(CLOSED, [5, 15, 25, *range(46, 61, 2)])],
        [(CLOSED, range(61))],
        [("FATAL killed=#", range(0, 61, 6))],
        [],
    ],
    ids=["new", "two", "more often", "too many", "fatal", "none"],
)
def test_any_other_failure_is_not(scene, told):
    """What is new, rare, more frequent than before, frequent at all, or ends a process wants explaining."""
    assert routine(scene, say(*told)) == []


def test_log_that_does_not_reach_back_has_no_routine(scene):
    """Half an hour of what was usual is needed, and a time to tell."""
    lines = say((CLOSED, range(0, 61, 6)))

    assert routine(scene, lines[100:]) == []
    scene.evidence.clear()
    assert routine(scene, [line.partition(" ")[2] for line in lines]) == []


def test_failure_without_a_time_is_no_routine(scene):
    """Nobody knows when it came; those with one are counted."""
    lines = [*say((CLOSED, range(0, 61, 6))), "ERROR client closed connection user=7"]

    assert len(routine(scene, lines)) == 11


def test_case_without_alert_has_no_routine(scene):
    """Nothing says when it was well: what fails all the time may be what is asked about."""
    case = scene.logs(say((CLOSED, range(0, 61, 6)))).build()
    (log,) = case.evidence

    assert list_routine(case, log, [line for line in log.lines if "ERROR" in line.text])
    assert not list_routine(replace(case, alerts=()), log, [line for line in log.lines if "ERROR" in line.text])


def test_mask_keeps_words_and_drops_what_varies():
    """A number, an id, an address."""
    assert mask("2026-11-23T10:00:00Z ERROR user=42489 id=9f3a-01 at 0x7ffe took 142ms") == mask(
        "2026-11-23T11:00:00Z ERROR user=7 id=01ab-77 at 0x8 took 9ms"
    )
    assert mask("ERROR refused") != mask("ERROR closed")


def test_routine_failures_do_not_keep_a_service_from_being_healthy(scene):
    """A failure of another kind does, were it a single one."""
    scene.resolved = True
    scene.state("running").logs(say((CLOSED, range(0, 61, 6))))

    assert scene.diagnose().verdict is Verdict.HEALTHY
    assert find_unrest(scene.build()) == ""

    scene.logs(say((CLOSED, range(0, 61, 6)), ("ERROR refused", [60])))

    assert scene.diagnose().verdict is Verdict.UNDETERMINED
    assert "ERROR refused" in find_unrest(scene.build())
