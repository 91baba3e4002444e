"""Graph algorithms that name the places nothing goes around: reach, dominators, cycles, depth.

None recurses: a chain of a thousand services must not end in Python's stack.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

Adjacency = Mapping[str, Sequence[str]]
"""Node -> those it leads to, each once; a node without any may be absent."""


def build_adjacency(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Build who leads to whom, in order of first mention; what leads to itself is left out."""
    found: dict[str, dict[str, None]] = {}
    for one, other in pairs:
        if one != other:
            found.setdefault(one, {})[other] = None
    return {node: list(others) for node, others in found.items()}


def list_reachable(graph: Adjacency, starts: Iterable[str]) -> frozenset[str]:
    """Return the starts and all that they lead to."""
    seen = set(starts)
    waiting = list(seen)
    while waiting:
        new = [other for other in graph.get(waiting.pop(), ()) if other not in seen]
        seen.update(new)
        waiting += new
    return frozenset(seen)


def find_dominators(graph: Adjacency, root: str) -> dict[str, str]:
    """Find the immediate dominator of each node that the root reaches; the root is its own.

    A node dominates another when every path from the root leads through it. The iterative algorithm of K. D. Cooper,
    T. J. Harvey and K. Kennedy, "A Simple, Fast Dominance Algorithm" (2001), which on graphs of this size beats that of
    T. Lengauer and R. E. Tarjan (1979) and gives the same tree.
    """
    order = _list_postorder(graph, root)
    rank = {node: number for number, node in enumerate(order)}
    before: dict[str, list[str]] = {node: [] for node in order}
    for node in order:
        for other in graph.get(node, ()):
            before[other].append(node)
    found = {root: root}
    changed = True
    while changed:
        changed = False
        for node in reversed(order[:-1]):
            known = [one for one in before[node] if one in found]
            new = known[0]
            for one in known[1:]:
                new = _meet(new, one, found, rank)
            if found.get(node) != new:
                found[node] = new
                changed = True
    return found


def _meet(one: str, other: str, found: Mapping[str, str], rank: Mapping[str, int]) -> str:
    while one != other:
        if rank[one] < rank[other]:
            one = found[one]
        else:
            other = found[other]
    return one


def _list_postorder(graph: Adjacency, root: str, seen: set[str] | None = None) -> list[str]:
    """Return what the root reaches and was not seen, deepest first; what it returns is seen afterwards."""
    seen = set() if seen is None else seen
    if root in seen:
        return []
    seen.add(root)
    order: list[str] = []
    stack = [(root, iter(graph.get(root, ())))]
    while stack:
        node, others = stack[-1]
        new = next((other for other in others if other not in seen), None)
        if new is None:
            stack.pop()
            order.append(node)
        else:
            seen.add(new)
            stack.append((new, iter(graph.get(new, ()))))
    return order


def count_dominated(dominators: Mapping[str, str]) -> dict[str, int]:
    """Count, for each node, those that are reached through it alone; itself is not counted."""
    children: dict[str, list[str]] = {}
    for node, parent in dominators.items():
        if node != parent:
            children.setdefault(parent, []).append(node)
    counts: dict[str, int] = {}
    # A parent stands before its children here, so that backwards each child is counted before its parent.
    order = [node for node, parent in dominators.items() if node == parent]
    for node in order:
        order += children.get(node, ())
    for node in reversed(order):
        counts[node] = sum(1 + counts[child] for child in children.get(node, ()))
    return counts


def find_cycles(graph: Adjacency) -> list[frozenset[str]]:
    """Find the groups of nodes that all lead to each other, in order of their smallest name.

    Strongly connected components by two passes (S. R. Kosaraju 1978; M. Sharir, "A strong-connectivity algorithm",
    1981); single nodes are left out.
    """
    nodes = sorted({*graph, *(other for others in graph.values() for other in others)})
    backwards = build_adjacency((other, node) for node, others in graph.items() for other in others)
    order: list[str] = []
    seen: set[str] = set()
    for node in nodes:
        order += _list_postorder(graph, node, seen)
    taken: set[str] = set()
    groups = [frozenset(_list_postorder(backwards, node, taken)) for node in reversed(order)]
    return sorted((group for group in groups if len(group) > 1), key=min)


def find_longest_path(graph: Adjacency, root: str) -> list[str]:
    """Find the longest of the shortest paths from the root, root first: how deep the system is below it.

    The longest path of all would be hard to find where calls form cycles; the distance is a safe lower bound of it.
    """
    parents = {root: root}
    order = [root]
    for node in order:
        for other in graph.get(node, ()):
            if other not in parents:
                parents[other] = node
                order.append(other)
    path = [order[-1]]
    while path[-1] != root:
        path.append(parents[path[-1]])
    return path[::-1]
