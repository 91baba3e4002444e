"""Events as `kubectl get events`, `kubectl events` and the end of a description print them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from fermata.rules.documents import Document
from fermata.rules.kubernetes.events import Event, EventRef, Place
from fermata.rules.kubernetes.kinds import find_kind, is_namespaced
from fermata.rules.kubernetes.kubectl.cells import integer
from fermata.rules.kubernetes.kubectl.tables import iter_rows
from fermata.rules.kubernetes.quantities import parse_age

# As in `2m3s (x14 over 27m)`: the last one, how many, and the first one.
_SERIES = re.compile(r"(\S{1,24})(?: \(x(\d{1,9}) over (\S{1,24})\))?")
_GAP = re.compile(r"\s{2,}")
_Series = tuple[float | None, int, float | None]
_SECTION = ("Type", "Reason", "Age", "From", "Message")


def read_event_table(
    document: Document, namespace: str | None, *, columns: tuple[str, ...], seen: set[str] | None = None
) -> Iterator[Event]:
    """Return the events of a table.

    Args:
        document: The answer of `get events`.
        namespace: Where they are, unless a column says so; `None` is unknown.
        columns: What a row means when the table has lost its header.
        seen: Lines of this namespace that are known from other tables; those that are read join them.
    """
    # Ages and objects repeat: a table of thousands of events holds a few dozen of either.
    ages: dict[str, _Series] = {}
    refs: dict[tuple[str, str], EventRef | None] = {}
    for row in iter_rows(document.text, columns, seen=seen):
        cells = row.cells
        when, about = cells.get("LAST SEEN", ""), (cells.get("OBJECT", ""), cells.get("NAMESPACE", namespace or ""))
        if when not in ages:
            ages[when] = _read_series(when)
        if about not in refs:
            refs[about] = _read_ref(*about)
        last, count, first = ages[when]
        ref = refs[about]
        if ref is None or (last is None and when and not when.startswith("<")):
            continue  # A line that is no row, such as the rest of a message over several lines.
        if "COUNT" in cells:
            count = integer(cells["COUNT"]) or count
            first = parse_age(cells.get("FIRST SEEN")) or first
        yield Event(
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
    head = text.rfind("\nEvents:", start, stop)
    position = text.find("\n", head + 1, stop) if head >= 0 else -1
    number = text.count("\n", 0, position) if position >= 0 else 0
    while 0 <= position < stop:
        begin = position + 1
        position = text.find("\n", begin, stop)
        finish = position if position >= 0 else stop
        number += 1
        cells = _GAP.split(text[begin:finish].strip(), maxsplit=len(_SECTION) - 1)
        if len(cells) < len(_SECTION) or cells[0] in ("Type", "----"):
            continue
        yield _read_line(cells, ref, Place(document, number, begin, finish))


def _read_line(cells: Sequence[str], ref: EventRef, place: Place) -> Event:
    kind, reason, age, component, message = cells
    last, count, first = _read_series(age)
    return Event(kind, reason, message, count, first, last, component, ref, place)
