"""Of several workers on one store, one delivers; another follows when it dies."""

import asyncio
import dataclasses
from datetime import timedelta

import pytest

from fermata.flows.courier import is_anybody_there, is_courier, stay_courier
from fermata.flows.deliver import deliver_due

LEASE = timedelta(seconds=10)


def name(stage, worker):
    """Give the stage's context as another worker has it."""
    return dataclasses.replace(stage.context, worker=worker)


async def test_worker_that_is_alone_delivers_and_writes_nothing(stage):
    """SQLite is served by one process."""
    assert await is_courier(stage.context)
    assert await stage.find_flag("courier") is None


async def test_one_of_two_delivers(stage):
    """Whoever was first, for as long as it goes on."""
    first, second = name(stage, "first"), name(stage, "second")
    for _ in range(10):
        assert await is_courier(first)
        assert not await is_courier(second)
        stage.clock.advance(LEASE * 0.6)


async def test_of_many_that_begin_at_once_one_delivers(stage):
    """The row decides."""
    workers = [name(stage, f"worker-{number}") for number in range(6)]

    assert sum(await asyncio.gather(*(is_courier(worker) for worker in workers))) == 1


async def test_worker_that_died_is_followed(stage):
    """After its lease; one that is started again under its name goes on at once."""
    first, second = name(stage, "first"), name(stage, "second")
    await is_courier(first)
    stage.clock.advance(LEASE)

    assert await is_courier(second)
    assert not await is_courier(first)


@pytest.mark.parametrize(("ahead", "may"), [(timedelta(seconds=5), False), (timedelta(hours=1), True)])
async def test_lease_of_a_clock_that_ran_ahead_ends(stage, ahead, may):
    """Nobody waits for an hour because a clock was wrong once."""
    stage.clock.advance(ahead)
    await is_courier(name(stage, "first"))
    stage.clock.advance(-ahead)

    assert await is_courier(name(stage, "second")) is may


async def test_lease_is_kept_while_a_card_is_under_way(stage):
    """A card may take longer than a lease; nobody else delivers meanwhile."""
    first = dataclasses.replace(name(stage, "first"), lease=timedelta(milliseconds=40))
    await is_courier(first)
    renewed = asyncio.Event()
    own = stage.store.write

    async def write(work):
        result = await own(work)
        renewed.set()
        return result

    stage.clock.advance(timedelta(milliseconds=30))
    stage.store.write = write
    async with stay_courier(first):
        await asyncio.wait_for(renewed.wait(), 2)

    assert (await stage.find_flag("courier"))["worker"] == "first"
    assert not await is_courier(dataclasses.replace(first, worker="second"))


async def test_card_is_not_delivered_by_the_other_worker(chatty_stage, channel):
    """It waits for the one that delivers."""
    await chatty_stage.send()
    await is_courier(name(chatty_stage, "first"))

    assert await deliver_due(name(chatty_stage, "second")) == 0
    assert await deliver_due(name(chatty_stage, "first")) == 1
    assert len(channel.cards) == 1


async def test_worker_is_there_until_two_leases_after_its_last_word(stage):
    """One lease is its own, one is for clocks that differ; before the first worker nobody is there."""

    async def look():
        now = stage.clock.now()
        return await stage.context.store.read(lambda transaction: is_anybody_there(transaction, stage.context, now))

    assert not await look()
    await is_courier(name(stage, "first"))
    assert await look()
    stage.clock.advance(LEASE * 1.9)
    assert await look()
    stage.clock.advance(LEASE * 0.1)
    assert not await look()
