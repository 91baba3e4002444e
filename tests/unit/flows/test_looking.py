"""What fires again right after a look is looked at when its rest is over, and nobody else is called for it."""

from datetime import timedelta

from tests.unit.flows.stage import make_alert

from fermata.domain.incident import IncidentState
from fermata.flows import sweep


async def flap(stage):
    """Hold a plan, let the alert end, and let it fire again half a minute later; return what was answered."""
    await stage.hold()
    await stage.resolve()
    stage.clock.advance(timedelta(seconds=30))
    return await stage.send(make_alert(at=30))


async def keep_house(stage, **later):
    """Let time pass, and sweep."""
    stage.clock.advance(timedelta(**later))
    return await sweep.look_at_rested(stage.context), await sweep.rescue_stalled(stage.context)


async def test_incident_that_fires_again_right_after_a_look_is_looked_at_when_its_rest_is_over(stage):
    """The intake said until when it rests: then it is looked at, by itself."""
    receipt = await flap(stage)

    swept = await keep_house(stage, seconds=91)
    await stage.engine.drain()

    view = await stage.show(receipt.incidents[0])
    assert (swept, view.incident.state) == ((1, 0), IncidentState.HELD)
    assert (await stage.list_kinds(receipt.incidents[0])).count("investigation.enqueued") == 2


async def test_incident_that_rests_is_not_handed_to_a_person(stage):
    """It stands still for a while, as was said, and its card says until when."""
    receipt = await flap(stage)

    swept = await keep_house(stage, seconds=60)

    view = await stage.show(receipt.incidents[0])
    assert (swept, view.incident.state) == ((0, 0), IncidentState.OPEN)
    assert "it is looked at again by itself at 12:02:00 UTC" in view.card.to_text()


async def test_incident_that_resolved_while_it_rested_is_left_alone(stage):
    """There is nothing to look at, and nothing more to remember."""
    await flap(stage)
    await stage.resolve(make_alert(at=30))

    swept = await keep_house(stage, minutes=5)

    assert swept == (0, 0)
    assert await keep_house(stage, minutes=5) == (0, 0)
    assert stage.list_unfinished() == []


async def test_rest_that_is_over_when_the_hour_is_spent_ends_with_a_person(build_stage):
    """The limit of investigations holds for it as for any other."""
    stage = build_stage(limits={"investigations_per_hour": 1})
    receipt = await flap(stage)

    looked, rescued = await keep_house(stage, minutes=5)

    view = await stage.show(receipt.incidents[0])
    assert (looked, rescued, view.incident.state) == (0, 1, IncidentState.NEEDS_PERSON)
    assert "the limit of investigations per hour was reached" in view.card.to_text()


async def test_alert_that_joins_after_the_rest_starts_the_look_itself(stage):
    """Once: the sweep finds nothing left to do."""
    receipt = await flap(stage)
    stage.clock.advance(timedelta(minutes=3))
    await stage.send(make_alert("CheckoutSlow", at=200))

    assert await sweep.look_at_rested(stage.context) == 0
    assert (await stage.list_kinds(receipt.incidents[0])).count("investigation.enqueued") == 2


async def test_rest_of_a_clock_that_was_set_back_is_over(stage):
    """Nobody waits until an hour comes that was there before."""
    await flap(stage)

    swept = await keep_house(stage, hours=-2)

    assert swept[0] == 1
