"""Incidents that people talked about."""

from datetime import timedelta

import pytest
from tests.unit.flows.postmortem.talk import TALK, make_heard

from fermata.flows.observe import Watch


@pytest.fixture
def tell(build_stage):
    """Give a function that opens an incident on a stage whose observer heard some messages."""

    async def build(*messages, sources=(), people=(), **settings):
        stage = build_stage(*sources, **{"observer": {"rooms": ["slack:C1"]}, **settings})
        view = await stage.hold()
        watch = Watch(stage.context)
        for person in people:
            await watch.meet(person)
        for message in messages:
            await watch.hear(message)
        stage.clock.advance(timedelta(hours=1))
        return stage, view.incident.id

    return build


@pytest.fixture
async def scene(tell):
    """Give a stage with an incident that people talked about."""
    return await tell(*(make_heard(minute, text) for minute, text in enumerate(TALK)))
