"""A draft that is made again long after the chat was swept keeps its lines, and says what is no longer known."""

import dataclasses
from datetime import timedelta

import pytest
from tests.unit.flows.postmortem.talk import TALK, Teller, make_heard
from tests.unit.flows.stage import ALICE, NOON

from fermata.domain.trail import Curve, Deploy
from fermata.flows.observe import Watch
from fermata.flows.postmortem.keeping import generate_postmortem
from fermata.flows.postmortem.live import read_incident
from fermata.flows.postmortem.remembering import remember
from fermata.ports.trail import TrailPart

LINK = "https://chat.example/p0"
TIMES = [NOON.timestamp() + 60 * minute for minute in range(-30, 60)]
PART = TrailPart(
    deploys=[Deploy("d1", NOON + timedelta(minutes=1), title="checkout v42", author="bob")],
    curves=[Curve("q1", "checkout errors", TIMES, [float(n > 30) * 40 for n in range(90)], "/s", query="rate(x[1m])")],
)


@pytest.fixture
async def scene(tell):
    """Give a stage, an incident and its first draft, of a chat and of a system that measured."""
    source = Teller(PART, name="prometheus")
    talk = [make_heard(minute, text, url=LINK if minute == 0 else "") for minute, text in enumerate(TALK)]
    stage, incident_id = await tell(*talk, sources=[source])
    return stage, incident_id, source, (await generate_postmortem(stage.context, incident_id, ALICE)).postmortem


def sweep(stage):
    """Let everything that was heard get too old to be kept."""
    stage.clock.advance(timedelta(days=30))
    with stage.store.begin() as transaction:
        while transaction.trail.sweep(stage.clock.now(), 1000):
            pass


async def test_draft_of_a_swept_chat_keeps_its_lines(scene):
    """Nobody hears it any more, no system measures it any more: the earlier draft's own sources still tell it."""
    stage, incident_id, source, first = scene
    source.part = TrailPart()
    sweep(stage)

    again = (await generate_postmortem(stage.context, incident_id, ALICE)).postmortem
    third = (await generate_postmortem(stage.context, incident_id, ALICE)).postmortem

    for later in (again, third):
        assert [line["text"] for line in later.draft["timeline"]] == [line["text"] for line in first.draft["timeline"]]
        assert later.draft["key_times"] == first.draft["key_times"]
        assert later.sources["slack:C1/0.0"]["url"] == LINK
        assert any("read no longer" in gap for gap in later.gaps)


async def test_what_is_known_is_not_taken_from_the_past(scene):
    """While everything can be read nothing is remembered, and a first draft has nothing to remember."""
    stage, incident_id, _, first = scene
    told = await read_incident(stage.context, incident_id)

    assert remember(told, first, NOON) is told
    assert remember(told, None, NOON) is told


async def test_deleted_message_is_not_remembered(scene):
    """Neither one that was deleted while somebody listened, nor one that is missing although it would be kept."""
    stage, incident_id, _, first = scene
    await Watch(stage.context).forget("slack", "C1", "0.0", NOON + timedelta(hours=1))
    told = await read_incident(stage.context, incident_id)

    again = (await generate_postmortem(stage.context, incident_id, ALICE)).postmortem

    assert TALK[0] not in str(again.to_json())
    assert "slack:C1/0.0" in first.sources
    whole = dataclasses.replace(told, gaps=())
    assert "slack:C1/0.0" not in {message.id for message in remember(whole, first, NOON).trail.messages}


async def test_message_of_a_chat_that_could_not_be_read_is_remembered(scene):
    """A channel whose history fails today must not empty the draft of yesterday."""
    stage, incident_id, _, first = scene
    told = await read_incident(stage.context, incident_id)
    unread = dataclasses.replace(
        told, trail=dataclasses.replace(told.trail, messages=[]), gaps=("slack C1: history not read",)
    )

    assert "slack:C1/0.0" in {message.id for message in remember(unread, first, NOON).trail.messages}


async def test_message_of_a_room_that_is_read_no_more_is_remembered(scene):
    """Other settings ask other rooms: that empties no draft."""
    stage, incident_id, _, first = scene
    told = await read_incident(stage.context, incident_id)
    rest = dataclasses.replace(told.trail, messages=[])
    elsewhere = dataclasses.replace(told, trail=rest, gaps=(), asked=frozenset({"discord:7", "prometheus"}))
    there = dataclasses.replace(elsewhere, asked=frozenset({"slack:C1", "prometheus"}))

    found = {message.id for message in remember(elsewhere, first, NOON).trail.messages}

    assert "slack:C1/0.0" in found
    assert remember(there, first, NOON) is there
