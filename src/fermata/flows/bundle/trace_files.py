"""`traces/*.json`: OTLP JSON as collectors export it, or Jaeger's; both become the same spans."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from pydantic import ValidationError

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import TraceFacts, TraceSpan
from fermata.flows.bundle.files import SourceFile, Unreadable, read_text
from fermata.flows.bundle.haul import Draft, Haul, make_entity, to_facts
from fermata.flows.bundle.parsing import parse_json_documents, read_text_field
from fermata.kit.clock import format_instant
from fermata.kit.digging import dig_map, dig_maps
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
        for read in _list_spans(document):
            try:
                spans.append(read())
            except (ValidationError, ValueError, TypeError, OverflowError, KeyError):
                broken += 1
    if broken:
        haul.leave_out(file.name, f"{broken:,} spans without ids, or with times that are none")
    if not spans:
        haul.leave_out(file.name, "it holds no spans of OTLP (resourceSpans) or Jaeger (data, spans)")
        return
    _add(file, spans, haul)


def _list_spans(document: Any) -> Iterator[Callable[[], TraceSpan]]:
    """Yield for each span of a document how to read it: reading one may fail, and the others go on."""
    if isinstance(document, list):
        for item in document:
            yield from _list_spans(item)
    if not isinstance(document, Mapping):
        return
    resources = document.get("resourceSpans") or document.get("resource_spans") or document.get("batches")
    for resource in dig_maps(resources):
        about = resource.get("resource")
        owner = _read_attributes(about.get("attributes") if isinstance(about, Mapping) else None)
        scopes = (
            resource.get("scopeSpans") or resource.get("scope_spans") or resource.get("instrumentationLibrarySpans")
        )
        for scope in dig_maps(scopes):
            for span in dig_maps(scope.get("spans")):
                yield partial(_read_otlp, span, owner)
    for trace in dig_maps(document.get("data")) or [document]:
        processes = trace.get("processes")
        if isinstance(processes, Mapping):
            for span in dig_maps(trace.get("spans")):
                yield partial(_read_jaeger, span, processes)


def _read_otlp(span: Mapping[str, Any], owner: Mapping[str, Any]) -> TraceSpan:
    own = _read_attributes(span.get("attributes"))
    told = dig_map(span, "status")
    start, end = int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"])
    return _build(
        trace_id=read_text_field(span, "traceId", "trace_id"),
        span_id=read_text_field(span, "spanId", "span_id"),
        parent_id=read_text_field(span, "parentSpanId", "parent_span_id"),
        service=str(owner.get("service.name") or own.get("service.name") or "unknown"),
        operation=read_text_field(span, "name"),
        kind=_KINDS.get(span.get("kind", 0), ""),
        started_at=_EPOCH + timedelta(microseconds=start / 1000),
        duration_s=max(end - start, 0) / 1e9,
        error=told.get("code") in _ERROR_CODES,
        attributes={**_read_failures(span, told), **own},
    )


def _read_failures(span: Mapping[str, Any], status: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a span's status and its exception events say."""
    message = read_text_field(status, "message")
    found: dict[str, Any] = {"status.message": message} if message else {}
    for event in dig_maps(span.get("events")):
        attributes = _read_attributes(event.get("attributes"))
        found |= {key: value for key, value in attributes.items() if key.startswith("exception.")}
    return found


def _read_attributes(value: Any) -> dict[str, Any]:
    """Return OTLP or Jaeger attributes (a list of keys with typed values) as a plain mapping."""
    found: dict[str, Any] = {}
    for item in dig_maps(value)[:_MOST_ATTRIBUTES]:
        content = item.get("value")
        if isinstance(content, Mapping):
            content = next(iter(content.values()), None)
        if isinstance(content, str | int | float | bool):
            found[str(item.get("key"))] = content
    return found


def _read_jaeger(span: Mapping[str, Any], processes: Mapping[str, Any]) -> TraceSpan:
    tags = _read_attributes(span.get("tags"))
    process = processes.get(str(span.get("processID")), {})
    service = read_text_field(process, "serviceName") if isinstance(process, Mapping) else ""
    parents = [item for item in dig_maps(span.get("references")) if item.get("refType", "CHILD_OF") == "CHILD_OF"]
    return _build(
        trace_id=read_text_field(span, "traceID"),
        span_id=read_text_field(span, "spanID"),
        parent_id=read_text_field(parents[0], "spanID") if parents else read_text_field(span, "parentSpanID"),
        service=service or "unknown",
        operation=read_text_field(span, "operationName"),
        kind=str(tags.get("span.kind", "")),
        started_at=_EPOCH + timedelta(microseconds=float(span["startTime"])),
        duration_s=max(float(span.get("duration", 0)), 0) / 1e6,
        error=tags.get("error") in (True, "true") or tags.get("otel.status_code") == "ERROR",
        attributes=tags,
    )


def _build(**fields: Any) -> TraceSpan:
    if not fields["trace_id"] or not fields["span_id"]:
        message = "a span without ids belongs nowhere"
        raise ValueError(message)
    return TraceSpan(**fields)


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
