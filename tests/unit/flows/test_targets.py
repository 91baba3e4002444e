"""What the serving process knows of the targets of models, written down for commands beside it."""

import dataclasses
from datetime import timedelta

import pytest

from fermata.domain.model import TaskKind, Tier
from fermata.flows.sweep import Sweeper
from fermata.flows.targets import Route, explain_route, find_states, measure_targets, write_states
from fermata.testing import records


class StatedGateway:
    """A gateway that is in a state, and asks nobody."""

    def __init__(self, state="closed", words=""):
        self.state, self.words = state, words or state

    def describe(self):
        """Describe one target."""
        keys = [{"state": "closed", "reason": None}, {"state": "open", "reason": "rate_limited"}]
        circuit = {"state": self.state, "reason": "overloaded"}
        return [{"target": "acme/sage", "circuit": circuit, "keys": keys, "refusal": ""}]

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


@pytest.mark.parametrize(
    ("state", "cooldowns"), [("closed", {"rate_limited": 1}), ("open", {"rate_limited": 1, "overloaded": 1})]
)
async def test_gauges_tell_state_and_reasons(stage, state, cooldowns):
    """Each state is a row of its own, and a reason that is over is gone."""
    measure_targets(dataclasses.replace(stage.context, models=StatedGateway("open")))

    measure_targets(dataclasses.replace(stage.context, models=StatedGateway(state)))

    text = stage.context.meters.render().decode()
    told = {line.split('state="')[1].split('"')[0] for line in text.splitlines()
            if line.startswith("fermata_model_circuit{") and line.endswith(" 1.0")}  # fmt: skip
    lines = [line for line in text.splitlines() if line.startswith("fermata_model_cooldowns{")]
    assert told == {state}
    assert sorted(lines) == sorted(
        f'fermata_model_cooldowns{{reason="{reason}",target="acme/sage"}} {count}.0'
        for reason, count in cooldowns.items()
    )


async def test_ledger_tells_of_a_last_answer_that_did_not_stand(stage, beside):
    """A call that went well says nothing of what it brought."""
    call = records.make_attempt(at=stage.clock.now(), target="acme/sage", outcome="ok", fault="The quote is nowhere")
    await stage.context.store.write(lambda transaction: transaction.spending.settle(call))

    [target] = (await find_states(beside)).targets

    assert target["last"]["outcome"] == "ok"
    assert target["last"]["error"] == "its answer was not accepted: The quote is nowhere"


class TellingGateway(StatedGateway):
    """A gateway that shares what it knows."""

    def __init__(self, own):
        super().__init__()
        self.own, self.told = own, {}

    def can_ask(self, kind, passed_over=()):
        """Say that there is nobody."""
        return False

    async def ask(self, request):
        """Ask nobody."""
        raise NotImplementedError

    def share(self):
        """Tell."""
        return self.own

    def adopt(self, notices):
        """Be told."""
        self.told = dict(notices)


async def test_workers_of_one_store_tell_each_other(stage):
    """With each sweep: what one wrote, the other takes over, and nothing of either is lost."""
    at = stage.clock.now().isoformat()
    first = TellingGateway({"acme/sage": {"at": at, "until": at, "reason": "overloaded", "failures": 1}})
    second = TellingGateway({"acme/owl": {"at": at, "until": "", "reason": "", "failures": 0}})

    for gateway in (first, second, first):
        await write_states(dataclasses.replace(stage.context, models=gateway))

    assert first.told == second.told == first.own | second.own
