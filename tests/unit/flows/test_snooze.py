"""Keeping still: a flag with an end, on the word of somebody known."""

from datetime import timedelta

import pytest
from tests.unit.flows.stage import ALICE, make_alert

from fermata.flows.quiet import find_snooze
from fermata.flows.snooze import snooze_incident
from fermata.kit.errors import NotFoundError


async def find(stage, incident_id):
    """Give the snooze in force."""
    now = stage.clock.now()
    return await stage.store.read(lambda transaction: find_snooze(transaction, incident_id, now))


async def test_snooze_holds_until_its_end(stage):
    """And not at that instant any more; a second one takes its place."""
    view = await stage.hold()
    await snooze_incident(stage.context, view.incident.id, timedelta(hours=1), ALICE)
    until = await snooze_incident(stage.context, view.incident.id, timedelta(minutes=10), ALICE)

    snooze = await find(stage, view.incident.id)
    stage.clock.advance(timedelta(minutes=10))

    assert (snooze.by, snooze.until) == ("alice", until)
    assert await find(stage, view.incident.id) is None


async def test_snooze_does_not_grow_when_the_clock_is_set_back(stage):
    """An hour was asked for: by a clock that goes three hours back it would be four."""
    view = await stage.hold()
    await snooze_incident(stage.context, view.incident.id, timedelta(hours=1), ALICE)

    stage.clock.advance(-timedelta(seconds=20))
    nearly = await find(stage, view.incident.id)
    stage.clock.advance(-timedelta(hours=3))

    assert nearly is not None
    assert await find(stage, view.incident.id) is None


@pytest.mark.parametrize("at", [-60, 290])
async def test_snooze_ends_with_what_it_was_asked_for(stage, at):
    """The same alert or a new one: what fires again is news. While it is over, its card speaks of no quiet."""
    view = await stage.hold()
    await snooze_incident(stage.context, view.incident.id, timedelta(hours=1), ALICE)
    asked = (await stage.show(view.incident.id)).card.to_text()

    await stage.resolve()
    over = (await stage.show(view.incident.id)).card.to_text()
    stage.clock.advance(timedelta(minutes=5))
    again = await stage.send(make_alert(at=at))

    assert again.incidents == (view.incident.id,)
    assert await find(stage, view.incident.id) is None
    assert ["keep still" in text for text in (asked, over)] == [True, False]


async def test_snooze_of_nothing_is_an_error(stage):
    """An incident that does not exist is named."""
    with pytest.raises(NotFoundError, match="inc-none"):
        await snooze_incident(stage.context, "inc-none", timedelta(hours=1), ALICE)
