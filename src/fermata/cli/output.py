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
    """Print a table, or a sentence when there is nothing in it. Text from outside is never taken as markup."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for position, column in enumerate(columns):
        # What stands first names the row, and is copied in one piece.
        table.add_column(column, overflow="fold", no_wrap=position == 0)
    count = 0
    for row in rows:
        table.add_row(*(Text(show_controls(cell)) for cell in row))
        count += 1
    console = get_console()
    if not count:
        console.print(Text(empty), soft_wrap=True)
    elif console.is_terminal:
        console.print(table)
    else:
        Console(file=console.file, width=_NO_TERMINAL).print(table)  # A row is a line for whoever searches in it.


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
