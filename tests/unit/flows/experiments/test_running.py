"""An approved experiment runs once, alone, and as it was approved; what says no says so before anything is created."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.flows.experiments.scene import ACTOR, BAD, DeadStore

from fermata.domain.experiment import Phase, Verdict
from fermata.domain.held_experiment import ExperimentState
from fermata.domain.policy import Policy
from fermata.flows.experiments import running
from fermata.flows.experiments.keepsake import list_kept
from fermata.flows.experiments.lease import find_lease, take_lease
from fermata.flows.experiments.running import Stop, run_experiment
from fermata.flows.experiments.stopping import EVERYTHING, ask_to_stop, find_request
from fermata.kit.errors import GuardRefused, NotFoundError, UserError

RUNNER = "elsewhere:1:aa"


async def run(bench, held, **options):
    """Run a row under the test's name."""
    return await run_experiment(bench.context, held.id, RUNNER, **options)


async def test_approved_experiment_runs_to_its_verdict(bench):
    """It is injected once and withdrawn, and the row, the result and the journal say so."""
    held = await bench.approve()

    result = await run(bench, held)

    shown = await bench.show(held)
    assert result.verdict is Verdict.CONTAINED
    assert shown.result == result
    assert (shown.held.state, shown.held.verdict, shown.held.handle) == (
        ExperimentState.DONE,
        "contained",
        f"handle of {held.id}",
    )
    assert (bench.injector.injected, bench.injector.active) == (1, False)
    assert (await bench.list_kinds())[-3:] == ["experiment.started", "experiment.injected", "experiment.finished"]
    assert await bench.store.read(lambda transaction: find_lease(transaction, bench.flow.clock.now())) is None


async def test_phases_and_samples_are_told(bench):
    """Whoever looks on sees the baseline, the fault and what came after."""
    phases, samples = [], []

    async def on_phase(phase):
        phases.append(phase)

    async def on_sample(sample):
        samples.append(sample)

    await run(bench, await bench.approve(), on_phase=on_phase, on_sample=on_sample)

    assert phases[:2] == [Phase.BASELINE, Phase.FAULT]


async def refused_by(bench, held):
    """Give the guard that does not let it start."""
    with pytest.raises(GuardRefused) as refused:
        await run(bench, held)
    assert bench.injector.injected == 0
    return refused.value.rule


async def test_experiment_that_nobody_approved_is_not_run(bench):
    """Proposed is not approved."""
    held = await bench.propose()

    assert await refused_by(bench, held) == "not_approved"
    assert await bench.state(held) is ExperimentState.PROPOSED


async def test_experiment_edited_after_its_approval_is_not_run(bench):
    """The row itself was changed in the store: its digest is not what was approved."""
    held = await bench.approve()
    longer = held.experiment.model_copy(update={"duration": timedelta(minutes=5)})
    edited = held.model_copy(update={"experiment": longer})
    await bench.write(lambda transaction: transaction.experiments.compare_and_set(held.state, edited))

    assert await refused_by(bench, held) == "plan_edited"
    assert await bench.state(held) is ExperimentState.REFUSED


async def test_approval_that_the_journal_does_not_hold_is_refused(bench):
    """A row that somebody wrote an approval into has no entry of a click."""
    approved, held = await bench.approve(), await bench.propose()
    digest = held.digest
    forged = held.model_copy(
        update={
            "state": ExperimentState.APPROVED,
            "approvals": tuple(item.model_copy(update={"digest": digest}) for item in approved.approvals),
        }
    )
    await bench.write(lambda transaction: transaction.experiments.compare_and_set(held.state, forged))

    assert await refused_by(bench, held) == "journal"


async def test_place_that_is_no_sandbox_any_more_is_refused(bench):
    """Everything is looked at again right before it starts."""
    held = await bench.approve()
    bench.injector.findings = (BAD,)

    assert await refused_by(bench, held) == "sandbox"
    assert "no quota" in (await bench.show(held)).held.reason


async def test_policy_that_changed_its_mind_refuses(bench):
    """What was permitted at the click need not be permitted now."""
    held = await bench.approve()
    bench.context = bench.build(flow=replace(bench.flow, policy=Policy()))

    assert await refused_by(bench, held) == "policy"


async def test_other_preview_than_was_approved_is_refused(bench):
    """The experiment is the same, and its system would create something else by now."""
    held = await bench.approve()

    async def preview(experiment):
        return "another proxy"

    bench.injector.preview = preview

    assert await refused_by(bench, held) == "plan_edited"


async def test_experiment_stopped_before_it_began_injects_nothing(bench):
    """It is withdrawn, and cannot start."""
    held = await bench.approve()
    await bench.experiments.stop(held.id, ACTOR, "lunch")

    assert await refused_by(bench, held) == "not_approved"
    assert bench.injector.injected == 0
    assert (await bench.show(held)).held.reason == "stopped by dana: lunch"


async def test_request_of_a_store_that_was_gone_is_met_at_the_start(bench):
    """The file is there when it starts, though the row knows nothing of it."""
    held = await bench.approve()
    ask_to_stop(bench.context.folder, held.id, ACTOR, "lunch")

    result = await run(bench, held)

    assert result.aborted == "stopped by dana: lunch"
    assert bench.injector.injected == 0


async def test_request_for_whatever_ran_does_not_meet_the_next_one(bench):
    """It outlived the run that it was meant for."""
    ask_to_stop(bench.context.folder, EVERYTHING, ACTOR, "")

    result = await run(bench, await bench.approve())

    assert result.aborted == ""
    assert bench.injector.injected == 1


async def test_request_for_whatever_runs_waits_for_the_one_that_does(bench):
    """A second one that may not start leaves it alone."""
    held = await bench.approve()
    now = bench.flow.clock.now()
    await bench.write(lambda transaction: take_lease(transaction, "exp-other", "elsewhere:2:bb", now))
    ask_to_stop(bench.context.folder, EVERYTHING, ACTOR, "")

    assert await refused_by(bench, held) == "one_experiment"
    assert find_request(bench.context.folder, EVERYTHING)


async def test_halted_experiment_stays_approved(bench):
    """A halt passes; the approval is good for another try."""
    held = await bench.approve()
    bench.flow.halt.halt(ACTOR, "lunch")

    assert await refused_by(bench, held) == "halt"
    assert await bench.state(held) is ExperimentState.APPROVED


async def test_second_experiment_is_refused_and_stays_approved(bench):
    """One at a time: with two, nobody could say which of them did it."""
    held = await bench.approve()
    now = bench.flow.clock.now()
    await bench.write(lambda transaction: take_lease(transaction, "exp-other", "elsewhere:2:bb", now))

    assert await refused_by(bench, held) == "one_experiment"
    assert await bench.state(held) is ExperimentState.APPROVED


async def test_refusal_at_a_terminal_is_kept_as_why_it_was_not_run(bench):
    """Its process ends with it: that there is no other try is told at once, and not as a terminal that has gone."""
    held = await bench.approve()
    awaited = held.model_copy(update={"runner": RUNNER})
    await bench.write(lambda transaction: transaction.experiments.compare_and_set(held.state, awaited))
    bench.flow.halt.halt(ACTOR, "lunch")

    assert await refused_by(bench, held) == "halt"
    assert await bench.state(held) is ExperimentState.REFUSED
    kept = await bench.flow.store.read(lambda transaction: transaction.experiments.get(held.id))
    assert "lunch" in kept.reason


async def test_unknown_experiment_is_not_found(bench):
    """Nothing is started for an id that nobody has."""
    with pytest.raises(NotFoundError):
        await run_experiment(bench.context, "exp-none", RUNNER)


async def test_stop_in_the_middle_withdraws_the_fault(bench):
    """The row is stopped, and says why."""
    stop = Stop()
    held = await bench.approve()

    async def on_phase(phase):
        if phase is Phase.FAULT:
            stop.tell("lunch")
            stop.tell("later")

    result = await run(bench, held, stop=stop, on_phase=on_phase)

    assert result.aborted == "lunch"
    assert (bench.injector.injected, bench.injector.active) == (1, False)
    assert await bench.state(held) is ExperimentState.STOPPED


async def test_request_to_stop_is_heard_in_the_middle(bench):
    """A file, written by another process, ends it."""
    held = await bench.approve()

    async def on_phase(phase):
        if phase is Phase.FAULT:
            await bench.experiments.stop(held.id, ACTOR, "lunch")

    result = await run(bench, held, on_phase=on_phase)

    assert result.aborted == "stopped by dana: lunch"
    assert list(bench.context.folder.iterdir()) == []


async def test_halt_between_baseline_and_fault_injects_nothing(bench):
    """The last look is right before the fault."""
    held = await bench.approve()

    async def on_phase(phase):
        bench.flow.halt.halt(ACTOR, "lunch")

    result = await run(bench, held, on_phase=on_phase)

    assert result.verdict is Verdict.INCONCLUSIVE
    assert bench.injector.injected == 0
    assert await bench.state(held) is ExperimentState.STOPPED


async def test_injector_that_refuses_in_the_end_is_a_result(bench):
    """What could not be carried out is inconclusive, with the reason."""
    held = await bench.approve()

    async def refuse(experiment):
        raise UserError("Nothing was injected", why="the proxy is taken")

    bench.injector.inject = refuse

    result = await run(bench, held)

    assert result.verdict is Verdict.INCONCLUSIVE
    assert "the proxy is taken" in result.why
    assert await bench.state(held) is ExperimentState.STOPPED


async def test_cancelled_run_withdraws_and_is_closed(bench):
    """A process that is told to end takes its fault back."""
    held = await bench.approve()
    began = asyncio.Event()

    async def on_phase(phase):
        if phase is Phase.FAULT:
            began.set()

    task = asyncio.create_task(run(bench, held, on_phase=on_phase))
    await asyncio.wait_for(began.wait(), 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert not bench.injector.active
    assert (await bench.show(held)).held.reason == "its process was told to end"


async def test_lease_that_somebody_else_has_ends_the_run(bench, monkeypatch):
    """A runner that was taken for dead does not go on beside the next one."""
    monkeypatch.setattr(running, "RENEW_S", 0.05)  # A constant of the module; two seconds are too long for a test.
    held = await bench.approve()
    now = bench.flow.clock.now()

    def rob(transaction):
        # At once: between two transactions the runner would take it back.
        transaction.flags.remove("lease/experiment")
        take_lease(transaction, "exp-other", "elsewhere:2:bb", now)

    async def on_phase(phase):
        if phase is Phase.FAULT:
            await bench.write(rob)

    result = await run(bench, held, on_phase=on_phase)

    assert result.aborted == "another process has taken the lease"


async def test_store_that_dies_ends_the_run_and_keeps_its_result(bench, monkeypatch):
    """Without a lease another one could begin, so this one ends; a file has its result until the store is back."""
    monkeypatch.setattr(running, "RENEW_S", 0.05)  # As above.
    monkeypatch.setattr(running, "LASTS", timedelta(seconds=0.2))
    held = await bench.approve()
    real = bench.store.write

    async def on_phase(phase):
        if phase is Phase.FAULT:
            monkeypatch.setattr(bench.store, "write", DeadStore().write)

    result = await run(bench, held, on_phase=on_phase)

    assert "has not renewed the lease" in result.aborted
    assert not bench.injector.active
    assert [held_id for held_id, _ in list_kept(bench.context.folder)] == [held.id]
    monkeypatch.setattr(bench.store, "write", real)
