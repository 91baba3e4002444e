"""A strict Slack on loopback, and a desk that records what it is asked."""

import asyncio
import contextlib

import pytest

from fermata.integrations.slack.channel import SlackChannel
from fermata.integrations.slack.client import SlackClient
from fermata.integrations.slack.listener import SlackListener
from fermata.integrations.slack.settings import SlackSettings
from fermata.kit.clock import SystemClock
from fermata.kit.errors import OperationalError
from fermata.ports.desk import Reply
from fermata.testing.channel_contract import build_card
from fermata.testing.recording_desk import RecordingDesk
from fermata.testing.recording_observer import RecordingObserver
from fermata.testing.slack.server import SlackServer
from fermata.testing.slack.workspace import APP_TOKEN, BOT_TOKEN, SlackWorkspace

PEOPLE = {"UALICE": "alice", "UBOB": "bob"}


@pytest.fixture
def clock():
    """Give the machine's clock: the sockets live in real time."""
    return SystemClock()


@pytest.fixture
def space(clock):
    """Give the workspace."""
    return SlackWorkspace(clock)


@pytest.fixture
async def slack(space):
    """Give the running server; what it did not expect fails the test."""
    async with SlackServer(space) as running:
        yield running
    assert running.complaints == []


@pytest.fixture
def settings(slack):
    """Give the settings of an app that is set up well."""
    return SlackSettings(
        bot_token=BOT_TOKEN, app_token=APP_TOKEN, channel="C0INCIDENTS", api_url=slack.api_url, timeout_s=2
    )


@pytest.fixture
def make_channel(settings, clock):
    """Give a maker of channels: each is a process that knows nothing of the one before."""
    return lambda: SlackChannel(SlackClient(settings, clock), settings, clock)


@pytest.fixture
def channel(make_channel):
    """Give one channel."""
    return make_channel()


@pytest.fixture
def desk():
    """Give the desk."""
    long = "\n".join(f"line {n} " + "x" * 60 for n in range(300))
    replies = {"long": Reply(text=long), "card": Reply(text="The card:", card=build_card())}
    return RecordingDesk(PEOPLE, replies)


@pytest.fixture
def listen(slack, settings, clock):
    """Give what runs a listener around a block, connected."""

    @contextlib.asynccontextmanager
    async def run(desk, observer=None):
        listener = SlackListener(SlackClient(settings, clock), settings, clock, ping_s=0.1)
        if observer is not None:
            listener.attach(observer)
        task = asyncio.create_task(listener.listen(desk))
        await asyncio.wait_for(slack.sockets.connected.wait(), 5)
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
    return RecordingObserver({"C0INCIDENTS"})


async def wait_for(condition):
    """Wait until something is so."""
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come to pass")


@pytest.fixture
async def told(slack):
    """Give a waiter for the next thing that somebody is told."""

    async def wait(user, count=1):
        for _ in range(500):
            said = [one for one in slack.space.whispers if one["user"] == user]
            if len(said) >= count:
                return said[-1]
            await asyncio.sleep(0.01)
        raise AssertionError(f"{user} was told {len(said)} things: {said}")

    return wait
