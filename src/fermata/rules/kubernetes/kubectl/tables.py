"""Tables as kubectl prints them: columns aligned under a header, cells possibly empty or with spaces inside."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

_GAP = re.compile(r"\s{2,}")
_HEADER_WORD = re.compile(r"\S+(?: \S+)*")
# kubectl pads columns with three spaces; a header is upper case, with `-`, `(S)` and single spaces inside.
_HEADER = re.compile(r"(?:[A-Z0-9\-/ %.]|\((?:S|cores|bytes)\))+")
# Values with a space inside, where whoever copied the table has lost the alignment: `4 (2m ago)`.


class Row(NamedTuple):
    """One row of a table."""

    cells: dict[str, str]
    """By header; an empty cell is the empty text."""
    start: int
    end: int
    """Where its line stands in the text."""
    line: int
    """How many lines stand above it in the text."""


def row_name(cells: Mapping[str, str]) -> str:
    """Return the name in a row, perhaps with its kind as in `pod/web`; the default storage class carries a mark."""
    return cells.get("NAME", "").removesuffix(" (default)")


def is_header(line: str) -> bool:
    """Return whether a line is the header of a table."""
    return line.startswith(("NAME", "LAST SEEN", "POD ")) and _HEADER.fullmatch(line.rstrip()) is not None


def iter_rows(text: str, default: Sequence[str], *, seen: set[str] | None = None) -> Iterator[Row]:
    """Return the rows of each table in a text, top to bottom.

    Args:
        text: May hold several tables, one below the other, each with its header.
        default: Columns to take for rows before any header.
        seen: Lines that are left out; those that are read join them. Without it every line is read.
    """
    columns: list[tuple[str, int, int]] = []
    start = 0
    for number, line in enumerate(text.split("\n")):
        end = start + len(line)
        if not line or line.isspace() or (seen is not None and line in seen):
            pass
        elif is_header(line):
            columns = _read_header(line)
        else:
            if seen is not None:
                seen.add(line)
            yield Row(_read_cells(line, columns, default), start, end, number)
        start = end + 1


def _read_header(line: str) -> list[tuple[str, int, int]]:
    found = [(match[0], match.start()) for match in _HEADER_WORD.finditer(line)]
    ends = [start for _, start in found[1:]] + [1 << 30]
    return [(title, start, end) for (title, start), end in zip(found, ends, strict=True)]


def _read_cells(line: str, columns: list[tuple[str, int, int]], default: Sequence[str]) -> dict[str, str]:
    if columns:
        length = len(line)
        # Columns stand three spaces apart; where one begins inside a word, whoever copied it lost the alignment.
        for _, start, _ in columns[1:]:
            if start < length and line[start - 2 : start] != "  ":
                break
        else:
            return {title: line[start:end].strip() for title, start, end in columns}
    titles = [title for title, _, _ in columns] or list(default)
    cells = _GAP.split(line.strip(), maxsplit=len(titles) - 1)
    return dict(zip(titles, cells, strict=False))
