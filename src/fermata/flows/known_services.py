"""Which services are known here by name: of the settings, of incidents that were, and of the systems' service graph.

`fermata test-alert` asks, so that a name with a slip in it is told: an alert for a service that nobody runs is taken in
like any other, and everything looked at for it stays empty.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from datetime import timedelta
from difflib import get_close_matches

from fermata.flows.boundary import contain
from fermata.flows.graph_systems import LiveGraph
from fermata.flows.readings import Readings
from fermata.rules.servicegraph.merging import MergedGraph

_PATIENCE = timedelta(seconds=3)
"""For the graph, which is asked of outside systems: a hint is not worth more."""
_ALIKE = 0.8
"""Of what `difflib` measures: one letter of six that is wrong, missing or doubled. `cart` is not near to `card-api`."""


async def find_near_service(name: str, told: Iterable[str], readings: Readings, graphs: LiveGraph, *, but: str) -> str:
    """Return the known service that is written nearly like a name; empty where it is known itself, or none is near.

    Args:
        told: Names that the settings hold.
        but: Title of the incidents that make no name known: the alerts of this very command.
    """
    recent = await readings.list_incidents()
    own = [entity.name for one in recent if but not in one.title for entity in one.entities]
    known = {*told, *own}
    if name not in known:
        known |= await _list_nodes(graphs)
    return choose_near(name, known)


def choose_near(name: str, known: Collection[str]) -> str:
    """Return the one of these names that another is nearly; empty where it is one of them, or near to none. Pure."""
    by_word = {one.casefold(): one for one in sorted(known)}
    if name.casefold() in by_word:
        return ""
    return next((by_word[word] for word in get_close_matches(name.casefold(), by_word, n=1, cutoff=_ALIKE)), "")


async def _list_nodes(graphs: LiveGraph) -> set[str]:
    async def read() -> MergedGraph | None:
        async with asyncio.timeout(_PATIENCE.total_seconds()):
            return await graphs.read()

    graph = (await contain("the service graph", read)).value
    return {name for node in graph.nodes for name in (node.name, *node.aliases)} if graph is not None else set()
