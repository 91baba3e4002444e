"""Several workers on one PostgreSQL: one dies or freezes in the middle of an execution, and another takes over."""

import signal
import time

import pytest
from tests.faults.scenery import SICK

from fermata.testing.rehearsal import MIB

pytestmark = [pytest.mark.kill, pytest.mark.postgres]
LEASE_S = 4.0
"""Short, and still long enough: it is found stale within 4/3 of it, by a sweep that comes every five seconds."""
BEFORE_EFFECT, AFTER_EFFECT = "effect:before", "effect:after"


@pytest.fixture
def stage(postgres_stages):
    """Give a stage with one sick workload, and the URL of its store."""
    scenery, url = postgres_stages.make()
    scenery.add_workloads()
    return scenery, url


@pytest.fixture
def start(company, stage, wait_until):
    """Give a function that starts a worker and waits until it serves; ends them all afterwards."""
    scenery, url = stage
    actors = []

    def start_worker(name, **job):
        actors.append(company.start(scenery.folder, url, executor_id=name, lease_s=LEASE_S, **job))
        wait_until(lambda: actors[-1].has("serving"))
        return actors[-1]

    yield start_worker
    for actor in actors:
        actor.end()


def strike(start, wait_until, **how):
    """Start two workers; the first plays the main job and is struck at its point, once the second one serves.

    Returns:
        Both, and when it happened.
    """
    first = start("first", await_file="second.serving", **how)
    wait_until(lambda: first.has("reached"))
    second = start("second", play=True)
    wait_until(lambda: first.has("struck"))
    return first, second, time.monotonic()


@pytest.mark.parametrize(("point", "effects"), [(BEFORE_EFFECT, 0), (AFTER_EFFECT, 1)])
def test_killed_worker_is_taken_over_within_three_leases(point, effects, start, stage, wait_until):
    """What the dead one had begun is probed and never done again; the incident comes to its end elsewhere."""
    scenery, _ = stage

    first, second, struck_at = strike(start, wait_until, kill=point)

    assert (first.wait(), second.wait()) == (-signal.SIGKILL, 0)
    took_s = time.monotonic() - struck_at
    (incident,) = second.report["incidents"]
    assert len(scenery.marks["checkout"]) == effects
    assert incident["state"] == ("resolved" if effects else "needs_person")
    assert effects or "did not happen" in incident["words"]
    assert second.report["failed"] == second.report["unfinished"] == []
    assert second.report["unsettled"] == 0
    assert second.report["journal_holds"]
    assert took_s < 3 * LEASE_S


def test_worker_that_thaws_after_its_takeover_does_not_double(start, stage, wait_until):
    """A worker frozen before its effect may do it late, but only once; people are told that it happened after all."""
    scenery, _ = stage
    # It needs more than it will get: otherwise its alert would resolve, and nobody would have to be told.
    scenery.hand.write({"checkout": SICK.model_copy(update={"need_bytes": 200 * MIB})})
    first, second, _ = strike(start, wait_until, freeze=BEFORE_EFFECT, until="enough")
    assert second.wait() == 0, (scenery.folder / "log").read_text()
    (incident,) = second.report["incidents"]
    assert (incident["state"], scenery.marks["checkout"]) == ("needs_person", ())
    assert "did not happen" in incident["words"]

    first.send_signal(signal.SIGCONT)

    wait_until(lambda: "The worker came back: done" in scenery.messages[0].text)
    (scenery.folder / "enough").touch()
    assert first.wait() == 0, (scenery.folder / "log").read_text()
    (incident,) = first.report["incidents"]
    assert len(scenery.marks["checkout"]) == 1
    assert first.report["kinds"].count("action.executed") == 1
    assert first.report["failed"] == first.report["unfinished"] == []
    assert first.report["journal_holds"]
    assert "The worker came back: done" in incident["words"]
    assert len(scenery.messages) == 1


def test_worker_that_thaws_and_says_what_is_known_already_bothers_nobody(start, stage, wait_until):
    """Whoever took over asked the target: done. That the frozen one says so too is no news, and no second entry."""
    scenery, _ = stage
    first, second, _ = strike(start, wait_until, freeze=AFTER_EFFECT, until="enough")
    assert second.wait() == 0, (scenery.folder / "log").read_text()

    first.send_signal(signal.SIGCONT)

    wait_until(lambda: "no longer owned" in (scenery.folder / "log").read_text())
    (scenery.folder / "enough").touch()
    assert first.wait() == 0, (scenery.folder / "log").read_text()
    (incident,) = first.report["incidents"]
    assert incident["state"] == "resolved"
    assert len(scenery.marks["checkout"]) == 1
    assert first.report["kinds"].count("action.executed") == 1
    assert "The worker came back" not in incident["words"]
