"""The merged graph as SVG: layers from left to right, one box a service, one line a call. No script.

Lines and words take the colour of the text around them, so that the drawing is right on a light and on a dark page.
What is drawn also stands in words, in titles, for those who cannot see it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from fermata.kit.listing import cut_short
from fermata.rules.servicegraph.layers import Layers, arrange, name_lane
from fermata.rules.servicegraph.merging import MergedEdge, MergedGraph, MergedNode, Standing
from fermata.rules.servicegraph.wording import describe_edge, describe_node

_STORES = frozenset({"db", "cache", "queue", "external"})
_WIDE, _HIGH = 176, 40
"""Of a box, in pixels: 24 letters and two lines."""
_GAP_X, _GAP_Y = 150, 22
_MARGIN = 16
_LONGEST_NAME, _LONGEST_TOLD, _LONGEST_LABEL = 24, 30, 26
_SCHEMES = "<style>svg{color:#333}@media(prefers-color-scheme:dark){svg{color:#ddd}}</style>"
"""For a file of its own, which has no page around it to take a colour from."""
_ARROW = (
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0L8 4L0 8z" fill="currentColor" stroke="none"/></marker></defs>'
)
_ROUND_BELOW = 34
_LABEL_X, _LABEL_Y = 0.62, 0.72
"""Where on its first bend a label sits: the point at two thirds, past where lines of one caller lie on each other."""
_MOST_ROUTED, _MOST_LABELLED = 400, 150
"""Calls from which lanes would be most of the drawing, and labels lie on each other; the titles have them all."""
_ROUND = {"db": 14, "cache": 14, "queue": 14, "external": 2}
"""Corners: what keeps state is rounder."""


@dataclass(frozen=True, slots=True)
class _Box:
    x: float
    y: float
    column: int
    height: int
    """None for a lane."""

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


def draw_svg(graph: MergedGraph, *, is_standalone: bool = True) -> str:
    """Return one SVG element.

    Args:
        graph: An empty one gives an empty drawing.
        is_standalone: As a file of its own, with a colour for light and one for dark; else it takes the page's.
    """
    nodes = {node.name: node for node in graph.nodes}
    layers = arrange(
        list(nodes),
        ((edge.caller, edge.callee) for edge in graph.edges),
        [node.name for node in graph.nodes if node.kind in _STORES],
        has_lanes=len(graph.edges) <= _MOST_ROUTED,
    )
    boxes, width, height = _place(layers)
    title = f"Service graph: {len(nodes)} services, {len(graph.edges)} calls"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img" fill="none" stroke="currentColor" font-family="system-ui, sans-serif" '
        'font-size="12">'
    )
    parts = [head, _SCHEMES if is_standalone else "", f"<title>{_text(title)}</title>", _ARROW]
    labels = len(graph.edges) <= _MOST_LABELLED
    parts += [_draw_edge(edge, boxes, has_label=labels) for edge in graph.edges]
    parts += [_draw_node(nodes[name], box) for name, box in boxes.items() if name in nodes]
    return "\n".join([*parts, "</svg>\n"])


def _place(layers: Layers) -> tuple[Mapping[str, _Box], float, float]:
    """Return where every node and lane stands, and the size of the whole."""
    heights = [sum(_measure(name) + _GAP_Y for name in row) - _GAP_Y for row in layers.rows]
    height = 2 * _MARGIN + max(heights, default=0)
    boxes = {}
    for column, (row, tall) in enumerate(zip(layers.rows, heights, strict=True)):
        top = (height - tall) / 2
        for name in row:
            boxes[name] = _Box(_MARGIN + column * (_WIDE + _GAP_X), top, column, _measure(name))
            top += _measure(name) + _GAP_Y
    width = 2 * _MARGIN + max(len(layers.rows) * (_WIDE + _GAP_X) - _GAP_X, 0)
    # Calls against the layers go round below.
    return boxes, width, height + (_ROUND_BELOW if layers.backward else 0)


def _measure(name: str) -> int:
    return 0 if name.startswith("\n") else _HIGH


def _draw_node(node: MergedNode, box: _Box) -> str:
    told = describe_node(node)
    dash = "" if node.is_defined else ' stroke-dasharray="2 3"'
    centre = box.x + _WIDE / 2
    below = (
        f'<text x="{centre:g}" y="{box.y + 32:g}" text-anchor="middle" fill="currentColor" stroke="none" '
        f'font-size="10" opacity="0.8">{_text(cut_short(told, _LONGEST_TOLD))}</text>'
        if told
        else ""
    )
    return (
        f"<g><title>{_text(f'{node.name}: {told}' if told else node.name)}</title>"
        f'<rect x="{box.x:g}" y="{box.y:g}" width="{_WIDE}" height="{_HIGH}" rx="{_ROUND.get(node.kind, 5)}" '
        f'fill="currentColor" fill-opacity="0.06"{dash}/>'
        f'<text x="{centre:g}" y="{box.y + (18 if told else 25):g}" text-anchor="middle" fill="currentColor" '
        f'stroke="none" font-weight="600">{_text(cut_short(node.name, _LONGEST_NAME))}</text>{below}</g>'
    )


def _draw_edge(edge: MergedEdge, boxes: Mapping[str, _Box], *, has_label: bool) -> str:
    start, end = boxes[edge.caller], boxes[edge.callee]
    if end.x <= start.x:
        # Against the layers: out at the bottom and back in there, below the boxes between.
        x1, y1, x2, y2 = start.x + _WIDE / 2, start.y + _HIGH, end.x + _WIDE / 2, end.y + _HIGH
        bend = max(y1, y2) + _ROUND_BELOW
        path = f"M{x1:g} {y1:g}C{x1:g} {bend:g} {x2:g} {bend:g} {x2:g} {y2:g}"
        middle = ((x1 + x2) / 2, 0.75 * bend + 0.125 * (y1 + y2))
    else:
        lanes = [boxes.get(name_lane(edge.callee, column)) for column in range(start.column + 1, end.column)]
        way = [*filter(None, lanes), end]
        path, x1, first = _route(start, way), start.x + _WIDE, way[0]
        middle = (x1 + _LABEL_X * (first.x - x1), start.middle + _LABEL_Y * (first.middle - start.middle))
    told = describe_edge(edge)
    dash = ' stroke-dasharray="1 4"' if edge.standing is Standing.NEVER_SEEN else ""
    dash = dash or (' stroke-dasharray="6 4"' if edge.is_async else "")
    name = f"{edge.caller} -> {edge.callee}"
    label = ""
    if has_label and told:
        label = (
            f'<text x="{middle[0]:g}" y="{middle[1] - 4:g}" text-anchor="middle" fill="currentColor" '
            f'stroke="none" font-size="9" opacity="0.8">{_text(cut_short(told, _LONGEST_LABEL))}</text>'
        )
    return (
        f"<g><title>{_text(f'{name}: {told}' if told else name)}</title>"
        f'<path d="{path}" marker-end="url(#arrow)" opacity="0.65"{dash}/>{label}</g>'
    )


def _route(start: _Box, way: Sequence[_Box]) -> str:
    """Return the path of a call from box to box, level through the lanes."""
    x, y = start.x + _WIDE, start.middle
    path = f"M{x:g} {y:g}"
    for box in way:
        half = (box.x - x) / 2
        path += f"C{x + half:g} {y:g} {box.x - half:g} {box.middle:g} {box.x:g} {box.middle:g}"
        x, y = box.x + _WIDE, box.middle
        path += "" if box.height else f"H{x:g}"
    return path


def _text(text: str) -> str:
    """Return text as XML takes it: escaped, and without the characters that it forbids."""
    return escape("".join(char if char.isprintable() else " " for char in text))
