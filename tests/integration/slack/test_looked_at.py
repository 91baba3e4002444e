"""Cards of plans that wait are looked at again: what an administrator took away nobody can decide on."""

import pytest
from tests.integration.slack.test_long_cards import build_long_card

from fermata.kit.errors import OperationalError
from fermata.ports.channel import Renewed
from fermata.testing.channel_contract import build_card
from fermata.testing.slack.workspace import list_buttons


@pytest.mark.parametrize("has_replies", [False, True])
async def test_card_of_a_waiting_plan_that_was_deleted_comes_back_unchanged(slack, channel, has_replies):
    """Also where Slack left a stone in its place, because of the replies."""
    receipt = await channel.deliver(build_card(), key="inc-1", receipt=None)
    (message,) = slack.space.list_cards()
    if has_replies:
        slack.talk.say("UALICE", "I look", thread_ts=message.ts)
    slack.talk.delete(message.ts)

    again = await channel.deliver(build_card(), key="inc-1", receipt=receipt)
    await channel.deliver(build_card(), key="inc-1", receipt=again)

    assert isinstance(channel, Renewed)
    assert [one.subtype for one in slack.space.list_cards() if "approve" in list_buttons(one.blocks)][-1:] == [""]
    assert len([one for one in slack.space.list_cards() if one.subtype != "tombstone"]) == 1
    assert len(slack.space.list_cards()) == 1 + has_replies


async def test_card_that_stands_is_looked_at_by_one_call_and_stays_as_it_is(slack, channel):
    """A change into itself: only a change tells whether the channel still takes any."""
    receipt = await channel.deliver(build_card(), key="inc-1", receipt=None)
    (message,) = slack.space.list_cards()
    shown, before = message.blocks, len(slack.calls)

    assert await channel.deliver(build_card(), key="inc-1", receipt=receipt) == receipt

    assert [call.method for call in slack.calls[before:]] == ["chat.update"]
    assert message.blocks == shown


async def test_file_of_a_waiting_plan_that_was_deleted_is_attached_again(slack, channel):
    """Else somebody could approve a diff that is nowhere to be seen."""
    receipt = await channel.deliver(build_long_card(), key="inc-1", receipt=None)
    (message,) = slack.space.list_cards()
    (file,) = [one for one in slack.space.list_thread(message.ts) if one.files]
    again = await channel.deliver(build_long_card(), key="inc-1", receipt=receipt)
    assert again == receipt
    slack.talk.delete(file.ts)

    again = await channel.deliver(build_long_card(), key="inc-1", receipt=again)
    await channel.deliver(build_long_card(), key="inc-1", receipt=again)

    assert len([one for one in slack.space.list_thread(message.ts) if one.files]) == 1
    assert "approve" in list_buttons(message.blocks)


async def test_channel_that_was_archived_is_told_of_while_a_plan_waits_there(slack, channel):
    """Nobody would see the plan, and no change of its card might come before it expires."""
    receipt = await channel.deliver(build_card(), key="inc-1", receipt=None)
    slack.space.channels["C0INCIDENTS"].is_archived = True

    with pytest.raises(OperationalError, match=r"is_inactive.*Unarchive the channel"):
        await channel.deliver(build_card(), key="inc-1", receipt=receipt)


async def test_card_that_may_not_be_edited_any_more_is_not_posted_again_and_again(slack, channel):
    """A workspace that closes edits after a minute has the card all the same."""
    receipt = await channel.deliver(build_card(), key="inc-1", receipt=None)
    slack.fail("chat.update", "edit_window_closed")

    assert await channel.deliver(build_card(), key="inc-1", receipt=receipt) == receipt

    assert len(slack.space.list_cards()) == 1


async def test_channel_that_the_app_was_removed_from_is_told_of(slack, channel):
    """Else a plan would wait where its buttons change no more, and nobody would know."""
    receipt = await channel.deliver(build_card(), key="inc-1", receipt=None)
    slack.space.channels["C0INCIDENTS"].has_app = False

    with pytest.raises(OperationalError, match="not_in_channel"):
        await channel.deliver(build_card(), key="inc-1", receipt=receipt)


async def test_card_that_an_earlier_app_posted_is_left_with_a_word(slack, channel):
    """Its buttons cannot be taken away; who reads it is told that the incident goes on in a newer card."""
    receipt = await channel.deliver(build_card(), key="inc-1", receipt=None)
    (old,) = slack.space.list_cards()
    old.user = "UFORMERAPP"

    receipt = await channel.deliver(build_card(value="262144"), key="inc-1", receipt=receipt)
    await channel.deliver(build_card(value="262144"), key="inc-1", receipt=receipt)

    assert len(slack.space.list_cards()) == 2
    told = [one.text for one in slack.space.list_thread(old.ts) if "goes on in a newer card" in one.text]
    assert len(told) == 1
