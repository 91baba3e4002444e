"""Events as `kubectl get events`, `kubectl events` and the end of a description print them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from fermata.rules.documents import Document
from fermata.rules.kubernetes.events import Event, EventRef, Place
from fermata.rules.kubernetes.kinds import find_kind, is_namespaced
from fermata.rules.kubernetes.kubectl.cells import integer
from fermata.rules.kubernetes.kubectl.tables import Header, Row, iter_rows, iter_rows_with
from fermata.rules.kubernetes.quantities import parse_age

# As in `2m3s (x14 over 27m)`: the last one, how many, and the first one.
_SERIES = re.compile(r"(\S{1,24})(?: \(x(\d{1,9}) over (\S{1,24})\))?")
_GAP = re.compile(r"\s{2,}")
_Series = tuple[float | None, int, float | None]
_HEADING = "Events:"
# What `| tail` left: a description's last rows, without their heading.
_ROWS = re.compile(r" *(?:Type {2,}Reason|(?:Normal|Warning) {2,}[A-Z]\w+) {2,}\S")
_TOGETHER = re.compile(
    r"(Normal|Warning) ([A-Z]\w+) ((?:\d+[smhdy]){1,4}(?: \(x\d{1,9} over \S{1,24}\))?)"
    r" ([a-z][\w./-]*(?:, \S+)?) (\S.*)"
)
_SECTION = ("Type", "Reason", "Age", "From", "Message")


def index_events(document: Document, namespace: str, *, columns: tuple[str, ...]) -> Iterator[tuple[EventRef, Row]]:
    """Return the rows of a table of events, each with the object it is about; nothing else is read of them.

    Args:
        document: The answer of `get events`.
        namespace: Where they are, unless a column says so.
        columns: What a row means when the table has lost its header.
    """
    # Objects repeat: a table of thousands of events is about a few dozen of them.
    refs: dict[tuple[str, str], EventRef | None] = {}
    for row in iter_rows(document.text, columns):
        about = (row.cell("OBJECT"), _place_of(row, namespace))
        ref = refs.get(about)
        if ref is None and about not in refs:
            ref = refs[about] = _read_ref(*about)
        if ref is not None:
            yield ref, row


def find_event_rows(
    document: Document, namespace: str, *, ref: EventRef, columns: tuple[str, ...], headers: Iterable[Header]
) -> Iterator[Row]:
    """Return the rows about one object, as `index_events` does, without reading those about others."""
    for row in iter_rows_with(document.text, f"/{ref.name}", default=columns, headers=headers):
        if _read_ref(row.cell("OBJECT"), _place_of(row, namespace)) == ref:
            yield row


def _place_of(row: Row, namespace: str) -> str:
    return row.text.split(None, 1)[0] if row.columns.titles[0] == "NAMESPACE" else namespace


def read_event_row(document: Document, row: Row, ref: EventRef) -> Event | None:
    """Return the event of a row; `None` for a line that is no row, such as the rest of a message over several lines."""
    cells = row.cells
    seen = cells.get("LAST SEEN", "")
    last, count, first = _read_series(seen)
    if last is None and seen and not seen.startswith("<"):
        return None
    if "COUNT" in cells:
        count = integer(cells["COUNT"]) or count
        first = parse_age(cells.get("FIRST SEEN")) or first
    return Event(
        cells.get("TYPE", ""),
        cells.get("REASON", ""),
        cells.get("MESSAGE", ""),
        count,
        first,
        last,
        cells.get("SOURCE", "").partition(",")[0],
        ref,
        Place(document, row.line, row.start, row.end),
    )


def _read_ref(text: str, namespace: str) -> EventRef | None:
    word, slash, name = text.partition("/")
    if not slash or not name:
        return None
    kind = find_kind(word)
    known = kind.name if kind is not None else word
    return EventRef(known, namespace if is_namespaced(known) else "", name)


def _read_series(text: str) -> _Series:
    match = _SERIES.match(text.strip())
    if match is None:
        return None, 1, None
    last = parse_age(match[1])
    return last, integer(match[2]) or 1, parse_age(match[3]) if match[3] else last


def find_section(text: str, start: int, stop: int) -> int:
    """Return where the rows of a description's events begin; `stop` when it holds none.

    Of a description whose beginning a pipe took, they may be all that is left, even without their heading.
    """
    head = text.rfind(f"\n{_HEADING}", start, stop)
    if head < 0 and _ROWS.match(text, start, stop):
        return start
    if head < 0 and not text.startswith(_HEADING, start, stop):
        return stop
    end = text.find("\n", head + 1 if head >= 0 else start, stop)
    return end + 1 if end >= 0 else stop


def read_event_section(document: Document, start: int, end: int, ref: EventRef) -> Iterator[Event]:
    """Return the events at the end of a description, which are all about the object it describes.

    Args:
        document: Holds the description.
        start: Where the description begins in the text.
        end: Where it ends; -1 is the end of the text.
        ref: The object.
    """
    text = document.text
    stop = len(text) if end < 0 else end
    begin = find_section(text, start, stop)
    number = text.count("\n", 0, begin) - 1
    while begin < stop:
        position = text.find("\n", begin, stop)
        finish = position if position >= 0 else stop
        number += 1
        row, begin = begin, finish + 1
        cells = _split_row(text[row:finish].strip())
        if len(cells) < len(_SECTION) or cells[0] in ("Type", "----"):
            continue
        yield _read_line(cells, ref, Place(document, number, row, finish))


def _split_row(line: str) -> list[str]:
    """Return the cells of a description's event, also where the blanks between them were taken together."""
    together = _TOGETHER.match(line)
    return list(together.groups()) if together is not None else _GAP.split(line, maxsplit=len(_SECTION) - 1)


def _read_line(cells: Sequence[str], ref: EventRef, place: Place) -> Event:
    kind, reason, age, component, message = cells
    last, count, first = _read_series(age)
    return Event(kind, reason, message, count, first, last, component, ref, place)
