"""What people write, over a real gateway: kept in its last form, gone when it is deleted, lost in no short outage."""

import asyncio
from importlib import import_module

import pytest
from structlog.testing import capture_logs
from tests.integration.discord.conftest import wait_for

from fermata.integrations.discord import observing
from fermata.integrations.discord.listener import load_gateway
from fermata.testing.discord.guild import ALICE, BOB, BOT, CHANNEL, GUILD, OTHER_CHANNEL, ROBOT


@pytest.fixture
def guild(guild):
    """Switch the intent on in the developer portal."""
    guild.has_message_content = True
    return guild


async def test_message_is_kept_with_its_author_link_and_files(discord, desk, listen, observer):
    """Everything that a draft needs later, without asking again."""
    async with listen(desk, observer):
        first = await discord.talk.say(ALICE, "errors on checkout", files=["graph.png"])
        second = await discord.talk.say(BOB, "looking", answers=first)
        await wait_for(lambda: len(observer.messages) == 2)

    heard, answer = observer.messages[first.id], observer.messages[second.id]
    assert (heard.text, heard.user, heard.files, heard.is_bot) == ("errors on checkout", ALICE, ("graph.png",), False)
    assert heard.url == f"https://discord.com/channels/{GUILD}/{CHANNEL}/{first.id}"
    assert answer.reply_to == first.id
    assert {user: person.name for user, person in observer.people.items()} == {ALICE: "Alice", BOB: "Bob"}


async def test_edit_replaces_and_deletions_remove(discord, desk, listen, observer):
    """One by one, or many at once as a moderator does."""
    async with listen(desk, observer):
        said = await discord.talk.say(ALICE, "it is the db, password hunter2")
        gone = [await discord.talk.say(BOB, f"so stupid {n}") for n in range(3)]
        await discord.talk.edit(said, "it is the db")
        await discord.talk.delete(gone[0])
        await discord.talk.delete(*gone[1:])
        await wait_for(lambda: len(observer.forgotten) == 3)

    assert observer.list_texts() == ["it is the db"]


async def test_reactions_and_pins_come_and_go(discord, desk, listen, observer):
    """In their order: what was taken away stays away."""
    async with listen(desk, observer):
        said = await discord.talk.say(ALICE, "rolling back")
        await discord.talk.react(BOB, said, "👍")
        await discord.talk.react(BOB, said, "👀")
        await discord.talk.react(BOB, said, "👀", is_removed=True)
        await discord.talk.pin(ALICE, said)
        await wait_for(lambda: said.id in observer.pinned)
        await discord.talk.pin(ALICE, said, is_removed=True)
        await wait_for(lambda: not observer.pinned)

    assert observer.reactions[said.id] == {("👍", BOB)}
    assert observer.list_texts() == ["rolling back"]


@pytest.mark.parametrize("is_old", [False, True], ids=["begun while listening", "there before"])
async def test_threads_belong_to_their_channel(discord, desk, listen, observer, *, is_old):
    """Also one that was there when the bot connected."""
    head = await discord.talk.say(ALICE, "checkout is down")
    room = await discord.talk.begin_thread(BOB, "checkout", under=head) if is_old else None

    async with listen(desk, observer):
        room = room or await discord.talk.begin_thread(BOB, "checkout", under=head)
        reply = await discord.talk.say(BOB, "it is the db", channel=room.id)
        await wait_for(lambda: reply.id in observer.messages)
        await discord.talk.delete(reply)
        await wait_for(lambda: reply.id in observer.forgotten)
        other = await discord.talk.say(BOB, "restarted", channel=room.id)
        await wait_for(lambda: other.id in observer.messages)

    heard = observer.messages[other.id]
    assert (heard.room, heard.thread) == (CHANNEL, head.id)


async def test_monitors_words_stand_in_embeds_and_previews_add_none(discord, desk, listen, observer):
    """An alert is an embed; the preview of a link is nobody's word."""
    embed = {"title": "[FIRING] HighErrorRate", "description": "5xx > 5%", "color": 1}

    async with listen(desk, observer):
        await discord.talk.say(ROBOT, "", embeds=[embed])
        said = await discord.talk.say(ALICE, "see https://status.example")
        await discord.talk.unfold(said, "All systems down")
        await discord.talk.react(BOB, said, "👀")
        await wait_for(lambda: observer.reactions)

    assert observer.list_texts() == ["[FIRING] HighErrorRate\n5xx > 5%", "see https://status.example"]
    assert {message.is_bot for message in observer.messages.values() if "FIRING" in message.text} == {True}


async def test_other_rooms_and_own_words_are_not_kept(discord, desk, listen, observer):
    """What nobody asked for, and what stands in the journal."""
    async with listen(desk, observer):
        await discord.talk.say(ALICE, "lunch?", channel=OTHER_CHANNEL)
        await discord.talk.say(BOT, "Incident inc-1")
        await discord.talk.begin_thread(ALICE, "a thread of its own")
        await discord.talk.say(ALICE, "errors")
        await wait_for(lambda: observer.messages)

    assert observer.list_texts() == ["errors"]


async def test_store_that_is_down_for_a_moment_loses_nothing(discord, desk, listen, observer, *, monkeypatch):
    """The gateway brings nothing twice, so it is tried again here, in order."""
    monkeypatch.setattr(observing, "_WAITS_S", (0, 0, 0))  # Real waits would be half a minute.
    observer.failures = 3

    async with listen(desk, observer):
        await discord.talk.say(ALICE, "one")
        await discord.talk.say(ALICE, "two")
        await wait_for(lambda: len(observer.messages) == 2)

    assert observer.list_texts() == ["one", "two"]


async def test_event_that_the_store_never_takes_is_given_up(discord, desk, listen, observer, *, monkeypatch):
    """The next ones are not held up by it for ever."""
    monkeypatch.setattr(observing, "_WAITS_S", (0, 0, 0))
    observer.failures = 4

    async with listen(desk, observer):
        await discord.talk.say(ALICE, "one")
        await wait_for(lambda: observer.failures == 0)
        await discord.talk.say(ALICE, "two")
        await wait_for(lambda: observer.messages)

    assert observer.list_texts() == ["two"]


async def test_flood_beyond_what_waits_is_dropped(discord, desk, listen, observer, *, monkeypatch):
    """A bot that writes without end, and a store that is down: memory stays bounded."""
    monkeypatch.setattr(observing, "_MOST_WAITING", 3)
    ear = observing.DiscordObserving(None)
    ear._clock = discord.guild.clock
    ear.attach(observer)

    for number in range(10):
        message = discord.guild.write_message(await discord.talk.say(ALICE, f"line {number}"))
        ear.take("MESSAGE_CREATE", message)
    await ear._drain()

    assert observer.list_texts() == ["line 0", "line 1", "line 2"]


async def test_cut_connection_brings_what_was_missed(discord, desk, listen, observer):
    """The session is resumed."""
    async with listen(desk, observer):
        await discord.gateway.cut()
        await discord.talk.say(ALICE, "said in between")
        await wait_for(lambda: observer.messages)

    assert observer.list_texts() == ["said in between"]


async def test_intent_that_is_off_costs_the_observer_and_no_click(discord, guild, card, desk, listen, *, observer):
    """The buttons matter more."""
    guild.has_message_content = False

    async with listen(desk, observer):
        await discord.talk.say(ALICE, "errors")
        was_heard = discord.talk.heard
        click = await discord.gateway.click(ALICE, card.id, "approve")
        await click.wait()

    assert (was_heard, observer.messages) == (0, {})
    assert desk.decided == "approved by alice"


async def test_without_the_setting_no_intent_is_asked_for(discord, settings, desk, listen):
    """Discord then sends clicks and nothing else."""
    async with listen(desk):
        await discord.talk.say(ALICE, "errors")

    assert discord.talk.heard == 0


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("MESSAGE_CREATE", {"channel_id": CHANNEL}),
        ("MESSAGE_CREATE", {"channel_id": CHANNEL, "type": 6}),
        ("MESSAGE_DELETE", {"channel_id": CHANNEL}),
        ("MESSAGE_DELETE_BULK", {"channel_id": CHANNEL, "ids": [7, None]}),
        ("MESSAGE_REACTION_ADD", {"channel_id": CHANNEL, "emoji": None}),
        ("THREAD_CREATE", {"id": "7"}),
        ("GUILD_CREATE", {"id": GUILD, "threads": None}),
    ],
)
async def test_event_of_another_shape_is_dropped(discord, desk, listen, observer, *, name, data):
    """The next one is heard."""
    async with listen(desk, observer):
        await discord.gateway.send_raw(name, data)
        await discord.talk.say(ALICE, "errors")
        await wait_for(lambda: observer.messages)

    assert observer.list_texts() == ["errors"]


async def test_switch_that_is_put_on_later_is_heard_without_a_restart(
    discord, guild, desk, listen, observer, monkeypatch
):
    """Whoever is told to switch the intent on does so while Fermata runs; the clicks were heard all along."""
    monkeypatch.setattr("fermata.integrations.discord.gateway._LOOKS_AGAIN_S", 0.05)
    guild.has_message_content = False
    async with listen(desk, observer):
        await discord.talk.say(ALICE, "nobody hears this")
        guild.has_message_content = True
        await wait_for(lambda: discord.gateway.identified == 2)
        await discord.talk.say(ALICE, "rolling back")
        await wait_for(lambda: observer.messages)

    assert observer.list_texts() == ["rolling back"]


async def test_switch_that_stays_off_costs_no_session(discord, guild, desk, listen, observer, monkeypatch):
    """Discord is asked what is allowed; sessions are counted, and each begins with the buttons out for a moment."""
    monkeypatch.setattr("fermata.integrations.discord.gateway._LOOKS_AGAIN_S", 0.02)
    guild.has_message_content = False
    async with listen(desk, observer):
        await wait_for(lambda: discord.count("application") > 3)

    assert discord.gateway.identified == 1


async def test_session_with_its_intents_is_not_looked_after(discord, desk, listen, observer, monkeypatch):
    """There is nothing to wait for."""
    monkeypatch.setattr("fermata.integrations.discord.gateway._LOOKS_AGAIN_S", 0.02)
    async with listen(desk, observer):
        await asyncio.sleep(0.2)

    assert (discord.count("application"), discord.gateway.identified) == (0, 1)


async def test_end_of_the_look_is_told():
    """Only a bug ends it by itself; that it was cancelled is nothing."""
    load_gateway()
    tell_end = import_module("fermata.integrations.discord.gateway")._tell_end

    async def crash():
        raise LookupError

    crashed, cancelled = asyncio.create_task(crash()), asyncio.create_task(asyncio.sleep(60))
    cancelled.cancel()
    await asyncio.wait([crashed, cancelled])

    with capture_logs() as lines:
        tell_end(cancelled)
        tell_end(crashed)

    assert [(line["event"], line["error"]) for line in lines] == [("discord.look_ended", "LookupError")]
