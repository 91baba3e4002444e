"""Each click is dealt with once."""

import asyncio
from datetime import timedelta

import pytest

from fermata.domain.proposal import Answer, ProposalState
from fermata.kit.errors import OperationalError, TransientError
from fermata.ports.chat.clicks import Clicks, Said, hear
from fermata.ports.desk import Reply


class Memory:
    """What the desk remembers."""

    def __init__(self):
        self.known = set()
        self.is_broken = False

    async def is_known(self, channel, delivery_id):
        """Answer for a delivery."""
        return (channel, delivery_id) in self.known

    async def remember(self, channel, delivery_id):
        """Note one, unless the store is locked."""
        if self.is_broken:
            raise OperationalError("locked")
        is_new = (channel, delivery_id) not in self.known
        self.known.add((channel, delivery_id))
        return is_new


@pytest.fixture
def memory():
    """Give the memory."""
    return Memory()


async def say():
    """Deal with a click."""
    return Said("done")


async def test_delivery_that_comes_again_is_known_by_its_channel(memory):
    """Another chat's ids are other ids."""
    first, _ = Clicks(memory, "chat").begin("1", say)
    assert await first == Said("done")

    again, is_first = Clicks(memory, "chat").begin("1", say)
    other, _ = Clicks(memory, "other").begin("1", say)

    assert is_first
    assert (await again, await other) == (None, Said("done"))


async def test_delivery_that_is_being_dealt_with_is_one_piece_of_work(memory):
    """The second caller gets the first one's task."""
    clicks = Clicks(memory, "chat")
    gate = asyncio.Event()

    async def wait():
        await gate.wait()
        return Said("done")

    first, is_first = clicks.begin("1", wait)
    second, is_second_first = clicks.begin("1", wait)
    gate.set()
    await clicks.settle()

    assert (first is second, is_first, is_second_first) == (True, True, False)
    assert first.result() == Said("done")


async def test_click_that_every_worker_hears_is_dealt_with_by_one(memory):
    """By the first one that puts its hand up; the others say nothing."""
    workers = [Clicks(memory, "chat", is_broadcast=True) for _ in range(3)]

    heard = [await workers[0].begin("1", say)[0], *[await one.begin("1", say)[0] for one in workers[1:]]]
    memory.known.discard(("chat", "1"))
    late = await workers[1].begin("1", say)[0]

    assert heard == [Said("done"), None, None]
    assert late is None


async def test_failure_is_said_and_not_remembered(memory):
    """So that the click may be made again."""

    async def fail():
        raise OperationalError("The store is locked")

    task, _ = Clicks(memory, "chat").begin("1", fail)

    assert (await task).text.startswith("Not taken, nothing was decided. The store is locked.")
    assert memory.known == set()


async def test_wait_that_a_service_asks_for_is_said(memory):
    """Who clicks again at once would only be refused again."""

    async def fail():
        raise TransientError("It was asked too often", retry_after=timedelta(seconds=45))

    task, _ = Clicks(memory, "chat").begin("1", fail)

    assert (await task).text.endswith("Click again in 45s.")


async def test_what_was_decided_is_said_although_it_could_not_be_remembered(memory):
    """A second delivery is told by the desk what was decided."""
    memory.is_broken = True

    task, _ = Clicks(memory, "chat").begin("1", say)

    assert await task == Said("done")


def test_answers_and_replies_are_heard():
    """A reply may be public."""
    answer = Answer(accepted=True, state=ProposalState.APPROVED, text="Approved.")

    assert hear(answer) == Said("Approved.")
    assert hear(Reply(text="Halted.", public=True)) == Said("Halted.", public=True)
