"""`status/*.json`: what a provider says of itself; and `events/*.json` that are a provider's, not Kubernetes'.

A provider's event is a point in time ("failover started"): it becomes an entry that began and ended then, so that
nobody takes it for an outage that lasts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ProviderEvent, ProviderStatusFacts
from fermata.flows.bundle.files import SourceFile, Unreadable, read_text
from fermata.flows.bundle.haul import Draft, Haul, make_entity, to_facts
from fermata.flows.bundle.parsing import name_type, parse_json_documents, read_instant, read_text_field
from fermata.kit.clock import format_instant
from fermata.kit.digging import dig_maps

MOST_EVENTS = 2_000
_OPEN_WORDS = ("resolved_at", "ended_at", "completed_at")


def read_status(file: SourceFile, haul: Haul) -> None:
    """Add one status feed, or each feed of a list."""
    try:
        documents = parse_json_documents(read_text(file))
    except Unreadable as error:
        haul.leave_out_file(file, error)
        return
    feeds = [feed for document in documents for feed in (document if isinstance(document, list) else [document])]
    if feeds and all(isinstance(feed, Mapping) and not {"events", "incidents"} & feed.keys() for feed in feeds):
        feeds = [{"source": file.stem, "events": feeds}]  # A bare list of entries.
    for feed in feeds:
        if not isinstance(feed, Mapping):
            haul.leave_out(file.name, f"a status feed is an object, not {name_type(feed)}")
            continue
        entries = feed.get("events", feed.get("incidents"))
        events = [_read_entry(entry, feed) for entry in dig_maps(entries)]
        source = read_text_field(feed, "source", "provider", "name") or file.stem
        fetched_at = read_instant(feed.get("fetched_at"))
        add_status(file, haul, ProviderStatusFacts(source=source, fetched_at=fetched_at, events=tuple(events)))


def add_provider_events(file: SourceFile, entries: Sequence[Mapping[str, Any]], haul: Haul) -> None:
    """Add a provider's events, by the source that each names."""
    groups: dict[str, list[ProviderEvent]] = {}
    for position, entry in enumerate(entries, start=1):
        source = read_text_field(entry, "source", "resource", "service") or file.stem
        at = read_instant(entry.get("time", entry.get("timestamp", entry.get("date"))))
        categories = entry.get("categories", entry.get("category"))
        words = [str(item) for item in categories] if isinstance(categories, list) else [str(categories or "event")]
        event = ProviderEvent(
            id=read_text_field(entry, "id") or f"{source}-{position}",
            service=source,
            status=", ".join(words),
            title=read_text_field(entry, "message", "title", "text"),
            started_at=at,
            resolved_at=at,
        )
        groups.setdefault(source, []).append(event)
    for source, events in groups.items():
        add_status(file, haul, ProviderStatusFacts(source=source, events=tuple(events)))


def add_status(file: SourceFile, haul: Haul, facts: ProviderStatusFacts) -> None:
    """Add a feed as evidence: each entry is one line. An empty feed says that the provider knows of nothing."""
    kept = facts.events[:MOST_EVENTS]
    lines = haul.hide_lines([_describe(event) for event in kept])
    cut = f"first {MOST_EVENTS:,} of {len(facts.events):,} entries" if len(facts.events) > MOST_EVENTS else ""
    hidden = haul.hide_deep(to_facts(facts.model_copy(update={"events": kept})))
    haul.add(
        Draft(
            kind=EvidenceKind.PROVIDER_STATUS,
            entity=make_entity("provider", facts.source),
            title=f"{file.name}: {len(facts.events)} entries of {haul.hide(facts.source)}",
            query=file.name,
            collector="bundle.status",
            lines=lines.lines,
            facts=hidden,
            cut=lines.describe_cut(cut),
            redactions=lines.redactions,
            observed_at=facts.fetched_at,
        )
    )


def _read_entry(entry: Mapping[str, Any], feed: Mapping[str, Any]) -> ProviderEvent:
    return ProviderEvent(
        id=read_text_field(entry, "id") or "unnamed",
        service=read_text_field(entry, "service", "component", "product") or read_text_field(feed, "service"),
        region=read_text_field(entry, "region") or read_text_field(feed, "region"),
        status=read_text_field(entry, "status", "state", "impact"),
        title=read_text_field(entry, "title", "name", "summary"),
        detail=read_text_field(entry, "detail", "description", "message", "body"),
        started_at=read_instant(entry.get("started_at", entry.get("created_at", entry.get("time")))),
        resolved_at=next((at for word in _OPEN_WORDS if (at := read_instant(entry.get(word))) is not None), None),
    )


def _describe(event: ProviderEvent) -> str:
    times = [format_instant(at) for at in (event.started_at, event.resolved_at) if at is not None]
    parts = [" - ".join(dict.fromkeys(times)), event.id, event.service, event.region, event.status]
    return " ".join([*filter(None, parts), f"{event.title}: {event.detail}".strip(": ")]).replace("\n", " ")
