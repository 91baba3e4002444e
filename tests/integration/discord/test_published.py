"""Requests against the description that Discord publishes, where it is at hand.

`FERMATA_TEST_DISCORD_OPENAPI` names the file: `specs/openapi.json` of discord/discord-api-spec. It is never part of
this repository:

    curl -LO https://raw.githubusercontent.com/discord/discord-api-spec/main/specs/openapi.json
    FERMATA_TEST_DISCORD_OPENAPI=openapi.json pytest tests/integration/discord/test_published.py
"""

import os
from pathlib import Path

import pytest
from tests.integration.discord.conftest import wait_for
from tests.integration.discord.test_cards import with_detail

from fermata.integrations.discord import counter
from fermata.integrations.discord.client import DiscordClient
from fermata.integrations.discord.directory import DiscordDirectory
from fermata.integrations.discord.doctor import examine
from fermata.kit.errors import OperationalError
from fermata.testing.channel_contract import build_card, build_long_card
from fermata.testing.discord.endpoints import ROUTES
from fermata.testing.discord.guild import ALICE, BOB
from fermata.testing.discord.openapi import PublishedDiscord
from fermata.testing.discord.server import Call

FILE = os.environ.get("FERMATA_TEST_DISCORD_OPENAPI", "")
pytestmark = pytest.mark.skipif(
    not FILE,
    reason="FERMATA_TEST_DISCORD_OPENAPI names no description: it is specs/openapi.json of discord/discord-api-spec",
)


@pytest.fixture(scope="module")
def published():
    """Give the description; it takes a second to read."""
    return PublishedDiscord(Path(FILE))


async def deliver_everything(guild, channel):
    """Post, change, attach, explain, open again, and fail to attach."""
    receipt = await channel.deliver(with_detail(build_long_card()), key="inc-1", receipt=None)
    guild.find_thread(guild.list_cards()[0]).archived = True
    guild.list_cards()[0].flags = 4
    changed = with_detail(build_long_card(5000), "it ended six times")
    receipt = await channel.deliver(changed, key="inc-1", receipt=receipt)
    await channel.deliver(build_card(), key="inc-1", receipt=receipt)
    guild.largest_file = 10
    with pytest.raises(OperationalError):
        await channel.deliver(build_long_card(), key="inc-2", receipt=None)


async def test_every_request_is_one_that_discord_describes(
    discord, guild, channel, *, settings, clock, desk, listen, told, published, monkeypatch
):
    """Cards, files, threads, commands, answers of each kind, the doctor, roles: everything that is sent."""
    monkeypatch.setattr(counter, "ANSWER_S", 0.05)
    await deliver_everything(guild, channel)
    card = guild.list_cards()[0]
    async with listen(desk):
        await discord.gateway.click(ALICE, card.id, "reject")
        await wait_for(lambda: guild.forms)
        await discord.gateway.command(ALICE, "fermata", "incidents")
        await discord.gateway.command(ALICE, "fermata", "status")
        await told(ALICE, 6)
        desk.gate.clear()
        click = await discord.gateway.click(BOB, card.id, "ask")
        await click.wait()
        desk.gate.set()
        await told(BOB, 2)
    await examine(DiscordClient(settings, clock), settings)
    await DiscordDirectory(DiscordClient(settings, clock), settings).list_groups(ALICE)

    for call in discord.calls:
        published.check_call(call)
    assert {call.route for call in discord.calls} == {route.name for route in ROUTES}


@pytest.mark.parametrize(
    ("method", "path", "body", "words"),
    [
        ("POST", "/channels/1/messages", {"content": "x" * 4001}, "is 4001, not within"),
        ("POST", "/channels/1/messages", {"text": "x"}, "has no text"),
        ("POST", "/channels/1/messages", {"nonce": "x" * 26}, "nonce"),
        ("POST", "/channels/1/messages", {"attachments": [{"id": "-1"}]}, "does not match"),
        ("POST", "/channels/1/messages", {"attachments": [{"id": 1}]}, "is no string"),
        ("POST", "/channels/1/messages", {"components": [{"type": 1, "components": []}]}, "components"),
        ("POST", "/channels/1/messages/2/threads", {}, "lacks name"),
        ("GET", "/channels/1/messages?since=3", None, "no parameter since"),
        ("DELETE", "/gateway/bot", None, "the description has no delete"),
        ("PUT", "/applications/1/guilds/2/commands", [{"name": "a" * 33}], "is 33, not within"),
    ],
)
def test_what_discord_does_not_describe_is_seen(published, method, path, body, words):
    """The comparison itself can fail."""
    with pytest.raises(AssertionError, match=words):
        published.check_call(Call("", method, path, body, {}))
