"""A strict Discord on loopback, and a desk that records what it is asked."""

import asyncio
import contextlib
from datetime import timedelta

import pytest

from fermata.domain.proposal import Answer, ProposalState, Ruling
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

PEOPLE = {ALICE: "alice", BOB: "bob"}


class RecordingDesk:
    """A desk with one plan. It decides like the real one, in memory, and keeps what it was asked."""

    def __init__(self):
        self.card = build_card()
        self.decided = None
        self.asked = []
        self.known = set()
        self.gate = asyncio.Event()
        self.gate.set()
        self.entered = asyncio.Event()
        self.failure = None

    async def decide(self, guest, ruling, *, incident_id, nonce, reason=""):
        """Take the first click of somebody known; tell the others."""
        self.asked.append((guest, ruling, incident_id, nonce, reason))
        self.entered.set()
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        if guest.bot or guest.barred or guest.handle not in PEOPLE:
            why = "machines never count" if guest.bot else guest.barred or f"nobody is {guest.handle}"
            return Answer(accepted=False, state=ProposalState.OPEN, text=f"Not counted: {why}.", rule="unknown_person")
        if self.decided is not None:
            text = f"Not counted: already {self.decided}."
            return Answer(accepted=False, state=ProposalState.APPROVED, text=text, rule="already_decided")
        self.decided = f"{'approved' if ruling is Ruling.APPROVE else 'rejected'} by {PEOPLE[guest.handle]}"
        words = f": {reason}" if reason else ""
        state = ProposalState.APPROVED if ruling is Ruling.APPROVE else ProposalState.REJECTED
        return Answer(accepted=True, state=state, text=f"{self.decided.capitalize()}{words}.", execution_enqueued=True)

    async def ask_for_more(self, guest, incident_id, question=""):
        """Take as long as a test likes."""
        self.asked.append((guest, "ask", incident_id, question))
        self.entered.set()
        await self.gate.wait()
        return Reply(text="Looked again: nothing new.", public=guest.handle == BOB)

    async def snooze(self, guest, incident_id, span):
        """Say until when."""
        self.asked.append((guest, "snooze", incident_id, span))
        return Reply(text=f"Quiet for {span // timedelta(minutes=1)} minutes.")

    async def command(self, guest, text):
        """Echo."""
        self.asked.append((guest, "command", text))
        await self.gate.wait()
        if text == "incidents":
            return Reply(text="\n".join(f"line {n} " + "x_y*" * 15 for n in range(100)))
        if text == "status":
            return Reply(text="Here it is.", card=self.card)
        return Reply(text=f"You said {text!r}.", public=text.startswith("halt"))

    async def find_card(self, incident_id):
        """Give the card, decided or not."""
        if incident_id != self.card.incident_id:
            return None
        return self.card.model_copy(update={"can_decide": self.decided is None})

    async def remember(self, channel, delivery_id):
        """Note a delivery."""
        is_new = (channel, delivery_id) not in self.known
        self.known.add((channel, delivery_id))
        return is_new

    async def is_known(self, channel, delivery_id):
        """Answer for a delivery."""
        return (channel, delivery_id) in self.known


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
    return RecordingDesk()


@pytest.fixture
async def card(guild, channel, desk):
    """Give the message with the open card."""
    await channel.deliver(desk.card, key="inc-1", receipt=None)
    return guild.list_cards()[0]


@pytest.fixture
def listen(discord, settings, clock):
    """Give what runs a listener around a block, connected."""

    @contextlib.asynccontextmanager
    async def run(desk):
        listener = DiscordListener(DiscordClient(settings, clock), settings, clock, first_wait_s=0.01)
        task = asyncio.create_task(listener.listen(desk))
        await asyncio.wait_for(discord.gateway.connected.wait(), 5)
        try:
            yield task
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, OperationalError):
                await task

    return run


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
