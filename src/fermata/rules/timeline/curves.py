"""When a metric left what was normal for it, and when it came back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median

from fermata.domain.trail import Curve

_FEWEST = 8
"""Points below which nothing is said about a metric."""
_CALM_SHARE = 5
"""The first fifth of a recording is taken as normal, as `metrics rank` does without an onset."""
_WIDTHS = 6.0
"""Deviations (median absolute, scaled to a normal distribution's sigma) that are no chance."""
_SIGMA = 1.4826
_LEAST_SHARE = 0.25
"""Of the normal value: below it a move is too small to be told."""


@dataclass(frozen=True, slots=True)
class Shift:
    """One metric's departure from normal."""

    curve: Curve
    onset: datetime
    recovered: datetime | None
    """`None`: it was not back at the end of the recording."""
    normal: float
    extreme: float


def find_shift(curve: Curve) -> Shift | None:
    """Return when a metric left its normal range for two points or more, or `None` when it never did."""
    points = [(at, value) for at, value in zip(curve.times, curve.values, strict=True) if value is not None]
    if len(points) < _FEWEST:
        return None
    calm = [value for _, value in points[: max(4, len(points) // _CALM_SHARE)]]
    normal = median(calm)
    spread = median(abs(value - normal) for value in calm) * _SIGMA
    # The trouble may begin inside the calm part: its wildest third does not count.
    widest = sorted(abs(value - normal) for value in calm)[len(calm) * 2 // 3 - 1]
    least = max(_WIDTHS * spread, _LEAST_SHARE * abs(normal), 3 * widest, 1e-9)
    away = [abs(value - normal) > least for _, value in points]
    first = next((index for index in range(len(away) - 1) if away[index] and away[index + 1]), None)
    if first is None:
        return None
    last = max(index for index, is_away in enumerate(away) if is_away)
    extreme = max((value for _, value in points[first : last + 1]), key=lambda value: abs(value - normal))
    recovered = datetime.fromtimestamp(points[last + 1][0], UTC) if last + 1 < len(points) else None
    return Shift(curve, datetime.fromtimestamp(points[first][0], UTC), recovered, normal, extreme)
