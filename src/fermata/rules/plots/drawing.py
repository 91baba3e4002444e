"""Metric series as drawings: numbers in, coordinates and words out. The page's template, or `svg`, draws them.

A drawing shows what the evidence holds and nothing that was made up: no smoothing, no line across a gap, a value axis
that begins at zero unless that would hide the change. What it shows stands in words beside it, for those who cannot see
it. Colours are the style sheet's; dashes tell lines apart without them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from fermata.domain.facts import MetricFacts, Series
from fermata.kit.units import format_size, format_value

WIDTH, HEIGHT = 380, 168
"""Of the drawing, in its own units: about a pixel each on a phone, and in three columns on a desk."""
LEFT, RIGHT, TOP, BOTTOM = 54, 10, 16, 22
"""Margins: values are written in the left one, times in the lower one, `began` in the upper one."""
_HALF_LETTER = 3.0
"""Half the width of a label's letter: digits of 10.5 px are about 6 wide."""
MOST_LINES = 6
"""More cannot be told apart."""
_MOST_COLUMNS = 160
"""Two points a column are kept of a longer series, its lowest and its highest: a spike is never lost."""
_GAP_STEPS = 2.5
"""A point that is missing ends a line; a late one does not."""
_FLAT = 0.05
"""Where all values lie within this part of the highest, an axis from zero would show a straight line."""
_NEAR = 0.25
"""An onset this part of the width outside the points is still drawn."""
_MOST_TICKS = 5
_LAST_S = 253_402_300_800 - 86_400
"""A day before the year 10000."""
_LARGEST = 1e300
"""Above this, differences overflow."""
_STEPS_S = (
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800,
)  # fmt: skip

NO_MARKS: Mapping[str, datetime] = MappingProxyType({})

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis."""

    at: float
    label: str

    @property
    def label_at(self) -> float:
        """Return where the middle of a time's label stands: one at the edge ends on the sheet."""
        return min(self.at, WIDTH - _HALF_LETTER * len(self.label) - 2)


@dataclass(frozen=True, slots=True)
class Line:
    """One series as drawn."""

    number: int
    """From 1: its colour and its dashes."""
    label: str
    """What tells it from the others; empty when there is only one and nothing names it."""
    path: str
    """SVG path data of the stretches without a gap; empty when there is none."""
    dots: str
    """SVG path data of the points with gaps on both sides, as lines of no length: round ends make dots of them."""
    summary: str
    """From where to where, in words."""


@dataclass(frozen=True, slots=True)
class Plot:
    """One drawing."""

    lines: tuple[Line, ...]
    times: tuple[Tick, ...]
    values: tuple[Tick, ...]
    unit: str
    """Written above the value axis; empty when the labels carry it or there is none."""
    onset: float | None
    """Where the incident began, from the left; `None` when that lies outside."""
    description: str
    """What can be seen, in words."""
    left_out: str
    """Which series are not drawn, and why these are; empty when all are."""
    marks: tuple[Tick, ...] = ()
    """Further moments that lie inside, from left to right."""


@dataclass(frozen=True, slots=True)
class _Axis:
    low: float
    high: float
    start: float
    """Coordinate of `low`."""
    end: float

    def place(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def draw(facts: MetricFacts, onset: datetime, moments: Mapping[str, datetime] = NO_MARKS) -> Plot | None:
    """Return the drawing of a metric, or `None` when there is nothing to draw: single points say more as words.

    Args:
        onset: When the incident began.
        moments: Further ones of it, by the word that stands above them; those outside of the points are not drawn.
    """
    series = [one for one in facts.series if one.points and _is_drawable(one.points)]
    if all(len(one.points) < 2 for one in series):
        return None
    chosen = _choose(series)
    points = [point for one in chosen for point in one.points]
    times = _make_time_axis([at for at, _ in points], onset.timestamp())
    values, marks = _make_value_axis([value for _, value in points], is_size=facts.unit == "bytes")
    names = _name_series(chosen)
    lines: list[Line] = []
    for number, (one, name) in enumerate(zip(chosen, names, strict=True), start=1):
        path, dots = _write_paths(_thin(one.points, times), times, values, facts.step_s)
        lines.append(Line(number, name, path, dots, _summarise(one.points, facts.unit)))
    is_inside = times.low <= onset.timestamp() <= times.high
    left_out = len(series) - len(chosen)
    return Plot(
        lines=tuple(lines),
        times=_mark_times(times),
        values=tuple(Tick(round(values.place(mark), 1), _write_mark(mark, facts.unit)) for mark in marks),
        unit="" if facts.unit == "bytes" else facts.unit,
        onset=round(times.place(onset.timestamp()), 1) if is_inside else None,
        description=_describe(lines, times, onset),
        left_out=f"{len(chosen)} of {len(series)} series: those that changed most" if left_out else "",
        marks=_place_marks(moments, times),
    )


def _place_marks(moments: Mapping[str, datetime], axis: _Axis) -> tuple[Tick, ...]:
    found = [(at.timestamp(), name) for name, at in moments.items() if axis.low <= at.timestamp() <= axis.high]
    return tuple(Tick(round(axis.place(at), 1), name) for at, name in sorted(found))


def _is_drawable(points: Points) -> bool:
    """Answer whether a calendar and an axis can hold the points: they come from outside."""
    ends = (min(value for _, value in points), max(value for _, value in points))
    return all(0 <= at < _LAST_S for at, _ in points) and all(abs(value) < _LARGEST for value in ends)


def _choose(series: Sequence[Series]) -> list[Series]:
    """Return the series that changed most, in the order they came."""

    def spread(one: Series) -> tuple[float, float]:
        values = [value for _, value in one.points]
        return max(values) - min(values), max(values)

    kept = {id(one) for one in sorted(series, key=spread, reverse=True)[:MOST_LINES]}
    return [one for one in series if id(one) in kept]


def _name_series(chosen: Sequence[Series]) -> list[str]:
    """Return what tells each from the others: the labels they do not share, or what names the only one."""
    first = chosen[0].labels
    shared = {key for key, value in first.items() if all(one.labels.get(key) == value for one in chosen)}
    names = []
    for one in chosen:
        own = {key: value for key, value in one.labels.items() if len(chosen) == 1 or key not in shared}
        own.pop("__name__", None)
        names.append(next(iter(own.values())) if len(own) == 1 else ", ".join(f"{k}={v}" for k, v in own.items()))
    return names


def _make_time_axis(instants: Sequence[float], onset: float) -> _Axis:
    low, high = min(instants), max(instants)
    reach = max((high - low) * _NEAR, 1.0)
    if low - reach <= onset <= high + reach:
        low, high = min(low, onset), max(high, onset)
    if high - low < 1:  # Points of one second: no range to speak of.
        low, high = low - 30, high + 30
    return _Axis(low, high, LEFT, WIDTH - RIGHT)


def _make_value_axis(values: Sequence[float], *, is_size: bool) -> tuple[_Axis, list[float]]:
    low, high = min(values), max(values)
    if low >= 0 and (high == low or high - low > _FLAT * high):
        low = 0.0
    if high == low:  # Zero all along, or one value below it.
        low, high = low - (abs(low) or 0), high + (abs(high) or 1)
    step = _find_step((high - low) / (_MOST_TICKS - 1), is_size=is_size)
    first, last = math.floor(low / step), math.ceil(high / step)
    marks = [number * step for number in range(first, last + 1)]
    return _Axis(marks[0], marks[-1], HEIGHT - BOTTOM, TOP), marks


def _find_step(rough: float, *, is_size: bool) -> float:
    """Return the next larger round number: 1, 2 or 5 and zeros; for sizes a power of two."""
    if is_size and rough >= 1:
        return float(2 ** math.ceil(math.log2(rough)))
    unit = 10.0 ** math.floor(math.log10(rough))
    return next(factor * unit for factor in (1.0, 2.0, 5.0, 10.0, 20.0) if factor * unit >= rough * 0.999)


def _mark_times(axis: _Axis) -> tuple[Tick, ...]:
    span = axis.high - axis.low
    step = next((step for step in _STEPS_S if span / step <= _MOST_TICKS), _STEPS_S[-1] * math.ceil(span / 604_800 / 5))
    shape = "%m-%d" if step >= 86_400 else "%H:%M" if step >= 60 else "%H:%M:%S"
    first = math.ceil(axis.low / step)
    marks = (number * step for number in range(first, math.floor(axis.high / step) + 1))
    ticks = (Tick(round(axis.place(mark), 1), f"{datetime.fromtimestamp(mark, UTC):{shape}}") for mark in marks)
    # `UTC` stands left of the axis: a label that would touch it is left out.
    return tuple(tick for tick in ticks if tick.at > LEFT + 2.5 * len(tick.label))


def _write_mark(value: float, unit: str) -> str:
    if unit == "bytes":
        return format_size(round(value))
    for factor, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= factor:
            return f"{value / min(factor, 1e3 if letter == 'k' else factor):.4g}{letter}"
    return f"{value:.4g}"


def _thin(points: Points, axis: _Axis) -> Points:
    if len(points) <= 2 * _MOST_COLUMNS:
        return points
    width = (axis.high - axis.low) / _MOST_COLUMNS
    columns: dict[int, list[tuple[float, float]]] = {}
    for point in points:
        columns.setdefault(int((point[0] - axis.low) / width), []).append(point)
    kept: list[tuple[float, float]] = []
    for column in columns.values():
        ends = (min(column, key=lambda point: point[1]), max(column, key=lambda point: point[1]))
        kept += sorted(set(ends))
    return kept


def _write_paths(points: Points, times: _Axis, values: _Axis, step_s: float) -> tuple[str, str]:
    longest = max(_GAP_STEPS * step_s, 2.5 * (times.high - times.low) / _MOST_COLUMNS if len(points) > 100 else 0)
    path, dots = "", ""
    for run in _split_runs(points, longest):
        places = [f"{times.place(at):.1f} {values.place(value):.1f}" for at, value in run]
        if len(places) == 1:
            dots += f"M{places[0]}h.01"  # Not quite nothing: some browsers draw no dot for that.
        else:
            path += f"M{'L'.join(places)}"
    return path, dots


def _split_runs(points: Points, longest: float) -> Iterable[Points]:
    """Yield the stretches without a gap. A step that nobody stated sets no limit."""
    begin = 0
    for index in range(1, len(points)):
        if longest and points[index][0] - points[index - 1][0] > longest:
            yield points[begin:index]
            begin = index
    yield points[begin:]


def _summarise(points: Points, unit: str) -> str:
    values = [value for _, value in points]
    first, last = format_value(values[0], unit), format_value(values[-1], unit)
    low, high = format_value(min(values), unit), format_value(max(values), unit)
    if low == high:
        return f"{low} throughout"
    top_at = next(at for at, value in points if value == max(values))
    return f"from {first} to {last}; lowest {low}, highest {high} at {datetime.fromtimestamp(top_at, UTC):%H:%M:%S}"


def _describe(lines: Sequence[Line], axis: _Axis, onset: datetime) -> str:
    start, end = (datetime.fromtimestamp(at, UTC) for at in (axis.low, axis.high))
    told = [f"{start:%Y-%m-%d %H:%M:%S} to {end:%H:%M:%S} UTC."]
    told += [f"{line.label + ': ' if line.label else ''}{line.summary}." for line in lines]
    began = f"{onset.astimezone(UTC):%H:%M:%S}"
    if onset.timestamp() < axis.low:
        told.append("The incident began before this.")
    elif onset.timestamp() > axis.high:
        told.append("The incident began after this.")
    else:
        told.append(f"The incident began at {began}.")
    return " ".join(told)
