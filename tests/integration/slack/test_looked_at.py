"""Cards of plans that wait are looked at again: what an administrator took away nobody can decide on."""

import pytest

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


async def test_card_that_stands_is_looked_at_and_left_alone(slack, channel):
    """One call, and no edit: Slack would mark the message as edited."""
    receipt = await channel.deliver(build_card(), key="inc-1", receipt=None)
    before = len(slack.calls)

    assert await channel.deliver(build_card(), key="inc-1", receipt=receipt) == receipt

    assert [call.method for call in slack.calls[before:]] == ["conversations.history"]


async def test_channel_that_the_app_was_removed_from_is_told_of(slack, channel):
    """Else a plan would wait where its buttons change no more, and nobody would know."""
    receipt = await channel.deliver(build_card(), key="inc-1", receipt=None)
    slack.space.channels["C0INCIDENTS"].has_app = False

    with pytest.raises(OperationalError, match="not_in_channel"):
        await channel.deliver(build_card(), key="inc-1", receipt=receipt)


async def test_server_without_a_history_is_taken_at_its_word(slack, channel):
    """A gateway that speaks Slack's API may keep none: the card is not posted again and again."""
    receipt = await channel.deliver(build_card(), key="inc-1", receipt=None)
    slack.fail("conversations.history", "unknown_method")

    assert await channel.deliver(build_card(), key="inc-1", receipt=receipt) == receipt

    assert len(slack.space.list_cards()) == 1
