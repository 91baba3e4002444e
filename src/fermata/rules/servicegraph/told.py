"""Calls that the settings tell of: pairs of names, and nothing else is known of either."""

from __future__ import annotations

from collections.abc import Iterable

from fermata.domain.service_graph import ServiceKind
from fermata.rules.servicegraph.kinds import guess_kind
from fermata.rules.servicegraph.names import clean_name, is_world_host
from fermata.rules.servicegraph.partial import Basis, PartialGraph


def read_told(calls: Iterable[tuple[str, str]], source: str) -> PartialGraph:
    """Return the graph of some calls that a person wrote down; what each service is, is guessed from its name.

    Args:
        calls: Caller and callee.
        source: Where they stand, in words.
    """
    graph = PartialGraph(source, Basis.WRITTEN)
    for pair in calls:
        caller, callee = map(clean_name, pair)
        if not caller or not callee:
            continue
        graph.add_edge(caller, callee, why="written down")
        for name in (caller, callee):
            if not is_world_host(name):
                graph.add_node(name)
                graph.guess(name, "kind", guess_kind(name), "its name")
    return graph


def guess_told_kind(name: str) -> ServiceKind:
    """Return what a service is as far as its name says: an application where it says nothing."""
    return ServiceKind.EXTERNAL if is_world_host(name) else guess_kind(name) or ServiceKind.APP
