"""In virtual time waiting costs nothing, and keeps its order."""

import asyncio

import pytest

from fermata.testing.virtual_time import LoopClock, run_virtually


def test_waits_end_in_their_order():
    """Side by side, as on a clock."""
    ended = []

    async def wait(seconds):
        await LoopClock().sleep(seconds)
        ended.append((seconds, asyncio.get_running_loop().time()))

    async def run():
        began = LoopClock().now()
        await asyncio.gather(wait(300), wait(100))
        return (LoopClock().now() - began).total_seconds()

    assert run_virtually(run()) == 300
    assert ended == [(100, 100), (300, 300)]


def test_wait_for_nothing_is_an_error():
    """A test that would hang fails."""

    async def run():
        await asyncio.Event().wait()

    with pytest.raises(RuntimeError, match="never comes"):
        run_virtually(run())
