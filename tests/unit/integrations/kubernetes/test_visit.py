"""Answers that collectors of one gathering share."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from fermata.domain.ids import IncidentId
from fermata.domain.scope import Scope
from fermata.integrations.kubernetes.client import KubernetesClient
from fermata.integrations.kubernetes.settings import KubernetesSettings
from fermata.integrations.kubernetes.visit import Visits
from fermata.kit.errors import OperationalError
from fermata.testing.clock import FakeClock

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture
def visits():
    """Give what is under way; nothing here opens a connection."""
    return Visits(KubernetesClient(KubernetesSettings(in_cluster=True), FakeClock()))


def make_scope(number=1):
    """Frame a gathering."""
    return Scope(
        incident_id=IncidentId(f"inc_{number}"),
        alerts=(),
        entities=(),
        onset=NOW,
        window_start=NOW - timedelta(hours=1),
        window_end=NOW,
    )


class Counter:
    """Makes something once it may, and counts how often it was asked to."""

    def __init__(self):
        self.made = 0
        self.cancelled = 0
        self.may = asyncio.Event()

    async def __call__(self):
        self.made += 1
        try:
            await self.may.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return self.made


async def ask(visits, make, scope=None):
    """Ask as one collector does."""
    async with visits.join(scope or make_scope()) as visit:
        return await visit.once("key", make)


async def test_answer_is_made_once_for_all_who_ask_together():
    """The next gathering asks anew."""
    visits, make = Visits(KubernetesClient(KubernetesSettings(in_cluster=True), FakeClock())), Counter()
    make.may.set()

    together = await asyncio.gather(*(ask(visits, make) for _ in range(5)))
    later = await ask(visits, make)

    assert (together, later) == ([1] * 5, 2)


async def test_gatherings_do_not_share(visits):
    """Two incidents at the same time see their own moment."""
    make = Counter()
    make.may.set()

    await asyncio.gather(ask(visits, make, make_scope(1)), ask(visits, make, make_scope(2)))

    assert make.made == 2


async def test_waiter_that_is_cancelled_leaves_it_to_the_others(visits):
    """A deadline of one collector is not the others' business."""
    make = Counter()
    first, second = (asyncio.ensure_future(ask(visits, make)) for _ in range(2))
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    first.cancel()
    await asyncio.wait([first])
    make.may.set()

    assert await second == 1
    assert first.cancelled()


async def test_last_one_to_leave_stops_what_is_still_asked(visits):
    """Nothing goes on asking after a gathering."""
    make = Counter()
    waiting = asyncio.ensure_future(ask(visits, make))
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    waiting.cancel()
    await asyncio.wait([waiting])

    assert (make.made, make.cancelled) == (1, 1)


async def test_failure_is_everybodys(visits):
    """Whoever waits for it gets the same reason."""

    async def fail():
        raise OperationalError("It is gone")

    found = await asyncio.gather(*(ask(visits, fail) for _ in range(3)), return_exceptions=True)

    assert [str(error) for error in found] == ["It is gone."] * 3
