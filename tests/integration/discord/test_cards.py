"""Cards in the channel: posted once, changed in place, whole or without buttons, and found again."""

from datetime import timedelta

import pytest

from fermata.domain.card import CardRow, CardSection, Quote
from fermata.integrations.discord.answers import DiscordRefusal
from fermata.integrations.discord.channel import SILENT
from fermata.integrations.discord.receipt import DiscordReceipt
from fermata.kit.errors import OperationalError, TransientError
from fermata.ports.channel import Renewed
from fermata.testing.channel_contract import DIFF, build_card, build_long_card
from fermata.testing.discord.guild import CHANNEL, MALLORY, DiscordMessage, Refused, find_markup
from fermata.testing.discord.server import DiscordFault

DETAIL = CardSection(
    heading="Evidence",
    paragraphs=("checkout ended five times",),
    quotes=(Quote(source="stderr", evidence_id="ev-1", line=7, text="out of memory"),),
    detail=True,
)


def with_detail(card, text="checkout ended five times"):
    """Return the card with a section that only explains."""
    return card.model_copy(update={"sections": (*card.sections, DETAIL.model_copy(update={"paragraphs": (text,)}))})


async def test_card_is_one_message_with_its_buttons(discord, guild, channel):
    """Green to approve, red to reject; each button carries the incident and the plan that was seen."""
    await channel.deliver(build_card(), key="inc-1", receipt=None)

    (message,) = guild.list_cards()
    buttons = message.list_buttons()
    assert {name: button["label"] for name, button in buttons.items()} == {
        "approve": "Approve",
        "reject": "Reject",
        "ask": "Ask for more",
        "snooze": "Snooze 1h",
    }
    assert buttons["approve"]["custom_id"] == "approve:inc-1:0123456789abcdef"
    assert (buttons["approve"]["style"], buttons["reject"]["style"]) == (3, 4)
    assert "critical" in message.content


async def test_change_edits_the_message_and_an_equal_card_is_not_sent(discord, guild, channel):
    """One message, whatever happens; and no call for nothing."""
    receipt = await channel.deliver(build_card(), key="inc-1", receipt=None)

    receipt = await channel.deliver(build_card(value="262144"), key="inc-1", receipt=receipt)
    await channel.deliver(build_card(value="262144"), key="inc-1", receipt=receipt)

    (message,) = guild.list_cards()
    assert "262144" in message.read()
    assert message.edits == 1
    assert discord.count("post message") == 1


async def test_deleted_message_is_posted_again_once(discord, guild, channel):
    """Also right after it was posted, when Discord would still take the new one for a repetition."""
    receipt = await channel.deliver(build_card(), key="inc-1", receipt=None)
    await discord.gateway.delete(guild.list_cards()[0].id)

    receipt = await channel.deliver(build_card(value="262144"), key="inc-1", receipt=receipt)
    await channel.deliver(build_card(value="524288"), key="inc-1", receipt=receipt)

    (message,) = guild.list_cards()
    assert "524288" in message.read()
    assert discord.count("post message") == 2


async def test_card_of_a_plan_that_waits_comes_back_although_nothing_changed(discord, guild, channel):
    """A moderator who tidies up must not let a plan expire unseen; what is there is not sent again."""
    receipt = await channel.deliver(build_card(), key="inc-1", receipt=None)
    await channel.deliver(build_card(), key="inc-1", receipt=receipt)
    untouched = (discord.count("post message"), discord.count("edit message"))
    await discord.gateway.delete(guild.list_cards()[0].id)

    receipt = await channel.deliver(build_card(), key="inc-1", receipt=receipt)

    assert untouched == (1, 0)
    assert "approve" in guild.list_cards()[0].list_buttons()
    assert isinstance(channel, Renewed)


async def test_card_that_waits_for_nobody_is_not_looked_at(discord, channel):
    """What is decided may be tidied up."""
    over = build_card().model_copy(update={"can_decide": False})
    receipt = await channel.deliver(over, key="inc-1", receipt=None)

    await channel.deliver(over, key="inc-1", receipt=receipt)

    assert discord.count("message") == 0


async def test_another_process_finds_the_card_by_its_footer(discord, guild, make_channel):
    """After a crash that lost the receipt; a message in between, and one that pretends, change nothing."""
    await make_channel().deliver(build_card(), key="inc-1", receipt=None)
    (own,) = guild.list_cards()
    forged = DiscordMessage(guild.next_id(), CHANNEL, MALLORY, embeds=own.embeds)
    guild.rooms[CHANNEL].messages[forged.id] = forged
    for _ in range(150):
        other = DiscordMessage(guild.next_id(), CHANNEL, MALLORY, "hello")
        guild.rooms[CHANNEL].messages[other.id] = other

    await make_channel().deliver(build_card(value="262144"), key="inc-1", receipt=None)

    assert len(guild.list_cards()) == 1
    assert "262144" in own.read()
    assert discord.count("list messages") == 3


async def test_next_look_reads_only_what_came_since(discord, guild, channel):
    """A channel with a long history is read through once."""
    for _ in range(150):
        other = DiscordMessage(guild.next_id(), CHANNEL, MALLORY, "hello")
        guild.rooms[CHANNEL].messages[other.id] = other
    await channel.deliver(build_card(), key="inc-1", receipt=None)
    before = discord.count("list messages")

    await channel.deliver(build_card(), key="inc-2", receipt=None)
    await channel.deliver(build_card(), key="inc-2", receipt=None)

    assert (before, discord.count("list messages")) == (2, 4)
    assert len(guild.list_cards()) == 2


async def test_card_behind_a_lost_answer_that_cannot_be_seen_is_brought_up_to_date(discord, guild, make_channel):
    """Where the history is not to be read, the nonce still keeps a second message away."""
    discord.fail("post message", DiscordFault.LOST)
    with pytest.raises(TransientError):
        await make_channel().deliver(build_card(), key="inc-1", receipt=None)
    guild.rooms[CHANNEL].permissions &= ~(1 << 16)

    receipt = await make_channel().deliver(build_card(value="262144"), key="inc-1", receipt=None)

    (message,) = guild.list_cards()
    assert "262144" in message.read()
    assert DiscordReceipt.find(receipt, CHANNEL).card.id == message.id


async def test_long_diff_is_a_file_of_the_very_message_and_stays_when_the_card_changes(discord, guild, channel):
    """Whole, named with its digest; an edit keeps it without sending it again, and drops it when it is another."""
    receipt = await channel.deliver(build_long_card(), key="inc-1", receipt=None)
    (message,) = guild.list_cards()
    (first,) = message.files

    changed = build_long_card().model_copy(update={"subtitle": "since yesterday"})
    receipt = await channel.deliver(changed, key="inc-1", receipt=receipt)
    (kept,) = message.files
    await channel.deliver(build_long_card(5000), key="inc-1", receipt=receipt)
    (other,) = message.files

    assert first.content.decode() == build_long_card().sections[0].diff
    assert kept.id == first.id
    assert other.id != first.id
    assert other.name in message.read()
    assert "approve" in message.list_buttons()


async def test_file_is_known_again_by_a_process_without_a_receipt(discord, guild, make_channel):
    """Its name holds its digest."""
    await make_channel().deliver(build_long_card(), key="inc-1", receipt=None)
    (message,) = guild.list_cards()
    (first,) = message.files

    await make_channel().deliver(
        build_long_card().model_copy(update={"subtitle": "since yesterday"}), key="inc-1", receipt=None
    )

    assert [file.id for file in message.files] == [first.id]


@pytest.mark.parametrize("cause", ["too large", "not allowed"])
async def test_card_whose_file_is_not_taken_has_no_buttons_and_says_why(guild, channel, cause):
    """What is not shown whole cannot be approved; when the file is taken, the buttons come."""
    if cause == "too large":
        guild.largest_file = 1000
    else:
        guild.rooms[CHANNEL].permissions &= ~(1 << 15)

    with pytest.raises(OperationalError):
        await channel.deliver(build_long_card(), key="inc-1", receipt=None)
    (message,) = guild.list_cards()
    doubtful = (message.list_buttons(), message.read())
    guild.largest_file = 10**9
    guild.rooms[CHANNEL].permissions |= 1 << 15
    await channel.deliver(build_long_card(), key="inc-1", receipt=None)

    assert doubtful[0] == {}
    assert "could not be attached: not all of it is to be seen, so it cannot be approved here" in doubtful[1]
    assert "approve" in message.list_buttons()
    assert "Incomplete" not in message.read()
    assert len(guild.list_cards()) == 1


async def test_what_explains_stands_in_the_thread_and_changes_there(discord, guild, channel):
    """The message keeps to what is approved."""
    receipt = await channel.deliver(with_detail(build_card()), key="inc-1", receipt=None)
    (message,) = guild.list_cards()
    thread = guild.find_thread(message)

    await channel.deliver(with_detail(build_card(), "it ended six times"), key="inc-1", receipt=receipt)

    assert "ended" not in message.read()
    (detail,) = guild.list_cards(thread.id)
    assert "it ended six times" in detail.read()
    assert "stderr:7  out of memory" in detail.read()
    assert thread.name == build_card().title


async def test_thread_is_found_again_without_a_receipt(guild, make_channel):
    """One thread, one message in it."""
    for number in range(3):
        await make_channel().deliver(with_detail(build_card(), f"ended {number} times"), key="inc-1", receipt=None)

    (message,) = guild.list_cards()
    (detail,) = guild.list_cards(message.id)
    assert "ended 2 times" in detail.read()


async def test_thread_that_was_archived_is_opened_again(guild, channel):
    """Discord archives a thread after a day, and takes no edits in it then."""
    receipt = await channel.deliver(with_detail(build_card()), key="inc-1", receipt=None)
    (message,) = guild.list_cards()
    guild.find_thread(message).archived = True

    await channel.deliver(with_detail(build_card(), "it ended six times"), key="inc-1", receipt=receipt)

    assert "it ended six times" in guild.read()


@pytest.mark.parametrize("what", ["thread", "message"])
async def test_detail_that_somebody_deleted_is_shown_again(guild, channel, what):
    """The message in the thread, or the thread."""
    receipt = await channel.deliver(with_detail(build_card()), key="inc-1", receipt=None)
    (message,) = guild.list_cards()
    if what == "thread":
        del guild.rooms[message.id]
    else:
        guild.rooms[message.id].messages.clear()

    await channel.deliver(with_detail(build_card(), "it ended six times"), key="inc-1", receipt=receipt)

    assert "it ended six times" in guild.read()


async def test_card_stands_where_threads_are_not_allowed(guild, channel):
    """What only explains is missing then; what is approved is not."""
    guild.rooms[CHANNEL].permissions &= ~(1 << 35)

    receipt = await channel.deliver(with_detail(build_card()), key="inc-1", receipt=None)

    assert "approve" in guild.list_cards()[0].list_buttons()
    assert DiscordReceipt.find(receipt, CHANNEL).thread == ""


async def test_card_deleted_with_its_thread_comes_back_with_both(discord, guild, channel):
    """The new message has a thread of its own."""
    receipt = await channel.deliver(with_detail(build_card()), key="inc-1", receipt=None)
    await discord.gateway.delete(guild.list_cards()[0].id)

    await channel.deliver(with_detail(build_card(value="262144")), key="inc-1", receipt=receipt)

    (message,) = guild.list_cards()
    assert len(guild.list_cards(message.id)) == 1


@pytest.mark.parametrize("value", ["262144", "131072"])
async def test_embeds_that_somebody_removed_are_shown_again(guild, channel, value):
    """At the next change of the card, and while its plan waits without one."""
    receipt = await channel.deliver(build_card(), key="inc-1", receipt=None)
    guild.list_cards()[0].flags = 4 | 32

    await channel.deliver(build_card(value=value), key="inc-1", receipt=receipt)

    assert value in guild.list_cards()[0].read()


@pytest.mark.parametrize(
    "text",
    [
        "@everyone <@1180000000000000021> <#1180000000000000001> <:a:1> <t:1>",
        "[click](https://evil.example) https://evil.example :tada: **bold** __u__ ~~s~~ ||spoiler||",
        "# heading\n> quote\n- item\n1. item\n-# small",
        "`code` ```fence``` \\*escaped\\*",
    ],
)
async def test_text_from_outside_is_shown_as_it_stands(guild, channel, text):
    """Nothing in it formats, links or mentions, wherever in a card it stands."""
    section = CardSection(
        heading=text.partition("\n")[0],
        paragraphs=(text,),
        rows=(CardRow(label="label", text=text),),
        quotes=(Quote(source="log", evidence_id="ev-1", line=1, text=text),),
        diff=DIFF + f"+{text}\n",
    )
    card = build_card().model_copy(update={"title": text.partition("\n")[0], "subtitle": text, "sections": (section,)})

    await channel.deliver(card, key="inc-1", receipt=None)

    (message,) = guild.list_cards()
    for shown in (message.content, *(embed["description"] for embed in message.embeds)):
        assert find_markup(shown) == []
    for line in text.splitlines():
        assert message.read().count(line) >= 4


async def test_limit_is_told_to_the_outbox_with_its_delay(discord, channel):
    """To the fraction of a second."""
    discord.fail("post message", DiscordFault.LIMITED)

    with pytest.raises(TransientError) as caught:
        await channel.deliver(build_card(), key="inc-1", receipt=None)

    assert caught.value.retry_after == timedelta(seconds=1.5)


@pytest.mark.parametrize(
    ("break_it", "words"),
    [
        (lambda guild: setattr(guild, "token", "another"), "put the new one in discord.token"),
        (lambda guild: guild.rooms.clear(), "check discord.channel or the route"),
        (lambda guild: setattr(guild, "is_member", False), "allow View Channel"),
        (lambda guild: setattr(guild.rooms[CHANNEL], "permissions", 1 << 10), "Embed Links"),
    ],
)
async def test_refusal_says_exactly_what_to_mend(guild, channel, break_it, words):
    """A token that was reset, a channel that is gone or closed, a permission that is missing."""
    break_it(guild)

    with pytest.raises(OperationalError) as caught:
        await channel.deliver(build_card(), key="inc-1", receipt=None)

    assert words in str(caught.value)
    assert not isinstance(caught.value, TransientError)


async def test_refused_body_names_its_field(discord, channel):
    """What Discord says of a body is told, for whoever reports it."""
    errors = {"embeds": {"0": {"title": {"_errors": [{"code": "BASE_TYPE_MAX_LENGTH", "message": "Too long."}]}}}}
    discord.fail("post message", Refused(400, 50035, "Invalid Form Body", errors))

    with pytest.raises(DiscordRefusal, match=r"embeds\.0\.title: Too long"):
        await channel.deliver(build_card(), key="inc-1", receipt=None)


async def test_room_that_is_no_id_is_refused_before_any_call(discord, channel):
    """A route by name would need one more permission, and names can be changed by people."""
    with pytest.raises(OperationalError, match="no channel id"):
        await channel.deliver(build_card(), key="inc-1", receipt=None, room="incidents")

    assert discord.calls == []


LOOKING = {"can_decide": False, "subtitle": "being investigated; since 12:00 UTC"}
ASKED = {"can_decide": False, "subtitle": "a person must act; since 12:00 UTC"}


async def show(channel, receipt, **changes):
    """Deliver the card with other values."""
    return await channel.deliver(build_card().model_copy(update=changes), key="inc-1", receipt=receipt)


async def test_plan_that_comes_later_is_told_by_a_reply_once(guild, channel):
    """Discord notifies of no edit: the reply links to the card, and mentions nobody."""
    receipt = await show(channel, None, **LOOKING)

    receipt = await show(channel, receipt)
    receipt = await show(channel, receipt, subtitle="1 of 2")
    await show(channel, receipt, plan_digest="sha256:" + "ab" * 32)

    (card,) = guild.list_cards()
    told = guild.list_news()
    assert [one.refers_to[1] for one in told] == [card.id, card.id]
    assert all("A plan waits for a decision: " in one.content for one in told)


async def test_plan_that_did_not_settle_it_calls_a_person(guild, channel):
    """Once, and again after the next plan: a nonce that was used before would give back the first message."""
    receipt = await show(channel, None, **LOOKING)
    for digest in ("ab", "cd"):
        receipt = await show(channel, receipt, plan_digest="sha256:" + digest * 32)
        receipt = await show(channel, receipt, **ASKED)
        receipt = await show(channel, receipt, **ASKED, footer="changed")

    assert [one.content.split(":")[0] for one in guild.list_news()] == [
        "A plan waits for a decision", "A person must act", "A plan waits for a decision", "A person must act"
    ]  # fmt: skip


async def test_message_that_is_new_is_its_own_news(guild, channel):
    """A plan on a new message, and what the first look finds below one that just rang, are told by nothing else."""
    await show(channel, None)
    receipt = await channel.deliver(build_card().model_copy(update=LOOKING), key="inc-2", receipt=None)
    await channel.deliver(build_card().model_copy(update=ASKED), key="inc-2", receipt=receipt)

    assert guild.list_news() == []


async def test_news_of_a_card_that_was_deleted_are_not_told(discord, guild, channel):
    """It is posted anew, and that is the news."""
    receipt = await show(channel, None, **LOOKING)
    await discord.gateway.delete(guild.list_cards()[0].id)

    await show(channel, receipt)

    assert (len(guild.list_cards()), guild.list_news()) == (1, [])


async def test_long_news_fits_into_a_message(guild, channel):
    """Whatever its characters are written as."""
    receipt = await show(channel, None, **LOOKING)

    await show(channel, receipt, title="*_~`|" * 400)

    (told,) = guild.list_news()
    assert len(told.content) <= 2000
    assert told.content.endswith(" ...")


async def test_plan_that_helped_is_told_by_a_silent_reply(guild, channel):
    """Once; what calls people rings, and this does not."""
    rows = (CardRow(label="Verified", text="restored after 6s: all is well"),)
    over = {
        "can_decide": False,
        "subtitle": "mitigated; began 12:00 UTC",
        "sections": (*build_card().sections, CardSection(heading="Result", rows=rows)),
    }
    receipt = await show(channel, None, **LOOKING)
    receipt = await show(channel, receipt)

    receipt = await show(channel, receipt, **over)
    await show(channel, receipt, **(over | {"subtitle": "resolved; began 12:00 UTC"}))

    plan, done = guild.list_news()
    assert (plan.flags & SILENT, done.flags & SILENT) == (0, SILENT)
    assert done.content.endswith("restored after 6s: all is well")
