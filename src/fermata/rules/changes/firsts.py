"""The first sign of what was alerted late: by complaints, or at the fifth hour of a job that runs each hour.

Everything after the first sign is innocent, and the alert is seldom the first: where what fails now failed in the same
way before, for as long as it does now or time and again, it began then.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Protocol

from fermata.rules.levels import LogLevel
from fermata.rules.metrics.series import Series
from fermata.rules.metrics.shift import Shift

LINGERS = timedelta(minutes=5)
"""How long before a fault what brought it may have ended: a queue and a rate's window lag behind (a guess)."""
_NEAR = timedelta(minutes=15)
"""What is logged that close to the alert is what it is about."""
_MOST = 0.8  # Of the failures near the alert: what is only a part of them may be another's.
_FEWEST = 5
_WITHIN = timedelta(minutes=10)
_AS_LOUD = 1 / 3  # As often as near the alert: a few now and then are routine, and no beginning.
_CALM = timedelta(minutes=20)  # It has to have been well before, or nobody knows when it began.
_HALFWAY = 0.5
_FAR = 2.0  # Times what is usual.
_DEVIATION = 18.0  # A strength of 0.75, as of a climb: it is wrong, and spreads are not what it was measured by.
_LONG = 3  # Points of a spike that are no scrape that failed.
_SPIKES = 3
"""The present one and two before: two alike are chance."""
_OFTEN = timedelta(minutes=20)
"""Spikes that follow each other sooner are the bursts of one fault."""
_REGULAR = 0.15
"""Of the time between spikes, as far as it may vary."""


class Lines(Protocol):
    """Lines of a log that say the same, as `rules.changes.shapes` reads them."""

    @property
    def level(self) -> LogLevel | None:
        """What the program calls them."""

    @property
    def times(self) -> list[datetime]:
        """When they were written, in the order of the log."""

    @property
    def spread(self) -> tuple[datetime, datetime]:
        """First and last time of their log."""

    @property
    def is_dated(self) -> bool:
        """Whether the log says when."""


@dataclass(frozen=True, slots=True)
class _Failure:
    lines: Lines
    calm_since: datetime
    """Since when its log, or where that has failures only any log, was kept."""


def find_early_failure(shapes: Sequence[Lines], onset: datetime) -> datetime | None:
    """Return when that began which fails at the alert, where it had failed as often long before.

    Returns:
        `None` where no one sort of failure makes up nearly all of what fails near the alert, or it was there all along.
    """
    severe = [
        _Failure(shape, since)
        for shape, since in _list_since(shapes)
        if shape.level is not None and shape.level.is_severe
    ]
    near = {id(one): sum(abs(at - onset) <= _NEAR for at in one.lines.times) for one in severe}
    total = sum(near.values())
    for one in severe:
        if near[id(one)] >= max(_FEWEST, _MOST * total):
            first = _find_loud(one.lines.times, near[id(one)] / (2 * _NEAR.total_seconds()))
            return first if first - one.calm_since >= _CALM and first < onset else None
    return None


def _list_since(shapes: Sequence[Lines]) -> Iterable[tuple[Lines, datetime]]:
    dated = [shape for shape in shapes if shape.is_dated and shape.times]
    whole = min((shape.spread[0] for shape in dated), default=None)
    lines: Counter[tuple[datetime, datetime]] = Counter()
    severe: Counter[tuple[datetime, datetime]] = Counter()
    for shape in dated:
        lines[shape.spread] += len(shape.times)
        severe[shape.spread] += len(shape.times) if shape.level is not None and shape.level.is_severe else 0
    for shape in dated:
        # A log of errors is silent while all is well.
        only_errors = severe[shape.spread] >= _MOST * lines[shape.spread]
        yield shape, whole if only_errors and whole is not None else shape.spread[0]


def _find_loud(times: Sequence[datetime], per_second: float) -> datetime:
    """Return the first of them from which on they came about as often as they do now; the latest of them always do."""
    enough = max(2.0, _AS_LOUD * per_second * _WITHIN.total_seconds())
    ordered = sorted(times)
    return next(at for start, at in enumerate(ordered) if bisect_right(ordered, at + _WITHIN) - start >= enough)


def find_recurring(series: Series, onset: float) -> Shift | None:
    """Return the rise that a series shows at an instant, from the first one on, if it rose so at regular times before.

    Spikes that are a sixth of what was measured pass for normal where all from before the alert is the reference.

    Args:
        onset: Epoch seconds of the alert.

    Returns:
        A shift that begins with the first spike: the fault is at least as old. `None` where there is none at the
        instant, none like it before, or they come at any time.
    """
    points = [(time, value) for time, value in zip(series.times, series.values, strict=True) if value is not None]
    near = [value for time, value in points if abs(time - onset) <= _NEAR.total_seconds()]
    usual = median(value for _, value in points) if near else 0.0
    if not near or max(near) < _FAR * max(usual, 0.0) or max(near) <= 0:
        return None
    middle = usual + _HALFWAY * (max(near) - usual)
    runs = [run for run in _list_runs(series, middle) if len(run) >= _LONG]
    runs = [run for run in runs if series.times[run[0]] <= onset + _NEAR.total_seconds()]
    starts = [series.times[run[0]] for run in runs]
    if len(runs) < _SPIKES or starts[-1] < onset - _NEAR.total_seconds() or not _is_regular(starts):
        return None
    values = [series.values[index] or 0.0 for index in runs[-1]]
    after = sum(values) / len(values)
    indexes = tuple(index for run in runs for index in run)
    return Shift(series, usual, after, after - usual, _DEVIATION, starts[0], indexes)


def _list_runs(series: Series, least: float) -> list[list[int]]:
    """Return the positions of points at or above a value, those that follow each other together."""
    runs: list[list[int]] = []
    inside = False
    for index, value in enumerate(series.values):
        if value is None:
            continue
        if value < least:
            inside = False
        elif inside:
            runs[-1].append(index)
        else:
            runs.append([index])
            inside = True
    return runs


def _is_regular(starts: Sequence[float]) -> bool:
    gaps = [later - earlier for earlier, later in pairwise(starts)]
    usual = median(gaps)
    return usual >= _OFTEN.total_seconds() and all(abs(gap - usual) <= _REGULAR * usual for gap in gaps)
