"""Talk of an incident that was over before: told by when, where, and what people named."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fermata.domain.trail import Message
from fermata.rules.foreign_talk import Neighbour, list_foreign

NOON = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
BEFORE = Neighbour(NOON, NOON + timedelta(minutes=10), frozenset({"C1"}), frozenset({"checkout"}))


def say(minute, text, **changes):
    """Give a message said that many minutes after noon."""
    values = {"id": f"{minute}", "at": NOON + timedelta(minutes=minute), "user": "ana", "text": text, "channel": "C1"}
    return Message(**{**values, **changes})


NAMED = say(1, "checkout is down, looking")


@pytest.mark.parametrize(
    "message",
    [
        say(2, "customers see 502s since 12:00"),
        say(2, "rolled back, all good", thread="1"),
        say(20, "post-mortem on monday", thread="1"),
        say(2, "[RESOLVED] CheckoutDown", is_bot=True),
    ],
    ids=["beside it", "in its thread", "in its thread, later", "a bot"],
)
def test_what_is_said_while_people_speak_of_another_incident_is_foreign(message):
    """Its customers, its fix and its end would be taken for this one's."""
    assert list_foreign([NAMED, message], [BEFORE], ["payments"]) == {"1", message.id}


@pytest.mark.parametrize(
    "message",
    [
        say(2, "payments throws errors, too"),
        say(11, "customers see 502s"),
        say(-1, "customers see 502s"),
        say(2, "customers see 502s", channel="C2"),
        say(20, "payments throws errors, too", thread="1"),
    ],
    ids=["names ours", "after its end", "before its start", "another room", "names ours in its thread"],
)
def test_what_may_be_ours_stays(message):
    """First signs of this incident were perhaps seen while another one was on."""
    assert list_foreign([NAMED, message], [BEFORE], ["payments"]) == {"1"}


def test_what_hangs_below_a_message_that_stays_is_ours():
    """Whoever answers there speaks of ours, and need not name it again; below a message of before nobody knows that."""
    talk = [NAMED, say(2, "payments throws errors, too"), say(3, "customers see 502s", thread="2")]
    earlier = say(4, "rolled back", thread="of before")

    assert list_foreign([*talk, earlier], [BEFORE], ["payments"]) == {"1", "4"}


def test_incident_that_nobody_spoke_of_makes_no_talk_its_own():
    """An alert that ends by itself while people wonder about something else; a bot's words are nobody's."""
    talk = [say(1, "checkout: disk 81%", is_bot=True), say(2, "customers see 502s"), say(3, "checkouts are fine")]

    assert list_foreign(talk, [BEFORE], ["payments"]) == frozenset()


def test_same_service_that_fails_again_has_the_talk_of_its_own_time():
    """Its name tells nothing then: the first incident has a post-mortem of its own."""
    assert list_foreign([NAMED, say(11, "checkout is down again")], [BEFORE], ["checkout"]) == {"1"}


def test_names_of_few_letters_are_no_names():
    """And an incident without a name that can be looked for has no talk."""
    short = Neighbour(BEFORE.start, BEFORE.end, BEFORE.rooms, frozenset({"db"}))

    assert list_foreign([say(1, "the db is down")], [short], []) == frozenset()


def test_what_is_said_below_another_incidents_card_is_foreign_whenever_it_is_said():
    """But for a message that names what ours is about; and a card is told by the whole id of its message."""
    other = replace(BEFORE, cards=('{"channel":"C1","ts":"1795.70"}', '{"channel":"C1","ts":"1795.7"}'))
    talk = [
        say(90, "restarted it by hand, it is back", thread="slack:C1/1795.7"),
        say(91, "payments is slow since then", thread="slack:C1/1795.7"),
        say(92, "restarted it by hand, it is back", thread="slack:C1/795.7"),
    ]

    assert list_foreign(talk, [other], ["payments"]) == {"90"}
