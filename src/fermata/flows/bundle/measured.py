"""Metrics and the service graph as evidence: the rules' own readers read them, here they get lines and facts."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from statistics import median
from typing import Any

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import CallEdge, GraphFacts
from fermata.flows.bundle.files import SourceFile, Unreadable
from fermata.flows.bundle.graph_file import read_graph_file
from fermata.flows.bundle.haul import Draft, Haul, make_entity, to_facts
from fermata.flows.bundle.metric_files import read_metric_file, read_metrics
from fermata.flows.bundle.metric_tables import MetricReading
from fermata.kit.clock import format_instant
from fermata.rules.metrics.parts import name_part
from fermata.rules.metrics.series import Series

MOST_POINTS = 500_000
"""Points kept of one file; a day of a hundred series at one a minute is a third of it."""
MOST_SERIES = 5_000


def read_metric_evidence(file: SourceFile, haul: Haul, services: Collection[str]) -> None:
    """Add the series of one file: series number n is line n of the evidence.

    Args:
        services: Known names, which part a column's head into service and metric.
    """
    try:
        reading = read_metric_file(file, services)
    except Unreadable as error:
        haul.leave_out_file(file, error)
        return
    _add(file, reading, haul)


def add_chat_metrics(file: SourceFile, series: Sequence[Any], haul: Haul, services: Collection[str]) -> None:
    """Add the series that stand in a chat's file."""
    if not series:
        return
    try:
        reading = read_metrics(json.dumps(series), file.name, services)
    except Unreadable as error:
        haul.leave_out(file.name, f"its metrics: {error.reason}")
        return
    _add(file, reading, haul)


def read_graph_evidence(file: SourceFile, haul: Haul) -> None:
    """Add the service graph: a line for each call, and for each service that stands at none."""
    try:
        graph = read_graph_file(file)
    except Unreadable as error:
        haul.leave_out_file(file, error)
        return
    for problem in graph.problems:
        haul.leave_out(file.name, problem)
    edges = [
        CallEdge(
            caller=call.caller,
            callee=call.callee,
            mode=str(call.facts.get("mode") or ""),
            facts={key: value for key, value in call.facts.items() if key not in ("from", "to", "mode")},
        )
        for call in graph.calls
    ]
    services = tuple({**service.facts, "name": service.name, "kind": service.kind} for service in graph.services)
    facts = GraphFacts(services=services, edges=tuple(edges), journeys=graph.journeys)
    called = {call.callee for call in graph.calls} | {call.caller for call in graph.calls}
    words = [f"{edge.caller} -> {edge.callee} {edge.mode}".rstrip() for edge in edges]
    words += [f"{service.name} {service.kind}".rstrip() for service in graph.services if service.name not in called]
    if not words:
        haul.leave_out(file.name, "it names no service and no call")
        return
    lines = haul.hide_lines(words)
    haul.add(
        Draft(
            kind=EvidenceKind.GRAPH,
            entity=make_entity("graph", "services"),
            title=f"{file.name}: {len(services)} services, {len(edges)} calls",
            query=file.name,
            collector="bundle.graph",
            lines=lines.lines,
            facts=haul.hide_deep(to_facts(facts)),
            cut=lines.describe_cut(),
            redactions=lines.redactions,
        )
    )


def _add(file: SourceFile, reading: MetricReading, haul: Haul) -> None:
    for problem in reading.problems:
        haul.leave_out(file.name, problem)
    kept: list[Series] = []
    points = 0
    for series in reading.series[:MOST_SERIES]:
        points += len(series.times)
        if points > MOST_POINTS:
            break
        kept.append(series)
    if not kept:
        haul.leave_out(file.name, f"more than {MOST_POINTS:,} points in one series")
        return
    cut = f"{len(kept):,} of {len(reading.series):,} series" if len(kept) < len(reading.series) else ""
    units = {series.unit for series in kept}
    siblings: dict[tuple[str, str], list[Series]] = {}
    for series in kept:
        siblings.setdefault((series.service, series.metric), []).append(series)
    lines = haul.hide_lines(
        [_describe(series, name_part(series, siblings[series.service, series.metric])) for series in kept]
    )
    owners = {series.service for series in kept}
    owner = make_entity("service", owners.pop()) if len(owners) == 1 else make_entity("metrics", file.stem)
    haul.add(
        Draft(
            kind=EvidenceKind.METRICS,
            entity=owner,
            title=f"{file.name}: {len(kept)} series",
            query=file.name,
            collector="bundle.metrics",
            lines=lines.lines,
            facts={
                "expression": file.name,
                "unit": units.pop() if len(units) == 1 else "",
                "purpose": "bundle",
                "step_s": _find_step(kept[0]),
                "series": [_to_facts(series, haul) for series in kept],
            },
            cut=lines.describe_cut(cut),
            redactions=lines.redactions,
        )
    )


def _to_facts(series: Series, haul: Haul) -> dict[str, Any]:
    labels = {name: haul.hide(value) for name, value in series.labels.items()}
    labels |= {"service": series.service, "__name__": series.metric}
    if series.unit:
        labels["unit"] = series.unit
    points = [
        [time, float(value)] for time, value in zip(series.times, series.values, strict=True) if value is not None
    ]
    return {"labels": labels, "points": points}


def _find_step(series: Series) -> float:
    steps = [later - earlier for earlier, later in zip(series.times[:50], series.times[1:50], strict=False)]
    return float(median(steps)) if steps else 0.0


def _describe(series: Series, part: str) -> str:
    """Return a line for people: what it is, over what time, and between which values it moved.

    Args:
        part: Which part of its service it is of, where others are of others.
    """
    values = [value for value in series.values if value is not None]
    name = f"{series.service} {series.metric}".strip() + (f" of {part}" if part else "")
    if not values:
        return f"{name}: no values"
    start, end = (format_instant(datetime.fromtimestamp(at, UTC)) for at in (series.times[0], series.times[-1]))
    low, high = min(values), max(values)
    unit = f" {series.unit}" if series.unit else ""
    return (
        f"{name}: {len(values)} values from {start} to {end}, lowest {low:g}{_write_when(series, low)}, "
        f"median {median(values):g}, highest {high:g}{_write_when(series, high)}, last {values[-1]:g}{unit}"
    )


def _write_when(series: Series, extreme: float) -> str:
    """Return when a series first had a value, for people; nothing for one that never moved."""
    if len({value for value in series.values if value is not None}) == 1:
        return ""
    at = series.times[series.values.index(extreme)]
    return f" at {datetime.fromtimestamp(at, UTC):%H:%M:%S}"
