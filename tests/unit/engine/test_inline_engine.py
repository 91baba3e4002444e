"""The test engine keeps the engine contract, and crashes where it is told to."""

import pytest

from fermata.domain.ids import RunId
from fermata.kit.errors import InvariantBroken
from fermata.ports.engine import RunState
from fermata.testing.engine import InlineEngine, SimulatedCrash
from fermata.testing.engine_contract import EngineContract, EngineRig, Recorder


class InlineRig(EngineRig):
    def __init__(self, store):
        self.store = store

    def make(self, executor_id="local"):
        return InlineEngine(self.store, executor_id=executor_id)

    async def settle(self, engine):
        await engine.drain()


@pytest.fixture
def rig(sqlite_store):
    """Give a maker of engines over one store."""
    return InlineRig(sqlite_store)


class TestInlineEngine(EngineContract):
    """The suite, on the engine for tests."""


@pytest.fixture
def recorder():
    """Give a leg of three steps."""
    return Recorder()


@pytest.fixture
def engine(sqlite_store, recorder):
    """Give a launched engine that knows the recorder's leg, and has one run to do."""
    engine = InlineEngine(sqlite_store)
    engine.register("leg", recorder.leg)
    engine.launch()
    with sqlite_store.begin() as transaction:
        engine.enqueue(transaction, "leg", RunId("run-1"), {})
    return engine


def restart(store, recorder):
    """Give another engine over the same store, as after a restart of the process."""
    engine = InlineEngine(store)
    engine.register("leg", recorder.leg)
    engine.launch()
    return engine


@pytest.mark.parametrize(
    ("when", "ran"),
    [
        ("before", ["one", "two", "three"]),
        ("after", ["one", "two", "two", "three"]),
        ("recorded", ["one", "two", "three"]),
    ],
)
async def test_crash_repeats_what_was_not_recorded(sqlite_store, recorder, engine, when, ran):
    """After a crash the recorded steps are replayed, and the interrupted one runs again."""
    with pytest.raises(SimulatedCrash, match=f"{when} step two"):
        await engine.drain(crash_at="two", when=when)
    assert engine.find_status(RunId("run-1")).state is RunState.RUNNING

    engine = restart(sqlite_store, recorder)
    await engine.drain()

    assert recorder.ran == ran
    status = engine.find_status(RunId("run-1"))
    assert (status.state, status.attempts) == (RunState.SUCCEEDED, 2)


async def test_other_executors_run_stays_until_it_is_taken_over(sqlite_store, recorder, engine):
    """A survivor sees the dead one's run, leaves it alone, takes it over and ends it."""
    with pytest.raises(SimulatedCrash):
        await engine.drain(crash_at="two", when="after")
    survivor = InlineEngine(sqlite_store, executor_id="survivor")
    survivor.register("leg", recorder.leg)
    survivor.launch()

    await survivor.drain()
    assert recorder.ran == ["one", "two"]
    assert survivor.take_over("local") == [RunId("run-1")]
    await survivor.drain()

    assert recorder.ran == ["one", "two", "two", "three"]
    assert survivor.find_status(RunId("run-1")).state is RunState.SUCCEEDED


async def test_leg_that_takes_another_way_after_a_restart_is_named(sqlite_store, engine):
    """A leg must be deterministic: another step at the same place fails its run."""
    names = iter(["first", "other"])

    async def nothing():
        return None

    async def wander(run, payload):
        await run.step(next(names), nothing)
        await run.step("end", nothing)
        return {}

    engine.register("wander", wander)
    with sqlite_store.begin() as transaction:
        engine.enqueue(transaction, "wander", RunId("run-2"), {})

    with pytest.raises(SimulatedCrash):
        await engine.drain(crash_at="end")
    await engine.drain()

    assert "Step 1 is 'other' now and was 'first'" in engine.find_status(RunId("run-2")).error


async def test_bug_of_a_leg_leaves_through_drain(sqlite_store, engine):
    """An error that is not one of ours fails the test that caused it."""

    async def stumble(run, payload):
        raise ZeroDivisionError

    engine.register("stumble", stumble)
    with sqlite_store.begin() as transaction:
        engine.enqueue(transaction, "stumble", RunId("run-2"), {})

    with pytest.raises(ZeroDivisionError):
        await engine.drain()


async def test_engine_that_is_not_launched_runs_nothing(sqlite_store):
    """`drain` without `launch` is a mistake of the test."""
    with pytest.raises(InvariantBroken, match="not launched"):
        await InlineEngine(sqlite_store).drain()
