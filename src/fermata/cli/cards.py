"""The plan card in a terminal."""

from __future__ import annotations

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from fermata.cli.output import show_controls
from fermata.domain.card import Card, CardSection, Tone

_STYLES = {Tone.PLAIN: "", Tone.GOOD: "green", Tone.WARN: "yellow", Tone.BAD: "red", Tone.QUIET: "dim"}
_MAX_WIDTH = 120
"""Wider lines are hard to read, however wide the screen is."""


def print_card(console: Console, card: Card) -> None:
    """Print the whole card. Nothing is cut: what is approved must be on it."""
    title = Text(f" 𝄐 {show_controls(card.title)} ", style=f"bold {_STYLES[card.tone]}")
    parts: list[RenderableType] = []
    if card.subtitle:
        parts.append(Text(show_controls(card.subtitle), style="dim"))
    for section in card.sections:
        parts += ["", Text(show_controls(section.heading), style="bold underline"), *_render_section(section)]
    if card.footer:
        parts += ["", Text(show_controls(card.footer), style="dim")]
    panel = Panel(
        Group(*parts),
        title=title,
        title_align="left",
        border_style=_STYLES[card.tone] or "white",
        width=min(console.width, _MAX_WIDTH),
        padding=(0, 1),
    )
    console.print(panel)


def _render_section(section: CardSection) -> list[RenderableType]:
    parts: list[RenderableType] = [Text(show_controls(paragraph)) for paragraph in section.paragraphs]
    if section.rows:
        table = Table.grid(padding=(0, 2))
        table.add_column(style="dim", no_wrap=True)
        table.add_column(overflow="fold")
        for row in section.rows:
            table.add_row(Text(show_controls(row.label)), Text(show_controls(row.text), style=_STYLES[row.tone]))
        parts.append(table)
    for quote in section.quotes:
        line = Text("  ")
        line.append(f"{show_controls(quote.source)}:{quote.line}  ", style="dim cyan")
        line.append(show_controls(quote.text))
        parts.append(line)
    if section.diff:
        parts.append(_render_diff(section.diff))
    return parts


def _render_diff(diff: str) -> Text:
    text = Text()
    for line in diff.splitlines():
        style = "dim"
        if line.startswith("+") and not line.startswith("+++"):
            style = "green"
        elif line.startswith("-") and not line.startswith("---"):
            style = "red"
        elif line.startswith("@@"):
            style = "cyan"
        text.append(show_controls(line) + "\n", style=style)
    text.rstrip()
    return text
