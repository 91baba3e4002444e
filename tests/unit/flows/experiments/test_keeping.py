"""The serving process takes up what was approved, keeps the schedule, and takes its fault back when it ends."""

import asyncio
from datetime import time, timedelta

from tests.unit.flows.experiments.scene import ACTOR

from fermata.domain.held_experiment import ExperimentState
from fermata.flows.experiments.keeping import ExperimentKeeper
from fermata.flows.experiments.lease import take_lease
from fermata.rules.slots import Slot


async def settle(bench, held, state):
    """Wait until a row is in a state."""
    async with asyncio.timeout(10):
        while await bench.state(held) is not state:  # noqa: ASYNC110 - another task moves it, and tells nobody
            await asyncio.sleep(0.02)


async def test_approved_experiment_is_taken_up(bench):
    """One that a terminal waits to run is left to it."""
    mine, theirs = await bench.approve(), await bench.approve(runner="elsewhere:1:aa")
    keeper = ExperimentKeeper(bench.context)

    await keeper.look()
    await settle(bench, mine, ExperimentState.DONE)
    await keeper.look()

    assert await bench.state(theirs) is ExperimentState.APPROVED
    await keeper.stop()


async def test_experiment_waits_while_another_runs(bench):
    """One at a time, whoever runs the other."""
    held = await bench.approve()
    now = bench.flow.clock.now()
    await bench.write(lambda transaction: take_lease(transaction, "exp-other", "elsewhere:2:bb", now))
    keeper = ExperimentKeeper(bench.context)

    await keeper.look()

    assert await bench.state(held) is ExperimentState.APPROVED
    assert bench.injector.injected == 0
    await keeper.stop()


async def test_end_of_the_process_takes_the_fault_back(bench):
    """The run is stopped, not abandoned."""
    experiment = bench.make(duration=timedelta(seconds=30))
    held = await bench.experiments.propose(experiment, ACTOR)
    await bench.decide(held)
    keeper = ExperimentKeeper(bench.context)
    keeper.start()
    async with asyncio.timeout(10):
        while not bench.injector.active:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.02)

    await keeper.stop()

    assert not bench.injector.active
    assert (await bench.show(held)).held.reason == "the process that ran it was told to end"


async def test_stop_of_one_run_does_not_end_the_next(bench):
    """A serving process runs one after the other: what was wanted of the first is not wanted of all."""
    held = await bench.experiments.propose(bench.make(duration=timedelta(seconds=30)), ACTOR)
    await bench.decide(held)
    keeper = ExperimentKeeper(bench.context)
    keeper.start()
    async with asyncio.timeout(10):
        while not bench.injector.active:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.02)
    await bench.experiments.stop(held.id, ACTOR, "")
    await settle(bench, held, ExperimentState.STOPPED)
    second = await bench.approve()

    await settle(bench, second, ExperimentState.DONE)
    assert (await bench.show(second)).result.aborted == ""
    await keeper.stop()


async def test_standing_approval_runs_once_in_each_slot(bench):
    """The standing row stays approved; each run is a row of its own, under the same approval."""
    now = bench.flow.clock.now()
    began = now - timedelta(minutes=1)
    bench.context = bench.build(
        slot=Slot(
            weekday=began.weekday(), begins=time(began.hour, began.minute, began.second), lasts=timedelta(hours=2)
        )
    )
    until = (now + timedelta(days=30)).date()
    standing = await bench.approve(scheduled_until=until)
    week_ago = standing.model_copy(update={"proposed_at": now - timedelta(days=7)})
    await bench.write(lambda transaction: transaction.experiments.compare_and_set(standing.state, week_ago))
    keeper = ExperimentKeeper(bench.context)

    for _ in range(3):
        await keeper.look()
        if keeper._run is not None:
            await asyncio.wait_for(keeper._run, 10)

    recent = await bench.experiments.list_recent()
    runs = [held for held in recent if held.id != standing.id]
    assert [held.id for held in runs] == [f"{standing.id}-{began:%Y%m%d}"]
    assert runs[0].state is ExperimentState.DONE
    assert await bench.state(standing) is ExperimentState.APPROVED
    assert bench.injector.injected == 1
    await keeper.stop()


async def test_standing_approval_outside_of_its_slot_waits(bench):
    """Nothing runs by itself at another time, nor without a slot."""
    now = bench.flow.clock.now()
    later = now + timedelta(hours=3)
    closed = Slot(weekday=later.weekday(), begins=time(later.hour), lasts=timedelta(minutes=1))
    await bench.approve(scheduled_until=(now + timedelta(days=30)).date())

    for slot in (None, closed):
        bench.context = bench.build(slot=slot)
        await ExperimentKeeper(bench.context).look()

    assert len(await bench.experiments.list_recent()) == 1


async def test_run_that_could_not_begin_in_its_slot_waits_a_week(bench):
    """Another one ran all the while: this slot's run is over, and the standing approval is good for the next."""
    now = bench.flow.clock.now()
    standing = await bench.approve(scheduled_until=(now + timedelta(days=30)).date())
    missed = standing.model_copy(update={"id": f"{standing.id}-20261124"})
    await bench.write(lambda transaction: transaction.experiments.add(missed))

    await ExperimentKeeper(bench.context).look()

    assert (await bench.show(missed)).held.reason == "it could not begin within its slot"
    assert await bench.state(standing) is ExperimentState.APPROVED
    assert bench.injector.injected == 0
