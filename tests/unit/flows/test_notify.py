"""Cards go where routes say, when they say, and where they are shown already they are kept true."""

from datetime import timedelta

import pytest
from tests.unit.flows.stage import Scripted, ScriptedChannel, make_alert

from fermata.flows.deliver import deliver_due
from fermata.ports.desk import Guest

ALICE = Guest(channel="console", handle="alice")

# Noon of the stage is one in the afternoon there.
QUIET = {"begins": "12:30", "ends": "14:00", "zone": "Europe/Berlin"}

SECTIONS = {"sections": {"scripted-0": {}, "scripted-1": {}}}


class Chat(ScriptedChannel):
    """A chat with rooms."""

    def __init__(self, name):
        super().__init__(name)
        self.rooms = []

    async def deliver(self, card, *, key, receipt, room=""):
        """Remember the room as well."""
        receipt = await super().deliver(card, key=key, receipt=receipt, room=room)
        self.rooms.append(room)
        return receipt


@pytest.fixture
def chat():
    """Give the first chat."""
    return Chat("scripted-0")


@pytest.fixture
def forum():
    """Give the second one."""
    return Chat("scripted-1")


@pytest.fixture
def build(build_stage, chat, forum):
    """Give a function that builds a stage with two channels and settings about notices."""

    def build(**notify):
        systems = (Scripted(channel=chat), Scripted(channel=forum))
        return build_stage(*systems, notify=notify, **SECTIONS)

    return build


async def list_routed(stage):
    """Give where cards were sent and why, as the journal has it."""
    entries = await stage.house.readings.list_journal(limit=1000)
    return [entry.event.data for entry in entries if entry.event.kind == "card.routed"]


def name_channels(*channels):
    """Give how many cards each was shown."""
    return [len(channel.cards) for channel in channels]


async def test_without_routes_every_channel_is_told(build, chat, forum):
    """And the journal has nothing to say about it."""
    stage = build()
    await stage.hold()

    await deliver_due(stage.context)

    assert name_channels(chat, forum) == [1, 1]
    assert await list_routed(stage) == []


async def test_route_sends_a_card_to_its_rooms(build, chat, forum):
    """To two rooms of one channel, and to no other; the reason stands in the journal, once."""
    addresses = ["scripted-0:C1", "scripted-0:C2"]
    stage = build(routes=[{"id": "pay", "services": ["checkout"], "addresses": addresses}])
    await stage.hold()

    await deliver_due(stage.context)

    assert (sorted(chat.rooms), forum.cards) == (["C1", "C2"], [])
    assert await list_routed(stage) == [
        {"route": "pay", "addresses": addresses, "reasons": ["route pay: service checkout"]}
    ]


async def test_labels_of_the_alerts_decide(build, chat, forum):
    """Team and environment are what alert rules say."""
    stage = build(routes=[{"id": "web", "teams": ["web"], "environments": ["prod"], "addresses": ["scripted-1"]}])
    await stage.hold(make_alert(team="web", env="prod"))

    await deliver_due(stage.context)

    assert name_channels(chat, forum) == [0, 1]


async def test_low_severity_waits_until_morning_and_then_comes_once(build, chat, forum):
    """What happened by night is one card in the morning, as it is then."""
    stage = build(quiet=QUIET)
    await stage.hold(make_alert(severity="warning"))
    await deliver_due(stage.context)
    assert name_channels(chat, forum) == [0, 0]

    stage.clock.advance(timedelta(hours=1))
    await deliver_due(stage.context)
    await deliver_due(stage.context)

    assert name_channels(chat, forum) == [1, 1]
    assert (await list_routed(stage))[0]["reasons"][-1].startswith("not before 2026-11-23 13:00 UTC")


async def test_what_gets_worse_by_night_is_told_at_once(build, chat):
    """The card that waited goes out as soon as something critical joins."""
    stage = build(quiet=QUIET)
    await stage.hold(make_alert(severity="warning"))
    await deliver_due(stage.context)

    await stage.send(make_alert("CheckoutGone", severity="critical"))
    await deliver_due(stage.context)

    assert len(chat.cards) == 1


async def test_card_that_is_shown_is_kept_true_by_night(build, chat):
    """An edit wakes nobody, and a button that must not be pressed any more has to go."""
    stage = build(quiet=QUIET | {"begins": "13:30"})
    await stage.hold(make_alert(severity="warning"))
    await deliver_due(stage.context)
    stage.clock.advance(timedelta(minutes=40))

    await stage.resolve(make_alert(severity="warning"))
    await deliver_due(stage.context)

    assert [card.can_decide for card in chat.cards] == [True, False]


async def test_routes_that_changed_keep_old_messages_true(build, chat, forum):
    """A message that was posted before a change of the settings is still edited; the new place gets one too."""
    stage = build(routes=[{"id": "old", "addresses": ["scripted-0"]}])
    await stage.hold()
    await deliver_due(stage.context)
    stage.restart(notify={"routes": [{"id": "new", "addresses": ["scripted-1"]}]}, **SECTIONS)

    await stage.resolve()
    await deliver_due(stage.context)

    assert name_channels(chat, forum) == [2, 1]


async def test_low_severities_are_one_digest(build, chat, forum):
    """Three incidents in one card at the end of the hour; none of its own, and nothing to decide."""
    stage = build(digest={"severities": ["info"], "every": "1h"}, routes=[{"id": "all", "addresses": ["scripted-0"]}])
    for number in range(3):
        await stage.send(make_alert(f"Disk{number}", f"disk{number}", severity="info"))
    await stage.engine.drain()
    await deliver_due(stage.context)
    assert chat.cards == []

    stage.clock.advance(timedelta(hours=1))
    await deliver_due(stage.context)
    await deliver_due(stage.context)

    (card,) = chat.cards
    assert (card.title, card.can_decide) == ("Digest: 3 incidents of low severity", False)
    assert forum.cards == []


async def test_digest_of_more_than_a_hundred_is_whole(build, chat):
    """However many were noted for its instant."""
    stage = build(digest={"severities": ["info"], "every": "1h"})
    await stage.send(*(make_alert(f"Disk{number}", f"disk{number}", severity="info") for number in range(120)))
    await deliver_due(stage.context)
    stage.clock.advance(timedelta(hours=1))

    await deliver_due(stage.context)

    assert [card.title for card in chat.cards] == ["Digest: 120 incidents of low severity"]


async def test_plan_of_low_severity_has_its_own_card(build, chat):
    """Somebody has to decide it: it waits in no digest."""
    stage = build(digest={"severities": ["info"], "every": "1h"})

    await stage.hold(make_alert(severity="info"))
    await deliver_due(stage.context)

    assert [card.can_decide for card in chat.cards] == [True]


async def list_escalated(stage):
    """Give to whom plans were shown besides."""
    entries = await stage.house.readings.list_journal(limit=1000)
    return [entry.event.data for entry in entries if entry.event.kind == "card.escalated"]


@pytest.fixture
def escalating(build):
    """Give a stage whose plans go to the forum when nobody decides."""
    return build(routes=[{"id": "first", "addresses": ["scripted-0"]}], escalate_to=["scripted-1", "scripted-0"])


async def test_plan_that_nobody_decides_goes_to_the_next_ones_once(escalating, chat, forum):
    """At half of its validity, with the reason in the journal; where it is already it is not sent again."""
    await escalating.hold()
    await deliver_due(escalating.context)
    escalating.clock.advance(timedelta(minutes=16))

    for _ in range(3):
        await deliver_due(escalating.context)

    assert name_channels(chat, forum) == [1, 1]
    (event,) = await list_escalated(escalating)
    assert (event["addresses"], event["reason"]) == (["scripted-1"], "it was not decided within 16m")


async def test_plan_that_was_decided_is_not_escalated(escalating, forum):
    """Nor one that ended or expired."""
    view = await escalating.hold()
    await escalating.decide(view)
    escalating.clock.advance(timedelta(minutes=16))

    await deliver_due(escalating.context)

    assert (forum.cards, await list_escalated(escalating)) == ([], [])


async def test_snoozed_plan_is_escalated_after_the_snooze_and_not_before(escalating, forum):
    """Whoever asked to keep still is heard."""
    view = await escalating.hold()
    escalating.clock.advance(timedelta(minutes=10))
    await escalating.house.desk.snooze(ALICE, view.incident.id, timedelta(minutes=15))
    escalating.clock.advance(timedelta(minutes=6))
    await deliver_due(escalating.context)
    assert forum.cards == []

    escalating.clock.advance(timedelta(minutes=10))
    await deliver_due(escalating.context)

    assert len(forum.cards) == 1


async def test_low_severity_is_not_escalated_by_night(build, forum):
    """Who is not to be woken by the card is not woken because nobody looked at it."""
    quiet = QUIET | {"begins": "13:05", "ends": "13:25"}
    stage = build(routes=[{"id": "first", "addresses": ["scripted-0"]}], escalate_to=["scripted-1"], quiet=quiet)
    await stage.hold(make_alert(severity="warning"))
    stage.clock.advance(timedelta(minutes=16))
    await deliver_due(stage.context)
    assert forum.cards == []

    stage.clock.advance(timedelta(minutes=10))
    await deliver_due(stage.context)

    assert len(forum.cards) == 1


async def test_escalated_plan_that_is_decided_changes_everywhere(escalating, chat, forum):
    """No place keeps a button that does nothing any more."""
    view = await escalating.hold()
    escalating.clock.advance(timedelta(minutes=16))
    await deliver_due(escalating.context)

    await escalating.decide(view)
    await deliver_due(escalating.context)

    assert [channel.cards[-1].can_decide for channel in (chat, forum)] == [False, False]
    assert len(await list_escalated(escalating)) == 1
