"""A run whose process died is closed once its fault is seen to be gone, and never with a guess."""

import socket
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.flows.experiments.scene import DeadStore

from fermata.domain.experiment import Verdict
from fermata.domain.held_experiment import ExperimentState
from fermata.flows.experiments.ending import close_orphans, finish, make_inconclusive, store_kept
from fermata.flows.experiments.holding import Experiments
from fermata.flows.experiments.keepsake import keep_result, list_kept
from fermata.flows.experiments.lease import name_runner, take_lease
from fermata.kit.errors import OperationalError

DEAD = f"{socket.gethostname()}:{2**22 + 1}:aa"


async def test_dead_runner_is_closed_as_inconclusive(bench):
    """The lease dropped the fault, and somebody looked."""
    held = await bench.abandon(await bench.approve(), handle="handle of it")

    assert await close_orphans(bench.context) == 1

    shown = await bench.show(held)
    assert shown.held.state is ExperimentState.STOPPED
    assert shown.result.verdict is Verdict.INCONCLUSIVE
    assert "the lease dropped the fault" in shown.result.why
    assert shown.result.withdrawn_at is not None
    assert await close_orphans(bench.context) == 0


async def test_runner_that_died_before_its_fault_is_not_said_to_have_left_one(bench):
    """In the baseline nothing is there that a lease could drop."""
    held = await bench.abandon(await bench.approve())

    await close_orphans(bench.context)

    assert (await bench.show(held)).result.why.endswith("; no fault is there")


@pytest.mark.parametrize(
    ("runner", "told"), [(DEAD, "the runner died;"), ("elsewhere:1:aa", "the runner was not heard of any more;")]
)
async def test_runner_that_nobody_knows_to_be_dead_is_not_called_so(bench, runner, told):
    """A machine with too much to do keeps one from renewing as well."""
    held = await bench.abandon(await bench.approve(), runner)

    await close_orphans(bench.context)

    assert (await bench.show(held)).result.why.startswith(told)


async def test_fault_that_is_still_there_is_ended_first(bench):
    """It is told to end, and closed at the next look."""
    held = await bench.abandon(await bench.approve(), handle="handle of it")
    bench.injector.active = True

    assert await close_orphans(bench.context) == 0
    assert bench.injector.withdrawn == 1
    assert await bench.state(held) is ExperimentState.RUNNING
    assert await close_orphans(bench.context) == 1


async def test_fault_that_is_not_felt_yet_is_taken_back_all_the_same(bench):
    """What was asked for just before the runner died may still be put in: nothing is closed before it is withdrawn."""
    held = await bench.abandon(await bench.approve())

    async def refuse(_):
        message = "The cluster is gone"
        raise OperationalError(message)

    withdraw, bench.injector.withdraw = bench.injector.withdraw, refuse
    assert await close_orphans(bench.context) == 0
    assert await bench.state(held) is ExperimentState.RUNNING

    bench.injector.withdraw = withdraw
    assert await close_orphans(bench.context) == 1
    assert bench.injector.withdrawn == 1


async def test_fault_that_cannot_be_seen_is_waited_for(bench):
    """Until it must be gone by its lease, and a minute more; then the row says that nobody could look."""
    recent = await bench.abandon(await bench.approve())
    bench.injector.fault = OperationalError("The cluster is gone")
    assert await close_orphans(bench.context) == 0

    old = bench.flow.clock.now() - timedelta(minutes=10)
    aged = recent.model_copy(update={"started_at": old})
    await bench.write(lambda transaction: transaction.experiments.compare_and_set(recent.state, aged))

    assert await close_orphans(bench.context) == 1
    result = (await bench.show(recent)).result
    assert "could not be looked at" in result.why
    assert result.withdrawn_at is None


async def test_fault_of_a_system_that_was_taken_out_is_waited_for(bench):
    """Nobody can look; it is closed when it must be gone by its lease."""
    held = await bench.abandon(await bench.approve())
    bench.context = bench.build(injectors={})

    assert await close_orphans(bench.context) == 0
    assert await bench.state(held) is ExperimentState.RUNNING


async def test_living_runner_is_left_alone(bench):
    """Its lease says that it lives."""
    runner = name_runner()
    held = await bench.abandon(await bench.approve(), runner=runner)
    now = bench.flow.clock.now()
    await bench.write(lambda transaction: take_lease(transaction, held.id, runner, now))

    assert await close_orphans(bench.context) == 0
    assert await bench.state(held) is ExperimentState.RUNNING


async def test_first_end_of_a_run_stays(bench):
    """A runner that was taken for dead and comes back changes nothing."""
    held = await bench.abandon(await bench.approve())
    await close_orphans(bench.context)
    now = bench.flow.clock.now()
    late = make_inconclusive(held, "late", now, now).model_copy(update={"verdict": Verdict.GRACEFUL, "aborted": ""})

    assert await finish(bench.context, held, held.runner, late)

    assert (await bench.show(held)).result.verdict is Verdict.INCONCLUSIVE


async def test_result_that_the_store_did_not_take_is_brought_later(bench):
    """Nothing measured is lost by a store that was down."""
    held = await bench.abandon(await bench.approve())
    now = bench.flow.clock.now()
    result = make_inconclusive(held, "halted", now, now)
    dead = bench.build(flow=replace(bench.flow, store=DeadStore()))

    assert not await finish(dead, held, held.runner, result)
    assert await store_kept(dead) == 0
    assert await store_kept(bench.context) == 1

    assert (await bench.show(held)).result == result
    assert list(list_kept(bench.context.folder)) == []


async def test_result_that_is_stored_nowhere_is_shown_where_it_was_run(bench):
    """A full disk takes neither rows nor files: whoever ran it is not told that it runs still."""
    held = await bench.abandon(await bench.approve())
    now = bench.flow.clock.now()
    result = make_inconclusive(held, "stopped by dana", now, now)
    dead = Experiments(bench.build(flow=replace(bench.flow, store=DeadStore())))

    for experiments in (dead, Experiments(bench.context)):
        shown = await experiments.show_ended(held, result)
        assert (shown.result, shown.journal) == (result, ())
        assert (shown.held.state, shown.held.verdict) == (ExperimentState.STOPPED, "inconclusive")

    await finish(bench.context, held, held.runner, result)
    assert (await Experiments(bench.context).show_ended(held, result)).journal


async def test_result_of_nothing_is_thrown_away(bench):
    """A file for a row that nobody has is no reason to try for ever."""
    held = await bench.propose()
    now = bench.flow.clock.now()
    keep_result(bench.context.folder, "exp-none", make_inconclusive(held, "halted", now, now))

    assert await store_kept(bench.context) == 0
    assert list(list_kept(bench.context.folder)) == []


@pytest.mark.parametrize("text", ["", "{}", "[]"])
def test_result_that_cannot_be_read_is_left_out(bench, text):
    """It is named in the log, and keeps nothing else from being stored."""
    bench.context.folder.mkdir()
    (bench.context.folder / "exp-1.result.json").write_text(text)

    assert list(list_kept(bench.context.folder)) == []


async def test_folder_that_takes_nothing_costs_only_the_copy(bench):
    """The store has the result all the same."""
    held = await bench.abandon(await bench.approve())
    bench.context.folder.write_text("a file in its place")
    now = bench.flow.clock.now()

    assert await finish(bench.context, held, held.runner, make_inconclusive(held, "halted", now, now))
    assert (await bench.show(held)).result is not None
