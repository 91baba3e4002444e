"""The lease is kept, and its loss is noticed."""

import asyncio
from datetime import timedelta

import pytest
from tests.unit.flows.rehearsal_world import World, build_experiment

from fermata.flows.rehearsal.lease import LeaseKeeper
from fermata.kit.errors import OperationalError
from fermata.ports.faults import Injection, InjectionState, InjectorGone
from fermata.testing.virtual_time import LoopClock, run_virtually

LOST = OperationalError("no answer")


def keep(world, work):
    """Inject, and run `work` with a keeper."""

    async def run():
        injection = await world.inject(build_experiment())
        return await work(LeaseKeeper(world, injection, timedelta(seconds=3), LoopClock()))

    return run_virtually(run())


def test_lease_is_lost_when_nobody_answers():
    """Not before its time, and not a moment later."""
    world = World()

    async def work(keeper):
        task = asyncio.create_task(keeper.keep())
        await asyncio.sleep(10.5)
        lost = [keeper.is_lost]
        world.failing["renew"] = LOST
        await asyncio.sleep(2.4)
        lost.append(keeper.is_lost)
        await asyncio.sleep(1)
        task.cancel()
        return [*lost, keeper.is_lost]

    assert keep(world, work) == [False, False, True]


def test_renewal_that_is_lost_costs_nothing():
    """The next one keeps the lease."""
    world = World()

    async def work(keeper):
        task = asyncio.create_task(keeper.keep())
        world.failing["renew"] = LOST
        await asyncio.sleep(1.5)
        world.failing.clear()
        await asyncio.sleep(10.2)
        task.cancel()
        return keeper.is_lost

    assert keep(world, work) is False


def test_end_is_told_again_until_it_is_seen():
    """An answer that was lost is no reason to leave a fault alone."""
    world = World()

    async def work(keeper):
        world.failing = {"withdraw": LOST, "observe": LOST}
        ending = asyncio.create_task(keeper.end())
        await asyncio.sleep(1)
        world.failing.clear()
        return await ending

    assert keep(world, work) is True
    assert len(world.list_calls("withdraw")) > 1
    assert world.until is None


@pytest.mark.parametrize(("do", "told"), [("", ""), ("Start it anew", ". Start it anew")])
def test_injector_that_is_gone_is_not_waited_for(do, told):
    """Its process has died: no patience mends that, and the lease has ended what was left; a person mends the rest."""
    world = World()
    dead = InjectorGone("The fault proxy does not answer", why="nothing listens there", do=do)

    async def work(keeper):
        await keeper.look()
        world.failing = {"withdraw": dead, "observe": dead}
        await keeper.look()
        once = keeper.gone
        ended = await keeper.end()
        return once, ended, keeper.gone, asyncio.get_running_loop().time()

    once, ended, gone, took_s = keep(world, work)

    assert (once, ended, gone) == ("", False, f"The fault proxy does not answer: nothing listens there{told}")
    assert 4 <= took_s <= 5


def test_injector_that_came_back_is_not_gone():
    """One look is enough."""
    world = World()

    async def work(keeper):
        world.failing = {"observe": InjectorGone("no answer", why="nothing listens there")}
        await keeper.look()
        await keeper.look()
        world.failing.clear()
        await keeper.look()
        return keeper.gone

    assert keep(world, work) == ""


def test_fault_that_goes_on_hitting_is_not_gone():
    """It says that it is over, and its count grows."""
    world = World()

    async def observe(injection):
        world.affected += 1
        return InjectionState(active=False, affected=world.affected)

    world.observe = observe

    async def work(keeper):
        return await keeper.end()

    assert keep(world, work) is False


@pytest.mark.parametrize(
    ("numbers", "call_s", "expected"),
    [
        ([], 0, {}),
        ([(0, 0, 0)], 0, {}),
        ([(0, 0, 0), (10, 100, 200)], 2, {"in_flight": 20, "calls_per_s": 10, "wait_ms": 2000}),
        ([(0, 0, 0), (3, 100, 60)], 2, {"in_flight": 20}),
        ([(0, 5, 0), (10, 5, 200)], 2, {"in_flight": 20}),
    ],
)
def test_calls_are_measured_between_two_looks(numbers, call_s, expected):
    """Calls in flight are the calls' seconds over the time; rates only where waves do not decide them."""

    async def run():
        keeper = LeaseKeeper(World(), Injection(experiment_id="e", handle="h"), timedelta(seconds=3), LoopClock())
        keeper.states = [
            (at, InjectionState(active=True, numbers={"calls": calls, "call_seconds": seconds}))
            for at, calls, seconds in numbers
        ]
        return keeper.measure(0, 100, call_s=call_s)

    assert run_virtually(run()) == expected
