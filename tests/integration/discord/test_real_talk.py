"""The whole way with the real house: people talk in the room of a card, and a command there drafts the post-mortem."""

import asyncio

from tests.faults.scenery import write_body
from tests.integration.discord.conftest import wait_for
from tests.integration.discord.test_real_house import build_stage, serve

from fermata.testing.discord.guild import ALICE, BOB, OTHER_CHANNEL

SECRET = "sk_live_" + "51HqT8eLkj3FvPqR2bnMZxc"


async def read_post_mortem(house):
    """Wait for the one post-mortem that was saved, and give it."""
    incident = (await house.store.read(lambda transaction: transaction.incidents.list_recent(1)))[0]
    for _ in range(500):
        found = await house.store.read(lambda transaction: transaction.postmortems.find(incident.id))
        if found is not None:
            return found
        await asyncio.sleep(0.01)
    raise AssertionError("no post-mortem was saved")


async def test_talk_in_the_room_of_a_card_becomes_its_post_mortem(discord, guild, settings, clock, tmp_path):
    """Every line by its author; no first text, nothing deleted, no secret, and no word of another room."""
    guild.has_message_content = True
    _, house = build_stage(settings.model_copy(update={"observe": True}), clock, tmp_path)
    talk = discord.talk
    async with serve(discord, house):
        await house.intake.receive("alertmanager", write_body("checkout"))
        await wait_for(lambda: any(card.list_buttons() for card in guild.list_cards()))
        report = await talk.say(ALICE, "customers report that checkout fails with 504s")
        found = await talk.say(BOB, f"found it: #811 starves checkout, key {SECRET}", answers=report)
        await talk.edit(found, "found it: #812 starves checkout")
        blame = await talk.say(BOB, "this is what happens when mallory deploys")
        await talk.delete(blame)
        await talk.say(ALICE, "payments are failing over there", channel=OTHER_CHANNEL)
        room = await talk.begin_thread(BOB, "rollback", under=report)
        last = await talk.say(ALICE, "rolled back #812, errors are back to baseline", channel=room.id)
        since, until = clock.now().replace(year=2000), clock.now().replace(year=2100)
        for _ in range(500):
            kept = await house.store.read(
                lambda transaction: transaction.trail.list_messages("discord", [settings.channel], since, until)
            )
            if last.id in {message.id for message in kept}:
                break
            await asyncio.sleep(0.01)
        await discord.gateway.command(ALICE, "generate-postmortem", share="share")
        saved = await read_post_mortem(house)
        await wait_for(lambda: any("Post-mortem of" in one["text"] for one in guild.whispers))

    (answer,) = [one for one in guild.whispers if "Post-mortem of" in one["text"]]
    assert answer["public"]
    assert [message.text for message in kept][1:] == [
        "found it: #812 starves checkout",
        "rolled back #812, errors are back to baseline",
    ]
    assert "Found it: #812 starves checkout" in answer["text"]
    for gone in ("#811", SECRET, "mallory deploys", "over there"):
        assert gone not in saved.text
        assert gone not in answer["text"]


async def test_talk_before_the_house_ran_is_read_from_the_history(discord, guild, settings, clock, tmp_path):
    """Nobody listened: the channel still tells."""
    guild.has_message_content = True
    await discord.talk.say(ALICE, "customers report that checkout fails with 504s")
    _, house = build_stage(settings, clock, tmp_path)

    async with serve(discord, house):
        await house.intake.receive("alertmanager", write_body("checkout"))
        await wait_for(lambda: any(card.list_buttons() for card in guild.list_cards()))
        await discord.gateway.command(ALICE, "generate-postmortem")
        saved = await read_post_mortem(house)

    assert "Customers report that checkout fails with 504s" in saved.text


async def test_bot_that_does_not_observe_still_has_its_history(discord, guild, settings, clock, tmp_path):
    """Clicks arrive and words do not: that a connection is open proves nothing."""
    guild.has_message_content = True
    _, house = build_stage(settings, clock, tmp_path)

    async with serve(discord, house):
        await house.intake.receive("alertmanager", write_body("checkout"))
        await wait_for(lambda: any(card.list_buttons() for card in guild.list_cards()))
        await discord.talk.say(ALICE, "customers report that checkout fails with 504s")
        await discord.gateway.command(ALICE, "generate-postmortem")
        saved = await read_post_mortem(house)

    assert discord.talk.heard == 0
    assert "Customers report that checkout fails with 504s" in saved.text
