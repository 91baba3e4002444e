"""Clicks over a real socket: taken by the desk, acknowledged in time, answered to whoever made them."""

import asyncio
from datetime import timedelta

import pytest

from fermata.domain.proposal import Ruling
from fermata.integrations.slack import counter
from fermata.kit.errors import OperationalError
from fermata.testing.channel_contract import build_card
from fermata.testing.slack import sockets
from fermata.testing.slack.server import SlackFault
from fermata.testing.slack.workspace import SlackUser, list_buttons, read_blocks

NONCE = build_card().plan_digest[7:23]


@pytest.fixture
async def card(slack, channel, desk):
    """Give the message with the open card."""
    await channel.deliver(desk.card, key="inc-1", receipt=None)
    return slack.space.list_cards()[0]


@pytest.fixture
def hasty(monkeypatch):
    """Make Slack's patience short, so that no test waits for it."""
    # There is no setting for it: it is Slack's limit, not ours.
    monkeypatch.setattr(counter, "ACK_S", 0.05)


async def test_approval_is_taken_acknowledged_and_answered(slack, card, desk, listen, told):
    """The desk gets who, what and which plan; whoever clicked is told, and nobody else."""
    async with listen(desk):
        ack = await slack.sockets.click("UALICE", card.ts, "approve")
        said = await told("UALICE")

    assert ack.acked
    ((guest, ruling, incident_id, nonce, _),) = desk.asked
    assert (guest.channel, guest.handle, guest.name, guest.bot, guest.barred) == ("slack", "UALICE", "alice", False, "")
    assert (ruling, incident_id, nonce) == (Ruling.APPROVE, "inc-1", NONCE)
    assert (said["text"], said["response_type"]) == ("Approved by alice.", "ephemeral")
    assert len(slack.space.whispers) == 1


async def test_click_is_acknowledged_after_the_desk_took_it(slack, card, desk, listen):
    """What was acknowledged and not taken would be lost: while the desk works, Slack waits."""
    desk.gate.clear()

    async with listen(desk):
        click = asyncio.create_task(slack.sockets.click("UALICE", card.ts, "approve"))
        await desk.entered.wait()
        was_acked = click.done()
        desk.gate.set()
        ack = await click

    assert (was_acked, ack.acked) == (False, True)


async def test_slow_desk_is_not_waited_for_beyond_slacks_patience(slack, card, desk, listen, told, hasty):
    """Acknowledged before the time is up, answered when the desk has decided."""
    desk.gate.clear()

    async with listen(desk):
        ack = await slack.sockets.click("UALICE", card.ts, "approve")
        meanwhile = await told("UALICE")
        desk.gate.set()
        said = await told("UALICE", 2)

    assert ack.acked
    assert meanwhile["text"] == "Working on it: the answer follows here."
    assert said["text"] == "Approved by alice."


def test_acknowledgement_leaves_time_for_its_way():
    """Slack waits for three seconds from when it sent the click."""
    assert counter.ACK_S < sockets.PATIENCE_S


async def test_two_people_at_once_are_both_answered_and_one_decides(slack, card, desk, listen, told):
    """The second is told who decided."""
    async with listen(desk):
        acks = await asyncio.gather(
            slack.sockets.click("UALICE", card.ts, "approve"), slack.sockets.click("UBOB", card.ts, "approve")
        )
        texts = {(await told("UALICE"))["text"], (await told("UBOB"))["text"]}

    assert all(ack.acked for ack in acks)
    first = desk.decided
    assert texts == {f"{first.capitalize()}.", f"Not counted: already {first}."}


@pytest.mark.parametrize(
    ("user", "bot", "barred"),
    [
        ("UROBOT", True, ""),
        ("UGUEST", False, "the account is a guest of the workspace"),
        ("USTRANGER", False, "the account belongs to another workspace"),
        ("UPARTNER", False, "the account belongs to another workspace"),
        ("UGONE", False, "the account is deactivated in Slack"),
        ("UMALLORY", False, ""),
    ],
)
async def test_who_may_not_decide_is_told_apart_and_answered(slack, card, desk, listen, *, told, user, bot, barred):
    """Machines, guests, strangers and people whom nobody knows get an answer, and decide nothing."""
    slack.space.users["UGONE"] = SlackUser("UGONE", "gone", deleted=True)

    async with listen(desk):
        await slack.sockets.click(user, card.ts, "approve")
        said = await told(user)

    guest = desk.asked[0][0]
    assert (guest.handle, guest.bot, guest.barred) == (user, bot, barred)
    assert said["text"].startswith("Not counted")
    assert desk.decided is None


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (SlackFault.DOWN, "click again"),
        (SlackFault.LIMITED, "click again in 7s"),
        ("user_not_found", "does not say who this is: it says user_not_found"),
        ("missing_scope", "Add another scope under"),
    ],
)
async def test_who_cannot_be_looked_up_decides_nothing(slack, card, desk, listen, *, told, fault, words):
    """No answer opens no gate; whoever clicked learns why."""
    slack.fail("users.info", fault)

    async with listen(desk):
        await slack.sockets.click("UALICE", card.ts, "approve")
        said = await told("UALICE")

    assert desk.decided is None
    assert words in said["text"]
    assert desk.asked[0][0].is_unsure


async def test_server_without_profiles_leaves_the_proven_id(slack, card, desk, listen, told):
    """Whoever speaks Slack's API and keeps no profiles has nothing to say against anybody."""
    slack.fail("users.info", "unknown_method")

    async with listen(desk):
        await slack.sockets.click("UALICE", card.ts, "approve")
        await told("UALICE")

    assert desk.decided == "approved by alice"


async def test_rejection_asks_for_a_reason_first(slack, card, desk, listen, told):
    """The form names the plan; what was written there goes to the desk."""
    async with listen(desk):
        ack = await slack.sockets.click("UALICE", card.ts, "reject")
        (view,) = slack.space.views
        asked_before = list(desk.asked)
        sent = await slack.sockets.submit("UALICE", view, reason="wrong service")
        said = await told("UALICE")

    assert (ack.acked, sent.acked, asked_before) == (True, True, [])
    assert NONCE in read_blocks(view["blocks"])
    ((guest, ruling, incident_id, nonce, reason),) = desk.asked
    assert (guest.handle, ruling, incident_id, nonce, reason) == (
        "UALICE",
        Ruling.REJECT,
        "inc-1",
        NONCE,
        "wrong service",
    )
    assert said["text"] == "Rejected by alice: wrong service."


async def test_form_counts_for_whoever_sent_it(slack, card, desk, listen, told):
    """The id in the form's own payload is the proven one, not the one that opened it."""
    async with listen(desk):
        await slack.sockets.click("UALICE", card.ts, "reject")
        await slack.sockets.submit("UMALLORY", slack.space.views[0], reason="mine")
        said = await told("UMALLORY")

    assert said["text"] == "Not counted: nobody is UMALLORY."


async def test_reject_on_a_decided_card_needs_no_form(slack, card, desk, listen, told):
    """There is nothing left to give a reason for: who decided is told at once."""
    desk.card = desk.card.model_copy(update={"can_decide": False})
    desk.decided = "approved by bob"

    async with listen(desk):
        await slack.sockets.click("UALICE", card.ts, "reject")
        said = await told("UALICE")

    assert slack.space.views == []
    assert said["text"] == "Not counted: already approved by bob."


async def test_form_that_cannot_be_opened_is_told(slack, card, desk, listen, told):
    """Nothing was decided, and whoever clicked knows it."""
    slack.fail("views.open", "expired_trigger_id")

    async with listen(desk):
        await slack.sockets.click("UALICE", card.ts, "reject")
        said = await told("UALICE")

    assert said["text"].startswith(
        "Not taken, nothing was decided. Slack refused views.open: it says expired_trigger_id"
    )
    assert desk.asked == []


async def test_stale_button_of_another_view_reaches_the_desk(slack, channel, card, desk, listen, told):
    """A client that still shows an old card can be clicked: the desk judges by what the button carries."""
    stale = list_buttons(card.blocks)["approve"]
    desk.decided = "rejected by bob"
    await channel.deliver(desk.card.model_copy(update={"can_decide": False}), key="inc-1", receipt=None)

    async with listen(desk):
        await slack.sockets.click("UALICE", card.ts, "approve", button=stale)
        said = await told("UALICE")

    assert desk.asked[0][3] == NONCE
    assert said["text"] == "Not counted: already rejected by bob."


async def test_snooze_names_its_span(slack, card, desk, listen, told):
    """As long as the button says."""
    async with listen(desk):
        await slack.sockets.click("UALICE", card.ts, "snooze")
        said = await told("UALICE")

    assert desk.asked[0][1:] == ("snooze", "inc-1", timedelta(hours=1))
    assert said["text"] == "Quiet for 60 minutes."


async def test_long_look_is_acknowledged_first_and_answered_later(slack, card, desk, listen, told, hasty):
    """Looking again takes longer than Slack waits."""
    desk.gate.clear()

    async with listen(desk):
        ack = await slack.sockets.click("UALICE", card.ts, "ask_for_more")
        desk.gate.set()
        said = await told("UALICE", 2)

    assert ack.acked
    assert said["text"] == "Looked again: nothing new."


@pytest.mark.parametrize(
    ("command", "text", "asked"),
    [
        ("/fermata", "status", "status"),
        ("/fermata", "", "help"),
        ("/fermata", " ask why is it slow? ", "ask why is it slow?"),
        ("/generate-postmortem", "inc-1", "generate-postmortem inc-1"),
        ("/generate-postmortem", "", "generate-postmortem"),
    ],
)
async def test_command_goes_to_the_desk_as_it_was_typed(slack, desk, listen, told, *, command, text, asked):
    """What follows the command, without blanks around it; the answer is for whoever asked."""
    async with listen(desk):
        ack = await slack.sockets.command("UALICE", command, text)
        said = await told("UALICE")

    assert ack.acked
    assert desk.asked[0][1:] == ("command", asked)
    assert said["response_type"] == "ephemeral"
    assert read_blocks(said["blocks"]) == f"heard <{asked}>"
    assert said["text"] == f"heard &lt;{asked}&gt;"


async def test_halt_is_told_to_the_room(slack, desk, listen, told):
    """Everybody should know that nothing is executed."""
    async with listen(desk):
        await slack.sockets.command("UALICE", "/fermata", "halt deploys")
        said = await told("UALICE")

    assert said["response_type"] == "in_channel"


async def test_long_answer_comes_in_several_messages_and_whole(slack, desk, listen, told):
    """Nothing is shortened; beyond five answers the Web API goes on."""
    async with listen(desk):
        await slack.sockets.command("UALICE", "/fermata", "long")
        await told("UALICE", 3)

    shown = "\n".join(read_blocks(one["blocks"]) for one in slack.space.whispers)
    assert all(f"line {n} " in shown for n in range(300))


async def test_card_in_an_answer_has_no_buttons(slack, desk, listen, told):
    """Only the incident's own card changes when somebody decides."""
    async with listen(desk):
        await slack.sockets.command("UALICE", "/fermata", "card")
        said = await told("UALICE", 2)

    assert "CheckoutDown" in read_blocks(said["blocks"])
    assert list_buttons(said["blocks"]) == {}


@pytest.mark.parametrize("fault", [SlackFault.DOWN, SlackFault.CUT])
async def test_used_up_response_address_falls_back_to_the_web_api(slack, card, desk, listen, told, fault):
    """Half an hour later the answer comes all the same."""
    slack.fail("response_url", fault)

    async with listen(desk):
        await slack.sockets.click("UALICE", card.ts, "approve")
        said = await told("UALICE")

    assert (said["by"], said["text"]) == ("ephemeral", "Approved by alice.")


async def test_answer_that_cannot_be_told_loses_no_decision(slack, card, desk, listen):
    """What was decided stands on the card."""
    slack.fail("response_url", SlackFault.DOWN)
    slack.fail("chat.postEphemeral", SlackFault.DOWN)

    async with listen(desk):
        ack = await slack.sockets.click("UALICE", card.ts, "approve")

    assert (ack.acked, desk.decided) == (True, "approved by alice")


async def test_store_that_is_down_is_told_and_the_next_click_counts(slack, card, desk, listen, told):
    """Nothing was decided, and nothing was remembered as if it had been."""
    desk.failure = OperationalError("The store is full", do="Make room")

    async with listen(desk):
        first = await slack.sockets.click("UALICE", card.ts, "approve")
        said = await told("UALICE")
        desk.failure = None
        await slack.sockets.click("UALICE", card.ts, "approve")
        again = await told("UALICE", 2)

    assert first.acked
    assert said["text"] == "Not taken, nothing was decided. The store is full. Make room. Click again."
    assert again["text"] == "Approved by alice."


async def test_button_of_another_version_is_answered(slack, card, desk, listen, told):
    """A card may outlive the version that posted it."""
    old = list_buttons(card.blocks)["approve"]

    async with listen(desk):
        ack = await slack.sockets.click("UALICE", card.ts, "escalate", button=old)
        said = await told("UALICE")

    assert ack.acked
    assert said["text"] == "This button is not known to this version of Fermata."
    assert desk.asked == []


@pytest.mark.parametrize("value", ["", "nothing"])
async def test_button_without_a_plan_is_answered(slack, card, desk, listen, told, value):
    """What a button carries is not trusted, and may be nothing."""
    odd = list_buttons(card.blocks)["approve"] | {"value": value}

    async with listen(desk):
        await slack.sockets.click("UALICE", card.ts, "approve", button=odd)
        said = await told("UALICE")

    assert said["text"] == "Not counted: the button does not say which plan it belongs to."
    assert desk.asked == []


async def test_public_answer_to_a_click_stands_in_the_cards_thread(slack, card, desk, listen, told):
    """Everybody who reads the card sees it; the channel is not filled with it."""
    async with listen(desk):
        await slack.sockets.click("UBOB", card.ts, "ask_for_more")
        await told("UBOB")

    (reply,) = slack.space.list_thread(card.ts)
    assert read_blocks(reply.blocks) == "Looked again: nothing new."


async def test_click_of_nobody_is_a_machines(slack, card, desk, listen):
    """What no user did has no user: it reaches the desk as a machine, and counts for nothing."""
    payload = slack.sockets.write_click("UALICE", card.ts, "approve")
    payload["user"] = {"id": "", "name": "workflow"}

    async with listen(desk):
        ack = await slack.sockets.send("interactive", payload)

    assert ack.acked
    assert (desk.asked[0][0].bot, desk.decided) == (True, None)


async def test_answer_for_the_room_falls_back_to_the_room(slack, desk, listen):
    """A halt is told to everybody, also when the response address is used up."""
    slack.fail("response_url", SlackFault.DOWN)

    async with listen(desk):
        await slack.sockets.command("UALICE", "/fermata", "halt deploys")
        for _ in range(500):
            if slack.space.list_cards():
                break
            await asyncio.sleep(0.01)

    (message,) = slack.space.list_cards()
    assert message.text == "heard &lt;halt deploys&gt;"


async def test_answer_for_the_room_whose_receipt_is_lost_is_not_posted_again(slack, desk, listen, told):
    """Slack may have shown it: whoever asked is told, and looks."""
    slack.fail("response_url", SlackFault.LOST)

    async with listen(desk):
        await slack.sockets.command("UALICE", "/fermata", "halt deploys")
        said = await told("UALICE", 2)

    assert [one["response_type"] for one in slack.space.whispers[:1]] == ["in_channel"]
    assert slack.space.list_cards() == []
    assert said["by"] == "ephemeral"
    assert said["text"].startswith("Slack did not say whether the channel was shown the answer.")


async def test_answer_for_the_room_whose_address_cannot_be_reached_falls_back_to_the_room(slack, desk, listen):
    """Nothing was sent, so nothing can be there twice."""
    slack.write_response_url = lambda user, interaction: f"http://127.0.0.1:9/{user}/{interaction}"

    async with listen(desk):
        await slack.sockets.command("UALICE", "/fermata", "halt deploys")
        for _ in range(500):
            if slack.space.list_cards():
                break
            await asyncio.sleep(0.01)

    (message,) = slack.space.list_cards()
    assert message.text == "heard &lt;halt deploys&gt;"


async def test_public_answer_that_cannot_be_posted_is_told_to_whoever_asked(slack, card, desk, listen, told):
    """One failure does not cost both."""
    slack.fail("chat.postMessage", SlackFault.DOWN)

    async with listen(desk):
        await slack.sockets.click("UBOB", card.ts, "ask_for_more")
        said = await told("UBOB")

    assert said["text"] == "Looked again: nothing new."
