"""What a house does with channels: a serving one listens, takes requests and asks groups; any other one does not."""

import asyncio
from dataclasses import replace
from types import SimpleNamespace

import pytest
from tests.unit.flows.stage import PEOPLE, NoSettings

from fermata.bootstrap import House
from fermata.kit.clock import SystemClock
from fermata.kit.errors import InvariantBroken, OperationalError, UserError
from fermata.ports.channel import WebhookReply
from fermata.ports.desk import Guest
from fermata.ports.system import System
from fermata.settings import Settings
from fermata.testing.engine import InlineEngine


class Forge(System):
    """A system with an ear, a hook and groups."""

    name = "forge"
    Settings = NoSettings

    def __init__(self, *, hook="forge", fault=None):
        super().__init__(NoSettings(), SystemClock())
        self.fault, self.hook_name = fault, hook
        self.listening, self.stopped = asyncio.Event(), asyncio.Event()

    def find_listener(self):
        """Give itself."""
        return self

    def find_webhook(self):
        """Give a hook that answers with who asks."""
        return SimpleNamespace(name=self.hook_name, receive=self.receive)

    def find_directory(self):
        """Give itself."""
        return self

    async def receive(self, headers, body, desk):
        """Answer."""
        reply = await desk.command(self.guest, body.decode())
        return WebhookReply(body=reply.text)

    async def listen(self, desk):
        """Listen, or fail."""
        self.listening.set()
        if self.fault is not None:
            raise self.fault
        try:
            await asyncio.Event().wait()
        finally:
            self.stopped.set()

    async def list_groups(self, handle):
        """Nobody is in a group."""
        return []


@pytest.fixture
def build(tmp_path, sqlite_store):
    """Give a function that builds a house of systems."""

    def build(**systems):
        settings = Settings.model_validate({"state_dir": tmp_path, "people": PEOPLE})
        return House(settings, systems, sqlite_store, InlineEngine(sqlite_store), SystemClock())

    return build


async def test_serving_house_listens_until_it_is_closed(build):
    """And says so."""
    forge = Forge()
    house = build(forge=forge)

    house.start()
    await asyncio.wait_for(forge.listening.wait(), 5)
    heard = await house.check_channels()
    await house.close()

    assert forge.stopped.is_set()
    assert [result.name for result in heard] == ["forge: listener"]


async def test_listener_that_fails_makes_the_house_no_less_ready(build):
    """Alerts, the page and the commands work without it; why it fails is told."""
    forge = Forge(fault=OperationalError("The token was revoked", do="Put a new one"))
    house = build(forge=forge)
    house.start()
    await asyncio.wait_for(forge.listening.wait(), 5)

    async def find_text():
        while "revoked" not in (text := (await house.check_channels())[-1].text):  # noqa: ASYNC110 - a row in the store, no event
            await asyncio.sleep(0.01)
        return text

    text = await asyncio.wait_for(find_text(), 5)
    ready = await house.is_ready()
    checked = await house.check()
    metrics = (await house.render_metrics()).decode()
    await house.close()

    assert "The token was revoked" in text
    assert all(result.ok for result in ready)
    assert [(result.name, result.ok) for result in checked] == [("forge: listener", False)]
    assert 'fermata_channel_connected{channel="forge"} 0.0' in metrics


async def test_house_that_does_not_serve_listens_to_nobody(build):
    """A command beside the serving process takes no clicks."""
    forge = Forge()
    house = build(forge=forge)

    found = await house.check()
    await house.close()

    assert not forge.listening.is_set()
    assert "not serving" in found[0].text


async def test_request_of_a_service_reaches_the_desk(build):
    """By the name of the hook, whatever the system's section is called."""
    forge = Forge(hook="push")
    forge.guest = Guest(channel="console", handle="alice")
    house = build(forge=forge)

    reply = await house.hooks.receive("push", {}, b"status")

    assert reply.body.startswith("Nothing is halted.")
    assert ("push" in house.hooks, "forge" in house.hooks) == (True, False)
    await house.close()


def test_two_hooks_of_one_name_are_refused(build):
    """It would be chance which one a request reaches."""
    with pytest.raises(InvariantBroken, match="Two systems take webhooks as forge"):
        build(forge=Forge(), other=Forge())


def test_system_cannot_pass_for_the_page(build):
    """Its guests would be whoever they say they are."""
    with pytest.raises(UserError, match="No system can be called page"):
        build(page=Forge())


async def test_groups_are_asked_by_the_name_of_the_section(build):
    """The name that `groups:` gives as the channel."""
    forge = Forge()
    house = build(forge=forge)

    assert house.context.directories == {"forge": forge}
    await house.close()


async def test_check_warns_of_workers_that_began_by_other_settings(build, sqlite_store):
    """Settings are checked before the restart: a failure would keep scripts from ever making them alike."""
    house = build()
    with sqlite_store.begin() as transaction:
        transaction.flags.put("lease/db2", {"owner": "o", "number": 1, "settings": "sha256:of other guardrails"})
    alone = await house.check_workers()
    # As on PostgreSQL, where several serve: the lease is a row like any other.
    house.context = replace(house.context, worker="db1")

    (found,) = await house.check_workers()

    assert alone == ()
    assert (found.name, found.ok, found.is_partial) == ("worker db2: settings", True, True)
    assert "start it anew" in found.text
