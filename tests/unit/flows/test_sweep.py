"""Sweeps over rows: what nobody decided ends, what stands still is looked after; twice is the same as once."""

import asyncio
from datetime import timedelta
from threading import Event

import pytest
import structlog
from tests.unit.flows.stage import ALICE, RAIL, make_alert

from fermata.domain.incident import IncidentState
from fermata.domain.proposal import ProposalState
from fermata.flows import sweep
from fermata.flows.legs import derive_execution_run
from fermata.flows.sweep import Sweeper, expire_proposals, measure, rescue_stalled, restart_approved
from fermata.kit.errors import OperationalError
from fermata.testing.engine import SimulatedCrash

LATER = timedelta(hours=1)


async def test_hold_nobody_decides_on_expires(stage):
    """When its time is up a plan is closed, a person is told, and nothing runs."""
    view = await stage.hold()
    early = await expire_proposals(stage.context)
    stage.clock.advance(LATER)

    expired = [await expire_proposals(stage.context), await expire_proposals(stage.context)]

    after = await stage.show(view.incident.id)
    assert (early, expired) == (0, [1, 0])
    assert (after.proposal.state, after.incident.state) == (ProposalState.EXPIRED, IncidentState.NEEDS_PERSON)
    assert "nobody decided within 30m. Ask for more, or `fermata investigate" in after.card.to_text()


async def test_hold_that_too_few_approved_names_who_did(build_stage):
    """Somebody decided: the word of whoever said yes is not told as nobody's."""
    stage = build_stage(policy={"guardrails": [RAIL | {"approvals": 2}]})
    view = await stage.hold()
    answer = await stage.decide(view, handle="alice")
    stage.clock.advance(LATER)

    await expire_proposals(stage.context)

    after = await stage.show(view.incident.id)
    assert answer.accepted
    assert after.proposal.state is ProposalState.EXPIRED
    assert "The plan expired: only alice approved within 30m." in after.card.to_text()
    assert after.card.can_ask
    assert f"fermata investigate {view.incident.id}" in after.card.to_text()
    assert stage.list_unfinished() == []


async def test_decided_hold_does_not_expire(stage):
    """An approval that came in time stands."""
    view = await stage.hold()
    await stage.decide(view)
    stage.clock.advance(LATER)

    assert await expire_proposals(stage.context) == 0


async def test_approved_plan_whose_run_is_lost_is_enqueued_again(stage):
    """An approval that did not start is started, under the one id it can have."""
    view = await stage.hold()
    await stage.decide(view)
    with stage.store.begin() as transaction:
        transaction.connection.exec_driver_sql("DELETE FROM inline_runs")
    early = await restart_approved(stage.context)
    stage.clock.advance(timedelta(minutes=1))

    restarted = [await restart_approved(stage.context), await restart_approved(stage.context)]

    await stage.engine.drain()
    assert (early, restarted) == (0, [1, 1])
    assert stage.engine.find_status(derive_execution_run(view.proposal.id)).state.value == "succeeded"
    assert stage.count_marks() == 1


async def test_incident_whose_run_failed_is_handed_to_a_person(stage):
    """A run that gave up leaves nobody waiting: the incident says so and names the run."""
    receipt = await stage.send()

    write = stage.store.write

    async def fill_up(work):
        if "_gather" in work.__qualname__:
            raise OperationalError("The disk is full", why="a test", do="Make room")
        return await write(work)

    stage.store.write = fill_up
    await stage.engine.drain()
    stage.store.write = write
    stage.clock.advance(timedelta(minutes=1))

    assert await rescue_stalled(stage.context) == 1

    view = await stage.show(receipt.incidents[0])
    assert view.incident.state is IncidentState.NEEDS_PERSON
    assert "did not finish (The disk is full: a test. Make room.)" in view.card.to_text()


async def test_incident_whose_run_goes_on_is_left_alone(stage):
    """A long investigation is no stalled one."""
    receipt = await stage.send()
    with pytest.raises(SimulatedCrash):
        await stage.engine.drain(crash_at="gather")
    stage.clock.advance(timedelta(minutes=10))

    assert await rescue_stalled(stage.context) == 0
    assert (await stage.show(receipt.incidents[0])).incident.state is IncidentState.INVESTIGATING


async def test_plan_that_was_held_while_the_sweep_looked_is_not_taken_away(stage):
    """The sweep looks again before it acts: a run that ended well in between needs no rescue."""
    receipt = await stage.send()
    with pytest.raises(SimulatedCrash):
        await stage.engine.drain(crash_at="propose")
    stage.clock.advance(timedelta(minutes=1))
    find_status = stage.engine.find_status

    def find_after_the_end(run_id):
        asyncio.run(stage.engine.drain())  # In the sweep's thread: the run ends between its two looks.
        return find_status(run_id)

    stage.engine.find_status = find_after_the_end

    await rescue_stalled(stage.context)

    view = await stage.show(receipt.incidents[0])
    assert (view.incident.state, view.proposal.state) == (IncidentState.HELD, ProposalState.OPEN)


async def test_gauges_follow_the_rows(chatty_stage):
    """Open plans, waiting cards and the halt are measured when asked for."""
    await chatty_stage.hold()
    await chatty_stage.house.switch.halt(ALICE, "now")

    await measure(chatty_stage.context)

    text = chatty_stage.context.meters.render().decode()
    assert "fermata_proposals_open 1.0" in text
    assert "fermata_cards_undelivered 1.0" in text
    assert "fermata_halted 1.0" in text


async def test_sweeper_delivers_until_it_is_stopped(chatty_stage, channel):
    """In the background cards go out by themselves; stopping ends it."""
    reap = Event()
    sweeper = Sweeper(chatty_stage.context, reap.set)
    await chatty_stage.send()
    sweeper.start()
    await channel.delivered.wait()
    assert await asyncio.to_thread(reap.wait, 20)

    await sweeper.stop()

    await chatty_stage.send(make_alert("BillingDown", "billing"))
    await asyncio.sleep(0.7)
    assert len(channel.cards) == 1


async def test_sweep_that_fails_is_tried_again(chatty_stage, channel):
    """A sweep that hits a store that is down says so and goes on with the next."""
    read, failed = chatty_stage.store.read, []

    async def fail_once(work):
        if not failed:
            failed.append(True)
            raise OperationalError("The store is gone", why="a test")
        return await read(work)

    await chatty_stage.send()
    chatty_stage.store.read = fail_once
    sweeper = Sweeper(chatty_stage.context)
    sweeper.start()
    await channel.delivered.wait()

    await sweeper.stop()
    assert failed


async def test_reason_that_fails_every_sweep_is_told_once_a_minute(chatty_stage, monkeypatch):
    """What is away for an hour must not fill the log: a dozen sweeps share one reason, and one comes twice a second."""

    async def fail(work):
        raise OperationalError("The store is gone", why="a test")

    monkeypatch.setattr(sweep, "_DELIVERY_EVERY_S", 0.01)
    monkeypatch.setattr(chatty_stage.store, "read", fail)
    monkeypatch.setattr(chatty_stage.store, "write", fail)
    sweeper = Sweeper(chatty_stage.context)

    with structlog.testing.capture_logs() as told:
        sweeper.start()
        await asyncio.sleep(0.2)
        await sweeper.stop()

    assert [line["reason"] for line in told if line["event"] == "sweep.failed"] == ["The store is gone: a test"]


async def test_plan_of_a_time_to_come_ends_and_the_card_says_why(stage):
    """Proposed under a clock that was hours ahead: it must not wait for hours."""
    view = await stage.hold()
    stage.clock.advance(timedelta(hours=-2))

    ended = await expire_proposals(stage.context)
    after = await stage.show(view.incident.id)

    assert ended == 1
    assert after.proposal.state is ProposalState.EXPIRED
    assert "and the clock was set back since. Ask for more" in after.card.to_text()
