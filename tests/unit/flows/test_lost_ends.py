"""A source that has lost its state never tells the end of what fired before: the next end of the same alert ends it."""

from datetime import timedelta

import pytest
from tests.unit.flows.stage import NOON, make_alert

from fermata.domain.incident import IncidentState


def end(alert, at):
    """Give the end of an alert, seconds from noon."""
    return alert | {"status": "resolved", "endsAt": (NOON + timedelta(seconds=at)).isoformat()}


async def test_end_of_a_later_firing_ends_the_one_that_its_source_has_forgotten(stage):
    """Prometheus and Alertmanager began anew while it fired: a new start, and one end. Nothing fires any more."""
    first = await stage.send(make_alert(at=-600))
    await stage.send(make_alert(at=-300))

    await stage.send(end(make_alert(at=-300), at=-10))

    view = await stage.show(first.incidents[0])
    assert view.incident.state is IncidentState.RESOLVED
    assert {alert.status for alert in view.alerts} == {"resolved"}
    assert {alert.ends_at for alert in view.alerts} == {NOON - timedelta(seconds=10)}


async def test_end_that_nobody_told_the_start_of_ends_it_as_well(stage):
    """The new start was over before Alertmanager had told of it."""
    first = await stage.send(make_alert(at=-600))

    await stage.send(end(make_alert(at=-300), at=-10))

    assert (await stage.show(first.incidents[0])).incident.state is IncidentState.RESOLVED


async def test_late_end_leaves_what_began_after_it(stage):
    """A straggler tells of an earlier firing: the one that goes on now goes on."""
    await stage.send(make_alert(at=-600))
    second = await stage.send(make_alert(at=-60))

    await stage.send(end(make_alert(at=-600), at=-300))

    assert (await stage.show(second.incidents[0])).incident.is_live


@pytest.mark.parametrize("other", [{"service": "profile"}, {"name": "CheckoutSlow"}])
async def test_end_of_an_alert_ends_no_other(stage, other):
    """Another set of labels is another alert."""
    kept = await stage.send(make_alert(**other, at=-600))

    await stage.send(make_alert(at=-300), end(make_alert(at=-300), at=-10))

    assert (await stage.show(kept.incidents[0])).incident.is_live


async def test_end_of_an_earlier_firing_leaves_one_that_overlaps_it(stage):
    """Two sources without a label that tells them apart, or two of one clock's second: the later one burns on."""
    await stage.send(make_alert(at=-600))
    second = await stage.send(make_alert(at=-300))

    await stage.send(end(make_alert(at=-600), at=-200))

    assert (await stage.show(second.incidents[0])).incident.is_live


async def test_end_leaves_a_firing_that_was_told_again_since_the_other_began(stage):
    """What is still spoken of is not forgotten: it is another source's, and its end will be told."""
    first = await stage.send(make_alert(at=-600))
    await stage.send(make_alert(at=10))
    stage.clock.advance(timedelta(seconds=60))
    await stage.send(make_alert(at=-600))

    await stage.send(end(make_alert(at=10), at=50))

    assert (await stage.show(first.incidents[0])).incident.is_live
