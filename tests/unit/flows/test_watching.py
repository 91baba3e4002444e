"""Systems are looked at while Fermata serves, and what they note outlives the process."""

import asyncio

import pytest

from fermata.flows.watching import KeptNotes, Watching
from fermata.kit.errors import OperationalError
from fermata.store.connect import open_store


@pytest.fixture
def url(tmp_path):
    """Give the address of a store of its own."""
    return f"sqlite:///{tmp_path / 'fermata.db'}"


class Looks:
    """A watcher that fails on some of its looks."""

    def __init__(self, fails=()):
        self.count = 0
        self.fails = fails
        self.seen = asyncio.Event()

    async def look(self):
        """Count, or fail."""
        self.count += 1
        if self.count >= 3:
            self.seen.set()
        if self.count in self.fails:
            raise OperationalError("The engine does not answer", do="Start it")


async def test_notes_are_read_by_another_process_and_by_no_other_system(url):
    """A command beside the serving process knows what that one saw; systems do not see each other's notes."""
    with_notes, beside = open_store(url), open_store(url)

    await KeptNotes(with_notes, "docker").keep("containers", {"api": [1]})
    await KeptNotes(with_notes, "docker").keep("containers", {"api": [2]})

    assert await KeptNotes(beside, "docker").find("containers") == {"api": [2]}
    assert await KeptNotes(beside, "supervisor").find("containers") is None
    with_notes.close()
    beside.close()


async def test_watcher_that_fails_is_asked_again(url):
    """What cannot be looked at now is looked at the next time, and keeps nobody else from looking."""
    failing, other = Looks(fails=(1, 2)), Looks()
    watching = Watching({"docker": failing, "other": other}, every_s=0.001)

    watching.start()
    async with asyncio.timeout(2):
        await asyncio.gather(failing.seen.wait(), other.seen.wait())
    await watching.stop()

    counts = (failing.count, other.count)
    await asyncio.sleep(0.01)
    assert (failing.count, other.count) == counts


async def test_nothing_is_looked_at_before_serving_or_twice_ended(url):
    """A house that only reads starts no watcher; ending what never began is no failure."""
    looks = Looks()
    watching = Watching({"docker": looks}, every_s=0.001)

    await watching.stop()

    assert looks.count == 0
