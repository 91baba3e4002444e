"""What comes due is done once; what can never be done is dropped, and keeps nothing waiting."""

from datetime import timedelta

import pytest
from tests.unit.flows.stage import Scripted, ScriptedChannel, make_alert

from fermata.flows.chores import do_due
from fermata.flows.deliver import deliver_due
from fermata.flows.later import Chore, list_due, plan_later
from fermata.kit.errors import OperationalError, TransientError


@pytest.fixture
def later(chatty_stage):
    """Give a function that notes a chore for a moment ago."""

    async def note(chore, about, **value):
        at = chatty_stage.clock.now()
        await chatty_stage.store.write(lambda transaction: plan_later(transaction, at, chore, about, value))
        chatty_stage.clock.advance(timedelta(seconds=1))

    return note


async def count_due(stage):
    """Give how much is left to do."""
    now = stage.clock.now() + timedelta(hours=1)
    return len(await stage.store.read(lambda transaction: list_due(transaction, now)))


async def test_nothing_due_writes_nothing(chatty_stage, monkeypatch):
    """Twice a second the disk is left alone."""

    async def fail(work):
        raise AssertionError

    monkeypatch.setattr(chatty_stage.store, "write", fail)

    assert await do_due(chatty_stage.context) == 0


async def test_what_can_never_be_done_is_dropped(chatty_stage, channel, later):
    """A plan that is not there any more, once; and the cards go out all the same."""
    await later(Chore.ESCALATE, "prop-none", addresses=["chat"])
    await chatty_stage.send()

    assert await deliver_due(chatty_stage.context) == 1

    assert await count_due(chatty_stage) == 0
    assert len(channel.cards) == 1


@pytest.mark.parametrize("error", [TransientError("The store is busy"), OperationalError("The store is full")])
async def test_what_may_be_done_later_is_kept(chatty_stage, later, monkeypatch, capsys, error):
    """A store that is busy for a moment, or a disk that is full for an hour, costs nobody an escalation.

    And writes no line for each try into a log that perhaps lies on the same disk.
    """
    await later(Chore.ESCALATE, "prop-1", addresses=["chat"])

    async def fail(work):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(chatty_stage.store, "write", fail)
        await do_due(chatty_stage.context)

    assert await count_due(chatty_stage) == 1
    assert "chore.dropped" not in capsys.readouterr().err


async def test_digest_leaves_out_what_cannot_be_read(chatty_stage, channel, later):
    """And holds the others."""
    receipt = await chatty_stage.send(make_alert(severity="info"))
    at = chatty_stage.clock.now()

    def note(transaction):
        for incident_id in ("inc-none", receipt.incidents[0]):
            plan_later(transaction, at, Chore.DIGEST, incident_id, {"addresses": ["chat"]})

    await chatty_stage.store.write(note)
    chatty_stage.clock.advance(timedelta(seconds=1))

    await deliver_due(chatty_stage.context)

    assert [card.title for card in channel.cards if "Digest" in card.title] == ["Digest: 1 incident of low severity"]
    assert await count_due(chatty_stage) == 0


async def test_escalation_is_done_once_by_two_workers(build_stage):
    """Whoever removes the note does it."""
    first, second = ScriptedChannel("scripted-0"), ScriptedChannel("scripted-1")
    sections = {"sections": {"scripted-0": {}, "scripted-1": {}}}
    notify = {"routes": [{"id": "a", "addresses": ["scripted-0"]}], "escalate_to": ["scripted-1"]}
    stage = build_stage(Scripted(channel=first), Scripted(channel=second), notify=notify, **sections)
    await stage.hold()
    stage.clock.advance(timedelta(minutes=16))

    for _ in range(2):
        await do_due(stage.context)

    kinds = await stage.list_kinds()
    assert kinds.count("card.escalated") == 1
