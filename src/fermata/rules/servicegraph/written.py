"""`graph.json` as a partial graph: what somebody wrote down, code facts included."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fermata.kit.digging import dig_map
from fermata.rules.servicegraph.names import clean_name
from fermata.rules.servicegraph.partial import Basis, Fact, PartialGraph, text_of

_NODE = ("kind", "replicas", "readiness_probe", "liveness_probe", "pdb", "persistent_storage", "memory_limit", "code")
_EDGE = ("protocol", "mode", "rate_rps", "latency_ms", "error_share", "calls_seen")


def read_written(
    services: Iterable[Mapping[str, Any]],
    edges: Iterable[Mapping[str, Any]],
    journeys: Iterable[Mapping[str, Any]],
    *,
    source: str,
) -> PartialGraph:
    """Return the graph that the entries of a `graph.json` tell of.

    A file that this program wrote says of each fact where it came from; that stays, so that two such files merge as
    their sources would.
    """
    graph = PartialGraph(source, Basis.WRITTEN)
    for item in services:
        name = clean_name(text_of(item, "name"))
        if not name:
            continue
        node = graph.add_node(name)
        node.facts.update(_read_facts(item, _NODE, graph))
    for item in edges:
        caller, callee = clean_name(text_of(item, "from")), clean_name(text_of(item, "to"))
        if not caller or not callee:
            continue
        before = len(graph.edges)
        graph.add_edge(caller, callee, why="written down")
        if len(graph.edges) > before:
            code = {f"code.{key}": value for key, value in dig_map(item, "code").items()}
            graph.edges[-1].facts.update(_read_facts({**item, **code}, (*_EDGE, *code), graph))
    graph.journeys += [_clean_journey(item) for item in journeys]
    return graph


def _read_facts(item: Mapping[str, Any], keys: Iterable[str], graph: PartialGraph) -> dict[str, Fact]:
    found = {}
    told = dig_map(item, "sources")
    for key in keys:
        value = item.get(key)
        if value is not None and value != "":
            source, basis = graph.source, Basis.WRITTEN
            origin = dig_map(told, key)
            if text_of(origin, "basis") in set(Basis):
                source, basis = text_of(origin, "source") or source, Basis(text_of(origin, "basis"))
            found[key] = Fact(value, basis, source)
    return found


def _clean_journey(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a journey whose services are named as the nodes are."""
    needs = item.get("needs")
    cleaned = {**item, "entry": clean_name(text_of(item, "entry"))}
    if isinstance(needs, list):
        cleaned["needs"] = [clean_name(need) if isinstance(need, str) else need for need in needs]
    return cleaned
