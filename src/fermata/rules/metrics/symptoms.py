"""What each node shows: slower, failing, busier, silent, or short of a resource, in units that can be compared.

A node's latency times its traffic is time that requests spent there; its share of failures times its traffic is the
number that failed. Both are amounts, so a caller's can be set against its callees'.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import log1p
from statistics import median

from fermata.rules.metrics.semantics import RESOURCES, Kind, read_meaning, split_words
from fermata.rules.metrics.series import Series
from fermata.rules.metrics.shift import Frame, Shift, find_shift


class Signal(StrEnum):
    """What a caller feels of a callee."""

    SLOW = "slow"
    FAILING = "failing"


_KINDS = {Signal.SLOW: (Kind.LATENCY,), Signal.FAILING: (Kind.SUCCESS, Kind.ERRORS)}
_STATISTICS = ("avg", "", "p50", "p75", "p90", "p95", "p99", "max")
# Amounts add up for averages only, so these come first.
_AVERAGES = ("avg", "")
_QUANTILES = {"p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p99": 0.99, "max": 0.999}
_MOST_TIMES = 1e9
# What is next to nothing has no useful multiple.
_LARGEST_RATIO = 1.5
# A share of one may overshoot by a little; anything beyond is a share of a hundred.
_SHARES = ("ratio", "rate", "percent", "ratios", "rates", "percentage", "percentages")
_HITS = frozenset({"hit", "hits"})
_COLD = 0.5
_MOST_FLOOR = 0.2
_LEAST_SHARE = 0.002
# Two failures in a thousand: what a healthy service shows now and then, however many requests it has.


@dataclass(frozen=True, slots=True)
class Symptom:
    """One signal of one node."""

    shift: Shift
    each: float
    """More seconds, or more failures, for each request."""


@dataclass(frozen=True, slots=True)
class NodeState:
    """What is known of a node. Empty fields mean unknown, never healthy."""

    node: str
    symptoms: Mapping[Signal, Symptom] = field(default_factory=dict)
    load: Shift | None = None
    """Its traffic left the normal range."""
    resources: tuple[Shift, ...] = ()
    """Shifts of its own resources, the clearest first."""
    traffic: float | None = None
    """Requests an interval that are asked of it: before or since the onset, whichever is more, since a node that hangs
    completes few. `None` when nobody counts them."""
    is_new: bool = False
    """Whether it is called since the onset only."""
    is_silent: bool = False
    """Whether its requests stopped altogether."""
    cold: Shift | None = None
    """It answers half as often as before, or less, from what it holds: a cache whose hits fell."""

    def measure_amount(self, signal: Signal) -> float:
        """Return the excess seconds or failures an interval; each request's where nobody counts them."""
        symptom = self.symptoms.get(signal)
        return 0.0 if symptom is None else symptom.each * (1.0 if self.traffic is None else self.traffic)

    def measure_ratio(self, signal: Signal) -> float:
        """Return the excess in terms of what was normal, on a scale of magnitudes; failures as their share."""
        symptom = self.symptoms.get(signal)
        if symptom is None:
            return 0.0
        if signal is Signal.FAILING:
            return symptom.each
        normal = abs(symptom.shift.before)
        return log1p(min(abs(symptom.shift.change) / normal if normal else symptom.shift.deviation, _MOST_TIMES))


def find_signal(metric: str) -> Signal | None:
    """Return what a metric tells of, by its name: slowness, failures, or neither."""
    kind = read_meaning(metric).kind
    return next((signal for signal, kinds in _KINDS.items() if kind in kinds), None)


def pick_series(items: Iterable[Series], signal: Signal) -> list[Series]:
    """Return the series that tell of a signal, those that speak of all requests first."""
    found = [item for item in items if item.meaning.kind in _KINDS[signal]]
    return sorted(found, key=lambda item: _STATISTICS.index(item.meaning.statistic))


def read_nodes(series: Iterable[Series], frame: Frame) -> dict[str, NodeState]:
    """Return node -> what it shows in the frame, for every node that has a series."""
    by_node: dict[str, list[Series]] = {}
    for item in series:
        by_node.setdefault(item.service, []).append(item)
    return {node: _read_node(node, items, frame) for node, items in by_node.items()}


def _read_node(node: str, items: Sequence[Series], frame: Frame) -> NodeState:
    hits = [item for item in items if _HITS & set(split_words(item.metric))]
    # Hits are a part of what is asked, and stand for it where nobody counts the whole.
    counted = sorted((item for item in items if item.meaning.kind is Kind.TRAFFIC), key=lambda item: item in hits)
    load = find_shift(counted[0], frame) if counted else None
    before, after = _read_traffic(counted[0], frame, load) if counted else (None, None)
    found = {
        Signal.SLOW: _find_slow(pick_series(items, Signal.SLOW), frame),
        Signal.FAILING: _find_failing(pick_series(items, Signal.FAILING), frame, after),
    }
    shifts = (find_shift(item, frame) for item in items if item.meaning.kind in RESOURCES)
    return NodeState(
        node,
        {signal: symptom for signal, symptom in found.items() if symptom is not None},
        load,
        tuple(sorted((shift for shift in shifts if shift is not None), key=lambda shift: -shift.strength)),
        max((value for value in (before, after) if value is not None), default=None),
        is_new=before == 0.0 and bool(after),
        is_silent=load is not None and load.change < 0 and after == 0.0,
        cold=next((shift for item in hits if (shift := find_shift(item, frame)) is not None and _is_cold(shift)), None),
    )


def _is_cold(shift: Shift) -> bool:
    return shift.after <= _COLD * shift.before


def _read_traffic(counted: Series, frame: Frame, load: Shift | None) -> tuple[float | None, float | None]:
    """Return requests an interval in the reference, and since; while they are shifted, where they are."""
    points = [(time, value) for time, value in zip(counted.times, counted.values, strict=True) if value is not None]
    before = [value for time, value in points if frame.start <= time <= frame.end]
    if load is None:
        after = [value for time, value in points if time >= frame.since]
    else:
        after = [value for index in load.indexes if (value := counted.values[index]) is not None]
    return median(before) if before else None, median(after) if after else None


def _find_slow(items: Sequence[Series], frame: Frame) -> Symptom | None:
    """Return the slowness of the mean request: as measured, or else as its percentiles tell it."""
    found = [shift for item in items if (shift := find_shift(item, frame)) is not None]
    # Of several pods the one that moved clearest comes last, and stands for all.
    shifts = {shift.series.meaning.statistic: shift for shift in sorted(found, key=lambda shift: shift.strength)}
    if not shifts:
        return None
    averages = [statistic for statistic in _AVERAGES if any(item.meaning.statistic == statistic for item in items)]
    moved = next((shifts[statistic] for statistic in averages if statistic in shifts), None)
    if moved is not None:
        return Symptom(moved, moved.change * _read_scale(moved.series))
    clearest = max(shifts.values(), key=lambda shift: shift.strength)
    scale = _read_scale(clearest.series)
    if averages:
        # The mean stayed in range, so no more than the tail itself can have moved.
        return Symptom(clearest, clearest.change * scale * (1 - _QUANTILES.get(clearest.series.meaning.statistic, 0.5)))
    gains = {statistic: shifts[statistic].change if statistic in shifts else 0.0 for statistic in _list_known(items)}
    return Symptom(clearest, _integrate(gains) * scale)


def _list_known(items: Sequence[Series]) -> list[str]:
    return [item.meaning.statistic for item in items if item.meaning.statistic in _QUANTILES]


def _integrate(gains: Mapping[str, float]) -> float:
    """Return the mean's gain from percentiles' gains: straight lines between them, from none at the fastest request."""
    total, past, height = 0.0, 0.0, 0.0
    for quantile, gain in sorted((_QUANTILES[statistic], max(gain, 0.0)) for statistic, gain in gains.items()):
        total += (quantile - past) * (height + gain) / 2
        past, height = quantile, gain
    return total + (1 - past) * height


def _read_scale(series: Series) -> float:
    """Return seconds for one unit of the series, as far as unit or name say; otherwise 1."""
    named = f"{series.unit} {series.metric}".lower().replace("_", " ").split()
    return 1e-3 if {"ms", "milliseconds", "millis"} & set(named) else 1.0


def _find_failing(items: Sequence[Series], frame: Frame, traffic: float | None) -> Symptom | None:
    for item in items:
        scale = find_share_scale(item)
        # Of a hundred requests, one failure is a hundredth: less cannot be seen, and of five it is a fifth.
        # That all of them fail is seen however few they are.
        floor = scale * min(1 / max(traffic, 1.0), _MOST_FLOOR) if traffic is not None else 0.0
        shift = find_shift(item, frame, floor=max(floor, _LEAST_SHARE * scale))
        if shift is not None:
            return Symptom(shift, _share_failures(shift, scale, traffic))
    return None


def _share_failures(shift: Shift, scale: float, traffic: float | None) -> float:
    """Return by how much the share of failing requests rose, 0..1."""
    if scale:
        return min(abs(shift.change) / scale, 1.0)
    # A count: a share of the traffic where that is known; otherwise only its strength can be compared.
    return min(abs(shift.change) / traffic, 1.0) if traffic else shift.strength


def find_share_scale(series: Series) -> float:
    """Return what the whole is in a series of shares, 1 or 100; 0 for a series of counts."""
    # Whole words, or how short forms end (`errorrate`): a duration is no ratio.
    name = f"{series.metric} {series.unit}"
    is_share = "%" in name or any(word.endswith(_SHARES) for word in split_words(name))
    if series.meaning.kind is not Kind.SUCCESS and not is_share:
        return 0.0
    top = max((abs(value) for value in series.values if value is not None), default=0.0)
    return 100.0 if top > _LARGEST_RATIO else 1.0
