"""The way to Discord: a proxy, and certificates of one's own, for calls, files, the gateway and answers alike."""

import asyncio
import contextlib
import logging

import pytest
from pydantic import SecretStr
from tests.integration.discord.conftest import wait_for

from fermata.integrations.discord.channel import DiscordChannel
from fermata.integrations.discord.client import DiscordClient
from fermata.integrations.discord.doctor import examine
from fermata.integrations.discord.listener import DiscordListener
from fermata.kit.errors import TransientError
from fermata.testing.channel_contract import build_long_card
from fermata.testing.discord.guild import ALICE
from fermata.testing.discord.server import DiscordServer
from fermata.testing.web_server import make_tls


@contextlib.asynccontextmanager
async def listening(server, settings, clock, desk):
    """Run a listener around a block, connected."""
    listener = DiscordListener(DiscordClient(settings, clock), settings, clock, first_wait_s=0.01)
    task = asyncio.create_task(listener.listen(desk))
    await asyncio.wait_for(server.gateway.connected.wait(), 5)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_everything_goes_through_the_proxy(discord, guild, settings, *, clock, desk, told):
    """The name that Discord has here is known to nobody but the proxy, which is the stand-in itself."""
    behind = settings.model_copy(
        update={"api_url": "http://discord.invalid/api/v10", "proxy": SecretStr(discord.url), "timeout_s": 5}
    )
    discord.url = "http://discord.invalid"

    channel = DiscordChannel(DiscordClient(behind, clock), behind, clock)
    await channel.deliver(build_long_card(), key="inc-1", receipt=None)
    async with listening(discord, behind, clock, desk):
        await discord.gateway.click(ALICE, guild.list_cards()[0].id, "approve")
        said = await told(ALICE)
    found = await examine(DiscordClient(behind, clock), behind)

    assert said["text"] == "Approved by alice."
    assert [finding.name for finding in found if not finding.ok] == []


async def test_certificates_of_the_settings_are_trusted_for_everything(guild, settings, clock, desk, tmp_path):
    """A proxy that opens TLS has its own authority; without it nothing is sent."""
    async with DiscordServer(guild, make_tls(tmp_path)) as server:
        with_ca = settings.model_copy(
            update={"api_url": server.api_url, "ca_file": tmp_path / "certificate.pem", "timeout_s": 5}
        )
        without = with_ca.model_copy(update={"ca_file": None})

        with pytest.raises(TransientError, match=r"discord\.ca_file"):
            await DiscordChannel(DiscordClient(without, clock), without, clock).deliver(
                build_long_card(), key="inc-1", receipt=None
            )
        channel = DiscordChannel(DiscordClient(with_ca, clock), with_ca, clock)
        await channel.deliver(build_long_card(), key="inc-1", receipt=None)
        async with listening(server, with_ca, clock, desk):
            await server.gateway.click(ALICE, guild.list_cards()[0].id, "approve")
            await wait_for(lambda: guild.whispers)
        found = await examine(DiscordClient(with_ca, clock), with_ca)

    assert guild.whispers[0]["text"] == "Approved by alice."
    assert [finding.name for finding in found if not finding.ok] == []


async def test_tokens_stand_in_no_log(discord, card, *, desk, listen, told, caplog):
    """Neither the bot's nor those of interactions, whatever level libraries log at."""
    caplog.set_level(logging.DEBUG)

    async with listen(desk):
        click = await discord.gateway.click(ALICE, card.id, "approve")
        await told(ALICE)

    assert click.token not in caplog.text
    assert discord.guild.token not in caplog.text
    assert "httpx2" in caplog.text
