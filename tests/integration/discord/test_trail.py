"""A channel's history: what is older than the observer's memory, with threads, names and whatever could not be read."""

from datetime import timedelta

import pytest

from fermata.integrations.discord.client import DiscordClient
from fermata.integrations.discord.system import Discord
from fermata.integrations.discord.trail import DiscordTrail
from fermata.ports.chat.hearing import Hearing
from fermata.ports.trail import TrailScope, TrailSource
from fermata.testing.clock import FakeClock
from fermata.testing.discord.guild import ALICE, BOB, BOT, CHANNEL, OTHER_CHANNEL, ROBOT
from fermata.testing.discord.server import DiscordFault


@pytest.fixture
def clock():
    """Give a clock that moves when somebody waits."""
    return FakeClock()


@pytest.fixture
def guild(guild):
    """Switch the intent on in the developer portal."""
    guild.has_message_content = True
    return guild


@pytest.fixture
def read(settings, clock):
    """Give a reader of the last hour in a room."""

    async def run(*, rooms=(CHANNEL,), known_from=None, heard_at=None, patience=timedelta(seconds=30)):
        hearing = Hearing()
        if heard_at is not None:
            hearing.note(CHANNEL, heard_at)
        scope = TrailScope(start=clock.now() - timedelta(hours=1), end=clock.now(), rooms=rooms, known_from=known_from)
        return await DiscordTrail(DiscordClient(settings, clock), clock, hearing, patience=patience).read_trail(scope)

    return run


@pytest.fixture
async def say(discord, clock):
    """Give a speaker who takes a minute for each message; there is one of last week already, and three of today."""

    async def run(*args, **more):
        clock.advance(timedelta(minutes=1))
        return await discord.talk.say(*args, **more)

    await run(ALICE, "last week")
    clock.advance(timedelta(days=7))
    await run(ALICE, "errors on checkout", files=["graph.png"])
    await run(BOT, "Incident inc-1")
    await run(BOB, "looking")
    return run


def list_texts(part):
    """Return what was said, in the order of time."""
    return [message.text for message in sorted(part.messages, key=lambda message: message.at)]


async def test_history_brings_messages_threads_and_people(discord, guild, say, read):
    """Threads under a message, and those that a message leads to."""
    head = await say(BOB, "checkout is down")
    under = await discord.talk.begin_thread(ALICE, "db", under=head)
    alone = await discord.talk.begin_thread(ALICE, "comms")
    await say(ALICE, "it is the db", channel=under.id)
    await say(ROBOT, "", channel=alone.id, embeds=[{"title": "status page updated"}])
    await discord.talk.react(ALICE, head, "👀")
    await discord.talk.pin(ALICE, head)

    part = await read()

    texts = ["errors on checkout", "looking", "checkout is down", "it is the db", "status page updated"]
    assert list_texts(part) == texts
    by_text = {message.text: message for message in part.messages}
    assert (by_text["it is the db"].room, by_text["it is the db"].thread) == (CHANNEL, head.id)
    assert by_text["status page updated"].thread == alone.id
    assert (by_text["checkout is down"].reactions, by_text["checkout is down"].is_pinned) == ({"👀": 1}, True)
    assert {person.name for person in part.people} == {"Alice", "Bob", "Robot"}
    assert part.gaps == ()


async def test_only_what_the_observer_did_not_hear_is_fetched(discord, clock, say, read):
    """What was heard is stored, in its last form, and costs no question."""
    heard_from = clock.now() + timedelta(seconds=30)
    await say(ALICE, "heard live")

    older = await read(known_from=heard_from, heard_at=clock.now())
    nothing = await read(known_from=clock.now() - timedelta(hours=2), heard_at=clock.now())

    assert list_texts(older) == ["errors on checkout", "looking"]
    assert (nothing.messages, nothing.gaps) == ((), ())
    assert discord.count("list messages") == 1


async def test_connection_over_which_no_message_came_proves_nothing(clock, say, read):
    """A bot that does not observe gets clicks and no words: the history has them."""
    part = await read(known_from=clock.now() - timedelta(hours=2))

    assert list_texts(part) == ["errors on checkout", "looking"]


async def test_deleted_and_edited_messages_come_as_they_are_now(discord, say, read):
    """The first text is nowhere any more."""
    said, gone = await say(ALICE, "password hunter2"), await say(ALICE, "so stupid")
    await discord.talk.edit(said, "password is in the vault")
    await discord.talk.delete(gone)

    part = await read()

    assert list_texts(part) == ["errors on checkout", "looking", "password is in the vault"]
    assert part.messages[-1].edited_at is not None


async def test_many_messages_are_read_page_by_page(discord, clock, say, read):
    """A hundred at a time, each page from where the last one ended."""
    for number in range(250):
        clock.advance(timedelta(seconds=1))
        await discord.talk.say(ALICE, f"line {number}")

    part = await read()

    assert list_texts(part)[-1] == "line 249"
    assert (len(part.messages), discord.count("list messages"), part.gaps) == (252, 3, ())


async def test_limit_is_waited_for_as_long_as_discord_asks(discord, clock, say, read):
    """A second and a half, and then it goes on."""
    discord.fail("list messages", DiscordFault.LIMITED)
    before = clock.now()

    part = await read()

    assert list_texts(part) == ["errors on checkout", "looking"]
    assert clock.now() - before == timedelta(seconds=1.5)


async def test_limit_beyond_the_deadline_is_a_gap(discord, say, read):
    """What was read until then is used."""
    discord.fail("list messages", DiscordFault.LIMITED)

    part = await read(patience=timedelta(seconds=1))

    assert part.messages == ()
    assert part.gaps[0].startswith(f"discord {CHANNEL}: history not read, 1 s were not enough to read it: it was asked")


async def test_text_that_discord_keeps_back_is_a_gap(guild, say, read):
    """Without the intent a history has no words; whoever reads the draft knows what to switch on."""
    guild.has_message_content = False

    part = await read()

    assert part.messages == ()
    (gap,) = part.gaps
    assert gap.startswith("discord: 2 messages came without their text; for it switch on")


@pytest.mark.parametrize(
    ("room", "why"), [("77", "Unknown Channel"), ("general", "no channel's id"), (OTHER_CHANNEL, "missing permission")]
)
async def test_room_that_cannot_be_read_leaves_the_others(guild, say, read, *, room, why):
    """Each gap names its room."""
    guild.rooms[OTHER_CHANNEL].permissions = 0

    part = await read(rooms=(room, f"discord:{CHANNEL}"))

    assert list_texts(part) == ["errors on checkout", "looking"]
    assert [room in gap and why in gap for gap in part.gaps] == [True]


async def test_thread_that_cannot_be_read_is_a_gap(discord, guild, say, read):
    """The channel around it is read all the same."""
    head = await say(BOB, "checkout is down")
    room = await discord.talk.begin_thread(ALICE, "db", under=head)
    guild.rooms[room.id].parent = "77"

    part = await read()

    assert "checkout is down" in list_texts(part)
    assert f"discord {CHANNEL}: 1 threads not read" in part.gaps[0]


async def test_discord_that_is_down_is_a_gap(discord, say, read):
    """Nothing is raised, whatever fails."""
    discord.fail("*", DiscordFault.DOWN, times=1000)

    part = await read()

    assert (part.messages, len(part.gaps)) == ((), 1)
    assert "HTTP 502" in part.gaps[0]


async def test_no_rooms_cost_no_question(discord, read):
    """An incident of which no channel is known."""
    part = await read(rooms=())

    assert (part.messages, part.gaps, discord.calls) == ((), (), [])


def test_discord_offers_its_trail(settings, clock):
    """By the port's name."""
    source: TrailSource = Discord(settings, clock).find_trail()

    assert source.name == "discord"
