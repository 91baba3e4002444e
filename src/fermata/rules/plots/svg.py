"""A drawing as an SVG file of its own, for documents: no script, nothing from elsewhere, light and dark by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from fermata.kit.invisible import make_harmless
from fermata.kit.listing import cut_short
from fermata.rules.plots.drawing import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Line, Plot

_HEAD, _LEGEND_ROW, _FOOT = 26, 15, 8
"""Above the drawing its title, below it a row for each line when there are several."""
_LONGEST_TITLE = 62
"""Characters that fit above the drawing."""
_LONGEST_LABEL = 58
# The colours of the page's style sheet, which says why they are these.
_LIGHT = ("#fffefb", "#1e1c19", "#5d5850", "#e2ddd2", "#b3261e", "#1c6b41")
_LIGHT_SERIES = ("#2b5fa8", "#b04a0e", "#1c7a4a", "#8a3d8f", "#7a6200", "#0f7480")
_DARK = ("#191b1f", "#e8e4db", "#a9a398", "#2e3138", "#f5a59c", "#86d3a0")
_DARK_SERIES = ("#8ab4f8", "#f0a36b", "#7fd1a0", "#d7a1dc", "#dcc35a", "#74cfd8")
_DASHES = ("none", "6 3", "2 3", "9 3 2 3", "4 2", "1 4")
_NOT_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
"""What no XML file may hold (XML 1.0, production 2), beyond the controls that are written as escapes."""


def write_svg(plot: Plot, title: str) -> str:
    """Return an SVG file. Its words are in its description too, for those who cannot see it.

    Args:
        title: What is drawn; from outside, as are the names of the lines: written as text, whatever they hold.
    """
    is_named = len(plot.lines) > 1 or bool(plot.lines[0].label)
    height = _HEAD + HEIGHT + (len(plot.lines) * _LEGEND_ROW + _FOOT) * is_named
    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH * 2}" height="{height * 2}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="t d">',
        f'<title id="t">{_write(title)}</title>',
        f'<desc id="d">{_write(plot.description)}</desc>',
        f"<style>{_write_style()}</style>",
        f'<rect class="sheet" width="{WIDTH}" height="{height}" rx="8"/>',
        f'<text class="title" x="12" y="19">{_write(cut_short(title, _LONGEST_TITLE))}</text>',
        f'<g transform="translate(0 {_HEAD})">',
        *_draw_axes(plot),
        *_draw_marks(plot),
        *(element for line in plot.lines for element in _draw_line(line)),
        "</g>",
        *(_draw_legend(plot) if is_named else ()),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _write(text: str) -> str:
    return escape(_NOT_XML.sub("\ufffd", make_harmless(text)))


def _write_style() -> str:
    dark = _write_colours(_DARK, _DARK_SERIES)
    dashes = "".join(f".s{number}{{stroke-dasharray:{dash}}}" for number, dash in enumerate(_DASHES, start=1))
    return (
        "text{font:10.5px system-ui,sans-serif}.title{font-weight:600;font-size:12px}"
        ".series{fill:none;stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}"
        ".mark{stroke-width:1.5;stroke-dasharray:2 3}"
        f"{dashes}.dots{{stroke-width:5;stroke-dasharray:none}}"
        f"{_write_colours(_LIGHT, _LIGHT_SERIES)}@media (prefers-color-scheme:dark){{{dark}}}"
    )


def _write_colours(colours: tuple[str, ...], series: tuple[str, ...]) -> str:
    sheet, ink, soft, line, bad, good = colours
    lines = "".join(f".s{number}{{stroke:{colour}}}" for number, colour in enumerate(series, start=1))
    return (
        f".sheet{{fill:{sheet}}}text{{fill:{soft}}}.title{{fill:{ink}}}.grid{{stroke:{line}}}"
        f".mark{{stroke:{good}}}.mark-name{{fill:{good}}}.began{{stroke:{bad}}}.began-name{{fill:{bad}}}{lines}"
    )


def _draw_axes(plot: Plot) -> Iterator[str]:
    floor = HEIGHT - BOTTOM
    for tick in plot.values:
        yield f'<path class="grid" d="M{LEFT} {tick.at}H{WIDTH - RIGHT}"/>'
        yield f'<text x="{LEFT - 6}" y="{tick.at + 3.5}" text-anchor="end">{_write(tick.label)}</text>'
    for tick in plot.times:
        yield f'<path class="grid" d="M{tick.at} {floor}v4"/>'
        yield f'<text x="{tick.label_at:g}" y="{HEIGHT - 5}" text-anchor="middle">{_write(tick.label)}</text>'
    yield f'<text x="{LEFT - 6}" y="{HEIGHT - 5}" text-anchor="end">UTC</text>'
    if plot.unit:
        yield f'<text x="2" y="10">{_write(plot.unit)}</text>'


def _draw_marks(plot: Plot) -> Iterator[str]:
    if plot.onset is not None:
        yield from _draw_mark(plot.onset, "began", "began")
    for mark in plot.marks:
        yield from _draw_mark(mark.at, mark.label, "mark")


def _draw_mark(at: float, name: str, kind: str) -> Iterator[str]:
    anchor = "end" if at > WIDTH - 40 else "middle"
    yield f'<path class="mark {kind}" d="M{at} {TOP - 4}V{HEIGHT - BOTTOM}"/>'
    yield f'<text class="{kind}-name" x="{at}" y="9" text-anchor="{anchor}">{_write(name)}</text>'


def _draw_line(line: Line) -> Iterator[str]:
    if line.path:
        yield f'<path class="series s{line.number}" d="{line.path}"/>'
    if line.dots:
        yield f'<path class="series s{line.number} dots" d="{line.dots}"/>'


def _draw_legend(plot: Plot) -> Iterator[str]:
    for line in plot.lines:
        y = _HEAD + HEIGHT + line.number * _LEGEND_ROW - 4
        yield f'<path class="series s{line.number}" d="M{LEFT} {y - 3.5}h20"/>'
        label = cut_short(line.label or "without labels", _LONGEST_LABEL)
        yield f'<text x="{LEFT + 27}" y="{y}">{_write(label)}</text>'
