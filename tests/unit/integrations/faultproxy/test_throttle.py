"""A slow line passes bytes on at its rate, in their order, and is fast again when it is released."""

import asyncio

import pytest

from fermata.integrations.faultproxy.throttle import Throttle
from fermata.testing.virtual_time import run_virtually


class Source:
    """A transport that is read from."""

    def __init__(self):
        self.said = []

    def pause_reading(self):
        self.said.append("pause")

    def resume_reading(self):
        self.said.append("resume")

    def is_closing(self):
        return False


def slow(work, rate=10):
    """Run `work` with a throttle and what it wrote, as (seconds, bytes)."""

    async def run():
        loop, written = asyncio.get_running_loop(), []
        line = Throttle(loop, lambda data: written.append((round(loop.time(), 1), data)), rate)
        await work(line)
        return written

    return run_virtually(run())


def test_bytes_come_at_their_rate():
    """One each tenth of a second at ten a second; none is lost or turned round."""

    async def work(line):
        line.push(b"abc")
        line.push(b"de")
        await asyncio.sleep(60)

    written = slow(work)

    assert b"".join(data for _, data in written) == b"abcde"
    assert written[-1][0] == pytest.approx(0.4)


@pytest.mark.parametrize(("rate", "last"), [(1, 3.9), (100, 0.0)])
def test_slow_and_fast_lines_are_both_exact(rate, last):
    """Fractions of a byte add up."""

    async def work(line):
        line.push(b"abcd")
        await asyncio.sleep(60)

    assert slow(work, rate)[-1][0] == pytest.approx(last, abs=0.11)


def test_released_line_is_fast():
    """What waits comes at once, and what comes later does not wait."""

    async def work(line):
        line.push(b"x" * 1000)
        line.finish(lambda: line.push(b"then"))
        line.release()
        line.push(b"later")
        await asyncio.sleep(60)

    written = slow(work)

    assert [data for _, data in written] == [b"x", b"x" * 999, b"then", b"later"]


def test_end_is_told_once_all_is_out():
    """At once, where nothing waits."""
    told = []

    async def work(line):
        line.finish(lambda: told.append("empty"))
        line.push(b"abc")
        line.finish(lambda: told.append("out"))
        assert told == ["empty"]
        await asyncio.sleep(60)

    slow(work)

    assert told == ["empty", "out"]


def test_dropped_line_writes_nothing_more():
    """The connection is gone."""

    async def work(line):
        line.push(b"abc")
        line.drop()
        await asyncio.sleep(60)

    assert slow(work) == [(0.0, b"a")]


def test_source_is_not_read_while_too_much_waits():
    """Memory is bounded, and it is read on when there is room."""
    source = Source()

    async def work(line):
        line.push(b"x" * 300_000, source)
        line.push(b"x", source)
        assert source.said == ["pause"]
        await asyncio.sleep(60)

    slow(work, 100_000)

    assert source.said == ["pause", "resume"]
