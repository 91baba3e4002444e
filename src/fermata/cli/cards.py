"""The plan card in a terminal."""

from __future__ import annotations

from rich.cells import cell_len, chop_cells
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from fermata.cli.output import show_controls
from fermata.domain.card import Card, CardSection, Quote, Tone

# Fixed where a terminal's own green and yellow are hardly seen on white: #008700 and #af5f00 have a contrast of about
# 4.5 to 1 on black as on white (WCAG 2.1's formula, computed).
GOOD, WARN = "color(28)", "color(130)"
_STYLES = {Tone.PLAIN: "", Tone.GOOD: GOOD, Tone.WARN: WARN, Tone.BAD: "red", Tone.QUIET: "dim"}
_MAX_WIDTH = 120
"""Wider lines are hard to read, however wide the screen is."""
_FRAME = 4
"""Columns of the border and its padding, on both sides together."""
_LABELS = 3
"""Labels take at most one part in so many of a row: some are titles as long as a sentence, and the text is the news."""
_CONTINUED = "↳"
"""Stands where the sign of a diff line would: a broken line must not look like a line of context."""


def print_card(console: Console, card: Card) -> None:
    """Print the whole card. Nothing is cut: what is approved must be on it."""
    width = min(console.width, _MAX_WIDTH)
    title = Text(f" {show_controls(card.title)} ", style=f"bold {_STYLES[card.tone]}")
    parts: list[RenderableType] = []
    if card.subtitle:
        parts.append(Text(show_controls(card.subtitle), style="dim"))
    for section in card.sections:
        heading = Text(show_controls(section.heading), style="bold underline")
        parts += ["", heading, *_render_section(section, width - _FRAME)]
    if card.footer:
        parts += ["", Text(show_controls(card.footer), style="dim")]
    panel = Panel(
        Group(*parts),
        title=title,
        title_align="left",
        border_style=_STYLES[card.tone] or "none",
        width=width,
        padding=(0, 1),
    )
    console.print(panel)


def _render_section(section: CardSection, width: int) -> list[RenderableType]:
    parts: list[RenderableType] = [Text(show_controls(paragraph)) for paragraph in section.paragraphs]
    if section.rows:
        table = Table.grid(padding=(0, 2))
        table.add_column(style="dim", overflow="fold", max_width=width // _LABELS)
        table.add_column(overflow="fold")
        for row in section.rows:
            table.add_row(Text(show_controls(row.label)), Text(show_controls(row.text), style=_STYLES[row.tone]))
        parts.append(table)
    for quote in section.quotes:
        parts += _render_quote(quote, width)
    if section.diff:
        parts.append(render_diff(section.diff, width))
    return parts


def _render_quote(quote: Quote, width: int) -> list[RenderableType]:
    """Return the place and the words: on one line where they fit, else the words below, further in."""
    # A line feed inside a quote would start a line that looks like the card's own.
    place, words = (show_controls(text).replace("\n", "\\n") for text in (quote.source, quote.text))
    place = f"{place}, line {quote.line}"
    if cell_len(place) + cell_len(words) + 4 <= width:
        return [Text(f"  {place}  ", style="dim").append(words, style="not dim")]
    return [
        Padding(Text(place, style="dim", overflow="fold"), (0, 0, 0, 2)),
        Padding(Text(words, overflow="fold"), (0, 0, 0, 4)),
    ]


def render_diff(diff: str, width: int) -> Text:
    """Return a diff with its lines coloured, and what changed within a changed line in reverse.

    A line that is longer than the screen is broken, and each further piece is marked as one. No character is dropped.
    """
    # At line feeds only: a carriage return or a form feed is a part of its line, and shown as such.
    lines = diff.removesuffix("\n").split("\n")
    changed = _find_changes(lines)
    text = Text()
    for number, line in enumerate(lines):
        shown = _render_line(line, *changed.get(number, (0, 0)))
        at = 0
        for piece in _break_line(shown.plain, width):
            text.append(_CONTINUED if at else "", style="dim")
            text.append_text(shown[at : at + len(piece)]).append("\n")
            at += len(piece)
    text.right_crop(1)
    return text


def _break_line(line: str, width: int) -> list[str]:
    """Return a line in pieces that fit with the mark before them, broken after a space where one is near the end."""
    pieces: list[str] = []
    room = width - len(_CONTINUED)
    while cell_len(line) > room:
        piece = chop_cells(line, room)[0]
        space = piece.rfind(" ")
        piece = piece[: space + 1] if space > len(piece) // 2 else piece
        pieces.append(piece)
        line = line[len(piece) :]
    return [*pieces, line]


def _render_line(line: str, start: int, end: int) -> Text:
    style = {"+": GOOD, "-": "red", "@": "magenta"}.get(line[:1], "dim")
    before, within, after = (show_controls(part) for part in (line[:start], line[start:end], line[end:]))
    text = Text(before, style=style).append(within, style=f"{style} reverse").append(after)
    text.expand_tabs(8)
    return text


def _find_changes(lines: list[str]) -> dict[int, tuple[int, int]]:
    """Return, by line number, from where to where a changed line differs from the one it takes the place of."""
    changes: dict[int, tuple[int, int]] = {}
    for removed, line in enumerate(lines):
        if not line.startswith("-") or line.startswith("--- "):
            continue
        added = _find_successor(lines, removed)
        if added is not None:
            head, tail = _measure_common(line[1:], lines[added][1:])
            changes[removed] = (1 + head, len(line) - tail)
            changes[added] = (1 + head, len(lines[added]) - tail)
    return changes


def _find_successor(lines: list[str], removed: int) -> int | None:
    """Return the added line of the same change that has most in common with a removed one: at least half of it."""
    number = removed
    while number < len(lines) and lines[number].startswith("-"):
        number += 1
    best, most = None, len(lines[removed]) // 2
    while number < len(lines) and lines[number].startswith("+"):
        common = sum(_measure_common(lines[removed][1:], lines[number][1:]))
        if common >= max(most, 1):
            best, most = number, common + 1
        number += 1
    return best


def _measure_common(left: str, right: str) -> tuple[int, int]:
    """Return how many characters two lines share at their beginnings, and then at their ends."""
    shorter = min(len(left), len(right))
    head = next((at for at in range(shorter) if left[at] != right[at]), shorter)
    tail = next((at for at in range(shorter - head) if left[-1 - at] != right[-1 - at]), shorter - head)
    return head, tail
