"""Whoever decides in words below a card is told where one decides; their words never count."""

import asyncio

import pytest
from tests.integration.slack.conftest import wait_for

from fermata.testing.slack.server import SlackFault


@pytest.fixture
async def card(slack, channel, desk):
    """Give the message with the open card."""
    await channel.deliver(desk.card, key="inc-1", receipt=None)
    return slack.space.list_cards()[0]


async def test_yes_in_words_counts_nothing_and_is_answered_once(slack, card, desk, listen, told):
    """To them alone, however often they write it; the next one is told, too."""
    async with listen(desk):
        for text in ("approved :+1:", "yes do it"):
            await slack.talk.tell(slack.talk.say("UALICE", text, thread_ts=card.ts))
            await told("UALICE")
        await slack.talk.tell(slack.talk.say("UBOB", "/approve", thread_ts=card.ts))
        await told("UBOB")

    assert (desk.decided, desk.asked) == (None, [])
    assert [(one["user"], one["by"]) for one in slack.space.whispers] == [
        ("UALICE", "ephemeral"),
        ("UBOB", "ephemeral"),
    ]
    assert "press Approve or Reject on the card" in slack.space.whispers[0]["text"]


async def test_talk_elsewhere_and_after_the_decision_is_left_alone(slack, card, desk, listen):
    """Below somebody's own message, in the room, by a machine, by an edit, in a card that was decided: no answer."""
    async with listen(desk):
        head = slack.talk.say("UBOB", "shall we deploy")
        reply = slack.talk.say("UALICE", "fine, the pool is full", thread_ts=card.ts)
        said = [head, reply, slack.talk.say("UALICE", "approved", thread_ts=head["event"]["ts"])]
        said += [slack.talk.say("UALICE", "approved"), slack.talk.edit(reply["event"]["ts"], "approved")]
        for payload in said:
            await slack.talk.tell(payload)
        desk.decided = "approved by bob"
        await slack.talk.tell(slack.talk.say("UALICE", "approved", thread_ts=card.ts))
        await wait_for(lambda: slack.count("conversations.replies") == 2)
        await asyncio.sleep(0.05)

    assert slack.space.whispers == []


async def test_thread_that_cannot_be_read_leaves_it_at_silence(slack, card, desk, listen, told):
    """What people write is acknowledged all the same, and the next one is told."""
    slack.fail("conversations.replies", SlackFault.DOWN)

    async with listen(desk):
        ack = await slack.talk.tell(slack.talk.say("UALICE", "lgtm", thread_ts=card.ts))
        await asyncio.sleep(0.2)
        await slack.talk.tell(slack.talk.say("UBOB", "lgtm", thread_ts=card.ts))
        await told("UBOB")

    assert ack.acked
    assert [one["user"] for one in slack.space.whispers] == ["UBOB"]
