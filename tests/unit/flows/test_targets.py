"""What the serving process knows of the targets of models, written down for commands beside it."""

import dataclasses
from datetime import timedelta

import pytest

from fermata.domain.model import TaskKind, Tier
from fermata.flows.sweep import Sweeper
from fermata.flows.targets import Route, explain_route, find_states, measure_targets, write_states


class StatedGateway:
    """A gateway that is in a state, and asks nobody."""

    def __init__(self, state="closed", words=""):
        self.state, self.words = state, words or state

    def describe(self):
        """Describe one target."""
        keys = [{"state": "closed"}, {"state": "open"}]
        return [{"target": "acme/sage", "circuit": {"state": self.state}, "keys": keys, "refusal": ""}]

    def explain(self, kind, tier=None):
        """Say where the kind begins, and how it is there."""
        return [f"{kind.value} at {tier.value if tier else 'its tier'}: {self.words}"]


@pytest.fixture
def serving(stage):
    """Give the context of a process that asks models."""
    return dataclasses.replace(stage.context, models=StatedGateway("open"))


@pytest.fixture
def beside(stage):
    """Give the context of a command beside it."""
    return dataclasses.replace(stage.context, models=StatedGateway())


async def test_command_sees_what_the_serving_process_wrote(serving, beside):
    """Targets and routes, as they were there."""
    assert await write_states(serving)

    states = await find_states(beside)

    assert states.is_serving
    assert states.targets[0]["circuit"]["state"] == "open"
    assert await explain_route(beside, TaskKind.DRAFT) == Route(["draft at its tier: open"], states.at)


async def test_other_tier_is_explained_by_the_command_itself(serving, beside):
    """Only the usual routes are written down, and the answer says whose it is."""
    await write_states(serving)

    assert await explain_route(beside, TaskKind.DRAFT, Tier.HIGH) == Route(["draft at high: closed"])


async def test_nothing_is_written_twice_within_a_minute(stage, serving):
    """A state that did not change costs a row a minute, one that did is written at once."""
    first = [await write_states(serving), await write_states(serving)]
    changed = await write_states(dataclasses.replace(serving, models=StatedGateway("half-open")))
    stage.clock.advance(timedelta(minutes=2))

    assert (first, changed) == ([True, False], True)
    assert await write_states(dataclasses.replace(serving, models=StatedGateway("half-open")))


async def test_pause_that_goes_on_is_not_written_each_time(serving):
    """What a route says of it is other words each second."""
    await write_states(serving)

    assert not await write_states(dataclasses.replace(serving, models=StatedGateway("open", "for another 9 s")))


async def test_old_state_is_nobodys(stage, serving, beside):
    """After three minutes without a word the command tells what it knows itself."""
    await write_states(serving)
    stage.clock.advance(timedelta(minutes=4))

    states = await find_states(beside)

    assert not states.is_serving
    assert states.targets[0]["circuit"]["state"] == "closed"


async def test_without_models_there_is_nothing_to_tell(stage):
    """And nothing is written."""
    assert not await write_states(stage.context)

    assert (await find_states(stage.context)).targets == ()
    assert await explain_route(stage.context, TaskKind.PLAN) == Route(())
    assert await explain_route(stage.context, TaskKind.PLAN, Tier.LOW) == Route(())


@pytest.mark.parametrize(("state", "available"), [("closed", 1), ("half-open", 1), ("open", 0)])
async def test_gauge_tells_who_may_be_asked(stage, state, available):
    """A probe is enough, and one key."""
    measure_targets(dataclasses.replace(stage.context, models=StatedGateway(state)))

    text = stage.context.meters.render().decode()
    assert f'fermata_model_target_available{{target="acme/sage"}} {available}.0' in text


async def test_sweep_writes_the_states(stage, serving):
    """It is one of the chores of the serving process."""
    await Sweeper(serving)._keep_house()

    assert (await find_states(stage.context)).is_serving
