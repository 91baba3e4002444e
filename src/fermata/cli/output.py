"""What commands print: JSON for machines, rich text for people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fermata.domain.record import Record

if TYPE_CHECKING:
    from rich.console import Console

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
"""The flag every command has."""


def print_json(value: Record | Mapping[str, Any] | Iterable[Any]) -> None:
    """Print records and JSON types as one indented JSON document on stdout."""
    typer.echo(json.dumps(_plain(value), indent=2, ensure_ascii=False))


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

    return Console(highlight=False)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, empty: str) -> None:
    """Print a table, or a sentence when there is nothing in it. Text from outside is never taken as markup."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    count = 0
    for row in rows:
        table.add_row(*(Text(show_controls(cell)) for cell in row))
        count += 1
    get_console().print(table if count else Text(empty))


def show_controls(text: str) -> str:
    """Make control characters visible: a log line must not move the cursor or colour an approval."""
    return "".join(
        char if char in "\n\t" or (char.isprintable() and not _is_bidi(char)) else f"\\x{ord(char):02x}"
        for char in text
    )


def _is_bidi(char: str) -> bool:
    return "\u202a" <= char <= "\u202e" or "\u2066" <= char <= "\u2069"
