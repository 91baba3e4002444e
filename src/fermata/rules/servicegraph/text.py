"""The merged graph as text for a terminal: layers from entries to stores, the calls of each service under it."""

from __future__ import annotations

from collections.abc import Sequence

from fermata.rules.servicegraph.layers import arrange
from fermata.rules.servicegraph.merging import MergedEdge, MergedGraph
from fermata.rules.servicegraph.wording import describe_edge, describe_node

_STORES = frozenset({"db", "cache", "queue", "external"})
_LONGEST_NAME = 34
"""Columns; with the rest of a line this fits 80."""


def draw_text(graph: MergedGraph) -> list[str]:
    """Return the lines of the drawing, none longer than names and numbers make it: 80 columns for most systems.

    Every service stands once, in its layer, and its calls under it; a call against the layers is marked with `<`.
    """
    nodes = {node.name: node for node in graph.nodes}
    layers = arrange(
        list(nodes),
        ((edge.caller, edge.callee) for edge in graph.edges),
        [node.name for node in graph.nodes if node.kind in _STORES],
    )
    outgoing: dict[str, list[MergedEdge]] = {}
    for edge in graph.edges:
        outgoing.setdefault(edge.caller, []).append(edge)
    places = {name: index for index, name in enumerate(name for row in layers.rows for name in row)}
    lines: list[str] = []
    for number, row in enumerate(layers.rows):
        lines.append(f"{'' if not lines else chr(10)}{_title(number, len(layers.rows))}")
        for name in row:
            told = describe_node(nodes[name])
            lines.append(f"  {_cut(name)}{f'  ({told})' if told else ''}")
            edges = sorted(outgoing.get(name, ()), key=lambda edge: places[edge.callee])
            lines += _draw_calls(edges, layers.backward)
    return "\n".join(lines).split("\n") if lines else []


def _title(number: int, count: int) -> str:
    if number == 0:
        return "entry"
    return f"layer {number + 1}" if number < count - 1 else f"layer {number + 1} (last)"


def _draw_calls(edges: Sequence[MergedEdge], backward: frozenset[tuple[str, str]]) -> list[str]:
    width = max((len(_cut(edge.callee)) for edge in edges), default=0)
    lines = []
    for edge in edges:
        arrow = "<-" if (edge.caller, edge.callee) in backward else "~>" if edge.is_async else "->"
        lines.append(f"    {arrow} {_cut(edge.callee):<{width}}  {describe_edge(edge)}".rstrip())
    return lines


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 3]}..."
