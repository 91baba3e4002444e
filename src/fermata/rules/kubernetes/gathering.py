"""Events and logs, gathered from wherever a capture holds them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from fermata.rules.documents import Document
from fermata.rules.kubernetes.captures import Captures
from fermata.rules.kubernetes.events import Event, EventRef, Place, join_events, read_api_event
from fermata.rules.kubernetes.holdings import Rank
from fermata.rules.kubernetes.kinds import columns_of
from fermata.rules.kubernetes.kubectl.answers import is_refusal
from fermata.rules.kubernetes.kubectl.commands import ANY_NAMESPACE, parse_command
from fermata.rules.kubernetes.kubectl.event_text import read_event_section, read_event_table
from fermata.rules.kubernetes.kubectl.objects_text import place_objects, read_objects
from fermata.rules.kubernetes.logs import LogText
from fermata.rules.kubernetes.objects import Passage

# Where an event's own message stands, in YAML or JSON; managed fields spell theirs `f:message`.
_MESSAGE = re.compile(r'(?:^[ -]*|")(?:message|note)"?:', re.MULTILINE)
_REASON = re.compile(r'(?:^[ -]*|")reason"?:', re.MULTILINE)


def gather_events(captures: Captures, captured_at: datetime | None) -> tuple[Event, ...]:
    """Return all events of a capture, joined, newest last.

    Args:
        captures: The documents.
        captured_at: Makes ages of the instants that the API gives.
    """
    found = [
        event
        for body, passage in captures.api_objects.get("Event", ())
        if (event := read_api_event(body, _place(passage), captured_at)) is not None
    ]
    # Tables that were captured at several times repeat most of their lines.
    seen: dict[str | None, set[str]] = {}
    for verb in ("get", "events"):
        for document in captures.by_kind.get((verb, "Event"), ()):
            found += _read_answer(document, captures, captured_at=captured_at, seen=seen)
    for (verb, kind), documents in captures.by_kind.items():
        if verb == "describe" and any(_has_events(document) for document in documents):
            found += _read_descriptions(captures, kind)
    return join_events(found)


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
    head = document.text.rfind("\nEvents:")
    return head >= 0 and "\n" in document.text[head + 8 :].rstrip()


def _read_descriptions(captures: Captures, kind: str) -> Iterator[Event]:
    for key, pieces in captures.of(kind).pieces.items():
        for piece in pieces:
            if piece.rank is Rank.DESCRIPTION:
                passage = piece.passage
                ref = EventRef(kind, key.namespace, key.name)
                yield from read_event_section(passage.document, passage.start, passage.end, ref)


def _read_answer(
    document: Document, captures: Captures, *, captured_at: datetime | None, seen: dict[str | None, set[str]]
) -> Iterator[Event]:
    command = parse_command(document.query)
    if is_refusal(document.text):
        return
    if command.output in ("yaml", "json"):
        for body, passage in place_objects(document, read_objects(document.text, command.output)):
            event = read_api_event(body, _place(passage), captured_at)
            if event is not None:
                yield event
        return
    everywhere = command.namespace == ANY_NAMESPACE
    namespace = None if everywhere else command.namespace or captures.home
    columns = columns_of("Event", wide=command.output == "wide")
    known = seen.setdefault(namespace, set())
    columns = ("NAMESPACE", *columns) if everywhere else columns
    yield from read_event_table(document, namespace, columns=columns, seen=known)


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
                command.namespace or captures.home,
                command.names[0][1],
                command.container,
                command.previous,
                document.text,
                document.numbers,
            )
            found.append(log)
    return tuple(found)
