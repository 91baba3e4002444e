"""What controllers and kubelets said, from every source that tells of events."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from fermata.rules.claims import Quote
from fermata.rules.documents import Document
from fermata.rules.kubernetes.kinds import is_namespaced
from fermata.rules.kubernetes.quantities import parse_time


class EventRef(NamedTuple):
    """The object an event is about."""

    kind: str
    namespace: str
    name: str


class Place(NamedTuple):
    """Where an event was read; the quote is made when somebody cites it, which few events live to see."""

    document: Document
    line: int
    """Counted from 0."""
    start: int
    end: int
    """Of the line, in the document's text."""


class Event(NamedTuple):
    """One event, or one series of equal ones. A tuple, because a capture holds thousands."""

    type: str
    """Normal or Warning."""
    reason: str
    message: str
    count: int  # type: ignore[assignment] # Nobody counts the elements of an event.
    """How often it was seen; 1 when the source does not say."""
    first_s: float | None
    """Age of the first of the series when it was captured, in seconds; `None` when unknown."""
    last_s: float | None
    """Age of the last one."""
    component: str
    """Who said it, and after a comma on which node; empty when the source does not say."""
    ref: EventRef
    place: Place | None

    @property
    def is_warning(self) -> bool:
        """Return whether it is of type Warning."""
        return self.type == "Warning"

    @property
    def quote(self) -> Quote | None:
        """Quote its line; `None` only for API events without text."""
        if self.place is None:
            return None
        document, line, start, end = self.place
        return document.quote(line, document.text[start:end])


def join_events(events: list[Event]) -> tuple[Event, ...]:
    """Return events without duplicates, newest last; those of unknown age come first, in the order given."""
    found: dict[tuple[EventRef, str, str, str], Event] = {}
    for event in events:
        key = (event.ref, event.type, event.reason, event.message)
        old = found.get(key)
        found[key] = event if old is None else _join(old, event)
    return tuple(sorted(found.values(), key=lambda event: -event.last_s if event.last_s is not None else float("-inf")))


def _join(one: Event, other: Event) -> Event:
    if one[3:7] == other[3:7] and one.place is not None:
        return one  # The same line, captured twice.
    first = [age for age in (one.first_s, other.first_s) if age is not None]
    last = [age for age in (one.last_s, other.last_s) if age is not None]
    return one._replace(
        count=max(one.count, other.count),
        first_s=max(first) if first else None,
        last_s=min(last) if last else None,
        component=one.component or other.component,
        place=one.place or other.place,
    )


def read_api_event(body: Mapping[str, Any], place: Place | None, captured_at: datetime | None) -> Event | None:
    """Return an event from the API (core/v1 or events.k8s.io/v1); `None` when it is about nothing."""
    about = body.get("involvedObject") or body.get("regarding")
    if not isinstance(about, Mapping) or not about.get("name"):
        return None
    series = body.get("series") if isinstance(body.get("series"), Mapping) else {}
    source = body.get("source") or body.get("deprecatedSource")
    component, host = (source.get("component"), source.get("host")) if isinstance(source, Mapping) else (None, None)
    first = parse_time(body.get("firstTimestamp") or body.get("deprecatedFirstTimestamp") or body.get("eventTime"))
    last = parse_time(
        (series or {}).get("lastObservedTime") or body.get("lastTimestamp") or body.get("deprecatedLastTimestamp")
    )
    count = (series or {}).get("count") or body.get("count") or body.get("deprecatedCount")
    return Event(
        type=str(body.get("type") or "Normal"),
        reason=str(body.get("reason") or ""),
        message=str(body.get("message") or body.get("note") or "").strip(),
        count=count if isinstance(count, int) and count > 0 else 1,
        first_s=_age(first or last, captured_at),
        last_s=_age(last or first, captured_at),
        component=_join_source(
            component or body.get("reportingComponent") or body.get("reportingController"),
            host or (body.get("reportingInstance") if component is None else None),
        ),
        ref=EventRef(str(about.get("kind") or ""), _find_namespace(body, about), str(about["name"])),
        place=place,
    )


def _find_namespace(body: Mapping[str, Any], about: Mapping[str, Any]) -> str:
    """Return the namespace of what an event is about: an event lies beside it, except for kinds that have none."""
    if about.get("namespace") or not is_namespaced(str(about.get("kind") or "")):
        return str(about.get("namespace") or "")
    own = body.get("metadata")
    return str(own.get("namespace") or "") if isinstance(own, Mapping) else ""


def _join_source(component: object, host: object) -> str:
    """Return who said it and, where known, on which node, as kubectl prints it."""
    return ", ".join(str(part) for part in (component, host) if part)


def _age(instant: datetime | None, captured_at: datetime | None) -> float | None:
    return (captured_at - instant).total_seconds() if instant is not None and captured_at is not None else None
