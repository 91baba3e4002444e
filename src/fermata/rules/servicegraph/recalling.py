"""What is kept of a graph for later, and what of it an incident is shown: the calls around what it is about.

Kept as `graph.json` has it, without rates and settings: those are of their minute, who calls whom is of weeks. A call
that is declared and was never seen is left out: nobody knows that it happens.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fermata.domain.service_graph import ServiceKind
from fermata.rules.servicegraph.merging import MergedGraph, Standing
from fermata.rules.servicegraph.told import guess_told_kind

MOST_CALLS = 400
"""Shown of one graph; each is a line of evidence."""


_SHARED = (ServiceKind.QUEUE.value, ServiceKind.DB.value, ServiceKind.CACHE.value)


@dataclass(frozen=True, slots=True)
class Recalled:
    """The part of a graph around some names. Empty where the graph knows none of them."""

    services: tuple[Mapping[str, str], ...] = ()
    """`name` and `kind`."""
    calls: tuple[Mapping[str, str], ...] = ()
    """`from`, `to` and `mode`, nearest first."""
    left_out: int = 0
    """Calls beyond those: elsewhere, or too many."""


def condense_graph(graph: MergedGraph) -> dict[str, Any]:
    """Return what is kept of a graph, all of JSON types: services, edges, who told of it, and what was not read."""
    return {
        "services": [{"name": node.name, "kind": node.kind, "aliases": list(node.aliases)} for node in graph.nodes],
        "edges": [
            {"from": edge.caller, "to": edge.callee, "mode": "async" if edge.is_async else ""}
            for edge in graph.edges
            if edge.standing is not Standing.NEVER_SEEN
        ],
        "sources": sorted({source for source, _, services, _ in graph.sources if services}),
        "problems": list(graph.problems),
    }


def add_told(kept: Mapping[str, Any], calls: Iterable[tuple[str, str]], source: str) -> dict[str, Any]:
    """Return a kept graph with the calls that somebody wrote down besides; what it knows of a call already stays.

    Args:
        kept: As `condense_graph` made it.
        calls: Caller and callee, by any name of theirs.
        source: Who told of them.
    """
    names = {name: node["name"] for node in reversed(kept["services"]) for name in (*node["aliases"], node["name"])}
    known = {(edge["from"], edge["to"]) for edge in kept["edges"]}
    told = dict.fromkeys((names.get(caller, caller), names.get(callee, callee)) for caller, callee in calls)
    new = [call for call in told if call not in known]
    nodes = {name: None for call in new for name in call if name not in names}
    return {
        **kept,
        "services": [
            *kept["services"],
            *({"name": name, "kind": guess_told_kind(name).value, "aliases": []} for name in nodes),
        ],
        "edges": [*kept["edges"], *({"from": caller, "to": callee, "mode": ""} for caller, callee in new)],
        "sources": [*kept["sources"], *([source] if new else [])],
    }


def recall(kept: Mapping[str, Any], names: Collection[str], most: int = MOST_CALLS) -> Recalled:
    """Return what a kept graph tells around some names, each service under the name that is asked for.

    Args:
        kept: As `condense_graph` made it.
        names: What an incident is about. A service that has one of them for another name is called so.
        most: Calls at most.
    """
    called = {node["name"]: _choose_name(node, names) for node in kept["services"]}
    kinds = {called[node["name"]]: str(node["kind"]) for node in kept["services"]}
    edges = [{**edge, "from": called[edge["from"]], "to": called[edge["to"]]} for edge in kept["edges"]]
    distances = _measure(edges, (name for name in called.values() if name in names))
    near = [edge for edge in edges if edge["from"] in distances]
    near.sort(key=lambda edge: (min(distances[edge["from"]], distances[edge["to"]]), edge["from"], edge["to"]))
    shown = near[:most]
    ends = {name: None for edge in shown for name in (edge["from"], edge["to"])}
    ends |= {name: None for name, steps in distances.items() if steps == 0}
    services = tuple({"name": name, "kind": kinds[name]} for name in ends)
    return Recalled(services, tuple(shown), len(edges) - len(shown))


def list_sharing(kept: Mapping[str, Any], names: Collection[str]) -> tuple[str, ...]:
    """Return the services that use a queue, a database or a cache which one of some names uses, those of queues first.

    A message that its sender writes otherwise breaks whoever takes it, and neither calls the other.
    """
    called = {node["name"]: _choose_name(node, names) for node in kept["services"]}
    kinds = {called[node["name"]]: str(node["kind"]) for node in kept["services"]}
    users: dict[str, set[str]] = {}
    for edge in kept["edges"]:
        ends = called[edge["from"]], called[edge["to"]]
        for store, user in (ends, ends[::-1]):
            if kinds[store] in _SHARED and kinds[user] not in _SHARED:
                users.setdefault(store, set()).add(user)
    shared = sorted(users, key=lambda store: (_SHARED.index(kinds[store]), store))
    near = [user for store in shared if users[store] & set(names) for user in sorted(users[store] - set(names))]
    return tuple(dict.fromkeys(near))


def list_callees(kept: Mapping[str, Any], names: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return the services that some of these names call themselves, each with all that it is called; none of the names.

    Args:
        kept: As `condense_graph` made it.
        names: What an incident is about.
    """
    called = {node["name"]: (node["name"], *node["aliases"]) for node in kept["services"]}
    own = {name for name, all_names in called.items() if set(all_names) & set(names)}
    callees = dict.fromkeys(edge["to"] for edge in kept["edges"] if edge["from"] in own and edge["to"] not in own)
    return {name: called[name] for name in callees}


def _choose_name(node: Mapping[str, Any], names: Collection[str]) -> str:
    own: str = node["name"]
    return own if own in names else next((alias for alias in node["aliases"] if alias in names), own)


@dataclass(slots=True)
class _Steps:
    """How far each service is from the nearest start, calls taken either way."""

    known: dict[str, int] = field(default_factory=dict)
    waiting: deque[str] = field(default_factory=deque)

    def reach(self, name: str, steps: int) -> None:
        if name not in self.known:
            self.known[name] = steps
            self.waiting.append(name)


def _measure(edges: Sequence[Mapping[str, str]], starts: Iterable[str]) -> dict[str, int]:
    beside: dict[str, list[str]] = {}
    for edge in edges:
        beside.setdefault(edge["from"], []).append(edge["to"])
        beside.setdefault(edge["to"], []).append(edge["from"])
    steps = _Steps()
    for name in starts:
        steps.reach(name, 0)
    while steps.waiting:
        name = steps.waiting.popleft()
        for other in beside.get(name, ()):
            steps.reach(other, steps.known[name] + 1)
    return steps.known
