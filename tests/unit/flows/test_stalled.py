"""No state without a way out: whatever becomes of a run, an incident ends with a person or with its alerts."""

import asyncio
from datetime import timedelta

import pytest
from tests.unit.flows.stage import ALICE, Scripted, ScriptedChannel, make_alert

from fermata.domain.incident import IncidentState
from fermata.domain.proposal import ProposalState
from fermata.flows import deliver, sweep
from fermata.flows.legs import derive_execution_run
from fermata.store.incidents import SqlIncidentRows
from fermata.testing.engine import SimulatedCrash


async def test_incident_beyond_the_budget_is_handed_to_a_person(build_stage):
    """An incident that no investigation may look at does not stay open: a person is told why."""
    stage = build_stage(limits={"investigations_per_hour": 1})
    await stage.send()
    receipt = await stage.send(make_alert("PayDown", "pay"))
    stage.clock.advance(timedelta(minutes=1))

    rescued = await sweep.rescue_stalled(stage.context)

    # The other one waits for its run, which is enqueued.
    view = await stage.show(receipt.incidents[0])
    assert (rescued, view.incident.state) == (1, IncidentState.NEEDS_PERSON)
    assert "No investigation looks at it" in view.card.to_text()


async def test_hold_whose_execution_failed_before_it_began_is_handed_to_a_person(stage):
    """An approved plan whose run is over and that was never begun does not stay approved for ever."""
    held = await stage.hold()
    await stage.decide(held)
    stage.engine.cancel(derive_execution_run(held.proposal.id))
    stage.clock.advance(timedelta(minutes=1))

    await sweep.rescue_stalled(stage.context)

    view = await stage.show(held.incident.id)
    assert (view.incident.state, view.proposal.state) == (IncidentState.NEEDS_PERSON, ProposalState.REFUSED)
    assert "did not finish" in view.card.to_text()


async def test_alerts_that_resolved_while_nothing_could_be_done_end_the_incident(stage):
    """Alerts that resolve during an execution say so once: when it ends without an effect, the incident is over."""
    held = await stage.hold()
    await stage.decide(held)
    with pytest.raises(SimulatedCrash):
        await stage.engine.drain(crash_at="baseline")
    await stage.resolve()
    await stage.house.switch.halt(ALICE, "looking")

    await stage.engine.drain()

    assert (await stage.show(held.incident.id)).incident.state is IncidentState.RESOLVED


async def test_chore_that_fails_keeps_no_other_from_its_work(stage, monkeypatch):
    """One chore of the house that breaks does not stop those that come after it."""

    async def crash(*_):
        raise RuntimeError("broken")

    monkeypatch.setattr(sweep, "expire_proposals", crash)
    reaped = []
    sweeper = sweep.Sweeper(stage.context, lambda: reaped.append(1))

    await sweeper._keep_house()

    assert reaped == [1]


async def test_large_incident_is_read_once_for_a_webhook(stage, monkeypatch):
    """What a repeated webhook costs does not grow with the incident for each of its alerts."""
    alerts = [make_alert(pod=f"checkout-{number}") for number in range(30)]
    await stage.send(*alerts)
    stage.clock.advance(timedelta(days=1))
    reads, get = [], SqlIncidentRows.get
    monkeypatch.setattr(SqlIncidentRows, "get", lambda rows, name: reads.append(name) or get(rows, name))
    monkeypatch.setattr(SqlIncidentRows, "find_by_alert", None)

    receipt = await stage.send(*alerts)

    assert receipt.new == 0
    assert len(reads) <= 2


async def test_channel_that_hangs_keeps_no_card_from_the_others(build_stage, channel, monkeypatch):
    """A channel that never answers is given up after a while, and the others do not wait for it."""
    monkeypatch.setattr(deliver, "_PATIENCE", timedelta(milliseconds=50))
    hanging = ScriptedChannel("held")

    async def hang(*_, **__):
        await asyncio.Event().wait()

    hanging.deliver = hang
    stage = build_stage(Scripted(channel=hanging), Scripted(channel=channel))
    await stage.send()
    await stage.send(make_alert("PayDown", "pay"))

    assert await deliver.deliver_due(stage.context) == 2
    assert len(channel.cards) == 2


async def test_row_that_cannot_be_read_costs_no_card(chatty_stage, channel):
    """A damaged row leaves a card that says so, and the cards of other incidents go out."""
    damaged = await chatty_stage.hold()
    with chatty_stage.store.begin() as transaction:
        transaction.connection.exec_driver_sql("UPDATE evidence SET record = '{}'")
    other = await chatty_stage.send(make_alert("PayDown", "pay"))
    await chatty_stage.send(make_alert("CheckoutSlow"))

    await deliver.deliver_due(chatty_stage.context)

    newest = {card.incident_id: card.to_text() for card in channel.cards}
    assert set(newest) == {damaged.incident.id, *other.incidents}
    assert "cannot be shown" in newest[damaged.incident.id]
