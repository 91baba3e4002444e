"""Traces as a partial graph: who calls whom, how often, how long the caller waits, and whether it waits at all.

OTLP JSON and Jaeger JSON are read, as parsed. A client span and the server span under it are one call; a client span
with nothing under it is a call to what its attributes name. A message whose spans name a broker goes to it and from
it, not past it. Sources: opentelemetry-proto 1.3, trace.proto;
OpenTelemetry semantic conventions 1.27, "Database", "Messaging", "Server"; Jaeger, "HTTP JSON API".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from fermata.kit.digging import dig, dig_maps
from fermata.rules.servicegraph.kinds import is_telemetry, kind_of_protocol
from fermata.rules.servicegraph.names import clean_name, is_address, strip_pod
from fermata.rules.servicegraph.partial import Basis, PartialGraph, text_of

MOST_SPANS = 500_000
_LEAST_S = 1.0
"""Seconds a file must span before calls in it are called a rate."""
_KINDS = {2: "server", 3: "client", 4: "producer", 5: "consumer", "2": "server", "3": "client", "4": "producer",
          "5": "consumer", "SPAN_KIND_SERVER": "server", "SPAN_KIND_CLIENT": "client",
          "SPAN_KIND_PRODUCER": "producer", "SPAN_KIND_CONSUMER": "consumer"}  # fmt: skip
_PEERS = ("peer.service", "service.peer.name", "server.address", "net.peer.name", "db.system.name", "db.system",
          "messaging.system", "peer.address", "network.peer.address")  # fmt: skip
_OPERATIONS = ("messaging.operation.type", "messaging.operation", "messaging.operation.name")
_TAKES = frozenset({"receive", "process", "deliver", "poll"})
_READ = frozenset({*_PEERS, *_OPERATIONS, "span.kind", "rpc.system", "http.method", "http.request.method", "error"})
_PROTOCOLS = ("db.system.name", "db.system", "messaging.system", "rpc.system")


class _Span(NamedTuple):
    trace: str
    id: str
    parents: tuple[tuple[str, str], ...]
    """Trace and id of the parent, and of what a consumer is linked to: one message may be taken up in a trace of its
    own."""
    service: str
    kind: str
    start_s: float
    duration_s: float
    attributes: Mapping[str, str]


@dataclass(slots=True)
class _Seen:
    """One pair of services, summed up."""

    calls: int = 0
    waited_s: float = 0.0
    timed: int = 0
    asynchronous: int = 0
    protocol: str = ""


@dataclass(frozen=True, slots=True)
class _Paired:
    """Pairs of services, and what of them messages go through."""

    seen: Mapping[tuple[str, str], _Seen]
    brokers: frozenset[str]


@dataclass(slots=True)
class _Reading:
    spans: dict[tuple[str, str], _Span] = field(default_factory=dict)
    broken: int = 0
    is_cut: bool = False


def read_spans(documents: Iterable[Any], *, source: str) -> PartialGraph:
    """Return the graph that the spans of some documents tell of.

    Rates are calls in the file over the time that it spans: of sampled traces a lower bound, and said to be.

    Args:
        documents: OTLP (`resourceSpans`) or Jaeger (`data`, `spans`), each parsed.
        source: The file's name.
    """
    graph = PartialGraph(source, Basis.MEASURED, is_sampled=True)
    reading = _Reading()
    for document in documents:
        for span in _list_spans(document, reading):
            if len(reading.spans) >= MOST_SPANS:
                reading.is_cut = True
                break
            reading.spans[span.trace, span.id] = span
    if reading.broken:
        graph.problems.append(f"{reading.broken:,} spans without ids, or with times that are none")
    if reading.is_cut:
        graph.problems.append(f"only the first {MOST_SPANS:,} spans are read")
    if not reading.spans:
        graph.problems.append("it holds no spans of OTLP (resourceSpans) or Jaeger (data, spans)")
        return graph
    own = dict.fromkeys(span.service for span in reading.spans.values())
    _add(graph, _pair(reading.spans), own, _measure_length(reading.spans.values()))
    for service in own:
        if not is_telemetry("", service):
            graph.add_node(service)
    return graph


def _pair(spans: Mapping[tuple[str, str], _Span]) -> _Paired:
    seen: dict[tuple[str, str], _Seen] = {}
    answered: set[tuple[str, str]] = set()
    sent: set[tuple[str, str]] = set()
    brokers = {key: named for key, span in spans.items() if (named := _find_broker(span))}
    for key, span in spans.items():
        parent = next((each for each in _list_parents(span, spans) if each.service != span.service), None)
        if parent is None:
            continue
        giver = (parent.trace, parent.id)
        answered.add(giver)
        is_message = span.kind == "consumer" or parent.kind == "producer"
        broker = (brokers.get(giver) or brokers.get(key, "")) if is_message else ""
        if broker:
            # One of the two may not say through what the message went, or say it in other words.
            brokers |= {giver: broker, key: broker}
            sent.add(giver)
        else:
            _count(seen, parent, span, is_async=is_message)
    for key, span in spans.items():
        broker = brokers.get(key, "")
        if broker and (_is_taking(span) or span.kind == "producer" or key in sent):
            _note_message(seen, span, broker, spans)
        # A producer that nobody consumed from in this file has still given its message to something.
        elif span.kind in {"client", "producer"} and key not in answered:
            peer = _find_peer(span)
            if peer and peer != span.service:
                _note(seen, span.service, peer, span, is_async=span.kind == "producer")
    return _Paired(seen, frozenset(brokers.values()))


def _note_message(
    seen: dict[tuple[str, str], _Seen], span: _Span, broker: str, spans: Mapping[tuple[str, str], _Span]
) -> None:
    if not _is_taking(span):
        _note(seen, span.service, broker, span, is_async=True)
    # What is worked on below what was received was taken once.
    elif not any(each.service == span.service and _is_taking(each) for each in _list_parents(span, spans)):
        _note(seen, broker, span.service, span, is_async=True)


def _list_parents(span: _Span, spans: Mapping[tuple[str, str], _Span]) -> Iterator[_Span]:
    return filter(None, map(spans.get, span.parents))


def _find_broker(span: _Span) -> str:
    """Return what a message goes through, as the span of a sender or a taker names it; empty for any other."""
    if "messaging.system" not in span.attributes or span.kind not in {"producer", "consumer", "client"}:
        return ""
    broker = _find_peer(span)
    return broker if broker != span.service else ""


def _is_taking(span: _Span) -> bool:
    """Answer whether a span takes messages: as a consumer, or as a client that asks for them."""
    if span.kind != "client":
        return span.kind == "consumer"
    return any(span.attributes.get(key) in _TAKES for key in _OPERATIONS)


def _count(seen: dict[tuple[str, str], _Seen], parent: _Span, span: _Span, *, is_async: bool) -> None:
    # The caller's view has the network and the queue in it; without a client span only the callee's is known.
    timed = parent if parent.kind == "client" else span
    _note(seen, parent.service, span.service, timed, is_async=is_async, protocol=_find_protocol(parent))


def _note(
    seen: dict[tuple[str, str], _Seen], caller: str, callee: str, timed: _Span, *, is_async: bool, protocol: str = ""
) -> None:
    found = seen.setdefault((caller, callee), _Seen())
    found.calls += 1
    found.asynchronous += is_async
    found.protocol = found.protocol or protocol or _find_protocol(timed)
    if not is_async:
        found.timed += 1
        found.waited_s += timed.duration_s


def _add(graph: PartialGraph, paired: _Paired, own: Collection[str], length_s: float) -> None:
    """Add the calls; what has no spans of its own is what its callers' protocol says.

    Args:
        own: Services with spans.
    """
    is_rate = length_s >= _LEAST_S
    for (caller, callee), found in paired.seen.items():
        if is_telemetry("", callee) or is_telemetry("", caller):
            continue
        graph.add_edge(
            caller,
            callee,
            why="traced",
            calls_seen=found.calls,
            rate_rps=round(found.calls / length_s, 4) if is_rate else None,
            latency_ms=round(found.waited_s / found.timed * 1000, 3) if found.timed else None,
            mode="async" if found.asynchronous * 2 > found.calls else "sync",
            protocol=found.protocol or None,
        )
        for end in {caller, callee} & paired.brokers - set(own):
            graph.guess(end, "kind", "queue", "messages go through it")
        kind = kind_of_protocol(found.protocol)
        if kind is not None and callee not in own:
            graph.guess(callee, "kind", kind.value, f"its callers speak {found.protocol}")
    if is_rate:
        graph.notes.append(f"rates are calls in {length_s:,.0f} s of traces; sampled traces make them lower bounds")


def _measure_length(spans: Iterable[_Span]) -> float:
    listed = list(spans)
    return max(span.start_s + span.duration_s for span in listed) - min(span.start_s for span in listed)


def _find_peer(span: _Span) -> str:
    for key in _PEERS:
        value = span.attributes.get(key, "")
        name = clean_name(strip_pod(value.partition(":")[0])) if value else ""
        if name and not is_address(name) and name != "localhost":
            return name
    return ""


def _find_protocol(span: _Span) -> str:
    found = next((span.attributes[key] for key in _PROTOCOLS if span.attributes.get(key)), "")
    return found or ("http" if {"http.method", "http.request.method"} & set(span.attributes) else "")


def _list_spans(document: Any, reading: _Reading) -> Iterator[_Span]:
    if isinstance(document, list):
        for item in document:
            yield from _list_spans(item, reading)
    if not isinstance(document, Mapping):
        return
    yield from _list_otlp(document, reading)
    for trace in dig_maps(document.get("data")) or [document]:
        processes = trace.get("processes")
        if isinstance(processes, Mapping):
            for span in dig_maps(trace.get("spans")):
                yield from _try(_read_jaeger, span, processes, reading)


def _list_otlp(document: Mapping[str, Any], reading: _Reading) -> Iterator[_Span]:
    resources = document.get("resourceSpans") or document.get("resource_spans") or document.get("batches")
    for resource in dig_maps(resources):
        attributes = dig(resource, "resource", "attributes")
        service = _read_attributes(attributes, {"service.name"}).get("service.name")
        for scope in dig_maps(resource.get("scopeSpans") or resource.get("scope_spans")):
            for span in dig_maps(scope.get("spans")):
                yield from _try(_read_otlp, span, service or "", reading)


def _try(read: Any, span: Mapping[str, Any], owner: Any, reading: _Reading) -> Iterator[_Span]:
    """Yield one span; one that cannot be read is counted, and the others go on."""
    try:
        found = read(span, owner)
    except (ValueError, TypeError, KeyError, OverflowError):
        found = None
    if found is None or not found.trace or not found.id or not found.service:
        reading.broken += 1
    else:
        yield found


def _read_otlp(span: Mapping[str, Any], service: str) -> _Span:
    start, end = int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"])
    trace = text_of(span, "traceId") or text_of(span, "trace_id")
    kind = _KINDS.get(span.get("kind", 0), "")
    links = dig_maps(span.get("links")) if kind == "consumer" else []
    linked = [(text_of(link, "traceId") or trace, text_of(link, "spanId")) for link in links]
    parent = text_of(span, "parentSpanId") or text_of(span, "parent_span_id")
    return _Span(
        trace,
        text_of(span, "spanId") or text_of(span, "span_id"),
        ((trace, parent), *linked) if parent else tuple(linked),
        clean_name(service),
        kind,
        start / 1e9,
        max(end - start, 0) / 1e9,
        _read_attributes(span.get("attributes"), _READ),
    )


def _read_jaeger(span: Mapping[str, Any], processes: Mapping[str, Any]) -> _Span:
    tags = _read_attributes(span.get("tags"), _READ)
    trace = text_of(span, "traceID")
    references = dig_maps(span, "references")
    parents = [(text_of(each, "traceID") or trace, text_of(each, "spanID")) for each in references]
    return _Span(
        trace,
        text_of(span, "spanID"),
        tuple(parents or [(trace, text_of(span, "parentSpanID"))]),
        clean_name(text_of(processes.get(text_of(span, "processID")), "serviceName")),
        tags.get("span.kind", ""),
        float(span["startTime"]) / 1e6,
        max(float(span.get("duration", 0)), 0.0) / 1e6,
        tags,
    )


def _read_attributes(value: Any, wanted: Collection[str]) -> dict[str, str]:
    """Return those of the attributes that are wanted; what else spans carry is nobody's business here."""
    found: dict[str, str] = {}
    for item in dig_maps(value):
        key, content = item.get("key"), item.get("value")
        if isinstance(key, str) and key in wanted:
            told = next(iter(content.values()), None) if isinstance(content, Mapping) else content
            if isinstance(told, str | int):
                found[key] = str(told)
    return found
