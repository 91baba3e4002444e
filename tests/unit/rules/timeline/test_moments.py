from zoneinfo import ZoneInfo

import pytest
from tests.unit.rules.timeline.trail_scene import BERLIN, at, message, talk

from fermata.domain.trail import MessageKind, Participant, Trail
from fermata.rules.timeline.moments import Moments
from fermata.rules.timeline.reading import Clause, read_message

PEOPLE = {"ana": Participant("ana", zone=BERLIN)}


def find(text, user="ana"):
    """Return when the first sentence of a message at 12:50 happened."""
    said = message(1, "12:50", user, text)
    (clause, *_) = read_message(said).clauses
    return Moments(Trail("", (said,), PEOPLE)).find(clause, said)


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("rolled back checkout at 14:20", "12:20"),
        ("14:20 our time: rolled back checkout", "12:20"),
        ("scribe: 14:20 rolled back checkout", "12:20"),
        ("rolled back checkout, 14:20 my time", "12:20"),
        ("rolled back checkout at 14:20 berlin time", "12:20"),
        ("errors and timeouts began at 14:20", "12:20"),
        ("errors and timeouts began 14:20 when traffic rose", "12:20"),
        ("14:20 customers report that they cannot pay", "12:20"),
        ("banner is active as of 14:20 our time", "12:20"),
        ("rolled back checkout at ten past two berlin time", "12:10"),
        ("found it: the rotation at 14:20 broke checkout", "12:20"),
        ("customers report at 14:20 that they cannot pay", "12:20"),
        ("per the log the queue is down since 14:20:07 our time", "12:20:07"),
        ("rolled back checkout at 5:20 pacific", "12:20"),
    ],
)
def test_moment_that_a_sentence_dates_itself_by_counts(text, clock):
    """By the speaker's zone, or by the city that is named."""
    assert find(text) == at(clock)


@pytest.mark.parametrize(
    "text",
    [
        "rolled back checkout",
        "resize was rejected since we resized it at 14:20",
        "replayed the queue from offset 14:20",
        "restarted checkout and the 14:20 job",
        "rolled back checkout, 10 min ago",
        "errors and timeouts since 14:20",
        "errors and timeouts started around ten past two",
        "status update: 31 orders were lost between 14:20 and 14:31",
        "31 orders were lost, 14:20 to 14:31",
    ],
)
def test_moment_beside_the_event_or_in_doubt_is_not_its_time(text):
    """A wrong time is worse than the message's own."""
    assert find(text) is None


def test_bots_say_things_when_they_happen():
    """A time in a monitor's text is one of its fields."""
    assert find("deployed checkout at 12:20 UTC", user="deploybot") is None


def test_recap_is_dated_in_the_zone_in_which_people_wrote():
    """The zone of a list is the one by which its moments are ones at which somebody wrote; else it is not told."""
    pieces = [Clause(text, MessageKind.OBSERVATION, is_recap=True) for text in ("14:10 alert", "14:20 declared")]
    met = talk(("12:10", "ana", "errors"), ("12:20", "ana", "sev1"), ("15:00", "ana", "recap"))
    unmet = talk(("11:00", "ana", "errors"), ("15:00", "ana", "recap"))

    dated = Moments(Trail("", met, PEOPLE)).list_recap(pieces, met[-1])

    assert [moment for _, moment in dated] == [at("12:10"), at("12:20")]
    assert Moments(Trail("", unmet, PEOPLE)).list_recap(pieces, unmet[-1]) == []


def test_moments_of_a_list_that_are_none_are_left_out():
    """What names no minute, or the one in which the list was written, is not dated."""
    pieces = [
        Clause(text, MessageKind.OBSERVATION, is_recap=True)
        for text in ("14:10 alert", "14:20 declared", "all quiet", "15:00 written", "the 14:20 deploy")
    ]
    met = talk(("12:10", "ana", "errors"), ("12:20", "ana", "sev1"), ("13:00", "ana", "recap"))

    dated = Moments(Trail("", met, PEOPLE)).list_recap(pieces, met[-1])

    assert [clause.text for clause, _ in dated] == ["14:10 alert", "14:20 declared"]


def test_city_that_is_named_leaves_no_other_zone():
    """UTC would be nearer, and is not what was said."""
    said = message(1, "17:50", "ana", "rolled back checkout at 14:20 berlin time")
    (clause, *_) = read_message(said).clauses

    assert Moments(Trail("", (said,), PEOPLE)).find(clause, said) == at("12:20")


def find_taken_over(text, *before):
    """Return when the first sentence of somebody in Singapore, at 18:50 in a room of Berlin's, happened."""
    said = message(9, "16:50", "wei", text)
    (clause, *_) = read_message(said).clauses
    people = {**PEOPLE, "wei": Participant("wei", zone=ZoneInfo("Asia/Singapore"))}
    return Moments(Trail("", (*talk(*before), said), people)).find(clause, said)


def test_time_of_the_room_said_by_who_took_over_from_another_zone_is_the_rooms():
    """By the zone of Singapore it would be seven hours before anybody spoke; in the room's, somebody wrote then."""
    room = (("15:00", "ana", "errors"), ("15:20", "ana", "rolled back"))

    assert find_taken_over("rolled back checkout at 17:20 our time", *room) == at("15:20")


def test_time_before_the_talk_at_which_nobody_wrote_in_any_zone_is_the_speakers():
    """What led to an incident was hours before it."""
    room = (("15:00", "ana", "errors"), ("15:40", "ana", "rolled back"))

    assert find_taken_over("rolled back checkout at 17:20 our time", *room) == at("09:20")
