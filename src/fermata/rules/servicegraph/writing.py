"""The merged graph as `graph.json`: what `fermata chaos plan` reads, with the source of every fact beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fermata.rules.servicegraph.merging import Conflict, MergedEdge, MergedGraph, MergedNode
from fermata.rules.servicegraph.partial import Fact

_CODE = "code."
_FIELDS = ("kind", "replicas", "readiness_probe", "liveness_probe", "pdb", "persistent_storage", "memory_limit")


def write_graph(graph: MergedGraph) -> dict[str, Any]:
    """Return the document, all of JSON types.

    Beside the fields of `graph.json`: `sources` at a service and at a call (field -> source and basis), `standing` and
    `told_by` at a call, and for the whole `sources`, `conflicts` and `lookalikes`.
    """
    return {
        "services": [_write_node(node) for node in graph.nodes],
        "edges": [_write_edge(edge) for edge in graph.edges],
        "journeys": list(graph.journeys),
        "sources": [
            {"source": source, "basis": basis.value, "services": services, "edges": edges}
            for source, basis, services, edges in graph.sources
        ],
        "conflicts": [_write_conflict(conflict) for conflict in graph.conflicts],
        "lookalikes": [list(pair) for pair in graph.lookalikes],
    }


def _write_node(node: MergedNode) -> dict[str, Any]:
    known = {key: node.facts[key].value if key in node.facts else None for key in _FIELDS}
    extra = {key: fact.value for key, fact in node.facts.items() if key not in known}
    aliases = {"aliases": list(node.aliases)} if node.aliases else {}
    return {"name": node.name, **known, **extra, **aliases, "sources": _write_sources(node.facts)}


def _write_edge(edge: MergedEdge) -> dict[str, Any]:
    plain = {key: fact.value for key, fact in edge.facts.items() if not key.startswith(_CODE)}
    code = {key.removeprefix(_CODE): fact.value for key, fact in edge.facts.items() if key.startswith(_CODE)}
    known = {"protocol": None, "mode": None, "rate_rps": None, "latency_ms": None, **plain}
    told = [{"source": each.source, "basis": each.basis.value, "why": each.why} for each in edge.told_by]
    return {
        "from": edge.caller,
        "to": edge.callee,
        **known,
        **({"code": code} if code else {}),
        "standing": edge.standing.value,
        "told_by": told,
        "sources": _write_sources(edge.facts),
    }


def _write_sources(facts: Mapping[str, Fact]) -> dict[str, Any]:
    return {key: {"source": fact.source, "basis": fact.basis.value} for key, fact in facts.items()}


def _write_conflict(conflict: Conflict) -> dict[str, Any]:
    return {
        "where": conflict.where,
        "field": conflict.key,
        "kept": _write_fact(conflict.kept),
        "others": [_write_fact(fact) for fact in conflict.others],
    }


def _write_fact(fact: Fact) -> dict[str, Any]:
    return {"value": fact.value, "basis": fact.basis.value, "source": fact.source}
