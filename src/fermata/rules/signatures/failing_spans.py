"""Where requests begin to fail, by their traces: asked of people where no signature knows why.

A span that failed while nothing below it did is where its request began to fail (a caller fails since what it calls
does). It says where to look, and no cause.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.facts import TraceFacts, TraceSpan
from fermata.rules.sightings import find_facts
from fermata.rules.signatures.base import Case
from fermata.rules.signatures.workloads import clip, is_same_service

_WHY = (
    "exception.message",
    "status.message",
    "error.message",
    "otel.status_description",
    "exception.type",
    "error.type",
)
# What says why a span failed, the fullest first: events and status of OTLP, and how Jaeger's exporters write them.
_PEERS = ("peer.service", "server.address", "net.peer.name", "db.system.name", "db.system", "messaging.system")
_MOST_STEPS = 64
# Spans between a failure and its entry: deeper traces exist, and a parent that is its own child does, too.


@dataclass
class _Origin:
    first: TraceSpan
    where: str
    traces: set[str] = field(default_factory=set)


def ask_for_failing_span(case: Case) -> str:
    """Return the check for where most requests began to fail; empty where no trace shows it.

    Only failures that their entry felt count: what a caller caught, or tried again with success, hurts nobody. Where
    alerts name services, only traces that pass one of them count.
    """
    origins: dict[tuple[str, str, str], _Origin] = {}
    for item, number, span in _list_origins(case):
        where = f"line {number} of '{item.title}'"
        key = span.service, span.operation, _find_text(span, _PEERS)
        origins.setdefault(key, _Origin(span, where)).traces.add(span.trace_id)
    most = max(origins.values(), key=lambda origin: len(origin.traces), default=None)
    return "" if most is None else _say(most)


def _say(origin: _Origin) -> str:
    span = origin.first
    peer, why = _find_text(span, _PEERS), _find_text(span, _WHY)
    asked = f", asked of {clip(peer)}," if peer and not is_same_service(peer, span.service) else ""
    told = f" with {clip(why)!r}" if why else ""
    often = "once" if len(origin.traces) == 1 else f"in {len(origin.traces):,} traces"
    return (
        f"Find out why {clip(span.operation or 'a call')!r} of {span.service}{asked} fails{told} ({origin.where}): "
        f"{often} it failed first, since {span.started_at:%H:%M:%S} UTC, and nothing below it failed."
    )


def _find_text(span: TraceSpan, names: Sequence[str]) -> str:
    return next((str(span.attributes[name]) for name in names if span.attributes.get(name)), "")


def _list_origins(case: Case) -> Iterator[tuple[Evidence, int, TraceSpan]]:
    names = case.scope.list_names() if case.alerts else ()
    # Of all files, the earliest first: a trace may be written by service, and each file has an order of its own.
    spans = sorted(_list_spans(case), key=lambda told: told[2].started_at)
    by_id = {(span.trace_id, span.span_id): span for _, _, span in spans}
    above = {(span.trace_id, span.parent_id) for _, _, span in spans if span.error}
    passed = {span.trace_id for _, _, span in spans if any(is_same_service(span.service, name) for name in names)}
    for item, number, span in spans:
        is_first = span.error and (span.trace_id, span.span_id) not in above
        if is_first and (not names or span.trace_id in passed) and _is_felt(span, by_id):
            yield item, number, span


def _list_spans(case: Case) -> Iterator[tuple[Evidence, int, TraceSpan]]:
    for item in case.evidence:
        traces = find_facts(item, TraceFacts) if item.kind is EvidenceKind.TRACES else None
        for number, span in enumerate(traces.facts.spans if traces is not None else (), 1):
            yield item, number, span


def _is_felt(span: TraceSpan, by_id: Mapping[tuple[str, str], TraceSpan]) -> bool:
    """Tell whether every span above one failed, too, as far as they are known."""
    for _ in range(_MOST_STEPS):
        parent = by_id.get((span.trace_id, span.parent_id))
        if parent is None:
            return True
        if not parent.error:
            return False
        span = parent
    return False
