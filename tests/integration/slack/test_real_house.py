"""The whole way with the real house: an alert, a card, a click, an execution, and the card that says so."""

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from pydantic import SecretStr
from tests.faults.scenery import QUICK, Scenery, make_settings, write_body
from tests.integration.slack.test_http import sign
from tests.integration.web.conftest import browse, serving_app

from fermata.bootstrap import House
from fermata.domain.person import GroupRole, Person
from fermata.engine.dbos_engine import DbosEngine
from fermata.integrations.slack.system import Slack
from fermata.settings.notify import NotifySettings, RouteSettings
from fermata.settings.tree import StoreSettings
from fermata.store.connect import open_store
from fermata.testing.slack.server import SlackFault
from fermata.testing.slack.workspace import SIGNING_SECRET, SlackUser, list_buttons, read_blocks

ALICE = Person(id="alice", name="Alice", roles=("oncall",), handles={"slack": "UALICE"})
BOB = Person(id="bob", name="Bob", roles=("oncall",), handles={"slack": "UBOB"})


def build_stage(settings, clock, tmp_path, **changes):
    """Give a stage with a sick workload, and a house with Slack as its channel."""
    scenery = Scenery(tmp_path)
    scenery.add_workloads()
    systems = scenery.build_systems(clock)
    del systems["messages"]
    systems["slack"] = Slack(settings, clock)
    store = open_store(f"sqlite:///{tmp_path}/fermata.db")
    engine = DbosEngine(store, polling_interval_s=0.02)
    limits = QUICK.model_copy(update={"verify_within": timedelta(seconds=5)})
    values = make_settings(tmp_path, **{"people": (ALICE, BOB), "limits": limits} | changes)
    values = values.model_copy(update={"store": StoreSettings(url=str(store.database.url))})
    return scenery, House(values, systems, store, engine, clock)


@asynccontextmanager
async def serve(slack, house):
    """Run a house around a block, connected."""
    house.start()
    try:
        await asyncio.wait_for(slack.sockets.connected.wait(), 5)
        yield
    finally:
        await house.close()


@pytest.fixture
async def stage(slack, settings, clock, tmp_path):
    """Give the stage, and the house serving."""
    scenery, house = build_stage(settings, clock, tmp_path)
    async with serve(slack, house):
        yield scenery, house


async def find_card(slack, words, *, with_buttons=False):
    """Wait for the one card to say something."""
    for _ in range(1500):
        cards = slack.space.list_cards()
        if (
            cards
            and words in read_blocks(cards[0].blocks)
            and ("approve" in list_buttons(cards[0].blocks)) == with_buttons
        ):
            assert len(cards) == 1
            return cards[0]
        await asyncio.sleep(0.01)
    raise AssertionError([read_blocks(card.blocks) for card in slack.space.list_cards()])


async def test_alert_is_mitigated_by_a_click_in_slack(slack, stage, told):
    """One card all the way, changed in place; the plan ran once, and everybody who clicked was answered."""
    scenery, house = stage

    await house.intake.receive("alertmanager", write_body("checkout"))
    card = await find_card(slack, "held: a plan waits for a person", with_buttons=True)
    await slack.sockets.click("UMALLORY", card.ts, "approve")
    refused = await told("UMALLORY")
    button = list_buttons(card.blocks)["approve"]
    await slack.sockets.click("UALICE", card.ts, "approve")
    taken = await told("UALICE")
    await find_card(slack, "done: limit is 134217728")
    await house.intake.receive("alertmanager", write_body("checkout", "resolved"))
    await find_card(slack, "resolved; began")
    await slack.sockets.click("UALICE", card.ts, "approve", button=button)
    late = await told("UALICE", 2)

    assert len(scenery.marks["checkout"]) == 1
    assert refused["text"].startswith("Not counted")
    assert taken["text"].startswith("Approved by alice")
    assert "already" in late["text"]
    assert "alice" in late["text"]


async def test_rejection_with_its_reason_stands_on_the_card(slack, stage, told):
    """Nothing runs."""
    scenery, house = stage
    await house.intake.receive("alertmanager", write_body("checkout"))
    card = await find_card(slack, "held", with_buttons=True)

    await slack.sockets.click("UALICE", card.ts, "reject")
    await slack.sockets.submit("UALICE", slack.space.views[0], reason="wrong service")
    said = await told("UALICE")
    shown = await find_card(slack, "wrong service")

    assert said["text"].startswith("Rejected by alice")
    assert "rejected by alice" in read_blocks(shown.blocks)
    assert len(scenery.marks["checkout"]) == 0


async def test_commands_reach_the_house(slack, stage, told):
    """What `/fermata incidents` says names the incident."""
    _, house = stage
    await house.intake.receive("alertmanager", write_body("checkout"))
    await find_card(slack, "held", with_buttons=True)

    await slack.sockets.command("UALICE", "/fermata", "incidents")
    said = await told("UALICE")

    assert "checkout" in read_blocks(said["blocks"])


async def test_two_people_at_the_same_instant_make_one_execution(slack, stage, told):
    """Both are answered; the second is told who decided."""
    scenery, house = stage
    await house.intake.receive("alertmanager", write_body("checkout"))
    card = await find_card(slack, "held", with_buttons=True)

    acks = await asyncio.gather(*(slack.sockets.click(user, card.ts, "approve") for user in ("UALICE", "UBOB")))
    texts = sorted([(await told("UALICE"))["text"], (await told("UBOB"))["text"]])
    await find_card(slack, "done: limit is 134217728")

    assert all(ack.acked for ack in acks)
    assert texts[0].startswith("Approved by")
    assert "already" in texts[1]
    assert len(scenery.marks["checkout"]) == 1


async def test_click_over_http_goes_through_the_real_door(slack, settings, clock, tmp_path, told):
    """Slack's request to `/v1/hooks/slack`: signed it counts, forged it is 401."""
    over_http = settings.model_copy(
        update={"mode": "http", "signing_secret": SecretStr(SIGNING_SECRET), "app_token": None}
    )
    scenery, house = build_stage(over_http, clock, tmp_path)
    async with serving_app(house) as port, browse(port) as http:
        await house.intake.receive("alertmanager", write_body("checkout"))
        card = await find_card(slack, "held", with_buttons=True)
        payload = slack.sockets.write_click("UALICE", card.ts, "approve")
        body = urlencode({"payload": json.dumps(payload)}).encode()

        forged = await http.post("/v1/hooks/slack", content=body, headers=sign(body, clock.now(), "another"))
        signed = await http.post("/v1/hooks/slack", content=body, headers=sign(body, clock.now()))
        said = await told("UALICE")
        await find_card(slack, "done: limit is 134217728")

    assert (forged.status_code, signed.status_code) == (401, 200)
    assert said["text"].startswith("Approved by alice")
    assert len(scenery.marks["checkout"]) == 1


async def test_lost_answer_to_the_first_post_leaves_one_card(slack, stage):
    """The real outbox tries again, and the channel finds what is there."""
    _, house = stage
    slack.fail("chat.postMessage", SlackFault.LOST)

    await house.intake.receive("alertmanager", write_body("checkout"))
    await find_card(slack, "held", with_buttons=True)

    assert slack.count("chat.postMessage") == 1


async def test_role_comes_from_a_user_group_as_long_as_somebody_is_in_it(slack, settings, clock, tmp_path, told):
    """Asked for at the click: Carol is not in the group, then she is."""
    carol = Person(id="carol", name="Carol", handles={"slack": "UCAROL"})
    slack.space.users["UCAROL"] = SlackUser("UCAROL", "carol")
    groups = (GroupRole(channel="slack", id="SONCALL", role="oncall"),)
    _, house = build_stage(settings, clock, tmp_path, people=(carol,), groups=groups)

    async with serve(slack, house):
        await house.intake.receive("alertmanager", write_body("checkout"))
        card = await find_card(slack, "held", with_buttons=True)
        await slack.sockets.click("UCAROL", card.ts, "approve")
        refused = await told("UCAROL")

    assert refused["text"].startswith("Not counted: this needs role oncall")

    slack.space.groups["SONCALL"].append("UCAROL")
    scenery, house = build_stage(settings, clock, tmp_path, people=(carol,), groups=groups)
    async with serve(slack, house):
        await slack.sockets.click("UCAROL", card.ts, "approve")
        taken = await told("UCAROL", 2)
        await find_card(slack, "done: limit is 134217728")

    assert taken["text"].startswith("Approved by carol")
    assert len(scenery.marks["checkout"]) == 1


async def test_route_sends_the_card_to_its_channel(slack, settings, clock, tmp_path):
    """`slack:C0OTHER` is another room of the same app; the default one stays empty."""
    notify = NotifySettings(routes=(RouteSettings(id="all", addresses=("slack:C0OTHER",)),))
    _, house = build_stage(settings, clock, tmp_path, notify=notify, systems={"slack": {}})

    async with serve(slack, house):
        await house.intake.receive("alertmanager", write_body("checkout"))
        for _ in range(1000):
            if slack.space.list_cards("C0OTHER"):
                break
            await asyncio.sleep(0.01)

    assert len(slack.space.list_cards("C0OTHER")) == 1
    assert slack.space.list_cards() == []
