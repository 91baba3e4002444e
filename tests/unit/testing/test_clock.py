"""The fake clock moves only when told to."""

import asyncio
from datetime import UTC, datetime, timedelta

from fermata.kit.clock import Clock
from fermata.testing.clock import FakeClock

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_untouched_clock_stands_still():
    """Two looks give the same instant, aware and in UTC."""
    clock: Clock = FakeClock()

    assert clock.now() == clock.now() == NOON
    assert clock.now().tzinfo is UTC


def test_advanced_clock_shows_the_later_time():
    """It starts where told, and moves by exactly what it is told, backwards as well."""
    clock = FakeClock(NOON)

    clock.advance(timedelta(minutes=5))
    clock.advance(timedelta(seconds=-1))

    assert clock.now() == NOON + timedelta(minutes=4, seconds=59)


async def test_sleep_moves_the_clock_without_waiting():
    """An hour of sleep takes no time, and is over on the clock."""
    clock = FakeClock(NOON)
    loop = asyncio.get_running_loop()

    started = loop.time()
    await clock.sleep(3600)

    assert clock.now() == NOON + timedelta(hours=1)
    assert loop.time() - started < 1


async def test_sleep_lets_other_tasks_run():
    """A loop that polls with a fake clock does not starve what it waits for."""
    clock = FakeClock()
    arrived = asyncio.Event()
    task = asyncio.get_running_loop().create_task(_set(arrived))

    turns = 0
    while not arrived.is_set():
        await clock.sleep(1)
        turns += 1

    await task
    assert turns == 1


async def _set(event):
    event.set()
