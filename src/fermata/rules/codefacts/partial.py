"""The graph's calls as they are asked about, and facts from code as a partial graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fermata.kit.digging import dig_map, dig_maps
from fermata.rules.codefacts.claims import CodeFact
from fermata.rules.codefacts.selecting import AskedCall
from fermata.rules.servicegraph.names import clean_name
from fermata.rules.servicegraph.partial import Basis, Edge, Fact, PartialGraph, text_of

_NOT_NAMES = frozenset({"", "written down", "depends_on", "links", "command", "a route of a gateway"})


def list_calls(services: Iterable[Mapping[str, Any]], edges: Iterable[Mapping[str, Any]]) -> list[AskedCall]:
    """Return the calls of a `graph.json`, with the variables and other names that its sources have for each callee."""
    aliases = {clean_name(text_of(item, "name")): item.get("aliases") for item in services}
    found: dict[tuple[str, str], AskedCall] = {}
    for item in edges:
        caller, callee = clean_name(text_of(item, "from")), clean_name(text_of(item, "to"))
        if not caller or not callee or caller == callee:
            continue
        told = {text_of(each, "why") for each in dig_maps(item.get("told_by"))} - _NOT_NAMES
        other = aliases.get(callee)
        words = [*sorted(told), *(name for name in (other if isinstance(other, list) else ()) if isinstance(name, str))]
        found.setdefault((caller, callee), AskedCall(caller, callee, tuple(word for word in words if " " not in word)))
    return list(found.values())


def make_partial(facts: Iterable[CodeFact], source: str) -> PartialGraph:
    """Return facts as a source of the graph: declared, so that what is measured, live or written down is kept.

    Args:
        source: Who read them, in words: `code, by pattern`.
    """
    graph = PartialGraph(source, Basis.DECLARED)
    edges: dict[str, Edge] = {}
    for fact in facts:
        edge = edges.get(fact.call.id)
        if edge is None:
            graph.add_edge(fact.call.caller, fact.call.callee, why="code that speaks of it")
            edge = edges[fact.call.id] = graph.edges[-1]
        value = int(fact.value) if isinstance(fact.value, float) and fact.value.is_integer() else fact.value
        edge.facts[f"code.{fact.field}"] = Fact(value, Basis.DECLARED, f"{source}, {fact.where}")
    return graph


def keep_nones(edges: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the calls of a `graph.json` whose code was read and names no timeout with a timeout of 0: there is none.

    A merge knows only what is said, and would take a `null` for a question.
    """
    kept: list[Mapping[str, Any]] = []
    for item in edges:
        code = dig_map(item, "code")
        is_none = code.get("timeout_ms", 0) is None and any(value is not None for value in code.values())
        kept.append({**item, "code": {**code, "timeout_ms": 0}} if is_none else item)
    return kept
