"""What the journeys of a rehearsal did, as drawings: the fault's beginning and its end stand in them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fermata.domain.experiment import ExperimentResult, Sample
from fermata.domain.facts import MetricFacts, Series
from fermata.rules.plots.drawing import Plot, draw


@dataclass(frozen=True, slots=True)
class Drawing:
    """One drawing of a run."""

    name: str
    """For a file: `answers`, `latency`."""
    title: str
    plot: Plot


def draw_samples(result: ExperimentResult) -> tuple[Drawing, ...]:
    """Return what each journey did over the run: how many questions were answered, and how long the slow ones took.

    Empty when too little was measured to draw a line.
    """
    onset = result.injected_at or result.started_at
    ends = {"gone": result.withdrawn_at} if result.withdrawn_at and result.injected_at else {}
    found = []
    for name, title, unit, series in (
        ("answers", "Answered", "%", _list_answers(result.samples)),
        ("latency", "95 of 100 answers within", "ms", _list_latencies(result.samples)),
    ):
        plot = draw(MetricFacts(expression=name, unit=unit, purpose=name, step_s=1.0, series=series), onset, ends)
        if plot is not None:
            found.append(Drawing(name, title, plot))
    return tuple(found)


def _list_answers(samples: Sequence[Sample]) -> tuple[Series, ...]:
    return _list_series([(item, 100 * item.ok / item.requests) for item in samples if item.requests])


def _list_latencies(samples: Sequence[Sample]) -> tuple[Series, ...]:
    return _list_series([(item, item.p95_ms) for item in samples if item.p95_ms is not None])


def _list_series(values: Sequence[tuple[Sample, float]]) -> tuple[Series, ...]:
    journeys: dict[str, list[tuple[float, float]]] = {}
    for sample, value in values:
        journeys.setdefault(sample.journey, []).append((sample.at.timestamp(), value))
    return tuple(Series(labels={"journey": name}, points=tuple(points)) for name, points in journeys.items())
