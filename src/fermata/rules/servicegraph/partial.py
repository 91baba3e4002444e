"""What one source says of the graph. A reader fills it; `merging` puts several together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from fermata.kit.digging import dig_map

MOST_EDGES = 20_000
"""Of one source. A graph of more is no system that a person rehearses, but a scan of something else."""


class Basis(StrEnum):
    """How a source knows. In this order a source beats the next: what runs is truer than what was meant to."""

    MEASURED = "measured"
    """Metrics and traces: it happened."""
    LIVE = "live"
    """What a cluster or an engine runs now."""
    WRITTEN = "written"
    """`graph.json`: somebody wrote it down."""
    DECLARED = "declared"
    """Manifests and compose files: it is meant to be so."""
    GUESSED = "guessed"
    """Told from an image or a name."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One value of one field, and where it was read."""

    value: Any
    basis: Basis
    source: str
    """In words that a person can follow: `k8s/cart.yaml`, `Prometheus: Istio`."""


@dataclass(slots=True)
class Node:
    """A service as one source knows it."""

    name: str
    namespace: str = ""
    aliases: frozenset[str] = frozenset()
    """Other names of the same thing, known for certain: a Deployment behind a Service, a `service.name`."""
    facts: dict[str, Fact] = field(default_factory=dict)
    """Field of `graph.json` -> fact."""
    is_defined: bool = True
    """False for a name that stands only at the end of an edge."""


@dataclass(slots=True)
class Edge:
    """A call as one source knows it."""

    caller: str
    callee: str
    basis: Basis
    source: str
    why: str = ""
    """What tells of it, without any value: `CART_ADDR`, `depends_on`."""
    facts: dict[str, Fact] = field(default_factory=dict)
    """Field of `graph.json` -> fact; those of `code` as `code.timeout_ms`."""


@dataclass(slots=True)
class PartialGraph:
    """One source's whole say."""

    source: str
    basis: Basis
    nodes: dict[str, Node] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    journeys: list[Mapping[str, Any]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """What of it could not be used, in words."""
    notes: list[str] = field(default_factory=list)
    """What was left out on purpose, or holds with a limit."""
    is_sampled: bool = False
    """Its rates are those of sampled traces: lower bounds."""

    def add_node(self, name: str, *, source: str = "", **facts: Any) -> Node:
        """Return the node of a name, made if it is new; facts that are `None` are not said, later ones do not replace.

        Args:
            source: Where exactly, when the partial graph spans several files.
            facts: Field of `graph.json` -> value.
        """
        node = self.nodes.setdefault(name, Node(name))
        node.is_defined = True
        for key, value in facts.items():
            if value is not None:
                node.facts.setdefault(key, Fact(value, self.basis, source or self.source))
        return node

    def add_edge(self, caller: str, callee: str, *, why: str = "", source: str = "", **facts: Any) -> None:
        """Add a call; both ends become nodes. Beyond the bound it is dropped, and said once."""
        if len(self.edges) >= MOST_EDGES:
            text = f"only the first {MOST_EDGES:,} calls are read"
            if text not in self.problems:
                self.problems.append(text)
            return
        where = source or self.source
        for end in (caller, callee):
            self.nodes.setdefault(end, Node(end, is_defined=False))
        told = {key: Fact(value, self.basis, where) for key, value in facts.items() if value is not None}
        self.edges.append(Edge(caller, callee, self.basis, where, why, told))

    def guess(self, name: str, key: str, value: Any, why: str) -> None:
        """Add a fact that is a guess, which every other source beats."""
        if value is not None:
            self.nodes[name].facts.setdefault(key, Fact(value, Basis.GUESSED, why))


def text_of(value: Any, *path: str) -> str:
    """Return the text, or the whole number as text, at a path of keys; empty for anything else."""
    *parents, last = path
    found = dig_map(value, *parents).get(last)
    if isinstance(found, bool) or not isinstance(found, str | int):
        return ""
    return str(found).strip()
