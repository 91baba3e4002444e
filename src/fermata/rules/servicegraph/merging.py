"""Several partial graphs made one: each fact from the source that knows best, and what the others said beside it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from fermata.rules.kubernetes.quantities import parse_quantity
from fermata.rules.servicegraph.brokers import is_measured, route_messages
from fermata.rules.servicegraph.identity import identify
from fermata.rules.servicegraph.nameless import settle_nameless
from fermata.rules.servicegraph.names import is_world_host
from fermata.rules.servicegraph.partial import Basis, Edge, Fact, PartialGraph
from fermata.rules.servicegraph.sampling import scale_samples

_RANKS = {basis: rank for rank, basis in enumerate(Basis)}
_STATED = frozenset({Basis.LIVE, Basis.WRITTEN, Basis.DECLARED})
_APART = {"db": "store", "cache": "store", "queue": "queue", "external": "external"}
"""Kind -> what is measured in a way of its own, and often not at all."""
_COUNTED = frozenset({"calls_seen"})
"""Fields in which sources differ by nature."""
_NEAR = 0.25
"""Two measurements this far apart, as a part of the larger, are one: they cover different minutes."""


class Standing(StrEnum):
    """What is known of a call."""

    CONFIRMED = "measured and declared"
    UNDECLARED = "measured, not declared"
    """Its caller is declared, and nothing there names the callee."""
    MEASURED = "measured"
    DECLARED = "declared"
    """Nothing that measures would have seen it."""
    NEVER_SEEN = "declared, never seen"
    """Its caller is measured, and this call is not among its calls: dead, rare, or switched off."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Sources that disagree."""

    where: str
    """A service, or `caller->callee`."""
    key: str
    """The field of `graph.json`."""
    kept: Fact
    others: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class MergedNode:
    """A service, each fact with its source."""

    name: str
    facts: Mapping[str, Fact]
    aliases: tuple[str, ...] = ()
    is_defined: bool = True
    """False when it stands only at the end of a call."""

    @property
    def kind(self) -> str:
        """Return its kind; empty when nobody says."""
        return str(self.facts["kind"].value) if "kind" in self.facts else ""


@dataclass(frozen=True, slots=True)
class MergedEdge:
    """A call, each fact with its source."""

    caller: str
    callee: str
    facts: Mapping[str, Fact]
    told_by: tuple[Edge, ...]
    """As the sources have it."""
    standing: Standing

    @property
    def is_async(self) -> bool:
        """Return whether the caller does not wait."""
        return "mode" in self.facts and self.facts["mode"].value == "async"


@dataclass(frozen=True, slots=True)
class MergedGraph:
    """The whole."""

    nodes: tuple[MergedNode, ...]
    edges: tuple[MergedEdge, ...]
    journeys: tuple[Mapping[str, Any], ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    lookalikes: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    sources: tuple[tuple[str, Basis, int, int], ...] = ()
    """Of each source its name, how it knows, and how many services and calls it told of."""


@dataclass(slots=True)
class _Pool:
    """What all sources say of one node or one call."""

    facts: dict[str, list[Fact]] = field(default_factory=dict)

    def add(self, facts: Mapping[str, Fact]) -> None:
        for key, fact in facts.items():
            self.facts.setdefault(key, []).append(fact)

    def settle(self, where: str, conflicts: list[Conflict]) -> dict[str, Fact]:
        settled = {}
        for key, told in self.facts.items():
            # Stable: of equals the source that was given first.
            kept, *rest = sorted(told, key=lambda fact: _RANKS[fact.basis])
            settled[key] = kept
            others = tuple(fact for fact in rest if fact.basis is not Basis.GUESSED and _differ(key, kept, fact))
            if others and key not in _COUNTED:
                conflicts.append(Conflict(where, key, kept, others))
        return settled


def merge(parts: Sequence[PartialGraph]) -> MergedGraph:
    """Make one graph of several.

    Args:
        parts: Of equals the earlier is believed: metrics before traces, since traces are sampled. Names are those of
            the first source that has a service.
    """
    known = identify(parts)
    parts = scale_samples(parts, known.names)
    nodes: dict[str, _Pool] = {}
    edges: dict[tuple[str, str], list[Edge]] = {}
    defined: set[str] = set()
    measured: set[str] = set()
    for number, part in enumerate(parts):
        for name, node in part.nodes.items():
            merged = known.names[number, name]
            nodes.setdefault(merged, _Pool()).add(node.facts)
            if node.is_defined:
                (measured if part.basis is Basis.MEASURED else defined).add(merged)
        for edge in part.edges:
            pair = (known.names[number, edge.caller], known.names[number, edge.callee])
            if pair[0] != pair[1]:
                edges.setdefault(pair, []).append(edge)
    before = {name for pair in edges for name in pair}
    edges = settle_nameless(edges, _list_kinds(nodes), defined | measured)
    for name in before.difference(*edges) - defined - measured:
        del nodes[name]
    queues = [name for name, kind in _list_kinds(nodes).items() if kind == "queue"]
    edges = route_messages(edges, queues)
    _doubt_workers(nodes, edges, queues)
    _guess_strangers(nodes, defined | measured)
    conflicts: list[Conflict] = []
    merged_nodes = {
        name: MergedNode(
            name,
            pool.settle(name, conflicts),
            tuple(sorted(known.aliases.get(name, ()))),
            name in defined or name in measured,
        )
        for name, pool in nodes.items()
    }
    watched = _find_watched(edges, measured, merged_nodes)
    merged_edges = [_merge_edge(pair, told, conflicts, watched, defined) for pair, told in edges.items()]
    merged_edges = [_guess_mode(edge) if edge.callee in queues else edge for edge in merged_edges]
    return MergedGraph(
        tuple(merged_nodes.values()),
        tuple(merged_edges),
        tuple(_merge_journeys(parts, known.names)),
        tuple(conflicts),
        tuple(known.lookalikes),
        tuple(f"{part.source}: {text}" for part in parts for text in dict.fromkeys(part.notes)),
        tuple(f"{part.source}: {text}" for part in parts for text in part.problems),
        tuple((part.source, part.basis, len(part.nodes), len(part.edges)) for part in parts),
    )


def _list_kinds(nodes: Mapping[str, _Pool]) -> dict[str, str]:
    told = {name: pool.facts["kind"] for name, pool in nodes.items() if pool.facts.get("kind")}
    return {name: str(min(facts, key=lambda fact: _RANKS[fact.basis]).value) for name, facts in told.items()}


def _doubt_workers(
    nodes: Mapping[str, _Pool], edges: Mapping[tuple[str, str], Sequence[Edge]], queues: Collection[str]
) -> None:
    """Take back a source's guess that a node works in the background, where another one knows who waits for it."""
    for (caller, callee), told in edges.items():
        modes = {edge.facts["mode"].value for edge in told if "mode" in edge.facts}
        kinds = nodes[callee].facts.get("kind", [])
        if caller in queues or "async" in modes or not kinds:
            continue
        kinds = [fact for fact in kinds if (fact.value, fact.basis) != ("worker", Basis.GUESSED)]
        nodes[callee].facts["kind"] = kinds
        if not kinds:
            del nodes[callee].facts["kind"]


def _guess_strangers(nodes: Mapping[str, _Pool], own: Collection[str]) -> None:
    """Guess that a host of the world's that only calls lead to is somebody else's."""
    for name, pool in nodes.items():
        if name not in own and "kind" not in pool.facts and is_world_host(name):
            pool.add({"kind": Fact("external", Basis.GUESSED, f"{name} is defined nowhere here")})


def _guess_mode(edge: MergedEdge) -> MergedEdge:
    """Return a call to a queue: who puts something there does not wait until it is worked on."""
    guessed = Fact("async", Basis.GUESSED, f"{edge.callee} is a queue")
    return replace(edge, facts={"mode": guessed, **edge.facts})


@dataclass(frozen=True, slots=True)
class _Watched:
    """What measurements would have seen."""

    callers: frozenset[str]
    stores: Mapping[str, str]
    """What is measured in a way of its own -> which way."""
    sees: frozenset[tuple[str, str]]
    """Callers, and what they were seen to call in such a way: libraries and meshes leave that out by the service."""

    def would_see(self, caller: str, callee: str) -> bool:
        """Answer whether a call would be among the measured ones, if it were made."""
        group = self.stores.get(callee)
        return caller in self.callers and (group is None or (caller, group) in self.sees)


def _find_watched(
    edges: Mapping[tuple[str, str], Sequence[Edge]], measured: set[str], nodes: Mapping[str, MergedNode]
) -> _Watched:
    seen = [pair for pair, told in edges.items() if is_measured(told)]
    stores = {name: _APART[node.kind] for name, node in nodes.items() if node.kind in _APART}
    # A broker that hands out messages tells nothing of its own calls.
    callers = measured | {caller for caller, _ in seen if caller not in stores}
    sees = frozenset((caller, stores[callee]) for caller, callee in seen if callee in stores)
    return _Watched(frozenset(callers), stores, sees)


def _merge_edge(
    pair: tuple[str, str], told: Sequence[Edge], conflicts: list[Conflict], watched: _Watched, defined: set[str]
) -> MergedEdge:
    pool = _Pool()
    for edge in told:
        pool.add(edge.facts)
    caller, callee = pair
    stated = any(edge.basis in _STATED for edge in told)
    if is_measured(told):
        standing = Standing.CONFIRMED if stated else Standing.UNDECLARED if caller in defined else Standing.MEASURED
    elif watched.would_see(caller, callee):
        standing = Standing.NEVER_SEEN
    else:
        standing = Standing.DECLARED
    return MergedEdge(caller, callee, pool.settle(f"{caller}->{callee}", conflicts), tuple(told), standing)


def _merge_journeys(parts: Sequence[PartialGraph], names: Mapping[tuple[int, str], str]) -> Iterable[Mapping[str, Any]]:
    seen: set[tuple[str, str]] = set()
    for number, part in enumerate(parts):
        for journey in part.journeys:
            entry = names.get((number, str(journey.get("entry"))), journey.get("entry"))
            needs = journey.get("needs")
            renamed = {**journey, "entry": entry}
            if isinstance(needs, list):
                renamed["needs"] = [names.get((number, str(need)), need) for need in needs]
            key = (str(journey.get("name")), str(entry))
            if key not in seen:
                seen.add(key)
                yield renamed


def _differ(key: str, kept: Fact, other: Fact) -> bool:
    one, two = kept.value, other.value
    if key == "memory_limit":
        one, two = parse_quantity(one), parse_quantity(two)
    if isinstance(one, bool) or isinstance(two, bool) or not _are_numbers(one, two):
        return bool(one != two)
    both_measured = kept.basis is Basis.MEASURED and other.basis is Basis.MEASURED
    return bool(abs(one - two) > (_NEAR if both_measured else 1e-9) * max(abs(one), abs(two)))


def _are_numbers(*values: Any) -> bool:
    return all(isinstance(value, int | float) for value in values)
