"""Jaeger's own summary of dependencies, `/api/dependencies`, as a partial graph: pairs and counts, no times."""

from __future__ import annotations

from typing import Any

from fermata.kit.digging import dig_maps
from fermata.rules.servicegraph.kinds import is_telemetry
from fermata.rules.servicegraph.names import clean_name
from fermata.rules.servicegraph.partial import Basis, PartialGraph, text_of


def read_dependencies(document: Any, *, source: str, window_s: float | None = None) -> PartialGraph:
    """Return the graph that an answer of `/api/dependencies` tells of.

    Args:
        document: The answer, or the list in it: `parent`, `child`, `callCount`.
        source: The file's name.
        window_s: What `lookback` was asked for, in seconds: without it counts are no rates.
    """
    graph = PartialGraph(source, Basis.MEASURED, is_sampled=True)
    items = document.get("data") if isinstance(document, dict) else document
    wrong = 0
    for item in dig_maps(items):
        caller, callee = clean_name(text_of(item, "parent")), clean_name(text_of(item, "child"))
        count = item.get("callCount")
        if not caller or not callee or caller == callee:
            wrong += not caller or not callee
            continue
        if is_telemetry("", caller) or is_telemetry("", callee):
            continue
        counted = count if isinstance(count, int) and count > 0 and not isinstance(count, bool) else None
        rate = round(counted / window_s, 4) if counted and window_s else None
        graph.add_edge(caller, callee, why="traced", calls_seen=counted, rate_rps=rate)
    if wrong:
        graph.problems.append(f"{wrong:,} entries without a parent or a child")
    if not graph.edges:
        graph.problems.append('it holds no dependencies of Jaeger ("data" with "parent" and "child")')
    return graph
