"""What is asked in New Relic's query language, and how its rows become series. Pure.

Source: New Relic documentation, "NRQL syntax, clauses, and functions"; `TIMESERIES` takes at most 366 buckets.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from fermata.domain.entity import Entity
from fermata.integrations.newrelic.settings import NewRelicService
from fermata.ports.metrics.asking import Question
from fermata.ports.metrics.series import RawSeries, Window

MOST_BUCKETS = 366
MOST_ROWS = 50
"""Rows of a list that are asked for."""
_TIMES = ("beginTimeSeconds", "endTimeSeconds", "inspectedCount")


def quote(text: str) -> str:
    """Write an NRQL string; what comes from outside cannot end it."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def choose_bucket_s(window: Window) -> int:
    """Return the seconds of a bucket: whole ones, so that there are at most 366."""
    return max(1, math.ceil((window.end - window.start).total_seconds() / MOST_BUCKETS))


def write_window(start: datetime, end: datetime) -> str:
    """Return the clauses of a window, in milliseconds since 1970."""
    return f"SINCE {int(start.timestamp() * 1000)} UNTIL {int(end.timestamp() * 1000)}"


def list_signals(entity: Entity, name: str, service: NewRelicService) -> list[Question]:
    """Return the questions for requests, errors and latency of a service, and those of the settings."""
    if service.source == "apm":
        source, failed = f"FROM Transaction WHERE appName = {quote(name)}", "error IS true"
        latency, unit = "percentile(duration, 95)", "s"
    else:
        source = f"FROM Span WHERE service.name = {quote(name)} AND span.kind = 'server'"
        failed, latency, unit = "otel.status_code = 'ERROR'", "percentile(duration.ms, 95)", "ms"
    questions = []
    if service.golden_signals:
        rate = f"SELECT rate(count(*), 1 second) AS 'requests' {source}"
        errors = f"SELECT filter(rate(count(*), 1 second), WHERE {failed}) AS 'errors' {source}"
        questions = [
            Question(entity, "traffic", f"{entity.name}: requests", rate, "/s"),
            Question(entity, "errors", f"{entity.name}: errors", errors, "/s"),
            Question(entity, "latency", f"{entity.name}: p95", f"SELECT {latency} AS 'p95' {source}", unit),
        ]
    own = [Question(entity, what, f"{entity.name}: {what}", query) for what, query in service.queries.items()]
    return [*questions, *own]


def write_deployments(name: str) -> str:
    """Return the query for change tracking's deployments of a service."""
    return f"SELECT * FROM Deployment WHERE entity.name = {quote(name)} LIMIT {MOST_ROWS}"  # noqa: S608 - it is quoted


def write_errors(name: str, service: NewRelicService) -> str:
    """Return the query for the errors of a service by class and message, the most frequent first."""
    if service.source == "apm":
        source, facet = f"FROM TransactionError WHERE appName = {quote(name)}", "error.class, error.message"
    else:
        source = f"FROM Span WHERE service.name = {quote(name)} AND otel.status_code = 'ERROR'"
        facet = "name, otel.status_description"
    return f"SELECT count(*) AS 'errors', latest(timestamp) AS 'latest' {source} FACET {facet} LIMIT {MOST_ROWS}"


def read_rows(rows: Sequence[Mapping[str, Any]]) -> list[RawSeries]:
    """Return the series of a `TIMESERIES` query: one for each facet and each number of a row.

    A percentile comes as an object by percentile; `FACET` adds the value, or a list of them, to each row.
    """
    points: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for row in rows:
        begin = row.get("beginTimeSeconds")
        if not isinstance(begin, int | float):
            continue
        facet = row.get("facet", "")
        label = ", ".join(map(str, facet)) if isinstance(facet, list) else str(facet)
        for name, value in row.items():
            if name not in _TIMES and name != "facet":
                for called, number in _list_numbers(name, value):
                    points.setdefault((called, label), []).append((float(begin), number))
    return [
        RawSeries({"__name__": name, **({"facet": label} if label else {})}, sorted(found))
        for (name, label), found in points.items()
    ]


def _list_numbers(name: str, value: Any) -> list[tuple[str, float]]:
    if isinstance(value, bool):
        return []
    if isinstance(value, int | float):
        return [(name, float(value))]
    if isinstance(value, Mapping):
        inner = [(name if len(value) == 1 else f"{name} {key}", number) for key, number in value.items()]
        return [(called, float(n)) for called, n in inner if isinstance(n, int | float) and not isinstance(n, bool)]
    return []
