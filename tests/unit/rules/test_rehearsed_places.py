"""What a card says of rehearsals: those of the very place, what they showed, and when."""

from datetime import timedelta

import pytest

from fermata.domain.experiment import FaultTarget
from fermata.domain.held_experiment import ExperimentState
from fermata.rules.rehearsed_places import find_beside, find_rehearsed, tell_beside, tell_rehearsed
from fermata.testing.experiments import make_experiment, make_held
from fermata.testing.records import NOON


def make_done(held_id="exp-1", place="checkout->redis", verdict="collapsed", **changes):
    """Give a rehearsal that ran."""
    service, _, callee = place.partition("->")
    target = FaultTarget(system="faultproxy", service=service, callee=callee, address="127.0.0.1:8474")
    experiment = make_experiment(id=held_id, target=target)
    values = {"state": ExperimentState.DONE, "verdict": verdict, "ended_at": NOON}
    return make_held(held_id, experiment=experiment, **(values | changes))


def test_rehearsal_of_the_calls_to_what_fails_is_told():
    """What was broken, when, and what came of it."""
    (found,) = find_rehearsed([make_done()], {"redis"}, 2)

    assert tell_rehearsed(found) == f"{NOON:%Y-%m-%d} rehearsed latency at checkout->redis (exp-1): collapsed."


@pytest.mark.parametrize(
    ("held", "names"),
    [
        (make_done(), {"checkout"}),
        (make_done(verdict="inconclusive"), {"redis"}),
        (make_done(state=ExperimentState.STOPPED), {"redis"}),
        (make_done(), {"mail"}),
    ],
)
def test_rehearsal_that_says_nothing_of_it_is_left_out(held, names):
    """Of the service's own calls, without a result, of something else."""
    assert find_rehearsed([held], names, 2) == ()


def test_newest_of_each_place_and_fault_counts():
    """What was mended since collapses no more."""
    newest = make_done("exp-2", verdict="graceful", ended_at=NOON + timedelta(days=1))
    own = make_done("exp-3", place="redis", ended_at=None)

    found = find_rehearsed([newest, make_done(), own], {"redis"}, 5)

    assert [held.id for held in found] == ["exp-2", "exp-3"]
    assert tell_rehearsed(own).startswith(f"{own.proposed_at:%Y-%m-%d} rehearsed latency at redis (exp-3)")
    assert len(find_rehearsed([newest, own], {"redis"}, 1)) == 1


MINUTE = timedelta(minutes=1)


def make_running(**changes):
    """Give a rehearsal that runs since noon, whose fault is there since half a minute after it."""
    values = {"state": ExperimentState.RUNNING, "verdict": "", "ended_at": None, "started_at": NOON, "handle": "fault"}
    return make_done(**(values | changes))


@pytest.mark.parametrize("ended_at", [None, NOON + MINUTE])
def test_fault_that_was_there_when_an_incident_began_is_told(ended_at):
    """Wherever it was, and for as long as what it left behind may still alert."""
    held = make_running(ended_at=ended_at)

    assert find_beside([held], NOON + MINUTE) == (held,)
    assert find_beside([held], NOON + 10 * MINUTE) == (held,)


@pytest.mark.parametrize(
    ("held", "began"),
    [
        (make_running(started_at=None), NOON + MINUTE),
        (make_running(handle=""), NOON + MINUTE),
        (make_running(), NOON),
        (make_running(ended_at=NOON + MINUTE), NOON + 20 * MINUTE),
        (make_running(), NOON + 60 * MINUTE),
    ],
)
def test_fault_that_was_not_there_yet_or_is_long_over_is_not_told(held, began):
    """It is no company for what began without it."""
    assert find_beside([held], began) == ()


def test_line_says_what_was_broken_and_claims_nothing():
    """A trouble of its own must not be explained away with it."""
    running = tell_beside(make_running(), NOON + MINUTE)
    over = make_running(ended_at=NOON + MINUTE)

    assert running.startswith("This began beside a rehearsal: exp-1 broke checkout->redis (latency) from ")
    assert " at the latest. Whether this is its doing is not known" in running
    assert "at the latest" not in tell_beside(over, NOON + MINUTE)
    assert tell_beside(over, NOON + 2 * MINUTE).startswith("This began after a rehearsal: exp-1 broke")
