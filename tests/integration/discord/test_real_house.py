"""The whole way with the real house: an alert, a card, a click, an execution, and the card that says so."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from tests.faults.scenery import QUICK, Scenery, make_settings, write_body
from tests.integration.discord.conftest import wait_for

from fermata.bootstrap import House
from fermata.domain.person import GroupRole, Person
from fermata.engine.dbos_engine import DbosEngine
from fermata.integrations.discord.system import Discord
from fermata.settings.notify import NotifySettings, RouteSettings
from fermata.settings.tree import StoreSettings
from fermata.store.connect import open_store
from fermata.testing.discord.guild import ALICE, BOB, MALLORY, ONCALL_ROLE, OTHER_CHANNEL
from fermata.testing.discord.server import DiscordFault

PEOPLE = (
    Person(id="alice", name="Alice", roles=("oncall",), handles={"discord": ALICE}),
    Person(id="bob", name="Bob", roles=("oncall",), handles={"discord": BOB}),
)


def build_stage(settings, clock, tmp_path, **changes):
    """Give a stage with a sick workload, and a house with Discord as its channel."""
    scenery = Scenery(tmp_path)
    scenery.add_workloads()
    systems = scenery.build_systems(clock)
    del systems["messages"]
    systems["discord"] = Discord(settings, clock)
    store = open_store(f"sqlite:///{tmp_path}/fermata.db")
    engine = DbosEngine(store, polling_interval_s=0.02)
    limits = QUICK.model_copy(update={"verify_within": timedelta(seconds=5)})
    values = make_settings(tmp_path, **{"people": PEOPLE, "limits": limits} | changes)
    values = values.model_copy(update={"store": StoreSettings(url=str(store.database.url))})
    return scenery, House(values, systems, store, engine, clock)


@asynccontextmanager
async def serve(discord, house):
    """Run a house around a block, connected."""
    house.start()
    try:
        await asyncio.wait_for(discord.gateway.connected.wait(), 5)
        yield
    finally:
        await house.close()


@pytest.fixture
async def stage(discord, settings, clock, tmp_path):
    """Give the stage, and the house serving."""
    scenery, house = build_stage(settings, clock, tmp_path)
    async with serve(discord, house):
        yield scenery, house


async def find_card(guild, words, *, with_buttons=False):
    """Wait for the one card to say something."""
    for _ in range(1500):
        cards = guild.list_cards()
        if cards and words in cards[0].read() and ("approve" in cards[0].list_buttons()) == with_buttons:
            assert len(cards) == 1
            return cards[0]
        await asyncio.sleep(0.01)
    raise AssertionError([card.read() for card in guild.list_cards()])


async def test_alert_is_mitigated_by_a_click_in_discord(discord, guild, stage, told):
    """One card all the way, changed in place; the plan ran once, and everybody who clicked was answered."""
    scenery, house = stage

    await house.intake.receive("alertmanager", write_body("checkout"))
    card = await find_card(guild, "held: a plan waits for a person", with_buttons=True)
    await discord.gateway.click(MALLORY, card.id, "approve")
    refused = await told(MALLORY)
    custom_id = card.list_buttons()["approve"]["custom_id"]
    await discord.gateway.click(ALICE, card.id, "approve")
    taken = await told(ALICE)
    await find_card(guild, "done: limit is 134217728")
    await discord.gateway.click(ALICE, card.id, "approve", custom_id=custom_id)
    late = await told(ALICE, 2)

    assert len(scenery.marks["checkout"]) == 1
    assert refused["text"].startswith("Not counted")
    assert taken["text"].startswith("Approved by alice")
    assert "already" in late["text"]


async def test_rejection_with_its_reason_stands_on_the_card(discord, guild, stage, told):
    """Nothing runs."""
    scenery, house = stage
    await house.intake.receive("alertmanager", write_body("checkout"))
    card = await find_card(guild, "held", with_buttons=True)

    await discord.gateway.click(ALICE, card.id, "reject")
    await wait_for(lambda: guild.forms)
    await discord.gateway.submit(ALICE, guild.forms[0], reason="wrong service")
    said = await told(ALICE)
    await find_card(guild, "wrong service")

    assert said["text"].startswith("Rejected by alice")
    assert len(scenery.marks["checkout"]) == 0


async def test_two_people_at_the_same_instant_make_one_execution(discord, guild, stage, told):
    """Both are answered; the second is told who decided."""
    scenery, house = stage
    await house.intake.receive("alertmanager", write_body("checkout"))
    card = await find_card(guild, "held", with_buttons=True)

    await asyncio.gather(*(discord.gateway.click(user, card.id, "approve") for user in (ALICE, BOB)))
    texts = sorted([(await told(ALICE))["text"], (await told(BOB))["text"]])
    await find_card(guild, "done: limit is 134217728")

    assert texts[0].startswith("Approved by")
    assert "already" in texts[1]
    assert len(scenery.marks["checkout"]) == 1


async def test_evidence_stands_in_the_thread(guild, stage):
    """What explains is there, and not between the buttons and what is approved."""
    _, house = stage
    await house.intake.receive("alertmanager", write_body("checkout"))
    card = await find_card(guild, "held", with_buttons=True)

    await wait_for(lambda: card.id in guild.rooms and guild.list_cards(card.id))


async def test_lost_answer_to_the_first_post_leaves_one_card(discord, guild, stage):
    """The real outbox tries again, and the channel finds what is there."""
    _, house = stage
    discord.fail("post message", DiscordFault.LOST)

    await house.intake.receive("alertmanager", write_body("checkout"))
    await find_card(guild, "held", with_buttons=True)

    assert len(guild.list_cards()) == 1


async def test_role_of_the_server_is_a_role_as_long_as_somebody_has_it(
    discord, guild, settings, *, clock, tmp_path, told
):
    """Asked for at the click."""
    people = (Person(id="alice", name="Alice", handles={"discord": ALICE}),)
    groups = (GroupRole(channel="discord", id=ONCALL_ROLE, role="oncall"),)
    _, house = build_stage(settings, clock, tmp_path, people=people, groups=groups)
    guild.users[ALICE].roles.clear()

    async with serve(discord, house):
        await house.intake.receive("alertmanager", write_body("checkout"))
        card = await find_card(guild, "held", with_buttons=True)
        await discord.gateway.click(ALICE, card.id, "approve")
        refused = await told(ALICE)

    assert refused["text"].startswith("Not counted: this needs role oncall")


async def test_route_sends_the_card_to_its_channel(discord, guild, settings, clock, tmp_path):
    """`discord:ID` is another channel of the same server; the default one stays empty."""
    notify = NotifySettings(routes=(RouteSettings(id="all", addresses=(f"discord:{OTHER_CHANNEL}",)),))
    _, house = build_stage(settings, clock, tmp_path, notify=notify, systems={"discord": {}})

    async with serve(discord, house):
        await house.intake.receive("alertmanager", write_body("checkout"))
        await wait_for(lambda: guild.list_cards(OTHER_CHANNEL))

    assert len(guild.list_cards(OTHER_CHANNEL)) == 1
    assert guild.list_cards() == []
