"""Metrics that name both ends of a call, as a partial graph: service graphs of Tempo and OpenTelemetry, and Istio's.

`QUERIES` are what to ask Prometheus; `read_metrics` takes the answers. Sources: OpenTelemetry Collector, service graph
connector, README; Grafana Tempo, "Service graphs"; Istio, "Istio Standard Metrics"; all read 2026-11-26.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fermata.rules.servicegraph.kinds import is_telemetry, kind_of_protocol
from fermata.rules.servicegraph.names import clean_name
from fermata.rules.servicegraph.partial import Basis, PartialGraph

WINDOW = "10m"
"""What rates are taken over: long enough for a rare call, short enough to mean now."""
_PAIR = "client, server, connection_type"
_MESH = (
    "reporter, source_workload, source_canonical_service, source_workload_namespace, destination_service_name, "
    "destination_canonical_service, destination_workload, destination_service_namespace, request_protocol"
)
_UNKNOWN = frozenset({"", "unknown", "PassthroughCluster", "BlackHoleCluster"})


def build_queries(window: str = WINDOW) -> dict[str, str]:
    """Return what to ask: name of the question -> instant query in PromQL.

    Args:
        window: As PromQL writes it: `10m`.
    """

    def rate(metric: str) -> str:
        return f"sum by ({_PAIR}) (rate(traces_service_graph_{metric}[{window}]))"

    def mesh(metric: str) -> str:
        return f"sum by ({_MESH}) (rate(istio_{metric}[{window}]))"

    return {
        "graph.rate": rate("request_total"),
        "graph.failed": rate("request_failed_total"),
        "graph.client_s": f"{rate('request_client_seconds_sum')} / {rate('request_client_seconds_count')}",
        "graph.server_s": f"{rate('request_server_seconds_sum')} / {rate('request_server_seconds_count')}",
        "istio.rate": mesh("requests_total"),
        "istio.failed": mesh('requests_total{response_code=~"5.."}'),
        "istio.ms": f"{mesh('request_duration_milliseconds_sum')} / {mesh('request_duration_milliseconds_count')}",
        "istio.tcp": mesh("tcp_connections_opened_total"),
    }


@dataclass(frozen=True, slots=True)
class Sample:
    """One row of an answer."""

    labels: Mapping[str, str]
    value: float


@dataclass(slots=True)
class _Call:
    """What was measured of one pair. Rates in calls a second, latencies in milliseconds."""

    rate: float | None = None
    failed: float | None = None
    latency_ms: float | None = None
    connection: str = ""
    protocol: str = ""


def read_metrics(answers: Mapping[str, Iterable[Sample]], *, source: str) -> PartialGraph:
    """Return the graph that answers to `build_queries` tell of; a pair without a single call in the window is none.

    Args:
        answers: Name of the question -> its rows. One that was not answered may be absent.
        source: What was asked: `Prometheus`.
    """
    graph = PartialGraph(source, Basis.MEASURED)
    calls: dict[tuple[str, str], _Call] = {}
    _read_pairs(graph, answers, calls)
    _read_mesh(graph, answers, calls)
    for (caller, callee), call in calls.items():
        if call.rate is None or is_telemetry("", callee):
            continue
        graph.add_edge(
            caller,
            callee,
            why="measured",
            rate_rps=round(call.rate, 4),
            latency_ms=None if call.latency_ms is None else round(call.latency_ms, 3),
            error_share=round(min(call.failed / call.rate, 1.0), 4) if call.failed else None,
            mode="async" if call.connection == "messaging_system" else "sync",
            protocol=call.protocol or None,
        )
        if call.connection == "database":
            graph.guess(callee, "kind", kind_of_protocol(callee) or "db", "its callers say that it is a database")
    return graph


def _read_pairs(
    graph: PartialGraph, answers: Mapping[str, Iterable[Sample]], calls: dict[tuple[str, str], _Call]
) -> None:
    for row in answers.get("graph.rate", ()):
        caller, callee = clean_name(row.labels.get("client", "")), clean_name(row.labels.get("server", ""))
        if not caller or not callee or not _is_number(row.value) or row.value <= 0:
            continue
        call = calls.setdefault((caller, callee), _Call())
        call.rate = (call.rate or 0) + row.value
        call.connection = call.connection or row.labels.get("connection_type", "")
        if caller == "user" and call.connection == "virtual_node":
            # The connector's own word for whoever calls in without a span.
            graph.add_node("user", kind="loadgen")
    for question, factor in (("graph.client_s", 1000.0), ("graph.server_s", 1000.0)):
        for row in answers.get(question, ()):
            found = calls.get((clean_name(row.labels.get("client", "")), clean_name(row.labels.get("server", ""))))
            # What the caller waits for comes first; only where nobody measured it, what the callee took.
            if found is not None and found.latency_ms is None and _is_number(row.value):
                found.latency_ms = row.value * factor
    for row in answers.get("graph.failed", ()):
        found = calls.get((clean_name(row.labels.get("client", "")), clean_name(row.labels.get("server", ""))))
        if found is not None and _is_number(row.value):
            found.failed = (found.failed or 0) + row.value


def _read_mesh(
    graph: PartialGraph, answers: Mapping[str, Iterable[Sample]], calls: dict[tuple[str, str], _Call]
) -> None:
    """Read Istio's. Both proxies report a call: the caller's report is taken, the callee's only where it is alone."""
    found: dict[tuple[str, str], dict[str, _Call]] = {}
    for question, factor in (("istio.rate", 1.0), ("istio.tcp", 1.0), ("istio.failed", 1.0), ("istio.ms", 1.0)):
        for row in answers.get(question, ()):
            pair = _name_ends(graph, row.labels)
            if pair is None or not _is_number(row.value):
                continue
            call = found.setdefault(pair, {}).setdefault(row.labels.get("reporter", ""), _Call())
            if question == "istio.ms":
                call.latency_ms = row.value * factor
            elif question == "istio.failed":
                call.failed = (call.failed or 0) + row.value
            elif row.value > 0:
                call.rate = (call.rate or 0) + row.value
                call.protocol = "tcp" if question == "istio.tcp" else row.labels.get("request_protocol", "")
    for pair, reports in found.items():
        calls.setdefault(pair, reports.get("source") or reports.get("waypoint") or next(iter(reports.values())))


def _name_ends(graph: PartialGraph, labels: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the node names of both ends, workloads noted as aliases; `None` where one is not known."""
    caller = _first(labels, "source_canonical_service", "source_workload")
    callee = _first(labels, "destination_service_name", "destination_canonical_service", "destination_workload")
    if not caller or not callee or caller == callee:
        return None
    for name, workload in ((caller, "source_workload"), (callee, "destination_workload")):
        alias = clean_name(labels.get(workload, ""))
        node = graph.add_node(name)
        if alias not in _UNKNOWN and alias != name:
            node.aliases |= {alias}
    return caller, callee


def _first(labels: Mapping[str, str], *keys: str) -> str:
    return next((clean_name(value) for key in keys if (value := labels.get(key, "")) not in _UNKNOWN), "")


def _is_number(value: float) -> bool:
    return math.isfinite(value)
