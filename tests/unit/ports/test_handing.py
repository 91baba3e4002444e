"""Handing over on the way: what is named and what is there, and nothing where nobody takes it."""

import asyncio

from fermata.ports.handing import Handed, expect, hand_over, take_over
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
