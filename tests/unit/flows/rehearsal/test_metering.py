"""The meter keeps what the injector saw of the calls each second, and costs nothing where that cannot be seen."""

import asyncio
from datetime import timedelta

import pytest
from tests.unit.flows.rehearsal_world import World, build_experiment

from fermata.domain.experiment import Phase
from fermata.flows.rehearsal.metering import Meter
from fermata.kit.errors import OperationalError, UserError
from fermata.testing.virtual_time import LoopClock, run_virtually


class MeteredWorld(World):
    """A world that counts 10 calls a second of half a second each."""

    def __init__(self, *answers):
        super().__init__()
        self.answered = list(answers)

    async def measure(self, experiment):
        self._note("measure")
        now = asyncio.get_running_loop().time()
        answer = self.answered.pop(0) if self.answered else {"calls": 10 * now, "call_seconds": 5 * now, "failed": now}
        if isinstance(answer, Exception):
            raise answer
        return answer


def watch(world, *phases):
    """Let a meter look for 1.2 s in each phase, the first as it begins; give its samples."""

    async def run():
        meter = Meter(build_experiment(), world, LoopClock())
        task = asyncio.create_task(meter.keep_looking())
        await asyncio.sleep(1.2)
        for phase in phases:
            meter.enter(phase)
            await asyncio.sleep(1.2)
        task.cancel()
        return meter.samples

    return run_virtually(run())


def test_each_look_keeps_what_passed_since_the_one_before():
    """Counters become amounts."""
    samples = watch(MeteredWorld())

    assert [(item.seconds, item.calls, item.call_seconds, item.failed) for item in samples] == [(0.5, 5, 2.5, 0.5)] * 2
    assert [(item.at - samples[0].at).total_seconds() for item in samples] == [0, 0.5]


def test_phase_ends_with_a_look_of_its_own_and_what_comes_between_two_is_left_out():
    """So that no sample holds the calls of two."""
    samples = watch(MeteredWorld(), None, Phase.FAULT)

    began = samples[0].at - timedelta(seconds=0.5)
    spans = [(item.phase, (item.at - began).total_seconds(), round(item.seconds, 3)) for item in samples]
    assert spans == [
        *((Phase.BASELINE, at, lasted) for at, lasted in ((0.5, 0.5), (1.0, 0.5), (1.2, 0.2))),
        *((Phase.FAULT, at, 0.5) for at in (3.0, 3.5)),
    ]


@pytest.mark.parametrize("answer", [OperationalError("no answer"), UserError("no proxy"), RuntimeError("a bug"), {}])
def test_look_that_fails_is_made_up_for_by_the_next(answer):
    """Its sample spans both."""
    start = {"calls": 0, "call_seconds": 0, "failed": 0}

    samples = watch(MeteredWorld(start, answer))

    assert [item.seconds for item in samples] == [1.0]


def test_counter_that_began_anew_gives_no_sample():
    """What passed before it began is not known."""
    samples = watch(MeteredWorld({"calls": 900, "call_seconds": 1, "failed": 0}))

    assert [item.calls for item in samples] == [5]


def test_counter_that_is_missing_counts_nothing():
    """Not every injector knows what failed."""
    start = {"calls": 0, "call_seconds": 0}

    samples = watch(MeteredWorld(start, {"calls": 7, "call_seconds": 2}))

    assert [(item.calls, item.failed) for item in samples[:1]] == [(7, 0)]


def test_last_look_that_hangs_is_left_behind():
    """It ends with the meter."""
    world = MeteredWorld()
    hanging = []

    async def hang(experiment):
        hanging.append(asyncio.current_task())
        await asyncio.Event().wait()

    async def run():
        meter = Meter(build_experiment(), world, LoopClock())
        task = asyncio.create_task(meter.keep_looking())
        await asyncio.sleep(0.2)
        world.measure = hang
        meter.enter(None)
        await asyncio.sleep(0.1)
        task.cancel()
        await asyncio.gather(task, *hanging, return_exceptions=True)

    run_virtually(run())

    assert [task.cancelled() for task in hanging] == [True]


def test_injector_that_sees_no_calls_is_not_asked():
    """As of a cluster."""
    world = World()

    assert watch(world, Phase.FAULT) == []
    assert world.calls == []
