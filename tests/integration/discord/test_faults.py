"""What goes wrong on the way of a click: nothing is lost, nothing is decided twice, everybody is answered."""

import asyncio
import contextlib

import pytest
from pydantic import SecretStr
from tests.integration.discord.conftest import wait_for

from fermata.integrations.discord.client import DiscordClient
from fermata.integrations.discord.listener import DiscordListener
from fermata.kit.errors import OperationalError
from fermata.testing.discord.guild import ALICE
from fermata.testing.discord.server import DiscordFault


async def test_click_that_comes_twice_is_decided_and_answered_once(discord, guild, card, desk, listen, told):
    """A resumed session may bring what it has brought before."""
    async with listen(desk):
        click = await discord.gateway.click(ALICE, card.id, "approve")
        await told(ALICE)
        await discord.gateway.send_again(click)
        marker = await discord.gateway.click(ALICE, card.id, "snooze")
        await marker.wait()

    assert [asked[1] for asked in desk.asked] == ["approve", "snooze"]
    assert len(guild.whispers) == 2


async def test_click_that_comes_again_while_it_is_dealt_with_is_one_piece_of_work(discord, guild, card, desk, listen):
    """Both deliveries end in one decision and one answer."""
    desk.gate.clear()
    async with listen(desk):
        click = await discord.gateway.click(ALICE, card.id, "approve")
        await desk.entered.wait()
        await discord.gateway.send_again(click)
        marker = await discord.gateway.click(ALICE, card.id, "snooze")
        await marker.wait()
        desk.gate.set()
        await click.wait()

    assert [asked[1] for asked in desk.asked] == ["approve", "snooze"]


async def test_click_is_known_to_a_process_that_started_later(discord, guild, card, desk, listen, told):
    """The house remembers; the counter of another process asks it."""
    async with listen(desk):
        click = await discord.gateway.click(ALICE, card.id, "approve")
        await told(ALICE)

    async with listen(desk):
        await discord.gateway.send_again(click)
        marker = await discord.gateway.click(ALICE, card.id, "snooze")
        await marker.wait()

    assert [asked[1] for asked in desk.asked] == ["approve", "snooze"]


async def test_click_that_two_workers_hear_is_dealt_with_and_answered_by_one(discord, guild, card, desk, listen, told):
    """Discord tells every connection of a bot; they share a store."""
    async with listen(desk), listen(desk):
        await wait_for(lambda: discord.gateway.identified == 2)
        desk.gate.clear()
        await discord.gateway.click(ALICE, card.id, "approve")
        marker = await discord.gateway.click(ALICE, card.id, "snooze")
        await marker.wait()
        desk.gate.set()
        await told(ALICE, 2)

    assert [asked[1] for asked in desk.asked] == ["approve", "snooze"]
    assert discord.count("answer") == 2


async def test_cut_connection_is_resumed_and_brings_what_was_missed(discord, card, desk, listen, told):
    """A click that was made in between reaches the desk."""
    async with listen(desk):
        await discord.gateway.cut()
        await discord.gateway.click(ALICE, card.id, "approve")
        said = await told(ALICE)

    assert said["text"] == "Approved by alice."
    assert (discord.gateway.identified, discord.gateway.resumed) == (1, 1)


async def test_reconnect_that_discord_asks_for_is_a_resume(discord, card, desk, listen, told):
    """It does that every few hours."""
    async with listen(desk):
        await discord.gateway.ask_to_reconnect()
        await wait_for(lambda: discord.gateway.resumed == 1)
        await discord.gateway.click(ALICE, card.id, "approve")
        said = await told(ALICE)

    assert said["text"] == "Approved by alice."
    assert discord.gateway.identified == 1


@pytest.mark.parametrize(("can_resume", "sessions"), [(False, 2), (True, 1)])
async def test_invalid_session_is_begun_anew_or_resumed_as_discord_says(
    discord, *, card, desk, listen, told, can_resume, sessions
):
    """The flag of the message decides."""
    async with listen(desk):
        await discord.gateway.invalidate(can_resume=can_resume)
        await wait_for(lambda: discord.gateway.greeted == 2)
        await asyncio.wait_for(discord.gateway.connected.wait(), 5)
        await discord.gateway.click(ALICE, card.id, "approve")
        said = await told(ALICE)

    assert said["text"] == "Approved by alice."
    assert discord.gateway.identified == sessions


async def test_session_that_was_forgotten_while_cut_is_begun_anew(discord, card, desk, listen, told):
    """The resume is refused, and another session follows."""
    async with listen(desk):
        await discord.gateway.invalidate(can_resume=False)
        await discord.gateway.cut()
        await wait_for(lambda: discord.gateway.identified == 2)
        await discord.gateway.click(ALICE, card.id, "approve")
        said = await told(ALICE)

    assert said["text"] == "Approved by alice."


@pytest.mark.parametrize("code", [4000, 4009, 1000, 1001])
async def test_close_that_passes_is_reconnected(discord, card, desk, listen, told, code):
    """An unknown error, a session that timed out, a server that is restarted."""
    async with listen(desk):
        await discord.gateway.close(code)
        await wait_for(lambda: discord.gateway.greeted == 2)
        await asyncio.wait_for(discord.gateway.connected.wait(), 5)
        await discord.gateway.click(ALICE, card.id, "approve")
        said = await told(ALICE)

    assert said["text"] == "Approved by alice."


async def test_discord_that_is_down_for_a_while_is_listened_to_again(discord, card, desk, listen, told):
    """Tried ever more slowly until it answers; the session was given up by then."""
    async with listen(desk):
        discord.fail("gateway", DiscordFault.DOWN, times=2)
        discord.gateway.is_closed = True
        await discord.gateway.cut()
        await wait_for(lambda: discord.count("gateway") + discord.gateway.refused >= 5)
        discord.gateway.is_closed = False
        await asyncio.wait_for(discord.gateway.connected.wait(), 5)
        await discord.gateway.click(ALICE, card.id, "approve")
        said = await told(ALICE)

    assert said["text"] == "Approved by alice."


async def test_heartbeats_are_sent_as_often_as_the_gateway_asks(discord, desk, listen):
    """Else it would close the connection."""
    discord.gateway.heartbeat_ms = 50
    async with listen(desk):
        await wait_for(lambda: discord.gateway.heartbeats >= 3)

    assert discord.gateway.greeted == 1


async def test_token_that_was_reset_is_an_error_for_people(discord, settings, clock, desk):
    """The house tells them; a listener that tried for ever would look as if all were well."""
    wrong = settings.model_copy(update={"token": SecretStr("another"), "gateway_url": discord.gateway_url})
    listener = DiscordListener(DiscordClient(wrong, clock), wrong, clock, first_wait_s=0.01)

    with pytest.raises(OperationalError, match=r"the token is not valid.*discord\.token"):
        await asyncio.wait_for(listener.listen(desk), 5)


async def test_token_that_the_api_refuses_is_one_too(settings, clock, desk):
    """Before any connection."""
    wrong = settings.model_copy(update={"token": SecretStr("another")})
    listener = DiscordListener(DiscordClient(wrong, clock), wrong, clock, first_wait_s=0.01)

    with pytest.raises(OperationalError, match=r"discord\.token"):
        await asyncio.wait_for(listener.listen(desk), 5)


async def test_token_that_is_reset_while_connected_is_an_error_for_people(discord, guild, desk, listen):
    """At the next connection."""
    async with listen(desk) as task:
        guild.token = "another"
        await discord.gateway.cut()
        await asyncio.wait({task}, timeout=5)

    with pytest.raises(OperationalError, match="the token is not valid"):
        task.result()


async def test_close_code_that_no_reconnecting_helps_against_ends_listening(discord, settings, clock, desk):
    """Disallowed intents, for one: a person has to look at it."""
    discord.gateway.close_on_identify = 4014
    listener = DiscordListener(DiscordClient(settings, clock), settings, clock, first_wait_s=0.01)

    with pytest.raises(OperationalError, match="does not allow the intents"):
        await asyncio.wait_for(listener.listen(desk), 5)


async def test_payload_that_cannot_be_read_costs_only_itself(discord, card, desk, listen, told):
    """The connection goes on."""
    async with listen(desk):
        await discord.gateway.send_raw("INTERACTION_CREATE", {"id": "1"})
        await discord.gateway.send_raw("SOMETHING_NEW", {})
        await discord.gateway.click(ALICE, card.id, "approve")
        said = await told(ALICE)

    assert said["text"] == "Approved by alice."
    assert discord.gateway.greeted == 1


async def test_stop_waits_for_what_is_being_decided(discord, card, desk, listen):
    """A decision that is on its way to the store comes to its end."""
    desk.gate.clear()
    async with listen(desk) as task:
        await discord.gateway.click(ALICE, card.id, "approve")
        await desk.entered.wait()
        task.cancel()
        await asyncio.sleep(0)
        desk.gate.set()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    assert desk.decided == "approved by alice"


async def test_listener_says_whether_it_hears(discord, settings, clock, desk):
    """For the metrics: before, while, and after."""
    listener = DiscordListener(DiscordClient(settings, clock), settings, clock, first_wait_s=0.01)
    before = listener.is_connected

    task = asyncio.create_task(listener.listen(desk))
    await wait_for(lambda: listener.is_connected)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task

    assert (before, listener.is_connected) == (False, False)
