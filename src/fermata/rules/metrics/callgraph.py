"""Who calls whom. Slowness and failures travel from callee to caller, load travels from caller to callee."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class CallGraph:
    """Directed calls between nodes; a node nobody listed has no known calls, which is not the same as none."""

    edges: frozenset[tuple[str, str]] = frozenset()
    """(caller, callee)."""
    asynchronous: frozenset[tuple[str, str]] = frozenset()
    """The edges whose caller does not wait: slowness does not come back over them."""

    @classmethod
    def build(cls, edges: Iterable[tuple[str, str]], *, asynchronous: Iterable[tuple[str, str]] = ()) -> CallGraph:
        """Build a graph; calls of a node to itself are dropped, since they explain nothing."""
        kept = frozenset(edge for edge in edges if edge[0] != edge[1])
        return cls(kept, frozenset(asynchronous) & kept)

    @cached_property
    def callees(self) -> Mapping[str, tuple[str, ...]]:
        """Return node -> those it calls, in order of their names."""
        return _index(self.edges)

    @cached_property
    def callers(self) -> Mapping[str, tuple[str, ...]]:
        """Return node -> those that call it."""
        return _index((callee, caller) for caller, callee in self.edges)

    def list_reachable(self, node: str) -> frozenset[str]:
        """Return the node and everything it calls, directly or not; only the node when it is unknown."""
        seen, waiting = {node}, [node]
        while waiting:
            new = [callee for callee in self.callees.get(waiting.pop(), ()) if callee not in seen]
            seen.update(new)
            waiting += new
        return frozenset(seen)

    def waits(self, caller: str, callee: str) -> bool:
        """Tell whether the caller waits for the callee's answer."""
        return (caller, callee) in self.edges and (caller, callee) not in self.asynchronous


def _index(edges: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for one, other in edges:
        found.setdefault(one, []).append(other)
    return {node: tuple(sorted(others)) for node, others in found.items()}
