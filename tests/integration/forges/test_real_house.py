"""The whole way with the real house: an alert, a forge that is asked, and a card that takes the change back."""

import asyncio

import pytest
from tests.faults.scenery import QUICK, Scenery, make_settings, write_body
from tests.integration.forges.test_story import make_logs

from fermata.bootstrap import House
from fermata.domain.policy import Approvers
from fermata.engine.dbos_engine import DbosEngine
from fermata.ports.system import System
from fermata.settings.tree import GuardrailSettings, PolicySettings, StoreSettings
from fermata.store.connect import open_store
from fermata.testing.forges.shop import CODE, ONSET

RAIL = GuardrailSettings(
    id="reverts", actions=("*.open_*_request",), resources=("*:repository/*",), approvers=Approvers(roles=("oncall",))
)


class Logs(System):
    """A log that ends in the broken line, whoever is asked about."""

    name = "logs"

    def list_collectors(self):
        return [self]

    def wants(self, scope):
        return bool(scope.entities)

    async def collect(self, scope):
        return [make_logs(scope)]


@pytest.fixture
async def house(rig, tmp_path):
    """Give a house that serves, with the forge from its settings, a log and a chat."""
    scenery = Scenery(tmp_path)
    scenery.add_workloads("elsewhere")
    systems = scenery.build_systems(rig.clock)
    del systems["rehearsal"]
    systems |= {rig.system: rig.make_system(), "logs": Logs(None, rig.clock)}
    store = open_store(f"sqlite:///{tmp_path}/fermata.db")
    values = make_settings(tmp_path, limits=QUICK, policy=PolicySettings(guardrails=(RAIL,)))
    values = values.model_copy(update={"store": StoreSettings(url=str(store.database.url))})
    house = House(values, systems, store, DbosEngine(store, polling_interval_s=0.02), rig.clock)
    house.start()
    house.scenery = scenery
    yield house
    await house.close()


async def wait_for_card(house, words):
    """Wait for the one card to say something."""
    for _ in range(1500):
        messages = house.scenery.messages
        if messages and words in messages[0].text:
            return messages[0].text
        await asyncio.sleep(0.01)
    raise AssertionError([message.text for message in house.scenery.messages])


async def test_merge_before_the_onset_is_the_cause_on_the_card_with_its_revert(rig, house):
    """The commit, the merge that brought it and its diff are evidence; the plan takes it back in this very project."""
    receipt = await house.intake.receive("alertmanager", write_body("checkout", starts_at=ONSET))

    card = await wait_for_card(house, "DIFF OF STEP 1 OF 1")

    view = await house.readings.show(receipt.incidents[0])
    kinds = {item.facts.get("kind") for item in view.evidence if item.collector == f"{rig.system}.changes"}
    assert {"commit", "deployment", "ci_run", "pull_request_merged"} <= kinds
    commit = next(item for item in view.evidence if item.facts.get("id") == rig.shop.guilty)
    assert any(line.text == "+    return fast_sum(lines)" for line in commit.lines)
    (action,) = view.plan.actions
    verb = f"{rig.system}.open_{rig.request_words.replace(' ', '_')}"
    assert (action.name, action.target.ref) == (verb, rig.entity.ref)
    assert f"b/{CODE}" in action.dry_run.diff
    assert f"Guilty change: {rig.shop.guilty}" in card
    assert "+    return sum(PRICES[line] for line in lines)" in card
