"""Tables as kubectl prints them: columns aligned under a header, cells possibly empty or with spaces inside.

A captured cluster holds each table several times over, and nobody asks for most of the cells: rows are told apart when
a text is read, their cells when somebody asks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

_GAP = re.compile(r"\s{2,}")
_HEADER_WORD = re.compile(r"\S+(?: \S+)*")
# kubectl pads columns with three spaces; a header is upper case, with `-`, `(S)` and single spaces inside.
_HEADER = re.compile(r"(?:[A-Z0-9\-/ \t%.]|\((?:S|cores|bytes)\))+")
_HEADS = ("NAME", "LAST SEEN", "POD ")
_END = 1 << 30


class Columns:
    """What the cells of a row mean: a header's columns with their places, or titles alone where the header is lost."""

    __slots__ = ("_places", "name_at", "starts", "titles")

    def __init__(self, titles: Sequence[str], starts: Sequence[int] = ()) -> None:
        self.titles = tuple(titles)
        self.starts = starts
        """Where each column begins; empty where the header is lost."""
        self.name_at = self.titles.index("NAME") if "NAME" in self.titles else -1
        """How many columns stand before the name; -1 without such a column."""
        self._places = dict(zip(titles, zip(starts, [*starts[1:], _END], strict=True), strict=True)) if starts else {}

    def place(self, title: str) -> tuple[int, int]:
        """Return where a column begins and ends in an aligned row; past any end without such a column."""
        return self._places.get(title, (_END, _END))

    def read(self, line: str) -> dict[str, str]:
        """Return the cells of a line by title; an empty cell is the empty text."""
        if self.fits(line):
            return {title: line[at:end].strip() for title, (at, end) in self._places.items()}
        cells = _GAP.split(line.strip(), maxsplit=len(self.titles) - 1)
        return dict(zip(self.titles, cells, strict=False))

    def fits(self, line: str) -> bool:
        """Return whether the cells of a line stand where the header has its columns; never where that is lost."""
        if not self.starts:
            return False
        length = len(line)
        for start in self.starts[1:]:
            if start >= length:
                return True
            # Columns stand three spaces apart; where one begins inside a word, whoever copied it lost the alignment.
            # Flux pads its columns as well, and parts them by tabs.
            if line[start - 2 : start] != "  " and line[start - 1] != "\t":
                return False
        return True


class Row:
    """One row of a table."""

    __slots__ = ("_cells", "_is_aligned", "columns", "end", "line", "start", "text")

    def __init__(self, columns: Columns, text: str, start: int, *, line: int) -> None:
        self.columns = columns
        self.text = text
        """Its line."""
        self.start = start
        """Where its line stands in the whole text."""
        self.end = start + len(text)
        self.line = line
        """How many lines stand above it in the whole text."""
        self._cells: dict[str, str] | None = None
        self._is_aligned: bool | None = None

    @property
    def cells(self) -> Mapping[str, str]:
        """Return its cells by title; an empty cell is the empty text."""
        if self._cells is None:
            self._cells = self.columns.read(self.text)
        return self._cells

    def cell(self, title: str) -> str:
        """Return one cell, cheaply where the table is aligned; empty without such a column."""
        start, end = self.columns.place(title)
        text = self.text
        if self._cells is None and text[start - 2 : start] == "  " and text[end - 2 : end] in ("  ", ""):
            return text[start:end].strip()
        return self.cells.get(title, "")

    def find(self, title: str) -> str | None:
        """Return one cell of those that `cells` holds, without reading the others where the row is aligned."""
        if self._is_aligned is None:
            self._is_aligned = self.columns.fits(self.text)
        if not self._is_aligned:
            return self.cells.get(title)
        start, end = self.columns.place(title)
        return self.text[start:end].strip() if start < _END else None

    @property
    def name(self) -> str:
        """Return the name in it, perhaps with its kind as in `pod/web`; empty for a line that is no row."""
        place = self.columns.name_at
        words = self.text.split(None, 2 if place else 1)
        if not 0 <= place < len(words) or (self.columns.starts and self.text[:1].isspace()):
            return ""
        # A word alone is no row, unless it says of which kind it is.
        return words[place] if len(words) > place + 1 or "/" in words[place] else ""


@lru_cache(maxsize=256)
def read_header(line: str) -> Columns | None:
    """Return the columns of a table's header, tables of one object after the other have the same; `None` for rows."""
    if not line.startswith(_HEADS) or not _HEADER.fullmatch(line.rstrip()):
        return None
    titles = list(_HEADER_WORD.finditer(line))
    return Columns([match[0] for match in titles], [match.start() for match in titles])


def iter_rows(text: str, default: Sequence[str]) -> Iterator[Row]:
    """Return the rows of each table in a text, top to bottom.

    Args:
        text: May hold several tables, one below the other, each with its header.
        default: Columns to take for rows before any header.
    """
    columns = Columns(default)
    start = 0
    for number, line in enumerate(text.split("\n")):
        if line and not line.isspace():
            header = read_header(line) if line.startswith(_HEADS) else None
            if header is not None:
                columns = header
            else:
                yield Row(columns, line, start, line=number)
        start += len(line) + 1


Header = tuple[int, Columns]
"""Where a header's line begins, and its columns."""


def iter_rows_with(text: str, word: str, *, default: Sequence[str], headers: Iterable[Header]) -> Iterator[Row]:
    """Return those rows that hold a word, without looking at any other.

    Args:
        text: As `iter_rows` takes it.
        word: Without a blank in it.
        default: Columns to take for rows before any header.
        headers: What `find_headers` tells of the text, which may be large and searched for many words.
    """
    headers = list(headers)
    columns, head = Columns(default), -1
    line, counted = 0, 0
    position = text.find(word)
    while position >= 0:
        start = text.rfind("\n", 0, position) + 1
        end = text.find("\n", position)
        end = end if end >= 0 else len(text)
        while headers and headers[0][0] <= start:
            head, columns = headers.pop(0)
        line += text.count("\n", counted, start)
        counted = start
        if start != head:
            yield Row(columns, text[start:end], start, line=line)
        position = text.find(word, end)


def find_headers(text: str) -> list[Header]:
    """Return the headers of all tables in a text, top to bottom."""
    starts = [0]
    for head in _HEADS:
        position = text.find(f"\n{head}")
        while position >= 0:
            starts.append(position + 1)
            position = text.find(f"\n{head}", position + 1)
    headers = ((start, read_header(_line_at(text, start))) for start in sorted(starts))
    return [(start, columns) for start, columns in headers if columns is not None]


def _line_at(text: str, start: int) -> str:
    end = text.find("\n", start)
    return text[start : end if end >= 0 else len(text)]
