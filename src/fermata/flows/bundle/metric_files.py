"""`metrics/*.json` and `metrics/*.csv`: Prometheus answers, named series and tables, as plain series for the rules."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from fermata.flows.bundle.files import SourceFile, Unreadable, read_text
from fermata.flows.bundle.metric_headers import split_header
from fermata.flows.bundle.metric_tables import MetricReading, read_table
from fermata.flows.bundle.parsing import parse_json_documents, read_instant, read_text_field
from fermata.rules.metrics.addition import add_parts, fill_births
from fermata.rules.metrics.histograms import join_buckets
from fermata.rules.metrics.means import join_means
from fermata.rules.metrics.series import Series

SUFFIXES = (".json", ".jsonl", ".csv", ".tsv")
"""The ends of the names of files that are read here."""
# Labels that say whose series it is, the most telling first: OpenTelemetry, Istio, Kubernetes, then what scrapes.
_OWNERS = (
    "service",
    "service_name",
    "destination_service_name",
    "destination_workload",
    "app",
    "app_kubernetes_io_name",
    "deployment",
    "workload",
    "container",
    "pod",
    "job",
    "node",
    "instance",
    "host",
)
_CODES = ("code", "status_code", "response_code", "http_response_status_code", "http_status_code", "status")
_NO_SERIES = "it holds no series: neither a Prometheus answer nor points"
# The text form of a scrape begins with comments on a metric, or with a sample.
_SCRAPE = re.compile(r"\s*(?:# (?:HELP|TYPE|UNIT) [A-Za-z_:]|[A-Za-z_:][\w:]*(?:\{[^}\n]*\})? [-+\d.NI])")
_LISTS = ("series", "metrics", "result", "results")
# What a gRPC server is to blame for, as OpenTelemetry's conventions for gRPC list it (opentelemetry.io, semantic
# conventions, server spans); the others are answers, such as NotFound, or the caller's doing.
_GRPC_CODES = ("grpc_code", "grpc_status", "rpc_grpc_status_code", "grpc_response_status")
_GRPC_FAILURES = frozenset(
    (
        "unknown",
        "deadlineexceeded",
        "unimplemented",
        "internal",
        "unavailable",
        "dataloss",
        *("2", "4", "12", "13", "14", "15"),
    )
)


def read_metric_file(file: SourceFile, services: Collection[str] = ()) -> MetricReading:
    """Return the series of one file of a bundle.

    Args:
        services: Known names, which part headers and names into service and metric.

    Raises:
        Unreadable: The file cannot be opened, is neither JSON nor a table, or holds no series.
    """
    return read_metrics(read_text(file), file.name, services)


def read_metrics(text: str, name: str, services: Collection[str] = ()) -> MetricReading:
    """Return the series of a file's text; its name decides between JSON and a table.

    Raises:
        Unreadable: It is neither, or holds no series.
    """
    path = PurePath(name)
    if path.suffix.lower() in (".csv", ".tsv"):
        return read_table(text, services)
    if _SCRAPE.match(text):
        raise Unreadable(
            "it is what a scrape reads, the values of one moment; ask Prometheus for a range (query_range)"
        )
    documents = parse_json_documents(text)
    items = [item for document in documents for item in _list_items(document)]
    found = [series for item in items if (series := _read_item(item, path.stem, services)) is not None]
    if not found:
        raise Unreadable(next(filter(None, map(_say_why_empty, documents)), _NO_SERIES))
    left = len(items) - len(found)
    problems = (f"{left} of its {len(items)} entries hold no points",) if left else ()
    return MetricReading(tuple(fill_births(add_parts(join_means(join_buckets(found))))), problems)


def _say_why_empty(document: Any) -> str:
    """Return why an answer of Prometheus' HTTP API holds no series; empty for what is no such answer.

    prometheus.io/docs/prometheus/latest/querying/api, read 2026-11.
    """
    if not isinstance(document, Mapping):
        return ""
    if document.get("status") == "error":
        said = ": ".join(filter(None, (read_text_field(document, "errorType"), read_text_field(document, "error"))))
        return f"it is Prometheus' answer that the query failed: {said or 'it does not say why'}"
    data = document.get("data")
    if not isinstance(data, Mapping) or not isinstance(data.get("result"), list):
        return ""
    if data.get("resultType") in ("vector", "scalar"):
        return "it is an instant answer, one value of each series; ask for a range (query_range)"
    return "" if data["result"] else "it is an answer without a series: the query matched nothing in that time"


def _list_items(document: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(document, list):
        for item in document:
            yield from _list_items(item)
    elif isinstance(document, Mapping):
        inner = document.get("data") if isinstance(document.get("data"), Mapping | list) else None
        lists = [document[key] for key in _LISTS if isinstance(document.get(key), list)]
        if inner is not None or lists:
            for item in ([inner] if inner is not None else []) + lists:
                yield from _list_items(item)
        else:
            yield document


def _read_item(item: Mapping[str, Any], stem: str, services: Collection[str]) -> Series | None:
    """Return a series of Prometheus's form (`metric`, `values`) or of ours (`name`, `points`), or `None`."""
    points = item.get("points", item.get("values"))
    if not isinstance(points, list):
        return None
    read = dict(filter(None, map(_read_point, points)))
    if not read:
        return None
    told = item.get("labels", item.get("metric"))
    labels = {str(key): str(value) for key, value in told.items()} if isinstance(told, Mapping) else {}
    name = read_text_field(item, "name", "id") or labels.get("__name__", "") or stem
    service = _find_owner(labels, services)
    if not service:
        service, name = split_header(name, services)
    series = Series.from_points(service, _name_metric(name, labels), read.items(), unit=read_text_field(item, "unit"))
    return replace(series, labels=labels, id=read_text_field(item, "id") or series.name)


def _find_owner(labels: Mapping[str, str], services: Collection[str]) -> str:
    """Return whose series it is: a pod's belongs to the known service whose name the pod's begins with."""
    key = next((key for key in _OWNERS if labels.get(key)), None)
    if key is None:
        return ""
    owner = labels[key]
    if key != "pod":
        return owner
    return max((name for name in services if owner.startswith(f"{name}-")), key=len, default=owner)


def _name_metric(name: str, labels: Mapping[str, str]) -> str:
    """Return the metric's name with what only labels say of its meaning: the quantile, and that these are failures."""
    quantile = labels.get("quantile", "")
    if quantile.startswith("0."):
        return f"{name}_p{quantile[2:].ljust(2, '0')}"
    if any(labels.get(key, "").startswith("5") for key in _CODES):
        return f"{name}_5xx"
    codes = (labels.get(key, "").replace("_", "").lower() for key in _GRPC_CODES)
    return f"{name}_failed" if any(code in _GRPC_FAILURES for code in codes) else name


def _read_point(point: Any) -> tuple[float, float | None] | None:
    if isinstance(point, Mapping):
        point = [point.get("time", point.get("timestamp")), point.get("value")]
    if not isinstance(point, list) or len(point) < 2:
        return None
    instant = read_instant(point[0])
    return None if instant is None else (instant.timestamp(), _read_value(point[1]))


def _read_value(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
