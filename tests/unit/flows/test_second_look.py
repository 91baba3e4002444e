"""What comes while an incident that a person has rests is looked at when the rest is over, and only then."""

from datetime import timedelta

import pytest
from tests.unit.flows.stage import ALICE, WELL, Scripted, make_alert

from fermata.domain.incident import IncidentState
from fermata.flows import sweep
from fermata.flows.deliver import deliver_due

LATE = make_alert("CheckoutSlow", at=30)
REST = timedelta(minutes=2)


@pytest.fixture
async def resting(build_stage):
    """Give a stage with an incident that needs a person, and an alert that joined it while it rests."""
    stage = build_stage()
    stage.rehearsal.hand.write({"checkout": WELL})
    view = await stage.hold()
    assert view.incident.state is IncidentState.NEEDS_PERSON
    stage.clock.advance(timedelta(seconds=30))
    receipt = await stage.send(LATE)
    assert "when it is looked at again if it still fires" in receipt.held_back[0]
    return stage


async def do_what_is_due(stage, after=REST):
    """Let the time pass, and give what was enqueued for it."""
    stage.clock.advance(after)
    await sweep.look_at_rested(stage.context)
    return stage.list_unfinished()


async def test_alert_that_came_while_it_rested_is_looked_at_afterwards(resting):
    """Once: its evidence is that of after it."""
    enqueued = await do_what_is_due(resting)
    await resting.engine.drain()

    assert enqueued == ["investigate"]
    assert await do_what_is_due(resting) == []


async def test_nothing_is_looked_at_before_the_rest_is_over(resting):
    """A storm is one look a rest, not one an alert."""
    assert await do_what_is_due(resting, timedelta(seconds=60)) == []


async def test_many_alerts_that_came_while_it_rested_are_one_look(resting):
    """They are noted for the same instant."""
    await resting.send(make_alert("CheckoutErrors", at=40))

    assert await do_what_is_due(resting) == ["investigate"]


async def test_what_ended_meanwhile_is_not_looked_at(resting):
    """Nothing fires any more."""
    await resting.resolve(make_alert(), LATE)

    assert await do_what_is_due(resting) == []


async def test_what_was_looked_at_since_is_not_looked_at_again(resting):
    """Another alert began that look when the rest was over, and it saw this one too."""
    resting.clock.advance(REST)
    await resting.send(make_alert("CheckoutErrors", at=150))
    await resting.engine.drain()

    assert await do_what_is_due(resting, timedelta(seconds=1)) == []


async def test_look_that_a_person_asked_for_meanwhile_is_the_look(resting):
    """It saw what came: another one of the same would only cost."""
    found = await resting.house.readings.find_incident("latest")
    await resting.house.curation.investigate_again(found.id, ALICE)
    await resting.engine.drain()

    view = await resting.show(found.id)

    assert "looked at again by itself" not in view.card.to_text()
    assert await do_what_is_due(resting) == []


async def test_look_that_the_budget_forbids_is_not_begun(build_stage):
    """The hour's investigations are spent."""
    stage = build_stage(limits={"investigations_per_hour": 1})
    stage.rehearsal.hand.write({"checkout": WELL})
    view = await stage.hold()
    await stage.send(LATE)

    assert await do_what_is_due(stage) == []
    assert (await stage.list_kinds(view.incident.id)).count("alert.held_back") == 2


async def test_card_of_a_look_that_the_budget_forbids_promises_it_no_more(build_stage, channel):
    """It said when the incident would be looked at again."""
    stage = build_stage(Scripted(channel=channel), limits={"investigations_per_hour": 1})
    stage.rehearsal.hand.write({"checkout": WELL})
    await stage.hold()
    await stage.send(LATE)
    await deliver_due(stage.context)
    promised = channel.cards[-1].to_text()

    await do_what_is_due(stage)
    await deliver_due(stage.context)

    assert "looked at again by itself" in promised
    assert "looked at again by itself" not in channel.cards[-1].to_text()
