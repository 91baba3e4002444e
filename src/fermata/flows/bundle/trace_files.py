"""`traces/*.json`: OTLP JSON as collectors export it, or Jaeger's; both become the same spans."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import ValidationError

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import TraceFacts, TraceSpan
from fermata.flows.bundle.files import SourceFile, Unreadable, read_text
from fermata.flows.bundle.haul import Draft, Haul, make_entity, to_facts
from fermata.flows.bundle.parsing import parse_json_documents, read_text_field
from fermata.kit.clock import format_instant
from fermata.kit.units import format_duration

MOST_SPANS = 5_000
_MOST_ATTRIBUTES = 40
# OTLP writes kinds as numbers or names (opentelemetry-proto 1.3, trace.proto, SpanKind); Jaeger as a tag.
_KINDS = {
    1: "internal", 2: "server", 3: "client", 4: "producer", 5: "consumer",
    "SPAN_KIND_INTERNAL": "internal", "SPAN_KIND_SERVER": "server", "SPAN_KIND_CLIENT": "client",
    "SPAN_KIND_PRODUCER": "producer", "SPAN_KIND_CONSUMER": "consumer",
}  # fmt: skip
_ERROR_CODES = (2, "2", "STATUS_CODE_ERROR", "ERROR")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_traces(file: SourceFile, haul: Haul) -> None:
    """Add the spans of one file; a span without ids or times is counted and left out."""
    try:
        documents = parse_json_documents(read_text(file))
    except Unreadable as error:
        haul.leave_out_file(file, error)
        return
    spans: list[TraceSpan] = []
    broken = 0
    for document in documents:
        for raw in list_raw_spans(document):
            try:
                spans.append(_build(raw))
            except (ValidationError, ValueError, TypeError, OverflowError, KeyError):
                broken += 1
    if broken:
        haul.leave_out(file.name, f"{broken:,} spans without ids, or with times that are none")
    if not spans:
        haul.leave_out(file.name, "it holds no spans of OTLP (resourceSpans) or Jaeger (data, spans)")
        return
    _add(file, spans, haul)


def list_raw_spans(document: Any) -> Iterable[Mapping[str, Any]]:
    """Return the spans of a document as mappings with the fields that `_build` takes."""
    if isinstance(document, list):
        for item in document:
            yield from list_raw_spans(item)
    if not isinstance(document, Mapping):
        return
    for resource in _list(document.get("resourceSpans") or document.get("resource_spans") or document.get("batches")):
        yield from _list_otlp(resource)
    traces = document.get("data") if isinstance(document.get("data"), list) else [document]
    for trace in _list(traces):
        processes = trace.get("processes")
        if isinstance(trace.get("spans"), list) and isinstance(processes, Mapping):
            for span in _list(trace["spans"]):
                yield _read_jaeger(span, processes)


def _list(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _list_otlp(resource: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    about = resource.get("resource")
    attributes = _read_attributes(about.get("attributes") if isinstance(about, Mapping) else None)
    scopes = resource.get("scopeSpans") or resource.get("scope_spans") or resource.get("instrumentationLibrarySpans")
    for scope in _list(scopes):
        for span in _list(scope.get("spans")):
            own = _read_attributes(span.get("attributes"))
            status = span.get("status")
            code = status.get("code") if isinstance(status, Mapping) else None
            start, end = int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"])
            message = read_text_field(status, "message") if isinstance(status, Mapping) else ""
            events = [f"{read_text_field(event, 'name')}" for event in _list(span.get("events"))]
            extra = {"status.message": message} if message else {}
            for event in _list(span.get("events")):
                extra |= {
                    key: value
                    for key, value in _read_attributes(event.get("attributes")).items()
                    if key.startswith("exception.")
                }
            if events:
                extra["events"] = ", ".join(events)[:200]
            yield {
                "trace_id": read_text_field(span, "traceId", "trace_id"),
                "span_id": read_text_field(span, "spanId", "span_id"),
                "parent_id": read_text_field(span, "parentSpanId", "parent_span_id"),
                "service": str(attributes.get("service.name") or own.get("service.name") or "unknown"),
                "operation": read_text_field(span, "name"),
                "kind": _KINDS.get(span.get("kind", 0), ""),
                "start_us": start / 1000,
                "duration_us": (end - start) / 1000,
                "error": code in _ERROR_CODES,
                "attributes": extra | own,
            }


def _read_attributes(value: Any) -> dict[str, Any]:
    """Return OTLP or Jaeger attributes (a list of keys with typed values) as a plain mapping."""
    found: dict[str, Any] = {}
    for item in _list(value)[:_MOST_ATTRIBUTES]:
        content = item.get("value")
        if isinstance(content, Mapping):
            content = next(iter(content.values()), None)
        if isinstance(content, str | int | float | bool):
            found[str(item.get("key"))] = content
    return found


def _read_jaeger(span: Mapping[str, Any], processes: Mapping[str, Any]) -> Mapping[str, Any]:
    tags = _read_attributes(span.get("tags"))
    process = processes.get(str(span.get("processID")), {})
    service = read_text_field(process, "serviceName") if isinstance(process, Mapping) else ""
    parents = [item for item in _list(span.get("references")) if item.get("refType", "CHILD_OF") == "CHILD_OF"]
    return {
        "trace_id": read_text_field(span, "traceID"),
        "span_id": read_text_field(span, "spanID"),
        "parent_id": read_text_field(parents[0], "spanID") if parents else read_text_field(span, "parentSpanID"),
        "service": service or "unknown",
        "operation": read_text_field(span, "operationName"),
        "kind": str(tags.get("span.kind", "")),
        "start_us": float(span["startTime"]),
        "duration_us": float(span.get("duration", 0)),
        "error": tags.get("error") in (True, "true") or tags.get("otel.status_code") == "ERROR",
        "attributes": tags,
    }


def _build(raw: Mapping[str, Any]) -> TraceSpan:
    if not raw["trace_id"] or not raw["span_id"]:
        message = "a span without ids belongs nowhere"
        raise ValueError(message)
    return TraceSpan(
        trace_id=raw["trace_id"],
        span_id=raw["span_id"],
        parent_id=raw["parent_id"],
        service=raw["service"],
        operation=raw["operation"],
        kind=raw["kind"],
        started_at=_EPOCH + timedelta(microseconds=raw["start_us"]),
        duration_s=max(raw["duration_us"], 0) / 1e6,
        error=raw["error"],
        attributes=raw["attributes"],
    )


def _add(file: SourceFile, spans: Sequence[TraceSpan], haul: Haul) -> None:
    ordered = sorted(spans, key=lambda span: (span.started_at, span.span_id))
    kept = _choose(ordered)
    cut = (
        f"{len(kept):,} of {len(ordered):,} spans: failed ones first, then the slowest"
        if len(kept) < len(ordered)
        else ""
    )
    lines = haul.hide_lines([_describe(span) for span in kept])
    services = {span.service for span in kept}
    haul.add(
        Draft(
            kind=EvidenceKind.TRACES,
            entity=make_entity("service", kept[0].service),
            title=f"{file.name}: {len(ordered)} spans of {len(services)} services",
            query=file.name,
            collector="bundle.traces",
            lines=lines.lines,
            facts=haul.hide_deep(to_facts(TraceFacts(spans=tuple(kept)))),
            cut=lines.describe_cut(cut),
            redactions=lines.redactions,
        )
    )


def _choose(ordered: Sequence[TraceSpan]) -> list[TraceSpan]:
    if len(ordered) <= MOST_SPANS:
        return list(ordered)
    telling = sorted(ordered, key=lambda span: (not span.error, -span.duration_s))[:MOST_SPANS]
    return sorted(telling, key=lambda span: (span.started_at, span.span_id))


def _describe(span: TraceSpan) -> str:
    words = [
        format_instant(span.started_at),
        span.service,
        span.operation,
        span.kind,
        format_duration(timedelta(seconds=span.duration_s)),
        "error" if span.error else "",
        " ".join(
            f"{name}={value}"
            for name, value in span.attributes.items()
            if name.startswith(("exception", "status", "http", "db", "error", "rpc", "grpc", "net", "server"))
        ),
    ]
    return " ".join(filter(None, words)).replace("\n", " ")
