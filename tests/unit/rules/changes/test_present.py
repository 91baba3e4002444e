"""What fails now, in logs whose lines have no times."""

from datetime import timedelta

import pytest
from tests.unit.rules.signatures.conftest import ONSET, Scene, build_stack

from fermata.domain.diagnosis import Verdict
from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import LogFacts

FULL = "OSError: [Errno 28] No space left on device"
STACK = build_stack(FULL, "services/stock.py:17:note")


def diagnose(lines, newest_at, started_at=None):
    """Return what is made of a log that was last written to then, of a process that runs since."""
    scene = Scene()
    scene.state("running", started_at=started_at or ONSET - timedelta(hours=2))
    scene.add(EvidenceKind.LOGS, "supervisor:process/checkout", lines, LogFacts(newest_at=newest_at))
    return scene.diagnose()


@pytest.mark.parametrize("lines", [STACK * 25, ["ERROR cannot write: No space left on device"] * 90])
def test_full_disk_is_found_without_times(lines):
    """As supervisord captures what a program prints: a plain traceback, or a line with a level."""
    (found,) = diagnose(lines, ONSET).hypotheses

    assert (found.cause, found.confidence) == ("disk_full", 0.5)
    assert found.text.startswith("A disk is full; checkout says: ")
    assert found.text.endswith("its lines have no times.")
    assert "No space left on device" in found.citations[0].quote


def test_log_that_nobody_wrote_to_since_long_before_tells_nothing_of_now():
    """What was full last week may be empty again."""
    assert diagnose(STACK, ONSET - timedelta(hours=3)).verdict is not Verdict.IDENTIFIED


def test_log_older_than_a_steady_run_tells_nothing_of_it():
    """The run since then has not failed so."""
    verdict = diagnose(STACK, ONSET - timedelta(minutes=6), ONSET - timedelta(minutes=5)).verdict

    assert verdict is not Verdict.IDENTIFIED


def test_failure_that_was_followed_by_much_else_is_over():
    """A log that goes on for a hundred lines has got over it."""
    assert diagnose([*STACK, *["GET / 200"] * 101], ONSET).verdict is not Verdict.IDENTIFIED


def test_log_of_unknown_age_tells_nothing():
    """Without a time of its own and without the file's it may be from any day."""
    assert diagnose(STACK * 30, None).verdict is not Verdict.IDENTIFIED


def test_what_the_lines_say_is_less_sure_than_with_a_time():
    """An expired certificate is 0.9 sure elsewhere."""
    (found,) = diagnose(["ERROR upstream: certificate has expired"] * 50, ONSET).hypotheses

    assert (found.cause, found.confidence) == ("certificate_expired", 0.6)


def test_log_whose_facts_cannot_be_read_is_spread_over_the_window():
    """Its lines are there all the same; what is wrong with the facts is said elsewhere."""
    scene = Scene().state("running")
    scene.add(EvidenceKind.LOGS, "supervisor:process/checkout", STACK, {"newest_at": "noon"})

    assert scene.diagnose().hypotheses[0].cause == "disk_full"


def blame_an_earlier_run(*, failed, started, again=(), **facts):
    """Return what is blamed where an earlier run failed in a line that a commit wrote; all before the onset."""
    stack = build_stack("KeyError: 'percent'", "/srv/shop/services/checkout.py:41:price")
    times = [ONSET - failed, *(ONSET + after for after in again)]
    lines = [line for at in times for line in (f"{at:%Y-%m-%dT%H:%M:%SZ} ERROR in price", *stack)]
    scene = Scene().state("running", started_at=ONSET - started, **facts)
    scene.logs([*[f"{ONSET - timedelta(minutes=50):%Y-%m-%dT%H:%M:%SZ} INFO ready"] * 3, *lines])
    diff = ["+++ b/services/checkout.py", "@@ -41,1 +41,1 @@ def price(", "-    old()", "+    price_code()"]
    scene.change("abc1234", {"services/checkout.py": [41]}, before=failed + timedelta(minutes=2), diff=diff)
    return [one.blame for one in scene.diagnose().changes]


def test_what_only_an_earlier_run_logged_makes_no_change_guilty():
    """A log's end goes back beyond the restart before the trouble; the run that has it never failed so."""
    minutes = timedelta(minutes=1)
    still = blame_an_earlier_run(failed=8 * minutes, started=20 * minutes)
    outlived = blame_an_earlier_run(failed=8 * minutes, started=5 * minutes)

    assert outlived < [0.2] < [0.9] < still
    # Somebody started it anew, however often it had ended before, and be it seconds ago.
    assert blame_an_earlier_run(failed=8 * minutes, started=5 * minutes, exits=1, is_asked_for=True) == outlived
    assert blame_an_earlier_run(failed=minutes, started=minutes / 6) < [0.2]
    # It came up again, the restart may have come of it, or it is an answer to the alert.
    assert blame_an_earlier_run(failed=8 * minutes, started=5 * minutes, again=(timedelta(),)) >= still
    assert blame_an_earlier_run(failed=8 * minutes, started=5 * minutes, exits=1) == still
    assert blame_an_earlier_run(failed=2 * minutes, started=-minutes) >= still


@pytest.mark.parametrize(("restarted", "causes"), [(timedelta(minutes=5), []), (timedelta(minutes=7), ["disk_full"])])
def test_failure_that_ended_with_the_run_before_the_alert_is_of_another_trouble(restarted, causes):
    """A log goes on through restarts: of a run that began before the alert, what the one before said is no sign."""
    failing = [f"{ONSET - timedelta(minutes=6, seconds=-at):%FT%TZ} ERROR {FULL}" for at in range(9)]
    well = [f"{ONSET - timedelta(minutes=4, seconds=-at):%FT%TZ} INFO GET / 200" for at in range(240)]

    diagnosis = diagnose([*failing, *well], ONSET, ONSET - restarted)

    assert [found.cause for found in diagnosis.hypotheses] == causes


@pytest.mark.parametrize(("started", "is_blamed"), [(timedelta(hours=2), True), (timedelta(minutes=4), False)])
def test_log_that_two_write_is_outlived_only_by_the_older_of_them(started, is_blamed):
    """Nobody says who of them wrote a line: the one that was started since did not, and the other may have."""
    stack = build_stack("KeyError: 'percent'", "/srv/shop/services/checkout.py:41:price")
    lines = [f"{ONSET - timedelta(minutes=6):%Y-%m-%dT%H:%M:%SZ} ERROR in price", *stack]
    scene = Scene().state("running", started_at=ONSET - started).logs(lines)
    scene.state("running", name="checkout_01", started_at=ONSET - timedelta(minutes=3))
    scene.add(EvidenceKind.LOGS, "supervisor:process/checkout_01", lines, {}, query="checkout stderr")
    diff = ["+++ b/services/checkout.py", "@@ -41,1 +41,1 @@ def price(", "-    old()", "+    price_code()"]
    scene.change("abc1234", {"services/checkout.py": [41]}, before=timedelta(minutes=8), diff=diff)

    assert ([one.blame > 0.9 for one in scene.diagnose().changes] == [True]) is is_blamed
