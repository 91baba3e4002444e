"""Exemplars of what alerts: from the series that rose to traces of requests that made it rise.

Source: Prometheus documentation, "HTTP API", "Querying exemplars"; a server keeps them only with
`--enable-feature=exemplar-storage`, and answers with none otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote as quote_url

from fermata.domain.alert import Alert
from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine
from fermata.domain.scope import Scope
from fermata.integrations.prometheus.client import PrometheusClient, PrometheusSession
from fermata.integrations.prometheus.collect import MOST_EXPRESSIONS, find_expressions
from fermata.integrations.prometheus.promql import split_condition
from fermata.integrations.prometheus.wire import WireExemplars
from fermata.kit.clock import Clock, format_instant
from fermata.kit.errors import OperationalError
from fermata.kit.hiding import hide_lines
from fermata.ports.handing import read_all
from fermata.ports.metrics.asking import FRESH_FOR

TRACE_LABELS = ("trace_id", "traceID", "traceId", "TraceID", "trace")
"""What client libraries and the OpenTelemetry collector call the id."""
MOST_TRACES = 20
_BEFORE = timedelta(minutes=5)
_NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Sighting:
    """One exemplar with a trace."""

    at: datetime
    trace_id: str
    value: float
    series: str


class ExemplarsCollector:
    """Traces that the alerts' own series point at.

    Args:
        trace_url: Address of a trace for people, with `{trace_id}`; empty shows the id alone.
    """

    name = "prometheus.exemplars"

    def __init__(self, client: PrometheusClient, clock: Clock, trace_url: str = "") -> None:
        self._client = client
        self._clock = clock
        self._trace_url = trace_url

    def wants(self, scope: Scope) -> bool:
        """Answer yes when there is an alert."""
        return bool(scope.alerts)

    async def collect(self, scope: Scope) -> Sequence[Evidence]:
        """Return one evidence for each expression that has exemplars; none from a server that keeps none.

        Raises:
            OperationalError: Prometheus cannot be asked.
        """
        async with self._client.connect() as session:
            by_expression = await find_expressions(session, scope.alerts)
            chosen = list(by_expression.items())[:MOST_EXPRESSIONS]
            return await read_all(
                {
                    f"exemplars of {expression}": self._ask(session, scope, expression, alerts[0])
                    for expression, alerts in chosen
                }
            )

    async def _ask(self, session: PrometheusSession, scope: Scope, expression: str, alert: Alert) -> list[Evidence]:
        watched = split_condition(expression).value
        sightings = await _ask(session, scope, watched)
        return [self._build(scope, watched, alert, sightings)] if sightings else []

    def _build(self, scope: Scope, expression: str, alert: Alert, sightings: Sequence[Sighting]) -> Evidence:
        now = self._clock.now()
        # Of a histogram the largest value is the slowest request.
        kept = sorted(sightings, key=lambda one: -one.value)[:MOST_TRACES]
        kept.sort(key=lambda one: one.at)
        hidden = hide_lines([self._write(one) for one in kept])
        left = len(sightings) - len(kept)
        start, end = scope.window_start, scope.window_end
        return Evidence(
            incident_id=scope.incident_id,
            kind=EvidenceKind.TEXT,
            collector=self.name,
            entity=scope.entities[0] if scope.entities else Entity(system="prometheus", kind="server", name="alerts"),
            title=f"{alert.name}: {len(kept)} traces of the requests that its series count"[:200],
            query=f"query_exemplars {expression} from {format_instant(start)} to {format_instant(end)}",
            observed_at=now,
            fresh_until=now + FRESH_FOR,
            lines=tuple(EvidenceLine(number=number, text=text) for number, text in enumerate(hidden.lines, start=1)),
            cut=f"{left} of {len(sightings)} exemplars: the largest values are kept" if left else "",
            redactions=hidden.redactions,
        )

    def _write(self, one: Sighting) -> str:
        at = one.at.strftime("%Y-%m-%d %H:%M:%S UTC")
        link = self._trace_url.replace("{trace_id}", quote_url(one.trace_id, safe=""))
        return f"{at} trace {one.trace_id} value {one.value:.4g} on {one.series}{' ' + link if link else ''}"


async def _ask(session: PrometheusSession, scope: Scope, expression: str) -> list[Sighting]:
    start = max(scope.window_start, scope.onset - _BEFORE)
    try:
        answer = await session.fetch_exemplars(expression, start, scope.window_end)
    except OperationalError as error:
        if error.facts.get("status") == _NOT_FOUND:  # Servers that only speak like Prometheus may lack the call.
            return []
        raise
    return read_sightings(answer)


def read_sightings(answer: Sequence[WireExemplars]) -> list[Sighting]:
    """Return the exemplars that name a trace, each trace once: its largest value. Pure."""
    found: dict[str, Sighting] = {}
    for one in answer:
        labels = ", ".join(f'{name}="{value}"' for name, value in sorted(one.series.items()) if name != "__name__")
        series = one.series.get("__name__", "") + (f"{{{labels}}}" if labels else "")
        for exemplar in one.exemplars:
            trace_id = next((exemplar.labels[name] for name in TRACE_LABELS if exemplar.labels.get(name)), "")
            if not trace_id:
                continue
            sighting = Sighting(datetime.fromtimestamp(exemplar.at, UTC), trace_id, exemplar.value, series)
            if trace_id not in found or found[trace_id].value < sighting.value:
                found[trace_id] = sighting
    return list(found.values())
