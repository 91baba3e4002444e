"""The injector that a run is given injects the approved experiment and no other, and not once somebody said stop."""

from datetime import timedelta

import pytest
from tests.unit.flows.experiments.scene import ACTOR

from fermata.flows.experiments.guarded import GuardedInjector
from fermata.flows.experiments.stopping import ask_to_stop
from fermata.kit.errors import GuardRefused


@pytest.fixture
async def guarded(bench):
    """Give the guarded injector of an approved experiment, with that."""
    held = await bench.approve()
    return GuardedInjector(bench.context, held, bench.injector), held


async def test_request_to_stop_keeps_the_fault_from_beginning(bench, guarded):
    """Nothing is created."""
    injector, held = guarded
    ask_to_stop(bench.context.folder, held.id, ACTOR, "")

    with pytest.raises(GuardRefused, match="stopped by dana"):
        await injector.inject(held.experiment)
    assert bench.injector.injected == 0


async def test_other_experiment_is_not_injected(bench, guarded):
    """It is not what was approved."""
    injector, held = guarded

    with pytest.raises(GuardRefused, match="not the experiment that was approved"):
        await injector.inject(held.experiment.model_copy(update={"duration": timedelta(minutes=5)}))
    assert bench.injector.injected == 0


async def test_place_that_changed_in_the_baseline_is_not_broken(bench, guarded):
    """A proxy started anew before another service is another place than the approved one."""
    injector, held = guarded

    async def preview(experiment):
        return "relays to somebody else"

    bench.injector.preview = preview

    with pytest.raises(GuardRefused, match="passes calls on to somebody else") as refusal:
        await injector.inject(held.experiment)
    assert refusal.value.rule == "plan_edited"
    assert bench.injector.injected == 0


async def test_all_else_is_the_injectors_own(bench, guarded):
    """Names, previews, looks, renewals and ends pass through."""
    injector, held = guarded
    injection = await injector.inject(held.experiment)

    assert (injector.name, injector.lease_kept_by) == ("scripted", "the script")
    assert await injector.preview(held.experiment) == f"fault of {held.id}"
    assert await injector.check_sandbox(held.experiment) == bench.injector.findings
    await injector.renew(injection, timedelta(seconds=3))
    assert (await injector.observe(injection)).active
    await injector.withdraw(injection)
    assert not (await injector.observe(injection)).active


async def test_calls_are_counted_by_who_can(bench, guarded):
    """An injector that sees none counts none."""
    injector, held = guarded
    assert await injector.measure(held.experiment) == {}

    async def measure(experiment):
        return {"calls": 1.0, "call_seconds": 0.5, "failed": 0.0}

    bench.injector.measure = measure
    assert (await injector.measure(held.experiment))["calls"] == 1.0
