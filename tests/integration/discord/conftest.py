"""A strict Discord on loopback, and a desk that records what it is asked."""

import asyncio
import contextlib

import pytest

from fermata.integrations.discord.channel import DiscordChannel
from fermata.integrations.discord.client import DiscordClient
from fermata.integrations.discord.listener import DiscordListener
from fermata.integrations.discord.settings import DiscordSettings
from fermata.kit.clock import SystemClock
from fermata.kit.errors import OperationalError
from fermata.ports.desk import Reply
from fermata.testing.channel_contract import build_card
from fermata.testing.discord.guild import ALICE, BOB, CHANNEL, TOKEN, DiscordGuild
from fermata.testing.discord.server import DiscordServer
from fermata.testing.recording_desk import RecordingDesk
from fermata.testing.recording_observer import RecordingObserver

PEOPLE = {ALICE: "alice", BOB: "bob"}


@pytest.fixture
def clock():
    """Give the machine's clock: the sockets live in real time."""
    return SystemClock()


@pytest.fixture
def guild(clock):
    """Give the Discord server's content."""
    return DiscordGuild(clock)


@pytest.fixture
async def discord(guild):
    """Give the running server; what it did not expect fails the test."""
    async with DiscordServer(guild) as running:
        yield running
    assert running.complaints == []


@pytest.fixture
def settings(discord):
    """Give the settings of a bot that is set up well."""
    return DiscordSettings(token=TOKEN, channel=CHANNEL, api_url=discord.api_url, timeout_s=2)


@pytest.fixture
def make_channel(settings, clock):
    """Give a maker of channels: each is a process that knows nothing of the one before."""
    return lambda: DiscordChannel(DiscordClient(settings, clock), settings, clock)


@pytest.fixture
def channel(make_channel):
    """Give one channel."""
    return make_channel()


@pytest.fixture
def desk():
    """Give the desk."""
    long = "\n".join(f"line {n} " + "x_y*" * 15 for n in range(100))
    replies = {"incidents": Reply(text=long), "status": Reply(text="Here it is.", card=build_card())}
    return RecordingDesk(PEOPLE, replies)


@pytest.fixture
async def card(guild, channel, desk):
    """Give the message with the open card."""
    await channel.deliver(desk.card, key="inc-1", receipt=None)
    return guild.list_cards()[0]


@pytest.fixture
def listen(discord, settings, clock):
    """Give what runs a listener around a block, connected."""

    @contextlib.asynccontextmanager
    async def run(desk, observer=None):
        values = settings if observer is None else settings.model_copy(update={"observe": True})
        listener = DiscordListener(DiscordClient(values, clock), values, clock, first_wait_s=0.01)
        if observer is not None:
            listener.attach(observer)
        task = asyncio.create_task(listener.listen(desk))
        await asyncio.wait_for(discord.gateway.connected.wait(), 5)
        try:
            yield task
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, OperationalError):
                await task

    return run


@pytest.fixture
def observer():
    """Give an observer of the channel with the cards."""
    return RecordingObserver({CHANNEL})


async def wait_for(condition):
    """Wait until something is so."""
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come to pass")


@pytest.fixture
async def told(guild):
    """Give a waiter for the next thing that somebody is told."""

    async def wait(user, count=1):
        for _ in range(500):
            said = [one for one in guild.whispers if one["user"] == user]
            if len(said) >= count:
                return said[count - 1]
            await asyncio.sleep(0.01)
        raise AssertionError(f"{user} was told {len(said)} things: {said}")

    return wait
