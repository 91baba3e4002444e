"""Cards in a channel: one message per incident, changed in place, whatever Slack does meanwhile."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from fermata.domain.card import Card, CardRow, CardSection, Quote
from fermata.integrations.slack.channel import SlackChannel
from fermata.integrations.slack.client import SlackClient
from fermata.kit.errors import OperationalError, TransientError
from fermata.testing.channel_contract import build_card
from fermata.testing.clock import FakeClock
from fermata.testing.slack.server import SlackFault
from fermata.testing.slack.workspace import SlackConversation, SlackMessage, list_buttons, read_blocks

DETAIL = CardSection(
    heading="Evidence",
    quotes=(Quote(source="checkout log", evidence_id="ev-1", line=7, text="MemoryError"),),
    detail=True,
)


def change(card, **values):
    """Give a card with other values."""
    return card.model_copy(update=values)


def explain(card, text="MemoryError"):
    """Give a card with something that only explains."""
    quote = DETAIL.quotes[0].model_copy(update={"text": text})
    return change(card, sections=(*card.sections, DETAIL.model_copy(update={"quotes": (quote,)})))


async def test_open_card_has_buttons_that_carry_incident_and_plan(slack, channel):
    """Approve asks once more and names the plan; the value is the incident and the first digits of the digest."""
    await channel.deliver(build_card(), key="inc-1", receipt=None)

    (message,) = slack.space.list_cards()
    buttons = list_buttons(message.blocks)
    assert {one["text"]["text"] for one in buttons.values()} == {"Approve", "Reject", "Ask for more", "Snooze 1h"}
    assert {one["value"] for one in buttons.values()} == {"inc-1:0123456789abcdef"}
    assert "0123456789abcdef" in buttons["approve"]["confirm"]["text"]["text"]


async def test_decided_card_loses_its_buttons_in_place(slack, channel):
    """The same message says what was decided; an update always carries blocks."""
    receipt = await channel.deliver(build_card(), key="inc-1", receipt=None)

    await channel.deliver(change(build_card(), can_decide=False, subtitle="approved"), key="inc-1", receipt=receipt)

    (message,) = slack.space.list_cards()
    assert list_buttons(message.blocks) == {}
    assert "approved" in read_blocks(message.blocks)
    assert all("blocks" in call.arguments for call in slack.calls if call.method == "chat.update")


async def test_plan_that_comes_later_is_announced_once(slack, channel):
    """Slack tells nobody of an edit: when a plan waits, one line says so in the channel, below the card."""
    looking = change(build_card(), can_decide=False)
    receipt = await channel.deliver(looking, key="inc-1", receipt=None)

    receipt = await channel.deliver(build_card(), key="inc-1", receipt=receipt)
    receipt = await channel.deliver(change(build_card(), subtitle="1 of 2"), key="inc-1", receipt=receipt)
    await channel.deliver(change(build_card(), plan_digest="sha256:" + "ab" * 32), key="inc-1", receipt=receipt)

    told = [call.arguments for call in slack.calls if call.arguments.get("reply_broadcast")]
    (card,) = slack.space.list_cards()
    assert [one["thread_ts"] for one in told] == [card.ts, card.ts]
    assert all(one["text"].startswith("A plan waits for a decision: [critical] checkout") for one in told)


async def test_card_that_is_new_announces_itself(slack, channel):
    """Of a new message Slack tells people by itself."""
    await channel.deliver(build_card(), key="inc-1", receipt=None)

    assert [call for call in slack.calls if call.arguments.get("reply_broadcast")] == []


async def test_card_that_did_not_change_is_not_sent_again(slack, channel):
    """The same content costs no call; that of a plan that waits is looked at, in `test_looked_at.py`."""
    card = change(build_card(), can_decide=False)
    receipt = await channel.deliver(card, key="inc-1", receipt=None)
    calls = len(slack.calls)

    again = await channel.deliver(card, key="inc-1", receipt=receipt)

    assert (again, len(slack.calls)) == (receipt, calls)


async def test_what_only_explains_stands_in_the_thread_and_changes_there(slack, channel):
    """Evidence is not approved: it does not push the plan out of sight, and is edited in place too."""
    receipt = await channel.deliver(explain(build_card()), key="inc-1", receipt=None)
    await channel.deliver(explain(build_card(), "OOMKilled"), key="inc-1", receipt=receipt)

    (message,) = slack.space.list_cards()
    (reply,) = slack.space.list_thread(message.ts)
    assert "MemoryError\n" not in read_blocks(message.blocks)
    assert "checkout log:7  OOMKilled" in read_blocks(reply.blocks)
    assert reply.edits == 1
    assert all(seen == message.blocks for seen in message.seen)


@pytest.mark.parametrize("fault", [SlackFault.LOST, SlackFault.CUT])
async def test_lost_answer_to_a_post_leaves_exactly_one_card(slack, channel, fault):
    """Whether Slack did it, nobody knows: the next delivery looks before it posts."""
    slack.fail("chat.postMessage", fault)
    with pytest.raises(TransientError, match=r"did not answer chat\.postMessage"):
        await channel.deliver(build_card(), key="inc-1", receipt=None)

    await channel.deliver(build_card(value="262144"), key="inc-1", receipt=None)

    (message,) = slack.space.list_cards()
    assert "262144" in read_blocks(message.blocks)
    assert slack.count("chat.postMessage") == 1


async def test_card_is_found_by_a_process_that_knows_nothing(slack, make_channel):
    """A crash between the post and its receipt: the next process finds the message, and its thread."""
    await make_channel().deliver(explain(build_card()), key="inc-1", receipt=None)
    await make_channel().deliver(build_card(), key="inc-2", receipt=None)
    slack.space.page_size = 1

    await make_channel().deliver(explain(build_card(value="262144")), key="inc-1", receipt=None)

    first, second = slack.space.list_cards()
    assert "262144" in read_blocks(first.blocks)
    assert second.edits == 0
    assert len(slack.space.list_thread(first.ts)) == 1


async def test_card_is_found_where_metadata_is_hidden(slack, make_channel):
    """The key stands in the message itself, too."""
    await make_channel().deliver(build_card(), key="inc-1", receipt=None)
    slack.space.list_cards()[0].metadata = None

    await make_channel().deliver(build_card(value="262144"), key="inc-1", receipt=None)

    assert len(slack.space.list_cards()) == 1


async def test_card_is_found_by_a_machine_whose_clock_is_wrong(slack, settings):
    """What is old is what Slack says is old."""
    late = FakeClock(datetime(2031, 1, 1, tzinfo=UTC))
    await SlackChannel(SlackClient(settings, late), settings, late).deliver(build_card(), key="inc-1", receipt=None)

    await SlackChannel(SlackClient(settings, late), settings, late).deliver(build_card(), key="inc-1", receipt=None)

    assert len(slack.space.list_cards()) == 1


async def test_first_look_ends_at_what_is_old(slack, channel, clock):
    """A busy channel's past is not read to its beginning."""
    old = f"{(clock.now() - timedelta(days=30)).timestamp():.6f}"
    messages = slack.space.channels["C0INCIDENTS"].messages
    messages += [SlackMessage(old, f"{n}", [], user="UALICE") for n in range(50)]
    slack.space.page_size = 10

    await channel.deliver(build_card(), key="inc-1", receipt=None)

    assert slack.count("conversations.history") == 1


async def test_second_look_reads_only_what_came_since(slack, channel):
    """A storm of new cards costs one short page each, not the whole history again."""
    for number in range(5):
        await channel.deliver(build_card(), key=f"inc-{number}", receipt=None)
    slack.space.page_size = 2

    before = slack.count("conversations.history")
    await channel.deliver(build_card(), key="inc-5", receipt=None)

    assert slack.count("conversations.history") == before + 1


async def test_deleted_message_is_posted_again_once(slack, channel):
    """Whoever deleted it did not decide anything: the next change brings it back, with its thread."""
    receipt = await channel.deliver(explain(build_card()), key="inc-1", receipt=None)
    for message in list(slack.space.channels["C0INCIDENTS"].messages):
        slack.space.delete("C0INCIDENTS", message.ts)

    for value in ("262144", "524288"):
        receipt = await channel.deliver(explain(build_card(value=value)), key="inc-1", receipt=receipt)

    (message,) = slack.space.list_cards()
    assert "524288" in read_blocks(message.blocks)
    assert len(slack.space.list_thread(message.ts)) == 1


async def test_deleted_message_is_noticed_by_its_thread_too(slack, channel):
    """The card itself did not change, but there is something new to explain: both come back."""
    receipt = await channel.deliver(explain(build_card()), key="inc-1", receipt=None)
    slack.space.channels["C0INCIDENTS"].messages.clear()

    await channel.deliver(explain(build_card(), "OOMKilled"), key="inc-1", receipt=receipt)

    (message,) = slack.space.list_cards()
    (reply,) = slack.space.list_thread(message.ts)
    assert "OOMKilled" in read_blocks(reply.blocks)


async def test_message_found_by_its_key_and_deleted_meanwhile_is_posted_again(slack, channel):
    """What was remembered of a channel may be gone."""
    await channel.deliver(build_card(), key="inc-1", receipt=None)
    slack.space.delete("C0INCIDENTS", slack.space.list_cards()[0].ts)

    await channel.deliver(build_card(), key="inc-1", receipt=None)

    assert len(slack.space.list_cards()) == 1


async def test_deleted_detail_is_posted_again_in_the_thread(slack, channel):
    """The card itself stays where it is."""
    receipt = await channel.deliver(explain(build_card()), key="inc-1", receipt=None)
    (message,) = slack.space.list_cards()
    slack.space.delete("C0INCIDENTS", slack.space.list_thread(message.ts)[0].ts)

    await channel.deliver(explain(build_card(), "OOMKilled"), key="inc-1", receipt=receipt)

    (reply,) = slack.space.list_thread(message.ts)
    assert "OOMKilled" in read_blocks(reply.blocks)
    assert slack.space.list_cards() == [message]


@pytest.mark.parametrize("is_ours_there", [False, True])
async def test_message_of_somebody_else_with_our_mark_is_left_alone(slack, channel, is_ours_there):
    """Somebody may copy the mark: theirs is not taken for ours, and hides it from nobody."""
    if is_ours_there:
        await channel.deliver(build_card(), key="inc-1", receipt=None)
    mark = {"event_type": "fermata_card", "event_payload": {"key": "inc-1"}}
    fake = SlackMessage(slack.space.next_ts(), "mine", [], metadata=mark, user="UMALLORY")
    slack.space.channels["C0INCIDENTS"].messages.append(fake)

    await channel.deliver(build_card(value="262144"), key="inc-1", receipt=None)

    (ours,) = [one for one in slack.space.list_cards() if one is not fake]
    assert (fake.text, fake.edits) == ("mine", 0)
    assert "262144" in read_blocks(ours.blocks)


async def test_message_that_was_ours_and_cannot_be_changed_is_posted_again(slack, channel):
    """Edited away by the workspace's rules: the card goes on in a new message."""
    receipt = await channel.deliver(build_card(), key="inc-1", receipt=None)
    slack.fail("chat.update", "edit_window_closed")

    receipt = await channel.deliver(build_card(value="262144"), key="inc-1", receipt=receipt)
    await channel.deliver(build_card(value="524288"), key="inc-1", receipt=receipt)

    _, ours = slack.space.list_cards()
    assert "524288" in read_blocks(ours.blocks)


async def test_room_of_a_route_gets_its_own_message(slack, channel):
    """A receipt of one room is none in another."""
    receipt = await channel.deliver(build_card(), key="inc-1", receipt=None)

    await channel.deliver(build_card(), key="inc-1", receipt=receipt, room="C0OTHER")

    assert [len(slack.space.list_cards(one)) for one in ("C0INCIDENTS", "C0OTHER")] == [1, 1]


@pytest.mark.parametrize(
    ("room", "remedy"),
    [
        ("C0WITHOUT", "Invite the app: write `/invite @fermata` in that channel"),
        ("G0SECRET", "If the channel is private: Invite the app"),
        ("C0NOWHERE", "Check the id in slack.channel or in the route"),
        ("#incidents", "Write the id, like C0123ABCD"),
    ],
)
async def test_room_that_cannot_be_posted_to_is_told_with_its_remedy(channel, room, remedy):
    """Nobody has to look a code up."""
    with pytest.raises(OperationalError) as caught:
        await channel.deliver(build_card(), key="inc-1", receipt=None, room=room)

    assert remedy in str(caught.value)
    assert not isinstance(caught.value, TransientError)


async def test_archived_channel_is_told(slack, channel):
    """A person must mend it; trying again soon would not."""
    receipt = await channel.deliver(build_card(), key="inc-1", receipt=None)
    slack.space.channels["C0INCIDENTS"].is_archived = True

    with pytest.raises(OperationalError, match="Unarchive the channel"):
        await channel.deliver(build_card(value="262144"), key="inc-1", receipt=receipt)


@pytest.mark.parametrize("code", ["token_revoked", "account_inactive"])
async def test_revoked_token_is_told(slack, channel, code):
    """It says what to do and never shows the token."""
    slack.space.revoked = code

    with pytest.raises(OperationalError, match=f"{code}. Reinstall the app") as caught:
        await channel.deliver(build_card(), key="inc-1", receipt=None)

    assert "xoxb" not in str(caught.value)


@pytest.mark.parametrize("scope", ["chat:write", "channels:history"])
async def test_missing_scope_is_named(slack, channel, scope):
    """Slack says which one; so do we."""
    slack.space.scopes.remove(scope)

    with pytest.raises(OperationalError, match=f"the app lacks {scope}. Add {scope} under"):
        await channel.deliver(build_card(), key="inc-1", receipt=None)


@pytest.mark.parametrize("method", ["conversations.history", "chat.postMessage"])
async def test_rate_limit_carries_the_wait_that_slack_asks_for(slack, channel, method):
    """The outbox waits as long; nothing is tried again before."""
    slack.fail(method, SlackFault.LIMITED)

    with pytest.raises(TransientError) as caught:
        await channel.deliver(build_card(), key="inc-1", receipt=None)

    assert caught.value.retry_after == timedelta(seconds=7)
    assert slack.space.list_cards() == []


@pytest.mark.parametrize("fault", [SlackFault.DOWN, SlackFault.BUSY, "fatal_error"])
async def test_outage_passes(slack, channel, fault):
    """While it lasts each delivery is a passing failure; afterwards there is one card."""
    slack.fail("*", fault, times=3)
    for _ in range(3):
        with pytest.raises(TransientError):
            await channel.deliver(build_card(), key="inc-1", receipt=None)

    await channel.deliver(build_card(), key="inc-1", receipt=None)

    assert len(slack.space.list_cards()) == 1


async def test_refused_detail_costs_the_detail_only(slack, channel):
    """The card stands, and its receipt is kept."""
    receipt = await channel.deliver(build_card(), key="inc-1", receipt=None)
    slack.fail("chat.postMessage", "restricted_action")

    again = await channel.deliver(explain(build_card(value="262144")), key="inc-1", receipt=receipt)

    (message,) = slack.space.list_cards()
    assert "262144" in read_blocks(message.blocks)
    assert again


async def test_passing_failure_in_the_thread_is_tried_again(slack, channel):
    """The outbox comes again: one card and one detail."""
    receipt = await channel.deliver(build_card(), key="inc-1", receipt=None)
    slack.fail("chat.postMessage", SlackFault.LOST)
    card = explain(build_card(value="262144"))
    with pytest.raises(TransientError):
        await channel.deliver(card, key="inc-1", receipt=receipt)

    await channel.deliver(card, key="inc-1", receipt=None)

    (message,) = slack.space.list_cards()
    assert len(slack.space.list_thread(message.ts)) == 1


async def test_text_from_outside_is_shown_and_never_read(slack, channel):
    """Mentions, links, formats and characters that steer a screen stay text."""
    evil = "<!channel> <https://evil.example|approve here> *bold* `x` \u202eevil\x1b[2J ```"
    card = Card(
        incident_id="inc-1",
        title=evil,
        subtitle=evil,
        sections=(CardSection(heading="Proposed", paragraphs=(evil,), rows=(CardRow(label="a", text=evil),)),),
    )

    await channel.deliver(card, key="inc-1", receipt=None)

    (message,) = slack.space.list_cards()
    shown = read_blocks(message.blocks)
    assert {block["type"] for block in message.blocks} == {"header", "rich_text"}
    assert "<!channel>" in shown
    assert r"\u202eevil\x1b[2J" in shown
    assert message.text.startswith("&lt;!channel&gt; &lt;https://evil.example|approve here&gt;")


async def test_links_in_a_card_are_not_fetched(slack, channel):
    """A preview of a page from a log would stand in the channel as if it were ours."""
    await channel.deliver(build_card(), key="inc-1", receipt=None)

    (call,) = [call for call in slack.calls if call.method == "chat.postMessage"]
    assert (call.arguments["unfurl_links"], call.arguments["unfurl_media"]) in [(False, False), ("0", "0"), (0, 0)]


async def test_two_deliveries_at_once_to_two_rooms_do_not_meet(slack, channel):
    """Each room is looked at for itself."""
    slack.space.channels["C0THIRD"] = SlackConversation("C0THIRD", "third")

    await asyncio.gather(
        *(
            channel.deliver(build_card(), key=f"inc-{number}", receipt=None, room=room)
            for number in range(3)
            for room in ("C0OTHER", "C0THIRD")
        )
    )

    assert [len(slack.space.list_cards(one)) for one in ("C0OTHER", "C0THIRD")] == [3, 3]


async def test_server_without_history_gets_its_card(slack, channel):
    """Whoever speaks Slack's API and keeps no history has nothing that could be found."""
    slack.fail("conversations.history", "unknown_method")

    await channel.deliver(build_card(), key="inc-1", receipt=None)

    assert len(slack.space.list_cards()) == 1


async def test_thread_that_cannot_be_read_costs_the_detail_only(slack, make_channel):
    """The card is changed; what explains comes with the next change."""
    await make_channel().deliver(explain(build_card()), key="inc-1", receipt=None)
    slack.fail("conversations.replies", "access_denied")

    await make_channel().deliver(explain(build_card(value="262144"), "OOMKilled"), key="inc-1", receipt=None)

    (message,) = slack.space.list_cards()
    (reply,) = slack.space.list_thread(message.ts)
    assert "262144" in read_blocks(message.blocks)
    assert "MemoryError" in read_blocks(reply.blocks)


async def test_refused_change_of_a_detail_costs_the_detail_only(slack, channel):
    """It is not posted a second time for it."""
    receipt = await channel.deliver(explain(change(build_card(), can_decide=False)), key="inc-1", receipt=None)
    slack.fail("chat.update", "restricted_action")

    await channel.deliver(explain(change(build_card(), can_decide=False), "OOMKilled"), key="inc-1", receipt=receipt)

    (message,) = slack.space.list_cards()
    assert len(slack.space.list_thread(message.ts)) == 1


async def test_busy_channel_is_read_up_to_a_limit(slack, channel):
    """Ten pages: an answer from nowhere would be worth less than a card now."""
    messages = slack.space.channels["C0INCIDENTS"].messages
    messages += [SlackMessage(slack.space.next_ts(), f"{n}", [], user="UALICE") for n in range(30)]
    slack.space.page_size = 2

    await channel.deliver(build_card(), key="inc-1", receipt=None)

    assert slack.count("conversations.history") == 10


async def test_plan_that_did_not_settle_it_calls_a_person(slack, channel):
    """Whoever approved it went away: one line says that a person must act, once, however often the words change."""
    failed = change(build_card(), can_decide=False, subtitle="a person must act; since 12:00 UTC")
    receipt = await channel.deliver(change(build_card(), can_decide=False), key="inc-1", receipt=None)
    receipt = await channel.deliver(build_card(), key="inc-1", receipt=receipt)

    receipt = await channel.deliver(failed, key="inc-1", receipt=receipt)
    await channel.deliver(change(failed, footer="changed"), key="inc-1", receipt=receipt)

    told = [call.arguments["text"] for call in slack.calls if call.arguments.get("reply_broadcast")]
    assert [text.split(":")[0] for text in told] == ["A plan waits for a decision", "A person must act"]


async def test_first_look_that_finds_nothing_calls_nobody_twice(slack, channel):
    """The message itself rang a moment ago: in a storm a second one for each would drown the plans."""
    looking = change(build_card(), can_decide=False, subtitle="being investigated; since 12:00 UTC")
    receipt = await channel.deliver(looking, key="inc-1", receipt=None)

    failed = change(looking, subtitle="a person must act; since 12:00 UTC")
    await channel.deliver(failed, key="inc-1", receipt=receipt)

    assert [call for call in slack.calls if call.arguments.get("reply_broadcast")] == []


async def test_incident_that_comes_back_calls_a_person(slack, channel):
    """It was over, and is not."""
    over = change(build_card(), can_decide=False, subtitle="resolved; began 12:00 UTC")
    receipt = await channel.deliver(change(over, subtitle="being investigated"), key="inc-1", receipt=None)
    receipt = await channel.deliver(over, key="inc-1", receipt=receipt)

    await channel.deliver(change(over, subtitle="a person must act; since 12:00 UTC"), key="inc-1", receipt=receipt)

    (told,) = [call.arguments["text"] for call in slack.calls if call.arguments.get("reply_broadcast")]
    assert told.startswith("A person must act: [critical] checkout")


async def test_plan_that_helped_is_told_in_the_thread_alone(slack, channel):
    """Once, and nobody is rung for: whoever follows the card reads it."""
    rows = (CardRow(label="Verified", text="restored after 6s: all is well"),)
    sections = (*build_card().sections, CardSection(heading="Result", rows=rows))
    over = change(build_card(), can_decide=False, subtitle="mitigated; began 12:00 UTC", sections=sections)
    receipt = await channel.deliver(build_card(), key="inc-1", receipt=None)

    receipt = await channel.deliver(over, key="inc-1", receipt=receipt)
    await channel.deliver(change(over, subtitle="resolved; began 12:00 UTC"), key="inc-1", receipt=receipt)

    (told,) = [call.arguments for call in slack.calls if "carried out" in str(call.arguments.get("text"))]
    (card,) = slack.space.list_cards()
    assert (told["thread_ts"], bool(told["reply_broadcast"])) == (card.ts, False)
    assert told["text"].endswith("restored after 6s: all is well")
