"""Traces of OTLP and Jaeger become the same spans; a broken span costs itself."""

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import TraceFacts
from fermata.flows.bundle import trace_files

START = 1795435200_000000000


def attribute(key, value):
    """Give an attribute as OTLP writes it."""
    return {"key": key, "value": {"stringValue": value}}


def otlp(*spans, service="cart"):
    """Give an OTLP document."""
    resource = {"attributes": [attribute("service.name", service)]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": list(spans)}]}]}


def span(span_id, *, at=0, took_ms=40, **changes):
    """Give a span as OTLP writes it."""
    start = START + at * 1_000_000
    values = {
        "traceId": "t1",
        "spanId": span_id,
        "name": "GET /",
        "kind": 2,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + took_ms * 1_000_000),
    }
    return values | changes


def read_spans(folder, content):
    """Give the spans of a file, read without a warning."""
    folder.write("traces/t.json", content)
    return TraceFacts.from_json(folder.get_only(EvidenceKind.TRACES).facts).spans


def test_otlp_spans_are_read(folder, texts):
    """Ids, times, kind, failure with its words, in the order of their start; span n is line n."""
    event = {"name": "exception", "attributes": [attribute("exception.type", "TimeoutError")]}
    failed = span(
        "b",
        at=5,
        parentSpanId="a",
        kind="SPAN_KIND_CLIENT",
        status={"code": 2, "message": "deadline"},
        events=[event],
        attributes=[attribute("db.system", "postgresql")],
    )

    first, second = read_spans(folder, otlp(failed, span("a", took_ms=90)))
    item = folder.get_only(EvidenceKind.TRACES)

    assert (first.span_id, first.kind, first.duration_s, first.error) == ("a", "server", 0.09, False)
    assert (second.parent_id, second.kind, second.error, second.service) == ("a", "client", True, "cart")
    assert second.attributes == {
        "status.message": "deadline",
        "exception.type": "TimeoutError",
        "db.system": "postgresql",
    }
    assert "error" in texts(item)[1]
    assert "exception.type=TimeoutError" in texts(item)[1]


def test_jaeger_spans_are_read(folder):
    """Processes name the services, references the parents, tags kind and failure."""
    tags = [{"key": "span.kind", "type": "string", "value": "server"}, {"key": "error", "type": "bool", "value": True}]
    spans = [
        {
            "traceID": "t1",
            "spanID": "b",
            "processID": "p1",
            "operationName": "GET",
            "startTime": START // 1000,
            "duration": 1500,
            "references": [{"refType": "CHILD_OF", "spanID": "a"}],
            "tags": tags,
        }
    ]

    (read,) = read_spans(folder, {"data": [{"spans": spans, "processes": {"p1": {"serviceName": "cart"}}}]})

    assert (read.service, read.parent_id, read.kind, read.error, read.duration_s) == (
        "cart",
        "a",
        "server",
        True,
        0.0015,
    )


def test_lines_of_an_exporter_are_read(folder):
    """A document a line, as a collector's file exporter writes them."""
    import json

    text = "\n".join(json.dumps(otlp(span(name), service=name)) for name in "ab")

    assert [item.service for item in read_spans(folder, text)] == ["a", "b"]


def test_broken_spans_are_counted_and_left_out(folder):
    """Without ids or times a span belongs nowhere; the others are read."""
    folder.write("traces/t.json", otlp(span("a"), span(""), {"traceId": "t"}, span("c", startTimeUnixNano="noon")))

    bundle = folder.read()

    assert bundle.warnings == ("traces/t.json: 3 spans without ids, or with times that are none",)
    assert len(bundle.evidence[0].lines) == 1


@pytest.mark.parametrize("content", ["{", {"spans": []}, [3], {"resourceSpans": 7, "data": "x"}])
def test_file_without_spans_is_named(folder, content):
    """Neither of the two forms."""
    folder.write("logs/a.log", "x\n")
    folder.write("traces/t.json", content)

    assert folder.read().warnings[0].startswith("traces/t.json")


def test_too_many_spans_keep_the_telling_ones(folder, monkeypatch):
    """Failed ones first, then the slowest; what was cut is said."""
    monkeypatch.setattr(trace_files, "MOST_SPANS", 2)  # A constant: 5,001 spans take a second.
    spans = [span("a"), span("b", at=1, took_ms=900), span("c", at=2, status={"code": 2})]

    kept = read_spans(folder, otlp(*spans))

    assert [item.span_id for item in kept] == ["b", "c"]
    assert "2 of 3 spans" in folder.get_only(EvidenceKind.TRACES).cut
