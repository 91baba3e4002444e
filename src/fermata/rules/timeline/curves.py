"""When a metric left what was normal for it, and when it came back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median

from fermata.domain.trail import Curve

_FEWEST = 8
"""Points below which nothing is said about a metric."""
_CALM_SHARE = 10
"""The first tenth of a recording is taken as normal: an incident's own is often cut close."""
_WIDTHS = 6.0
"""Deviations (median absolute, scaled to a normal distribution's sigma) that are no chance."""
_SIGMA = 1.4826
_LEAST_MOVE = 0.03
"""Of its farthest move: below it a move is not the one that is looked for."""
_CALM_PART = 0.95
"""Of the points before it that tell how much a metric trembles: one in twenty is a spike of its own."""
_RESIDUE = 0.2
"""Of the way from the extreme to normal that may be left when it counts as recovered."""
_LEAST_SHARE = 0.25
"""Of the normal value: below it a move is too small to be told."""


_RESOURCE = re.compile(
    r"(?:memory|mem|rss|cpu|disk|heap|softirq|gc|conn\w*|threads?|fds?|iops|load|inodes?|filesystem|volume|credits?|budget)"
    r"(?=_|\b)",
    re.IGNORECASE,
)

_UP = re.compile(r"(?<![a-zA-Z0-9])(?:up|healthy|available|ready|serving)(?![a-zA-Z0-9])")
"""What is well when it is more."""
_DOWN = re.compile(r"(?<![a-zA-Z0-9])(?:errors?|failures?|failed|fail|timeouts?|5xx)(?![a-zA-Z0-9])")
"""What is well when it is next to none."""
_NEXT_TO_NONE = 0.05


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
    """Return when a metric left its normal range for two points or more, or `None` when it never did.

    A recording may begin in the trouble before: that something is up again, or fails no more, is no departure. Nor does
    one that begins shortly before the trouble tell what is normal: for the better from there, nothing is said of it.
    """
    points = [(at, value) for at, value in zip(curve.times, curve.values, strict=True) if value is not None]
    shift = _find_departure(curve, points)
    if shift is None or not _is_for_the_better(shift):
        return shift
    since = shift.onset.timestamp()
    later = _find_departure(curve, [point for point in points if point[0] >= since])
    return None if later is None or _is_for_the_better(later) else later


def _is_for_the_better(shift: Shift) -> bool:
    told = f"{shift.curve.name} {shift.curve.query}"
    if shift.extreme > shift.normal:
        return _UP.search(told) is not None
    return _DOWN.search(told) is not None and shift.extreme < _NEXT_TO_NONE * shift.normal


def _find_departure(curve: Curve, points: Sequence[tuple[float, float]]) -> Shift | None:
    if len(points) < _FEWEST:
        return None
    calm = [value for _, value in points[: max(_FEWEST, len(points) // _CALM_SHARE)]]
    start = [value for _, value in points[:_FEWEST]]
    if abs(median(start) - median(calm)) > _LEAST_SHARE * abs(median(calm)):
        calm = start  # The trouble is longer than the calm before it.
    normal = median(calm)
    spread = median(abs(value - normal) for value in calm) * _SIGMA
    # The trouble may begin inside the calm part: its wildest third does not count.
    widest = sorted(abs(value - normal) for value in calm)[len(calm) * 2 // 3 - 1]
    farthest = max(abs(value - normal) for _, value in points)
    least = max(_WIDTHS * spread, _LEAST_SHARE * abs(normal), 3 * widest, _LEAST_MOVE * farthest, 1e-9)
    away = [abs(value - normal) > least for _, value in points]
    first = next((index for index in range(len(away) - 1) if away[index] and away[index + 1]), None)
    if first is None:
        return None
    moves = [value - normal for _, value in points]
    first = _step_back(moves, first, max(2 * spread, widest, _measure_noise(moves[:first], least)))
    extreme = max((value for _, value in points[first:]), key=lambda value: abs(value - normal))
    # Most of the way back counts: the rest is the tail of retries, and a little noise.
    most = max(least, _RESIDUE * abs(extreme - normal))
    last = max(index for index, (_, value) in enumerate(points) if index == first or abs(value - normal) > most)
    recovered = datetime.fromtimestamp(points[last + 1][0], UTC) if last + 1 < len(points) else None
    return Shift(curve, datetime.fromtimestamp(points[first][0], UTC), recovered, normal, extreme)


def find_onset(shifts: Sequence[Shift]) -> Shift | None:
    """Return the first that moved of what users feel, else of what machines use up: memory fills before it hurts."""
    felt = [shift for shift in shifts if is_felt(shift)]
    return min(felt or shifts, key=lambda shift: shift.onset, default=None)


def is_felt(shift: Shift) -> bool:
    """Answer whether a metric is of what users feel, not of what machines use up."""
    return _RESOURCE.search(shift.curve.name) is None


def _measure_noise(moves: Sequence[float], least: float) -> float:
    """Return how far from normal the earlier half of the points before a departure lies without meaning anything.

    The few points that make normal tell where it is, and badly how much it trembles.

    Args:
        least: From here on a point is away, as a single spike is: it is no noise either.
    """
    half = sorted(size for move in moves[: len(moves) // 2] if (size := abs(move)) <= least)
    return half[int(_CALM_PART * len(half))] if half else 0.0


def _step_back(moves: Sequence[float], first: int, still: float) -> int:
    """Return where a slow move began: the first of the points on its way that are no noise."""
    while first > 0 and moves[first - 1] * moves[first] > 0 and abs(moves[first - 1]) > still:
        first -= 1
    return first
