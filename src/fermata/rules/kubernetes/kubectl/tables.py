"""Tables as kubectl prints them: columns aligned under a header, cells possibly empty or with spaces inside.

Whoever pastes one may lose the alignment, or all blanks but one between two cells. Cells are told apart then by what is
left; where one is missing, only those are read that cannot be another column's.

A captured cluster holds each table several times over, and nobody asks for most of the cells: rows are told apart when
a text is read, their cells when somebody asks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from fermata.rules.kubernetes.kinds import CUSTOM, KINDS
from fermata.rules.kubernetes.quantities import parse_age

_GAP = re.compile(r"\s{2,}")
_HEADER_WORD = re.compile(r"\S+(?: \S+)*")
# kubectl pads columns with three spaces; a header is upper case, with `-`, `(S)` and single spaces inside.
_HEADER = re.compile(r"(?:[A-Z0-9\-/ \t%.]|\((?:S|cores|bytes)\))+")
_HEADS = ("NAME", "LAST SEEN", "POD ")
_END = 1 << 30
_PAIR = 2
# A cell without blanks, or with a remark behind it: `4 (2m ago)`, `fast (default)`; a list goes on after its comma, as
# the ports of an ingress do (`80, 443`), and says how long it would be (`a.example,b.example + 2 more...`).
_CELL = re.compile(r"\S+(?:(?<=,) \S+)*(?: \+ \d+ more\.\.\.)?(?: \([^()]*\))?")
_FREE = frozenset({"MESSAGE"})
_FILLED = frozenset(
    {"NAMESPACE", "NAME", "AGE", "TYPE", "CLUSTER-IP", "UP-TO-DATE", "AVAILABLE", "DESIRED", "CURRENT", "DATA"}
    | {"LAST SEEN", "OBJECT", "ROLES", "VERSION", "REFERENCE", "PROVISIONER", "RECLAIMPOLICY", "CREATED AT"}
)
"""Columns in which kubectl always prints something."""
_TOLD = frozenset({"READY", "STATUS"})
_TITLES = frozenset(title for kind in (*KINDS, *CUSTOM) for title in (*kind.columns, *kind.wide)) | {
    *("NAMESPACE", "LABELS", "POD", "CPU(cores)", "CPU%", "CPU(%)", "MEMORY(bytes)", "MEMORY%", "MEMORY(%)"),
    *("SUSPENDED", "REVISION", "MESSAGE"),
}


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
        cells = _split(line.strip(), self.titles)
        if len(cells) < len(self.titles):
            return self._read_few(cells)
        return dict(zip(self.titles, cells, strict=False))

    def _may_end(self, line: str, start: int) -> bool:
        """Answer whether an aligned row may end before a column: not with what is the last one's, an age.

        A row that a terminal cut ends anywhere, and what is left of it stands where it should.
        """
        if self.titles[-1] == "AGE" and parse_age(line.rsplit(maxsplit=1)[-1]) is not None:
            return False
        # A name has no blank in it: what ends within its column lost the others.
        return self.name_at != 0 or start != self.starts[1] or len(line.split(None, 1)) < _PAIR

    def _read_few(self, cells: Sequence[str]) -> dict[str, str]:
        """Return the cells of a row without places that has too few: only those that no empty one can have moved."""
        doubtful = [at for at, title in enumerate(self.titles) if not self._is_filled(at, title)]
        first, last = (doubtful[0], doubtful[-1]) if doubtful else (self.name_at + 1, len(self.titles) - 1)
        found = dict(zip(self.titles[:first], cells, strict=False))
        behind = self.titles[last + 1 :]
        last_cells = dict(zip(behind, cells[len(cells) - len(behind) :], strict=False))
        if len(found) + len(behind) <= len(cells) and parse_age(last_cells.get("AGE", "0s")) is not None:
            found.update(last_cells)
        return found

    def _is_filled(self, at: int, title: str) -> bool:
        """Answer whether a column is never empty: a custom resource's status may be, unless it comes first."""
        return title in _FILLED or (title in _TOLD and at == self.name_at + 1 > 0)

    def fits(self, line: str) -> bool:
        """Return whether the cells of a line stand where the header has its columns; never where that is lost."""
        if not self.starts:
            return False
        length = len(line)
        for start in self.starts[1:]:
            if start >= length:
                return self._may_end(line, start)
            # Columns stand three spaces apart; where one begins inside a word, whoever copied it lost the alignment.
            # Flux pads its columns as well, and parts them by tabs.
            if line[start - 2 : start] != "  " and line[start - 1] != "\t":
                return False
        return True


def _split(line: str, titles: Sequence[str]) -> list[str]:
    """Return the cells of a row without places, as far as what stands between them tells them apart."""
    most = len(titles) - 1
    tabbed = [cell.strip() for cell in line.split("\t")]
    if len(tabbed) == len(titles):
        return tabbed
    cells = _GAP.split(line, maxsplit=most)
    # The blanks between columns were taken together, as by a chat or a page: a name has none in it.
    if len(cells) > most or " " not in cells[0]:
        return cells
    words = _CELL.findall(line)
    if len(words) > len(titles) and titles[-1] in _FREE:
        rest = list(_CELL.finditer(line))[most]
        return [*words[:most], line[rest.start() :]]
    return words if len(words) == len(titles) else cells[0].split(" ", 1)[:1]


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
    if len(titles) == 1 and (together := _part_header(line)):
        return Columns(together)
    return Columns([match[0] for match in titles], [match.start() for match in titles])


def _part_header(line: str) -> list[str]:
    """Return the titles of a header whose blanks were taken together; empty unless all of them are kubectl's."""
    found: list[str] = []
    words = line.split()
    while words:
        pair = " ".join(words[:_PAIR])
        title = pair if len(words) >= _PAIR and pair in _TITLES else words[0]
        if title not in _TITLES:
            return []
        found.append(title)
        del words[: title.count(" ") + 1]
    return found if len(found) > _PAIR else []


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
