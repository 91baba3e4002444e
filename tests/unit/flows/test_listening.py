"""Listeners are begun again when they fail, and everybody can see that they did."""

import asyncio
import socket
from datetime import timedelta

import pytest

from fermata.flows import listening
from fermata.flows.listening import Ears, ListenerState, check_channels
from fermata.flows.resting import rest
from fermata.kit.errors import OperationalError
from fermata.ports.desk import Guest
from fermata.testing.records import make_entry


class ScriptedListener:
    """Fails as often as it was told to, then listens until it is cancelled."""

    def __init__(self, failures=(), *, connected=True):
        self.failures = list(failures)
        self.is_connected = connected
        self.begun = 0
        self.listens = asyncio.Event()
        self.cancelled = False

    async def listen(self, desk):
        """Fail, or listen."""
        self.begun += 1
        if self.failures:
            failure = self.failures.pop(0)
            if failure is None:
                return
            raise failure
        self.listens.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise


REVOKED = OperationalError("The token was revoked", why="invalid_auth", do="Put a new one into slack.bot_token")


@pytest.fixture
def listen(stage):
    """Give a function that lets a listener listen until it does; then everything is stopped."""
    started = []

    async def start(listener):
        ears = Ears(stage.context, {"chat": listener}, stage.house.desk)
        started.append(ears)
        ears.start()
        await asyncio.wait_for(listener.listens.wait(), 5)
        return ears

    return start


def read_gauge(stage):
    """Give the line of the gauge."""
    text = stage.context.meters.render().decode()
    return next(line for line in text.splitlines() if line.startswith('fermata_channel_connected{channel="chat"}'))


async def test_listener_that_fails_is_begun_again_later_and_later(stage, listen, monkeypatch):
    """After 1 s, 2 s, 4 s; a crash and an end by itself count as failures."""
    began = stage.clock.now()
    listener = ScriptedListener([REVOKED, ZeroDivisionError(), None])
    monkeypatch.setattr(listening, "_SETTLES", timedelta(0))

    ears = await listen(listener)
    await wait_until_listens(stage)

    assert listener.begun == 4
    assert 7 <= (stage.clock.now() - began).total_seconds() < 8
    assert read_gauge(stage).endswith(" 1.0")
    await ears.stop()


async def test_failure_is_seen_beside_the_serving_process(stage):
    """`fermata check` runs in another process, and reads why nobody listens."""

    class Failing(ScriptedListener):
        async def listen(self, desk):
            self.listens.set()
            raise REVOKED

    listener, waits = Failing(), asyncio.Event()

    async def wait(_):
        waits.set()
        await asyncio.Event().wait()

    stage.clock.sleep = wait
    ears = Ears(stage.context, {"chat": listener}, stage.house.desk)
    ears.start()
    await asyncio.wait_for(waits.wait(), 5)

    found = await check(stage)

    assert "The token was revoked: invalid_auth. Put a new one into slack.bot_token" in found.text
    assert read_gauge(stage).endswith(" 0.0")
    await ears.stop()


async def wait_until_listens(stage):
    """Wait until the chat's state says that it listens."""
    while "listens (since" not in (await check(stage)).text:  # noqa: ASYNC110 - the state is a row in a store
        await asyncio.sleep(0)


async def check(stage):
    """Give the finding about the chat."""
    (found,) = await check_channels(stage.context, ["chat"])
    return found


async def test_listener_that_was_stopped_leaves_nothing_behind(stage, listen):
    """It is cancelled, and what is said of it is that nothing serves."""
    listener = ScriptedListener()
    ears = await listen(listener)
    await wait_until_listens(stage)

    await ears.stop()

    found = await check(stage)
    assert listener.cancelled
    assert (found.ok, "not serving" in found.text) == (True, True)


@pytest.mark.parametrize(
    ("host", "pid", "is_gone"), [("", 2**22 + 1, True), ("", 1, False), ("elsewhere", 2**22 + 1, False), ("", 0, False)]
)
async def test_state_of_a_process_that_was_killed_is_not_believed(stage, host, pid, is_gone):
    """It could not write that it is gone; of another machine's process nobody can tell."""
    state = ListenerState(
        listens=True, text="listens", since=stage.clock.now(), host=host or socket.gethostname(), pid=pid
    )
    with stage.store.begin() as transaction:
        transaction.flags.put("listener/chat", state.to_json())

    assert ("not serving" in (await check(stage)).text) is is_gone


async def test_listener_at_reconnecting_is_metered_as_unconnected(stage, listen):
    """It goes on by itself; meanwhile the gauge says that clicks do not arrive."""
    listener = ScriptedListener(connected=False)
    ears = await listen(listener)

    ears.measure()

    assert read_gauge(stage).endswith(" 0.0")
    await ears.stop()


async def test_listener_that_lost_its_connection_does_not_seem_to_listen(stage, listen, monkeypatch):
    """It goes on and ends never, so that nothing but a look can tell; and it is well again when it hears."""
    monkeypatch.setattr(listening, "_SETTLES", timedelta(0))
    monkeypatch.setattr(listening, "_LOOKS_EVERY", timedelta(milliseconds=1))
    listener = ScriptedListener()
    await listen(listener)
    await wait_until_listens(stage)

    listener.is_connected = False
    while (deaf := await check(stage)).ok:  # noqa: ASYNC110 - the state is a row in a store
        await asyncio.sleep(0)
    listener.is_connected = True
    await wait_until_listens(stage)

    assert deaf.text.startswith("is not connected, and tries again by itself")


async def test_place_where_cards_do_not_arrive_is_a_finding(stage):
    """With since when, and why, until one arrives."""
    with stage.store.begin() as transaction:
        rest(transaction, make_entry("chat:a"), "The room was archived", REVOKED, stage.clock.now())

    (found,) = await check_channels(stage.context, [])

    assert (found.name, found.ok) == ("chat:a: cards", False)
    assert found.text.startswith("cards have not arrived since 2026-11-23T12:00:00")
    assert found.text.endswith("The room was archived")
    status = await stage.house.desk.command(Guest(channel="console", handle="alice"), "status")
    stranger = await stage.house.desk.command(Guest(channel="console", handle="mallory"), "status")
    assert f"chat:a: {found.text}" in status.text
    assert "chat:a" not in stranger.text


async def test_house_that_does_not_serve_starts_none(stage):
    """A command beside the serving process listens to nobody."""
    listener = ScriptedListener()

    ears = Ears(stage.context, {"chat": listener}, stage.house.desk)
    ears.measure()
    await ears.stop()

    assert listener.begun == 0
