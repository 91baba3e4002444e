"""The chain is recomputed at most once a minute, and on request."""

import asyncio
from datetime import timedelta

import pytest
from tests.unit.web.house import House

from fermata.testing.clock import FakeClock
from fermata.web.chain import ChainWatch


@pytest.fixture
def clock():
    """Give a clock that stands."""
    return FakeClock()


@pytest.fixture
def house(clock):
    """Give a house that counts how often its chain was recomputed."""
    return House(clock)


async def test_many_readers_share_one_look(house, clock):
    """Ten people on the page cost one recomputation."""
    watch = ChainWatch(house, clock)

    statuses = await asyncio.gather(*(watch.look() for _ in range(10)))

    assert house.verified == 1
    assert {status.looked_at for status in statuses} == {clock.now()}


async def test_look_is_repeated_after_a_minute(house, clock):
    """A look of a minute ago still counts; an older one does not."""
    watch = ChainWatch(house, clock)
    await watch.look()

    clock.advance(timedelta(seconds=60))
    await watch.look()
    assert house.verified == 1

    clock.advance(timedelta(seconds=1))
    await watch.look()
    assert house.verified == 2


async def test_asking_again_recomputes(house, clock):
    """Somebody who presses the button gets a look that began after the press."""
    watch = ChainWatch(house, clock)
    await watch.look()
    clock.advance(timedelta(seconds=1))

    status = await watch.look(again=True)

    assert house.verified == 2
    assert status.looked_at == clock.now()


async def test_look_of_a_time_to_come_is_repeated(house, clock):
    """A clock was set back: what was seen then is not what is there now."""
    watch = ChainWatch(house, clock)
    await watch.look()
    clock.advance(timedelta(hours=-2))

    await watch.look()

    assert house.verified == 2
