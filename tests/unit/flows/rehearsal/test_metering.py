"""The meter keeps what the injector saw of the calls each second, and costs nothing where that cannot be seen."""

import asyncio

import pytest
from tests.unit.flows.rehearsal_world import World, build_experiment

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


def watch(world, seconds=3.5):
    """Let a meter look for some seconds; give its samples."""

    async def run():
        meter = Meter(build_experiment(), world, LoopClock())
        task = asyncio.create_task(meter.keep_looking())
        await asyncio.sleep(seconds)
        task.cancel()
        return meter.samples

    return run_virtually(run())


def test_each_second_is_what_passed_since_the_look_before():
    """Counters become amounts."""
    samples = watch(MeteredWorld())

    assert [(item.seconds, item.calls, item.call_seconds, item.failed) for item in samples] == [(1, 10, 5, 1)] * 3
    assert [(item.at - samples[0].at).total_seconds() for item in samples] == [0, 1, 2]


@pytest.mark.parametrize("answer", [OperationalError("no answer"), UserError("no proxy"), {}])
def test_look_that_fails_is_made_up_for_by_the_next(answer):
    """Its sample spans both."""
    start = {"calls": 0, "call_seconds": 0, "failed": 0}

    samples = watch(MeteredWorld(start, answer))

    assert [item.seconds for item in samples] == [2, 1]


def test_counter_that_began_anew_gives_no_sample():
    """What passed before it began is not known."""
    samples = watch(MeteredWorld({"calls": 900, "call_seconds": 1, "failed": 0}))

    assert [item.calls for item in samples] == [10, 10]


def test_injector_that_sees_no_calls_is_not_asked():
    """As of a cluster."""
    world = World()

    assert watch(world) == []
    assert world.calls == []
