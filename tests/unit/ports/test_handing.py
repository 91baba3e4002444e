"""Handing over on the way: what is named and what is there, and nothing where nobody takes it."""

import asyncio

import pytest

from fermata.kit.errors import OperationalError
from fermata.ports.handing import Handed, expect, hand_over, read_all, take_over
from fermata.testing.records import make_evidence


async def test_parts_are_read_or_missing_in_the_order_they_were_named():
    """The tasks that a collector starts hand over to the same taker."""
    handed, piece = Handed(), make_evidence(text="one")

    async def read():
        hand_over("pods", piece)

    with take_over(handed):
        expect("events", "pods")
        await asyncio.gather(read())
        hand_over("nodes")
        expect("nodes")

    assert handed.list_read() == ("pods", "nodes")
    assert handed.list_missing() == ("events",)
    assert handed.evidence == (piece,)


def test_nobody_who_gathers_is_nobody_told():
    """A collector that is asked by itself needs no taker."""
    expect("pods")
    hand_over("pods", make_evidence(text="one"))


async def test_part_that_is_slow_or_fails_costs_itself_alone():
    """What the others brought is handed over by then, whichever comes first."""
    handed, piece = Handed(), make_evidence(text="one")

    async def read():
        return piece

    async def fail():
        raise OperationalError("The log of b cannot be read")

    with take_over(handed), pytest.raises(OperationalError, match="log of b"):
        await read_all({"log of a": read(), "log of b": fail(), "log of c": read()})

    assert (handed.list_read(), handed.list_missing()) == (("log of a", "log of c"), ("log of b",))
    assert handed.evidence == (piece, piece)


async def test_what_is_read_at_once_comes_in_order():
    """As the parts were named, not as they came; and nothing of no part."""
    ready = asyncio.Event()

    async def read(text, *, waits):
        if waits:
            await ready.wait()
        ready.set()
        return [make_evidence(text=text)]

    found = await read_all({"a": read("one", waits=True), "b": read("two", waits=False)})

    assert [item.lines[0].text for item in found] == ["one", "two"]
    assert await read_all({}) == []
