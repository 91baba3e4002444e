"""A process that was killed from outside is named, as its own log cannot."""

from datetime import timedelta

import pytest
from tests.unit.rules.signatures.conftest import ONSET, Scene, build_stack

SECOND = timedelta(seconds=1)
END = "ended 1 times by itself, last: exited: checkout (terminated by SIGKILL; not expected)"


def kill(scene, *, ended=9 * SECOND, code=-9, **facts):
    """Say that checkout was ended so, and that supervisord started it again a second later."""
    facts = {"started_at": ONSET - ended + SECOND, "former_end_at": ONSET - ended, **facts}
    return scene.state("running", lines=["checkout is RUNNING", END], exits=1, exit_code=code, **facts)


def list_causes(scene):
    """Return what is diagnosed."""
    return [one.cause for one in scene.diagnose().hypotheses]


@pytest.mark.parametrize(("code", "signal"), [(-9, "SIGKILL"), (137, "SIGKILL"), (-15, "SIGTERM")])
def test_process_that_was_killed_and_runs_again_is_named_with_when(scene, code, signal):
    """Supervisord says how it ended; who did it, nobody does."""
    (found,) = kill(scene, code=code).diagnose().hypotheses

    assert (found.cause, found.confidence) == ("process_killed", 0.7)
    assert f"ended by {signal} from outside at 09:50:51 UTC, and was started again by its system at 09:50:52" in (
        found.text
    )
    assert [one.quote for one in found.citations] == [END]


def test_process_that_its_system_ended_was_ended_by_nobody_else(scene):
    """A watchdog ends what hangs, with the signal of a crash."""
    (found,) = kill(scene, code=-6, ended_for="Watchdog timeout (limit 8s)").diagnose().hypotheses

    assert "was ended by its own system (Watchdog timeout (limit 8s)) at 09:50:51 UTC" in found.text
    assert found.person_must.startswith("Find out what checkout waited for then.")


@pytest.mark.parametrize(
    "facts",
    [
        {"code": 1},
        {"code": -11},
        {"code": None},
        {"former_end_at": None},
        {"killed_for_memory": True},
        {"ended": timedelta(minutes=20)},
        {"ended": -30 * SECOND},
    ],
)
def test_process_that_ended_otherwise_or_at_another_time_was_not_killed(scene, facts):
    """What ends after the alert may be an answer to it."""
    assert "process_killed" not in list_causes(kill(scene, **facts))


@pytest.mark.parametrize(("after", "is_named"), [(20 * SECOND, True), (90 * SECOND, False)])
def test_failures_of_the_start_count_less_than_those_that_go_on(scene, after, is_named):
    """What waited meanwhile comes all at once; a run that fails on has another reason."""
    kill(scene).logs([f"{ONSET + after - 8 * SECOND:%Y-%m-%dT%H:%M:%SZ} ERROR order refused: no free worker"])

    assert ("process_killed" in list_causes(scene)) is is_named


@pytest.mark.parametrize(
    ("ago", "facts", "is_blamed"),
    [
        (180 * SECOND, {}, False),
        (180 * SECOND, {"code": 137}, False),
        (180 * SECOND, {"killed_for_memory": True}, True),
        (20 * SECOND, {}, True),
    ],
)
def test_commit_is_not_blamed_for_what_the_killed_run_had_got_over(scene, ago, facts, is_blamed):
    """Who kills a process does not ask what it failed at minutes before, but for a kernel that wants its memory."""
    frames = build_stack("KeyError: 'percent'", "/srv/shop/services/checkout.py:41:price")
    log = [f"{ONSET - ago:%Y-%m-%dT%H:%M:%SZ} ERROR in price", *frames]
    kill(scene, observed_at=ONSET + 20 * SECOND, **facts).logs(log)
    diff = ["+++ b/services/checkout.py", "@@ -41,1 +41,1 @@ def price(", "-    old()", "+    price_code()"]
    scene.change("abc1234", {"services/checkout.py": [41]}, before=timedelta(minutes=4), diff=diff)

    causes = list_causes(scene)

    assert (causes[0], "faulty_commit" in causes) == ("faulty_commit" if is_blamed else "process_killed", is_blamed)


def test_killed_process_whose_log_nobody_read_is_not_called_well_since(scene):
    """Only a log tells that it fails no more."""
    (unread,) = kill(scene).diagnose().hypotheses
    (read,) = kill(Scene()).logs(["2026-11-23T09:50:55Z INFO ready"]).diagnose().hypotheses

    assert unread.text.endswith("at 09:50:52. No log of it was read.")
    assert read.text.endswith("at 09:50:52. Its log tells of no failure beyond its first minute since.")


def test_neighbour_that_was_killed_is_left_aside(scene):
    """Nobody was alerted of it."""
    scene.names = ["stock"]

    assert "process_killed" not in list_causes(kill(scene))
