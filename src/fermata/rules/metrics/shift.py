"""Whether a series left its normal range, when, by how much, and in which points that can be seen.

Normal is the median of a reference window and its spread on each side (latencies are skewed: the side they grow to is
the wide one). A departure counts when it persists: one wild point is weather. The score is robust and bounded, so that
series of different units and of zero spread can stand side by side.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from fermata.rules.metrics.semantics import Kind
from fermata.rules.metrics.series import Series

THRESHOLD = 4.0
"""Spreads a point must depart by. The normal distribution's 4 sigma; measured series have fatter tails, which the
spread (90th percentile of one side) already contains."""
_HALF_SCORE = 6.0
# Departures in spreads at which the strength is one half: well past the threshold, so that a mere crossing stays weak.
_RELATIVE_FLOOR = 0.05
# The least spread as a share of the level: changes below a few percent matter to nobody at three in the morning.
_SHARE_FLOOR = 0.005
# The least spread of a share of successes where nobody counts the requests; otherwise it is one request.
_ZERO_FLOOR = 0.1
# The least spread beside a flat zero, as a share of what came after: anything lasting beside nothing at all is a shift.
_FLOORS = {Kind.PACKET_LOSS: 0.5}
# Retransmissions a second: one in two seconds is weather on any network.
_LARGEST_RATIO = 1.5
# A share of one may overshoot by a little; anything beyond is a share of a hundred.
_TINY = 1e-12
_AGED = 3.0
# Spreads between an old reference and the first point looked at from which on the reference is no longer the norm.
_HEAD_SHARE = 0.2
_FEWEST_REFERENCE = 5
# Without an onset, the head of a recording is its reference: whoever records an incident begins before it.
_NORMAL_90 = 1.2816
# The normal distribution's 90th percentile in standard deviations; 1.4826 does the same for the median deviation.
_NORMAL_MAD = 1.4826


@dataclass(frozen=True, slots=True)
class Frame:
    """Which part of the time axis is the reference, and from when on is looked."""

    start: float
    """First instant of the reference, epoch seconds."""
    end: float
    """Last instant of the reference."""
    since: float
    """First instant that is looked at."""
    near: bool = False
    """Whether the first point looked at is a witness too: it stands between a reference of long ago and the fault, and
    what had already changed by then is no part of the fault."""


@dataclass(frozen=True, slots=True)
class Shift:
    """A lasting departure of one series."""

    series: Series
    before: float
    """The reference's median."""
    after: float
    """The mean over the run of departing points."""
    change: float
    """What is new, signed, in the series' unit: `after - before`, less what had already changed before the fault."""
    deviation: float
    """The mean departure of the run in spreads, never negative."""
    onset: float
    """Epoch seconds of the first departing point."""
    indexes: tuple[int, ...]
    """Positions in the series of the points that departed: what a citation points at."""
    profile: Mapping[float, float] = field(default_factory=dict)
    """Time -> departure in spreads, signed by `worse`, of every point looked at."""

    @property
    def strength(self) -> float:
        """Return how clear the shift is, 0..1."""
        return 1 - _HALF_SCORE / (self.deviation + _HALF_SCORE)

    @property
    def ratio(self) -> float | None:
        """Return after over before; `None` beside zero."""
        return self.after / self.before if self.before else None


@dataclass(frozen=True, slots=True)
class Level:
    """What is normal for a series."""

    center: float
    below: float
    """The spread downwards."""
    above: float

    def measure(self, value: float) -> float:
        """Return the signed distance from normal in spreads of that side."""
        return (value - self.center) / (self.above if value >= self.center else self.below)


def detect_shift(
    series: Series, onset: float | None = None, *, baseline: tuple[float, float] | None = None
) -> Shift | None:
    """Find where a series leaves its normal range for good enough.

    Args:
        onset: Epoch seconds when the trouble began, if somebody knows: only points since then are looked at. Without
            it, and without a baseline, the first fifth of the series is taken as normal.
        baseline: First and last instant of what was normal; otherwise everything before the onset.

    Returns:
        Nothing when the series stays in range, is too short, or has no reference.
    """
    frame = make_frame(series.times, onset, baseline)
    return None if frame is None else find_shift(series, frame)


def make_frame(
    times: Sequence[float], onset: float | None, baseline: tuple[float, float] | None = None
) -> Frame | None:
    """Return the parts of the time axis for what is known of an incident; nothing for an axis without room for both."""
    if baseline is None and onset is None:
        head = max(_FEWEST_REFERENCE, int(len(times) * _HEAD_SHARE))
        return Frame(times[0], times[head - 1], times[head]) if head < len(times) else None
    if baseline is None:
        earlier = [time for time in times if onset is not None and time < onset]
        return Frame(earlier[0], earlier[-1], onset) if earlier and onset is not None else None
    since = next((time for time in times if time > baseline[1]), None) if onset is None else onset
    return None if since is None else Frame(*baseline, since)


def find_shift(series: Series, frame: Frame, *, floor: float = 0.0) -> Shift | None:
    """Find a lasting departure of one series in a frame, to the side that hurts, or to either where both may.

    Args:
        floor: The least spread that counts, in the series' unit; 0 leaves it to the kind of metric.
    """
    look = _look(series, frame)
    if look is None or (not frame.near and _is_calm(look, series.meaning.worse)):
        return None
    level = measure_level(look.reference, series.meaning.kind, peak=look.peak, floor=floor)
    near = look.values[0] if frame.near else None
    departures = [_measure(value, level, near) for value in look.values]
    run = _find_run(departures, series.meaning.worse)
    if not run:
        return None
    mean = sum(look.values[position] for position in run) / len(run)
    past = level.center if near is None else _find_past(mean, level, near)
    times = [series.times[index] for index in look.indexes]
    return Shift(
        series=series,
        before=level.center,
        after=mean,
        change=mean - past,
        deviation=sum(abs(departures[position]) for position in run) / len(run),
        onset=times[run[0]],
        indexes=tuple(look.indexes[position] for position in run),
        profile=dict(zip(times, departures, strict=True)),
    )


def measure_profile(series: Series, frame: Frame) -> dict[float, float]:
    """Return time -> departure in spreads of every point looked at, positive where it hurts; empty without reference.

    Unlike a shift it is there for a series that stays in range, too: a symptom may be faint and still keep time with
    its origin.
    """
    look = _look(series, frame)
    if look is None:
        return {}
    level = measure_level(look.reference, series.meaning.kind, peak=look.peak)
    near = look.values[0] if frame.near else None
    sign = series.meaning.worse or 1
    return {
        series.times[index]: _measure(value, level, near) * sign
        for index, value in zip(look.indexes, look.values, strict=True)
    }


@dataclass(frozen=True, slots=True)
class _Look:
    reference: list[float]
    """Sorted."""
    indexes: list[int]
    values: list[float]

    @property
    def peak(self) -> float:
        return max(map(abs, self.values))


def _look(series: Series, frame: Frame) -> _Look | None:
    """Return the reference and what is looked at; nothing when one of them is too short."""
    times = series.times
    past = series.values[bisect_left(times, frame.start) : bisect_right(times, frame.end)]
    since = bisect_left(times, frame.since)
    now = series.values[since:]
    reference = sorted(value for value in past if value is not None)
    indexes = [index for index, value in enumerate(now, since) if value is not None]
    values = [value for value in now if value is not None]
    return _Look(reference, indexes, values) if len(reference) >= _FEWEST_REFERENCE and values else None


def _is_calm(look: _Look, side: int) -> bool:
    """Tell at a glance that nothing can depart: all that is looked at lies where the reference lay.

    Most series of a system are like that, and need no more work.
    """
    low, high = look.reference[0], look.reference[-1]
    return (side < 0 or max(look.values) <= high) and (side > 0 or min(look.values) >= low)


def measure_level(reference: Sequence[float], kind: Kind, *, peak: float = 0.0, floor: float = 0.0) -> Level:
    """Return what is normal for a reference of at least one value.

    Args:
        reference: In rising order.
        peak: The greatest value looked at, which sets the least spread beside a reference that is flat zero.
        floor: The least spread; 0 leaves it to the kind.
    """
    center = _find_middle(reference)
    spread = _NORMAL_MAD * _find_middle(sorted(abs(value - center) for value in reference))
    last = len(reference) - 1
    least = floor or _find_floor(center, kind, peak)
    return Level(
        center,
        max(spread, (center - reference[round(last * 0.1)]) / _NORMAL_90, least),
        max(spread, (reference[round(last * 0.9)] - center) / _NORMAL_90, least),
    )


def _find_middle(ordered: Sequence[float]) -> float:
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _find_floor(center: float, kind: Kind, peak: float) -> float:
    if kind is Kind.SUCCESS:
        # A share of one, or of a hundred.
        return _SHARE_FLOOR * (100.0 if max(abs(center), peak) > _LARGEST_RATIO else 1.0)
    beside_zero = _ZERO_FLOOR * peak if center == 0 else 0.0
    return max(_RELATIVE_FLOOR * abs(center), beside_zero, _FLOORS.get(kind, 0.0), _TINY)


def _find_past(value: float, level: Level, near: float) -> float:
    """Return what a value is held against: the witness where the reference has aged, else whichever is closer.

    A value between the two is held against itself: one of them is as far on the other side of it.
    """
    if abs(level.measure(near)) > _AGED:
        return near
    if min(near, level.center) <= value <= max(near, level.center):
        return value
    return near if abs(value - near) <= abs(value - level.center) else level.center


def _measure(value: float, level: Level, near: float | None) -> float:
    """Return how far a value departs from what it is held against, in spreads."""
    if near is None:
        return level.measure(value)
    past = _find_past(value, level, near)
    return (value - past) / (level.above if value >= past else level.below)


def _find_run(departures: Sequence[float], side: int) -> list[int]:
    """Return the strongest run of neighbouring departures to one side, or nothing.

    Two neighbours make a run. A single point does only where nothing follows it: the newest point of a live series.
    """
    best: list[int] = []
    best_weight = 0.0
    for sign in (1, -1) if side == 0 else (side,):
        for run in _list_runs([departure * sign >= THRESHOLD for departure in departures]):
            weight = sum(abs(departures[position]) for position in run)
            lasting = len(run) > 1 or run[-1] == len(departures) - 1
            if lasting and weight > best_weight:
                best, best_weight = run, weight
    return best


def _list_runs(marks: Sequence[bool]) -> list[list[int]]:
    edges = [position for position, (one, other) in enumerate(pairwise([False, *marks, False])) if one != other]
    return [list(range(begin, end)) for begin, end in zip(edges[::2], edges[1::2], strict=True)]
