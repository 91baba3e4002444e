"""A channel that fails for long is no reason for nobody to know: its cards go to another one, and to it too, later."""

from datetime import timedelta

import pytest
from tests.unit.flows.stage import Scripted, ScriptedChannel, make_alert
from tests.unit.flows.test_notify import SECTIONS

from fermata.flows.deliver import deliver_due
from fermata.flows.rerouting import reroute_stranded


@pytest.fixture
def chat():
    """Give the chat that fails."""
    return ScriptedChannel("scripted-0")


@pytest.fixture
def forum():
    """Give the one beside it."""
    return ScriptedChannel("scripted-1")


@pytest.fixture
def stage(build_stage, chat, forum):
    """Give a stage whose cards go to the chat, and to the forum when it fails."""
    notify = {"routes": [{"id": "all", "addresses": ["scripted-0"]}], "fallback": ["scripted-0:b", "scripted-1"]}
    return build_stage(Scripted(channel=chat), Scripted(channel=forum), notify=notify, **SECTIONS)


async def work(stage, times=1, *, every=timedelta(0)):
    """Let the sweeps run; time passes after each."""
    for _ in range(times):
        await deliver_due(stage.context)
        await reroute_stranded(stage.context)
        stage.clock.advance(every)


async def test_card_goes_to_the_fallback_after_a_minute(stage, chat, forum):
    """Not for a hiccup; once; and to the first channel too as soon as it works."""
    chat.failures = 10**6
    await stage.hold()
    await work(stage, 6, every=timedelta(seconds=9))
    assert forum.cards == []

    await work(stage, 6, every=timedelta(seconds=9))
    assert len(forum.cards) == 1

    chat.failures = 0
    await work(stage, 4, every=timedelta(minutes=5))

    assert (len(chat.cards), len(forum.cards)) == (1, 1)
    entries = await stage.house.readings.list_journal(limit=1000)
    (event,) = (entry.event.data for entry in entries if entry.event.kind == "card.rerouted")
    assert event == {"from": "scripted-0", "to": "scripted-1", "reason": "scripted-0 has failed since 12:00 UTC"}


async def test_change_of_a_card_that_was_posted_is_rerouted_too(stage, chat, forum):
    """People who see the old card in a chat that is down do not see the plan."""
    await stage.send()
    await work(stage)
    chat.failures = 10**6
    await stage.engine.drain()

    await work(stage, 10, every=timedelta(seconds=10))

    assert ([card.can_decide for card in chat.cards], [card.can_decide for card in forum.cards]) == ([False], [True])


async def test_many_cards_are_rerouted_some_at_a_time(stage, chat, forum):
    """Each once, until none is left."""
    chat.failures = 10**6
    await stage.send(*(make_alert(f"Down{number}", f"service{number}") for number in range(50)))

    await work(stage, 20, every=timedelta(seconds=10))

    assert len(forum.cards) == 50
    assert len({card.incident_id for card in forum.cards}) == 50


async def test_fallback_that_fails_itself_is_no_fallback(stage, chat, forum):
    """The cards wait for the first of both that works."""
    chat.failures = forum.failures = 10**6
    await stage.hold()
    await work(stage, 10, every=timedelta(seconds=10))

    chat.failures = forum.failures = 0
    await work(stage, 10, every=timedelta(minutes=1))

    assert len(chat.cards) == 1


async def test_without_a_fallback_nothing_is_rerouted(build_stage, chat):
    """There is nowhere else."""
    chat.failures = 10**6
    stage = build_stage(Scripted(channel=chat))
    await stage.hold()
    await work(stage, 10, every=timedelta(seconds=10))

    assert await reroute_stranded(stage.context) == 0


async def test_failure_of_a_time_to_come_counts_as_long(stage, chat, forum):
    """The clock was set back: a card does not wait for a channel that fails until it has caught up."""
    chat.failures = 10**6
    await stage.hold()
    await work(stage)
    stage.clock.advance(timedelta(hours=-2))

    await work(stage, 2)

    assert len(forum.cards) == 1
