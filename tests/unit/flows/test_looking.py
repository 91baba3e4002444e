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


BILLING = ("BillingDown", "billing")
"""An alert that nothing explains: a person gets its incident, and no plan is held."""


async def investigate_while(stage, joining, alert=None):
    """Take an alert in and investigate; as a collector is asked for the first time, do what is to be done."""
    receipt = await stage.send(alert or make_alert(*BILLING))
    collector = stage.context.collectors[0]
    collect = collector.collect

    async def join_and_collect(scope):
        collector.collect = collect
        await joining()
        return await collect(scope)

    collector.collect = join_and_collect
    await stage.engine.drain()
    return receipt.incidents[0]


async def test_alert_that_joins_while_an_incident_is_looked_at_is_looked_at_afterwards(stage):
    """Nothing was gathered for it: the look that ran cannot have seen it."""
    late = make_alert("BillingSlow", "billing", at=10)
    incident_id = await investigate_while(stage, lambda: stage.send(late))
    view = await stage.show(incident_id)
    assert view.incident.state is IncidentState.NEEDS_PERSON
    assert "An alert came during the last look or right after it: it is looked at again" in view.card.to_text()

    swept = await keep_house(stage, seconds=121)

    assert (swept[0], stage.list_unfinished()) == (1, ["investigate"])
    await stage.engine.drain()
    assert await keep_house(stage, minutes=5) == (0, 0)


async def test_long_look_does_not_make_what_joined_be_forgotten(stage):
    """Its rest is over before it has ended, and is kept until then."""

    async def join_and_linger():
        await stage.send(make_alert("BillingSlow", "billing", at=10))
        assert await keep_house(stage, minutes=5) == (0, 0)

    await investigate_while(stage, join_and_linger)

    assert (await keep_house(stage, seconds=1))[0] == 1


async def test_alert_that_ended_before_the_look_did_asks_for_no_other(stage):
    """So does one that is told again: neither is anything that the look did not know."""

    async def fire_and_end():
        await stage.send(make_alert(*BILLING))
        await stage.send(make_alert("BillingSlow", "billing", at=10))
        await stage.resolve(make_alert("BillingSlow", "billing", at=10), make_alert(*BILLING))

    await investigate_while(stage, fire_and_end)

    assert (await keep_house(stage, minutes=5))[0] == 0


async def test_alert_told_again_while_an_incident_is_looked_at_asks_for_no_other_look(stage):
    """It is no news."""
    incident_id = await investigate_while(stage, lambda: stage.send(make_alert(*BILLING)))

    assert (await keep_house(stage, minutes=5))[0] == 0
    assert (await stage.list_kinds(incident_id)).count("investigation.enqueued") == 1


async def test_alert_that_joins_while_a_plan_comes_is_on_its_card_alone(stage):
    """Whoever decides sees it; the plan that waits for a decision is not taken away."""
    incident_id = await investigate_while(
        stage, lambda: stage.send(make_alert("CheckoutSlow", at=10)), alert=make_alert()
    )

    assert (await keep_house(stage, minutes=5))[0] == 0
    assert (await stage.show(incident_id)).incident.state is IncidentState.HELD


async def test_counts_of_hours_that_are_over_leave_the_store(stage):
    """One flag an hour would be 8,760 a year."""
    for number in range(3):
        await stage.send(make_alert(f"Down{number}", service=f"shop{number}"))
        stage.clock.advance(timedelta(hours=1))

    found = await stage.store.read(lambda transaction: transaction.flags.list_named("investigations/"))

    assert [name for name, _ in found] == ["investigations/2026-11-23T14"]
