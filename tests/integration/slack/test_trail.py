"""A channel's history: what is older than the observer's memory, with threads, names and whatever could not be read."""

from datetime import timedelta

import pytest

from fermata.integrations.slack.system import Slack
from fermata.integrations.slack.trail import SlackTrail
from fermata.ports.chat.hearing import Hearing
from fermata.ports.trail import TrailScope, TrailSource
from fermata.testing.clock import FakeClock
from fermata.testing.slack.server import SlackFault


@pytest.fixture
def clock():
    """Give a clock that moves when somebody waits."""
    return FakeClock()


@pytest.fixture
def read(settings, clock):
    """Give a reader of the last hour in a room."""

    async def run(*, rooms=("C0INCIDENTS",), known_from=None, heard_at=None, patience=timedelta(seconds=30)):
        hearing = Hearing()
        if heard_at is not None:
            hearing.note("C0INCIDENTS", heard_at)
        source = Slack(settings, clock)
        scope = TrailScope(start=clock.now() - timedelta(hours=1), end=clock.now(), rooms=rooms, known_from=known_from)
        return await SlackTrail(source._client, clock, hearing, patience=patience).read_trail(scope)

    return run


def list_texts(part):
    """Return what was said, in the order of time."""
    return [message.text for message in sorted(part.messages, key=lambda message: message.at)]


@pytest.fixture
async def talk(slack, clock):
    """Give the talk of an hour, with a message before it, minute by minute."""

    def say(*args, **more):
        clock.advance(timedelta(minutes=1))
        return slack.talk.say(*args, **more)["event"]["ts"]

    say("UMALLORY", "last week")
    clock.advance(timedelta(days=7))
    say("UALICE", "errors on checkout", files=["graph.png"])
    head = say("UBOB", "looking")
    return say, head


async def test_history_brings_messages_threads_and_people(slack, talk, read):
    """Replies are in no history, and are asked for one thread after the other."""
    say, head = talk
    say("UALICE", "it is the db", thread_ts=head)
    say("UALICE", "db restarted", thread_ts=head, in_channel_too=True)
    slack.talk.react("UALICE", head, "eyes")
    slack.talk.pin(head)
    slack.talk.join("UMALLORY")

    part = await read()

    assert list_texts(part) == ["errors on checkout", "looking", "it is the db", "db restarted"]
    by_text = {message.text: message for message in part.messages}
    assert by_text["it is the db"].thread == by_text["db restarted"].thread == head
    assert (by_text["looking"].reactions, by_text["looking"].is_pinned) == ({"eyes": 1}, True)
    assert by_text["errors on checkout"].files == ("graph.png",)
    assert by_text["it is the db"].url.endswith(f"?thread_ts={head}&cid=C0INCIDENTS")
    assert {person.name: person.zone for person in part.people} == {"alice": "Europe/Berlin", "bob": "Europe/Berlin"}
    assert part.gaps == ()


async def test_only_what_the_observer_did_not_hear_is_fetched(slack, clock, talk, read):
    """What was heard is stored, in its last form, and costs no question."""
    say, _ = talk
    heard_from = clock.now() + timedelta(seconds=30)
    say("UALICE", "heard live")

    older = await read(known_from=heard_from, heard_at=clock.now())
    nothing = await read(known_from=clock.now() - timedelta(hours=2), heard_at=clock.now())

    assert list_texts(older) == ["errors on checkout", "looking"]
    assert (nothing.messages, nothing.gaps) == ((), ())
    assert slack.count("conversations.history") == 1


@pytest.mark.parametrize("heard", [None, timedelta(hours=3)], ids=["never", "before it was connected"])
async def test_connection_over_which_no_message_came_proves_nothing(clock, talk, read, heard):
    """An app without event subscriptions gets clicks and no words: the history has them."""
    heard_at = clock.now() - heard if heard is not None else None

    part = await read(known_from=clock.now() - timedelta(hours=2), heard_at=heard_at)

    assert list_texts(part) == ["errors on checkout", "looking"]


async def test_deleted_and_edited_messages_come_as_they_are_now(slack, talk, read):
    """Also the one whose thread lives on."""
    say, head = talk
    reply = say("UALICE", "password is hunter2", thread_ts=head)
    slack.talk.edit(reply, "password is in the vault")
    slack.talk.delete(head)

    part = await read()

    assert list_texts(part) == ["errors on checkout", "password is in the vault"]
    assert part.messages[1].edited_at is not None


async def test_many_messages_are_read_page_by_page(slack, talk, read):
    """The cursor leads from one to the next, in channel and thread."""
    say, head = talk
    for number in range(7):
        say("UALICE", f"line {number}")
        say("UBOB", f"reply {number}", thread_ts=head)
    slack.space.page_size = 3

    part = await read()

    assert len(part.messages) == 16
    assert part.gaps == ()


async def test_limit_is_waited_for_as_long_as_slack_asks(slack, clock, talk, read):
    """Seven seconds, and then it goes on."""
    slack.fail("conversations.history", SlackFault.LIMITED)
    before = clock.now()

    part = await read()

    assert list_texts(part) == ["errors on checkout", "looking"]
    assert clock.now() - before == timedelta(seconds=7)


async def test_limit_beyond_the_deadline_is_a_gap(slack, talk, read):
    """Seven seconds are more than there is time for."""
    slack.fail("conversations.history", SlackFault.LIMITED)

    part = await read(patience=timedelta(seconds=5))

    assert part.messages == ()
    assert part.gaps[0].startswith("slack C0INCIDENTS: history not read, 5 s were not enough to read it: it says")


async def test_app_that_slack_holds_short_says_so(slack, talk, read):
    """Fifteen messages, and then a minute's wait: the rest is missing, and why."""
    for _ in range(20):
        talk[0]("UALICE", "more")
    slack.space.is_held_short = True

    part = await read()

    assert len(part.messages) == 15
    assert "read as far as" in part.gaps[0]
    assert "15 messages at a time" in part.gaps[1]


async def test_app_that_slack_holds_short_is_read_whole_with_patience(slack, talk, read):
    """A minute for each page, if somebody has the time."""
    for _ in range(20):
        talk[0]("UALICE", "more")
    slack.space.is_held_short = True

    part = await read(patience=timedelta(minutes=5))

    assert (len(part.messages), part.gaps) == (22, ())


@pytest.mark.parametrize("scope", ["channels:history", "users:read"])
async def test_missing_scope_is_a_gap_with_its_name(slack, talk, read, scope):
    """Whoever reads the draft knows what to add to the app."""
    slack.space.scopes.remove(scope)

    part = await read()

    assert len(part.gaps) == 1
    assert f"missing scope {scope}" in part.gaps[0]


@pytest.mark.parametrize(
    ("room", "why"),
    [("C0WITHOUT", "not_in_channel"), ("C0NOWHERE", "channel_not_found"), ("general", "it is no channel's id")],
)
async def test_room_that_cannot_be_read_leaves_the_others(talk, read, room, why):
    """Each gap names its room."""
    part = await read(rooms=(room, "slack:C0INCIDENTS"))

    assert list_texts(part) == ["errors on checkout", "looking"]
    assert [room in gap and why in gap for gap in part.gaps] == [True]


async def test_slack_that_is_down_is_a_gap(slack, talk, read):
    """Nothing is raised, whatever fails."""
    slack.fail("*", SlackFault.DOWN, times=1000)

    part = await read()

    assert (part.messages, len(part.gaps)) == ((), 1)
    assert "HTTP 503" in part.gaps[0]


async def test_no_rooms_cost_no_question(slack, read):
    """An incident of which no channel is known."""
    part = await read(rooms=())

    assert (part.messages, part.gaps, slack.calls) == ((), (), [])


def test_slack_offers_its_trail(settings, clock):
    """By the port's name."""
    source: TrailSource = Slack(settings, clock).find_trail()

    assert source.name == "slack"
