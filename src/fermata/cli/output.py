"""What commands print: JSON for machines, rich text for people."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fermata.domain.record import Record
from fermata.kit.invisible import WIDTHLESS

if TYPE_CHECKING:
    from rich.console import Console

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
"""The flag every command has."""
_NO_TERMINAL = 10_000
"""Columns of a pipe or a file, which have none: wider than any row."""
_BETWEEN = 2
"""Blanks between two columns of a table."""
_SHORT = 24
"""Letters of an instant, the longest of what is looked at and copied in one piece beside ids."""
_READABLE = 20
"""Columns below which a cell of words is a pile of syllables; a guess from looking at it."""
# `isprintable` is false for all controls and for what changes the direction; it is true for letters and marks that take
# no room.
_WIDTHLESS = re.compile(f"[{WIDTHLESS}]")


def print_json(value: Record | Mapping[str, Any] | Iterable[Any]) -> None:
    """Print records and JSON types as one indented JSON document on stdout; no terminal obeys anything in it."""
    text = json.dumps(_plain(value), indent=2, ensure_ascii=False)
    # JSON escapes controls below U+0020 only; those above, and what turns words around, it lets through.
    typer.echo("".join(char if char == "\n" or char.isprintable() else json.dumps(char)[1:-1] for char in text))


def say(text: str, *, err: bool = False) -> None:
    """Print a sentence that may quote something from outside."""
    typer.echo(show_controls(text), err=err)


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        return value.to_json()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


@cache
def get_console() -> Console:
    """Return the console for people, on stdout."""
    from rich.console import Console

    return Console(highlight=False, emoji=False)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, empty: str) -> None:
    """Print a table, or a sentence when there is nothing in it. Text from outside is never taken as markup.

    On a terminal that is too narrow for it, each row is a paragraph with a line for each of its cells.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = [tuple(show_controls(cell) for cell in row) for row in rows]
    console = get_console()
    if not shown:
        console.print(Text(empty), soft_wrap=True)
        return
    whole = _find_unbroken(shown)
    if console.is_terminal and _measure(columns, shown, whole) > console.width:
        _print_paragraphs(console, columns, shown)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for position, column in enumerate(columns):
        table.add_column(column, overflow="fold", no_wrap=position in whole)
    for row in shown:
        table.add_row(*map(Text, row))
    if console.is_terminal:
        console.print(table)
    else:
        Console(file=console.file, width=_NO_TERMINAL).print(table)  # A row is a line for whoever searches in it.


def _find_unbroken(rows: Sequence[Sequence[str]]) -> set[int]:
    """Return the columns whose cells are copied in one piece: what names a row, and what is one short word in each."""
    others = [
        position
        for position, cells in enumerate(zip(*rows, strict=True))
        if all(len(cell) <= _SHORT and " " not in cell for cell in cells)
    ]
    return {0, *others}


def _measure(columns: Sequence[str], rows: Sequence[Sequence[str]], whole: set[int]) -> int:
    """Return the columns of a terminal below which a table can no longer be read."""
    longest = [max(map(len, cells)) for cells in zip(columns, *rows, strict=True)]
    needed = [length if position in whole else min(length, _READABLE) for position, length in enumerate(longest)]
    return sum(needed) + _BETWEEN * (len(columns) - 1)


def _print_paragraphs(console: Console, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.text import Text

    labels = max(map(len, columns[1:]), default=0)
    indent = labels + 2 * _BETWEEN
    for row in rows:
        console.print(Text(row[0]), soft_wrap=True)
        for label, cell in zip(columns[1:], row[1:], strict=True):
            text = wrap_hanging(cell, width=console.width, indent=indent)
            line = f"{' ' * _BETWEEN}{label:<{labels}}{' ' * _BETWEEN}{text}".rstrip()
            console.print(Text(line), soft_wrap=True)


def wrap_hanging(text: str, *, width: int | None, indent: int, breaks_words: bool = False) -> str:
    """Break one line of words before `width`, and indent all but the first part, so that it still reads as one.

    A word is never broken: a path or a link stays what it is when somebody copies it. Line feeds become spaces.

    Args:
        width: Columns; `None` breaks nothing, as is right where no terminal shows it.
        indent: Columns that stand before the first part, and are put before the others.
        breaks_words: A word that is longer than the line is broken after all, as is right for what is quoted.
    """
    if width is None:
        return " ".join(text.split("\n"))
    parts = textwrap.wrap(text, max(width - indent, 20), break_long_words=breaks_words, break_on_hyphens=False)
    return ("\n" + " " * indent).join(parts)


def get_line_width(console: Console) -> int | None:
    """Return the columns to break lines at: a terminal's, or none, since a pipe or a file has no width."""
    return console.width if console.is_terminal else None


def show_controls(text: str) -> str:
    """Make what is not seen visible: a log line must not move the cursor, colour an approval or hide words."""
    shown = "".join(char if char in "\n\t" or char.isprintable() else _escape(char) for char in text)
    return shown if shown.isascii() else _WIDTHLESS.sub(lambda match: _escape(match[0]), shown)


def _escape(char: str) -> str:
    if char > "\uffff":
        return f"\\U{ord(char):08x}"
    return f"\\x{ord(char):02x}" if char < "\u0100" else f"\\u{ord(char):04x}"
