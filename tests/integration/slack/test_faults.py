"""What goes wrong on the way of a click: nothing is lost, nothing is decided twice, everybody is answered."""

import asyncio
import contextlib

import pytest
from pydantic import SecretStr

from fermata.integrations.slack import counter
from fermata.integrations.slack.client import SlackClient
from fermata.integrations.slack.listener import SlackListener
from fermata.integrations.slack.telling import SlackTelling
from fermata.integrations.slack.views import Place
from fermata.kit.errors import OperationalError
from fermata.testing.clock import FakeClock
from fermata.testing.slack.server import SlackFault


@pytest.fixture
async def card(slack, channel, desk):
    """Give the message with the open card."""
    await channel.deliver(desk.card, key="inc-1", receipt=None)
    return slack.space.list_cards()[0]


async def wait_for(condition):
    """Wait until something is so."""
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come to pass")


async def test_click_that_comes_twice_is_decided_and_answered_once(slack, card, desk, listen, told):
    """A late acknowledgement brings the same click in a new envelope: acknowledged, and not dealt with again."""
    payload = slack.sockets.write_click("UALICE", card.ts, "approve")

    async with listen(desk):
        first = await slack.sockets.send("interactive", payload)
        await told("UALICE")
        second = await slack.sockets.send("interactive", payload, attempt=1)

    assert (first.acked, second.acked) == (True, True)
    assert len(desk.asked) == 1
    assert len(slack.space.whispers) == 1


async def test_click_that_comes_again_while_it_is_dealt_with_waits_for_the_same(
    slack, card, desk, listen, told, monkeypatch
):
    """Both deliveries are acknowledged, and there is one decision and one answer."""
    monkeypatch.setattr(counter, "ACK_S", 0.5)
    desk.gate.clear()
    payload = slack.sockets.write_click("UALICE", card.ts, "approve")

    async with listen(desk):
        first = asyncio.create_task(slack.sockets.send("interactive", payload))
        await desk.entered.wait()
        second = asyncio.create_task(slack.sockets.send("interactive", payload, attempt=1))
        await asyncio.sleep(0)
        desk.gate.set()
        acks = await asyncio.gather(first, second)
        await told("UALICE")

    assert all(ack.acked for ack in acks)
    assert len(desk.asked) == 1
    assert len(slack.space.whispers) == 1


async def test_click_is_known_to_a_process_that_started_later(slack, card, desk, listen, told):
    """The house remembers; the counter of another process asks it."""
    payload = slack.sockets.write_click("UALICE", card.ts, "approve")
    async with listen(desk):
        await slack.sockets.send("interactive", payload)
        await told("UALICE")

    async with listen(desk):
        again = await slack.sockets.send("interactive", payload, attempt=1)

    assert again.acked
    assert len(desk.asked) == 1


async def test_crash_before_the_acknowledgement_is_told_and_slack_may_send_it_again(slack, card, desk, listen, told):
    """A bug takes nothing as done: the same click counts when it comes again."""
    desk.failure = RuntimeError("a bug")
    payload = slack.sockets.write_click("UALICE", card.ts, "approve")

    async with listen(desk):
        first = await slack.sockets.send("interactive", payload, patience_s=0.3)
        said = await told("UALICE")
        desk.failure = None
        second = await slack.sockets.send("interactive", payload, attempt=1)
        again = await told("UALICE", 2)

    assert (first.acked, second.acked) == (False, True)
    assert said["text"].startswith("Something failed in Fermata.")
    assert again["text"] == "Approved by alice."


async def test_crash_after_the_acknowledgement_is_told_and_the_button_still_works(
    slack, card, desk, listen, told, monkeypatch
):
    """Slack sends it no more, so whoever clicked has to know; nothing was remembered as dealt with."""
    monkeypatch.setattr(counter, "ACK_S", 0.05)
    desk.gate.clear()
    desk.failure = RuntimeError("a bug")

    async with listen(desk):
        first = await slack.sockets.click("UALICE", card.ts, "approve")
        await told("UALICE")
        desk.gate.set()
        said = await told("UALICE", 2)
        desk.failure = None
        monkeypatch.setattr(counter, "ACK_S", 2.5)
        await slack.sockets.click("UALICE", card.ts, "approve")
        again = await told("UALICE", 3)

    assert first.acked
    assert said["text"].startswith("Something failed in Fermata.")
    assert (again["text"], desk.decided) == ("Approved by alice.", "approved by alice")


async def test_socket_cut_in_mid_acknowledgement_costs_nothing(slack, card, desk, listen, told):
    """Slack did not get the acknowledgement and sends the click again: it is known."""
    payload = slack.sockets.write_click("UALICE", card.ts, "approve")

    async with listen(desk):
        slack.sockets.cut_on_ack = True
        first = await slack.sockets.send("interactive", payload, patience_s=0.5)
        await told("UALICE")
        await wait_for(lambda: slack.sockets.opened == 2)
        await slack.sockets.connected.wait()
        second = await slack.sockets.send("interactive", payload, attempt=1)

    assert (first.acked, second.acked) == (False, True)
    assert len(desk.asked) == 1
    assert len(slack.space.whispers) == 1


async def test_cut_connection_is_opened_again(slack, card, desk, listen, told):
    """By itself, and clicks come in again."""
    async with listen(desk):
        await slack.sockets.cut()
        await wait_for(lambda: slack.sockets.opened == 2)
        ack = await slack.sockets.click("UALICE", card.ts, "approve")

    assert ack.acked


async def test_connection_that_slack_announces_to_end_is_replaced(slack, card, desk, listen):
    """Slack does that every few hours."""
    async with listen(desk):
        await slack.sockets.send_disconnect()
        await wait_for(lambda: slack.sockets.opened == 2)
        await slack.sockets.connected.wait()
        ack = await slack.sockets.click("UALICE", card.ts, "approve")

    assert ack.acked


async def test_slack_that_is_down_for_a_while_is_listened_to_again(slack, card, desk, listen):
    """Tried until it answers."""
    async with listen(desk):
        slack.fail("apps.connections.open", SlackFault.DOWN, times=3)
        await slack.sockets.cut()
        await wait_for(lambda: slack.sockets.opened == 2)
        ack = await slack.sockets.click("UALICE", card.ts, "approve")

    assert ack.acked


@pytest.mark.parametrize(
    ("token", "code"), [("xapp-of-nobody", "invalid_auth"), ("xoxb-1-2-pretend", "not_allowed_token_type")]
)
async def test_token_that_does_not_connect_is_an_error_for_people(slack, settings, clock, desk, token, code):
    """The house tells them; a listener that tried for ever would look as if all were well."""
    wrong = settings.model_copy(update={"app_token": SecretStr(token)})
    listener = SlackListener(SlackClient(wrong, clock), wrong, clock, ping_s=0.1)

    with pytest.raises(OperationalError, match=code):
        await asyncio.wait_for(listener.listen(desk), 5)


async def test_token_that_is_revoked_while_connected_is_an_error_for_people(slack, desk, listen):
    """At the next connection."""
    async with listen(desk) as task:
        slack.space.app_token = "xapp-another"
        await slack.sockets.cut()
        await asyncio.wait({task}, timeout=5)

    with pytest.raises(OperationalError, match="invalid_auth"):
        task.result()


async def test_stop_waits_for_what_is_being_decided(slack, card, desk, listen):
    """A decision that is on its way to the store comes to its end."""
    desk.gate.clear()

    async with listen(desk) as task:
        click = asyncio.create_task(slack.sockets.click("UALICE", card.ts, "approve"))
        await desk.entered.wait()
        task.cancel()
        await asyncio.sleep(0)
        desk.gate.set()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        click.cancel()

    assert desk.decided == "approved by alice"


async def test_listener_says_whether_it_hears(slack, settings, clock, desk):
    """For the metrics: before, while, and after."""
    listener = SlackListener(SlackClient(settings, clock), settings, clock, ping_s=0.1)
    before = listener.is_connected

    task = asyncio.create_task(listener.listen(desk))
    await wait_for(lambda: listener.is_connected)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task

    assert (before, listener.is_connected) == (False, False)


@pytest.mark.parametrize("times", [1, 2])
async def test_answer_that_slack_limits_is_told_a_little_later(slack, settings, times):
    """Once, after as long as Slack asks for: whoever clicked sees nothing else. Limited again, the card must do."""
    frozen = FakeClock()
    began = frozen.now()
    slack.fail("response_url", SlackFault.LIMITED)
    slack.fail("chat.postEphemeral", SlackFault.LIMITED, times)
    place = Place("UALICE", "C0INCIDENTS", response_url=slack.write_response_url("UALICE", "1"))

    await SlackTelling(SlackClient(settings, frozen), frozen).whisper(place, "Approved by alice.")

    assert [one["text"] for one in slack.space.whispers] == ["Approved by alice."] * (2 - times)
    assert (frozen.now() - began).total_seconds() == 7
