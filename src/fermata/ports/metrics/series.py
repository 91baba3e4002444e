"""Series as evidence: which of them, how many points, and the few lines a person or a model can cite.

Pure. The lines are read off the same points that stand in the facts; nothing is interpolated.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from typing import Protocol

from fermata.domain.evidence import EvidenceLine
from fermata.domain.facts import Series
from fermata.kit.redaction import redact_named
from fermata.kit.units import format_value

MOST_SERIES = 20
MOST_POINTS = 500
# Enough to tell a step from noise and few enough to follow a ramp; a guess, as the next two: revisit when measured.
_BASELINE_POINTS = 10
_STEP_OF_SPREAD = 0.5
_STEP_OF_VALUE = 0.1
_MOST_STEPS = 3


class SeriesLike(Protocol):
    """A series as a system's client gives it."""

    @property
    def metric(self) -> Mapping[str, str]:
        """Return its labels; `__name__` is the metric's name, where it has one."""
        ...

    @property
    def values(self) -> Sequence[tuple[float, float]]:
        """Return (epoch seconds, value), oldest first; a value may be NaN or infinite."""
        ...


@dataclass(frozen=True, slots=True)
class RawSeries:
    """A series of a system that has no form of its own for one."""

    metric: Mapping[str, str]
    values: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Window:
    """The time a range query covers."""

    start: datetime
    end: datetime
    onset: datetime
    """Of several moves of a series, those nearest to it are told."""
    step_s: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What is kept of a range query's answer."""

    series: tuple[Series, ...]
    lines: tuple[EvidenceLine, ...]
    cut: str
    """What was left out; empty when nothing was."""
    redactions: int


def choose_step(start: datetime, end: datetime, wanted_s: float | None = None) -> float:
    """Return the seconds between points, whole ones, so that a series has at most 500."""
    smallest = max(1, math.ceil((end - start).total_seconds() / (MOST_POINTS - 1)))
    return float(smallest if wanted_s is None else max(wanted_s, smallest))


def read_series(
    answer: Sequence[SeriesLike], window: Window, *, name: str, unit: str = "", owners: Sequence[Mapping[str, str]] = ()
) -> Reading:
    """Keep at most 20 series of 500 finite points, and say in lines what they did.

    Args:
        name: What the lines call a series that has no metric name of its own.
        unit: As in `format_value`.
        owners: Label sets of the alerts asked for. A series all of whose labels agree with one of them comes first;
            then those that moved most.
    """
    kept, infinite = [], 0
    for wire in answer:
        points = [(at, value) for at, value in wire.values if math.isfinite(value)]
        infinite += len(wire.values) - len(points)
        if points:
            kept.append(RawSeries(metric=wire.metric, values=points[-MOST_POINTS:]))
    kept.sort(key=lambda one: (not _is_owned(one.metric, owners), -_spread(one.values), sorted(one.metric.items())))
    chosen, redactions = [], 0
    for wire in kept[:MOST_SERIES]:
        labels = {label: redact_named(label, value) for label, value in wire.metric.items()}
        redactions += sum(value.count for value in labels.values())
        chosen.append(Series(labels={label: value.text for label, value in labels.items()}, points=tuple(wire.values)))
    lines = _write_lines(chosen, window, name, unit)
    cut = [f"{len(kept) - MOST_SERIES} of {len(kept)} series: at most {MOST_SERIES} are kept"] * (
        len(kept) > MOST_SERIES
    )
    cut += [f"{infinite} points without a finite value (NaN or infinity)"] * (infinite > 0)
    cut += [f"{len(answer) - len(kept)} series without any number"] * (len(answer) > len(kept))
    return Reading(tuple(chosen), lines, "; ".join(cut), redactions)


def _is_owned(metric: Mapping[str, str], owners: Sequence[Mapping[str, str]]) -> bool:
    labels = [(label, value) for label, value in metric.items() if label != "__name__"]
    return any(all(owner.get(label) == value for label, value in labels) for owner in owners)


def _spread(points: Sequence[tuple[float, float]]) -> float:
    values = [value for _, value in points]
    return max(values) - min(values)


def _write_lines(chosen: Sequence[Series], window: Window, name: str, unit: str) -> tuple[EvidenceLine, ...]:
    texts: list[str] = []
    shared = _find_shared(chosen)
    if shared and len(chosen) > 1:
        texts.append(f"all {len(chosen)} series: {_write_labels(shared)}")
    for one in chosen:
        own = {label: value for label, value in one.labels.items() if len(chosen) == 1 or label not in shared}
        called = one.labels.get("__name__", name) + _write_labels(own)
        texts += _describe(one, window, called, unit)
    return tuple(EvidenceLine(number=number, text=text) for number, text in enumerate(texts, start=1))


def _find_shared(chosen: Sequence[Series]) -> dict[str, str]:
    if not chosen:
        return {}
    shared = set(chosen[0].labels.items()).intersection(*(one.labels.items() for one in chosen))
    return {label: value for label, value in sorted(shared) if label != "__name__"}


def _write_labels(labels: Mapping[str, str]) -> str:
    text = ", ".join(f'{label}="{value}"' for label, value in sorted(labels.items()) if label != "__name__")
    # A label may be long; the whole of it stands in the facts.
    return f"{{{text if len(text) <= 300 else text[:297] + '...'}}}" if text else ""


def _describe(one: Series, window: Window, called: str, unit: str) -> list[str]:
    values = [value for _, value in one.points]
    (first_at, first), (last_at, last) = one.points[0], one.points[-1]
    told = [f"{called}: {_summarise(values, window, unit)}"]
    if first_at > window.start.timestamp() + 2 * window.step_s:
        told.append(f"{_write_time(first_at, window)} {called} {format_value(first, unit)} (first point in the window)")
    told += [
        f"{_write_time(at, window)} {called} {format_value(value, unit)} (was {format_value(before, unit)})"
        for at, value, before in _find_steps(one.points, window.onset.timestamp())
    ]
    if last_at < window.end.timestamp() - 2 * window.step_s:
        told.append(f"{_write_time(last_at, window)} {called} {format_value(last, unit)} (no points after this)")
    return told


def _summarise(values: Sequence[float], window: Window, unit: str) -> str:
    low, high, last = (format_value(value, unit) for value in (min(values), max(values), values[-1]))
    return f"min {low}, max {high}, last {last} ({len(values)} points, one every {window.step_s:g} s)"


def _find_steps(points: Sequence[tuple[float, float]], onset: float) -> list[tuple[float, float, float]]:
    """Return up to three (time, value, median before) where a series left its level, nearest the onset, oldest first.

    A level is the median of the ten points before; leaving it is a move by half of the series' spread. A slow ramp has
    no such place and gives none: minimum, maximum and last tell it.
    """
    spread = _spread(points)
    if spread == 0 or spread < _STEP_OF_VALUE * max(abs(value) for _, value in points):
        return []
    found = []
    before: deque[float] = deque([points[0][1]], maxlen=_BASELINE_POINTS)
    for at, value in points[1:]:
        level = median(before)
        if abs(value - level) > _STEP_OF_SPREAD * spread:
            found.append((at, value, level))
            before.clear()
        before.append(value)
    return sorted(sorted(found, key=lambda step: abs(step[0] - onset))[:_MOST_STEPS])


def _write_time(at: float, window: Window) -> str:
    pattern = "%H:%M:%S" if window.start.date() == window.end.date() else "%Y-%m-%d %H:%M:%S"
    return datetime.fromtimestamp(at, UTC).strftime(pattern) + " UTC"
