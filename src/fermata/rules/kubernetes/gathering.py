"""Events and logs, gathered from wherever a capture holds them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache, cached_property
from itertools import islice
from typing import NamedTuple

from fermata.rules.documents import Document
from fermata.rules.kubernetes.captures import Captures
from fermata.rules.kubernetes.events import Event, EventRef, Place, read_api_event
from fermata.rules.kubernetes.holdings import Key
from fermata.rules.kubernetes.kinds import columns_of, is_namespaced
from fermata.rules.kubernetes.kubectl.answers import is_refusal
from fermata.rules.kubernetes.kubectl.commands import ANY_NAMESPACE, parse_command
from fermata.rules.kubernetes.kubectl.event_text import (
    find_event_rows,
    find_section,
    index_events,
    read_event_row,
    read_event_section,
)
from fermata.rules.kubernetes.kubectl.objects_text import place_objects, read_objects
from fermata.rules.kubernetes.kubectl.tables import Row, find_headers
from fermata.rules.kubernetes.logs import LogText
from fermata.rules.kubernetes.objects import Passage

_WHOLE = ("yaml", "json")
# Where an event's own message stands, in YAML or JSON; managed fields spell theirs `f:message`.
_MESSAGE = re.compile(r'(?:^[ -]*|")(?:message|note)"?:', re.MULTILINE)
_REASON = re.compile(r'(?:^[ -]*|")reason"?:', re.MULTILINE)
_ENOUGH = 200
"""Rows by which it is told which namespace a table is of."""
_FEW = 16
"""Objects that rows are searched for; an index of all rows costs as much as searching for about twenty."""


class _Table(NamedTuple):
    """An answer to `get events`."""

    document: Document
    namespace: str
    """Of its rows; empty when a column tells."""
    columns: tuple[str, ...]
    """What a row means when the header is lost."""


class EventBook:
    """All events of a capture, read for the objects that somebody asks about."""

    def __init__(self, captures: Captures, captured_at: Callable[[], datetime | None]) -> None:
        self._captures = captures
        self._captured_at = captured_at
        """Makes ages of the instants that the API gives; asked for only when it gives some."""
        self._rows: dict[EventRef, list[tuple[Document, Row]]] | None = None
        """By object, of all tables; `None` until many objects are asked for."""
        self._searches = 0
        self._find_headers = cache(find_headers)

    @property
    def refs(self) -> Iterable[EventRef]:
        """Return the objects that tables and the API tell of."""
        return dict.fromkeys((*self._index_rows(), *self._whole))

    def about(self, ref: EventRef) -> list[Event]:
        """Return the events about one object, as its sources tell them."""
        rows = [read_event_row(document, row, ref) for document, row in self._rows_about(ref)]
        return [*(event for event in rows if event), *self._whole.get(ref, ()), *self._described(ref)]

    def everything(self) -> list[Event]:
        """Return all of them."""
        refs = dict.fromkeys(self.refs)
        for kind in self._captures.described:
            if any(_has_events(document) for document in self._captures.answers("describe", kind)):
                keys = self._captures.of(kind).pieces
                refs.update(dict.fromkeys(EventRef(kind, key.namespace, key.name) for key in keys))
        return [event for ref in refs for event in self.about(ref)]

    def _rows_about(self, ref: EventRef) -> Iterable[tuple[Document, Row]]:
        # Most diagnoses ask for the events of a few objects, which are found faster than all are told apart.
        if self._rows is None and self._searches < _FEW:
            self._searches += 1
            return [
                (table.document, row)
                for table in self._tables
                for row in find_event_rows(
                    table.document,
                    table.namespace,
                    ref=ref,
                    columns=table.columns,
                    headers=self._find_headers(table.document.text),
                )
            ]
        return self._index_rows().get(ref, ())

    def _index_rows(self) -> Mapping[EventRef, list[tuple[Document, Row]]]:
        if self._rows is None:
            self._rows = {}
            for document, namespace, columns in self._tables:
                for ref, row in index_events(document, namespace, columns=columns):
                    self._rows.setdefault(ref, []).append((document, row))
        return self._rows

    @cached_property
    def _tables(self) -> Sequence[_Table]:
        found = []
        for document in self._answers:
            command = parse_command(document.query)
            if command.output in _WHOLE:
                continue
            everywhere = command.namespace == ANY_NAMESPACE
            columns = columns_of("Event", wide=command.output == "wide")
            namespace = "" if everywhere else command.namespace or self._locate(document, columns)
            found.append(_Table(document, namespace, ("NAMESPACE", *columns) if everywhere else columns))
        return found

    def _locate(self, document: Document, columns: tuple[str, ...]) -> str:
        """Return where events are from that were asked for without a namespace: where what they are about is."""
        rows = islice(index_events(document, "", columns=columns), _ENOUGH)
        return self._captures.locate([(ref.kind, ref.name) for ref, _ in rows if is_namespaced(ref.kind)])

    @cached_property
    def _whole(self) -> Mapping[EventRef, list[Event]]:
        found: dict[EventRef, list[Event]] = {}
        bodies = list(self._captures.api_objects.get("Event", ()))
        for document in self._answers:
            output = parse_command(document.query).output
            if output in _WHOLE:
                bodies += place_objects(document, read_objects(document.text, output))
        captured_at = self._captured_at() if bodies else None
        for body, passage in bodies:
            event = read_api_event(body, _place(passage), captured_at)
            if event is not None:
                ref = event.ref
                if not ref.namespace and is_namespaced(ref.kind):
                    ref = ref._replace(namespace=self._captures.locate([(ref.kind, ref.name)]))
                found.setdefault(ref, []).append(event._replace(ref=ref))
        return found

    @cached_property
    def _answers(self) -> list[Document]:
        asked = [*self._captures.answers("get", "Event"), *self._captures.answers("events", "Event")]
        return [document for document in asked if not is_refusal(document.text)]

    def _described(self, ref: EventRef) -> Iterator[Event]:
        if ref.kind not in self._captures.described:
            return
        pieces = self._captures.of(ref.kind).pieces.get(Key(ref.namespace, ref.name))
        for piece in pieces.descriptions() if pieces is not None else ():
            yield from read_event_section(piece.passage.document, piece.passage.start, piece.passage.end, ref)


def _place(passage: Passage) -> Place | None:
    text = passage.document.text
    end = passage.end if passage.end >= 0 else len(text)
    match = _MESSAGE.search(text, passage.start, end) or _REASON.search(text, passage.start, end)
    if match is None:
        return None
    stop = text.find("\n", match.end())
    start = text.rfind("\n", 0, match.end()) + 1
    return Place(passage.document, text.count("\n", 0, match.end()), start, stop if stop >= 0 else len(text))


def _has_events(document: Document) -> bool:
    text = document.text
    return bool(text[find_section(text, 0, len(text)) :].strip())


def gather_logs(captures: Captures) -> tuple[LogText, ...]:
    """Return the answers of `kubectl logs` as logs."""
    found = []
    for (verb, _), documents in captures.by_target.items():
        for document in documents if verb == "logs" else ():
            command = parse_command(document.query)
            if not command.names or is_refusal(document.text):
                continue
            log = LogText(
                document.key,
                command.namespace or captures.locate([("Pod", command.names[0][1])]),
                command.names[0][1],
                command.container,
                command.previous,
                document.text,
                document.numbers,
            )
            found.append(log)
    return tuple(found)
