"""What fills up or leaks: it climbs all the time, so that no moment stands out and no shift is found."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from fermata.rules.metrics.semantics import Kind
from fermata.rules.metrics.series import Series
from fermata.rules.metrics.shift import Shift

FILLS = frozenset({Kind.MEMORY, Kind.SATURATION, Kind.OTHER})
"""Kinds of metrics that can fill up."""
_PARTS = 12
_FEWEST_RISING = 6
_MIDWAY = 0.25
_OFF_GROUND = 0.03
_FEWEST = 36  # Points: three a part.
_GROWTH = 1.2  # Times over the whole: below it, caches warm up and nobody minds.
_DEVIATION = 18.0  # A strength of 0.75: it is wrong, but it alone makes no service a failing one.


def find_climb(series: Series, until: float) -> Shift | None:
    """Return the climb that a series is on until an instant, if it takes half of the time before that or more.

    Args:
        until: Epoch seconds: what leaks falls when it is killed.
    """
    if series.meaning.kind not in FILLS:
        return None
    pairs = enumerate(zip(series.times, series.values, strict=True))
    points = [(index, value) for index, (time, value) in pairs if time <= until and value is not None]
    if len(points) < _FEWEST:
        return None
    size = len(points) / _PARTS
    parts = [points[round(part * size) : round((part + 1) * size)] for part in range(_PARTS)]
    levels = [median(value for _, value in part) for part in parts]
    first = _find_foot(levels)
    low, high = levels[first], levels[-1]
    if first > _PARTS - _FEWEST_RISING or low < 0 or high < _GROWTH * low:
        return None
    if levels[(first + _PARTS) // 2] - low < _MIDWAY * (high - low):  # Flat, and then all at once: that is a shift.
        return None
    rising = next(part for part in range(first, _PARTS) if levels[part] - low >= _OFF_GROUND * (high - low))
    foot = parts[rising][0][0]
    return Shift(
        series=series,
        before=low,
        after=high,
        change=high - low,
        deviation=_DEVIATION,
        onset=series.times[foot],
        indexes=tuple(index for index, _ in points if index >= foot),
    )


def _find_foot(levels: Sequence[float]) -> int:
    """Return from which level on each is above the one before."""
    first = len(levels) - 1
    while first > 0 and levels[first - 1] < levels[first]:
        first -= 1
    return first
