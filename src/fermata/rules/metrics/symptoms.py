"""What each node shows: slower, failing, busier, silent, or short of a resource, in units that can be compared.

A node's latency times its traffic is time that requests spent there; its share of failures times its traffic is the
number that failed. Both are amounts, so a caller's can be set against its callees'.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import median

from fermata.rules.metrics.semantics import RESOURCES, Kind, read_meaning
from fermata.rules.metrics.series import Series
from fermata.rules.metrics.shift import Frame, Shift, find_shift


class Signal(StrEnum):
    """What a caller feels of a callee."""

    SLOW = "slow"
    FAILING = "failing"


_KINDS = {Signal.SLOW: (Kind.LATENCY,), Signal.FAILING: (Kind.SUCCESS, Kind.ERRORS)}
_STATISTICS = ("avg", "", "p50", "p75", "p90", "p95", "p99", "max")
# Amounts add up for averages only, so these come first; a tail speaks where no average was measured or none moved.
_AVERAGES = ("avg", "")
_TAILS = {"p50": 0.5, "p75": 0.25, "p90": 0.1, "p95": 0.05, "p99": 0.01, "max": 0.01}
# The share of requests that a tail speaks of: what a p99 gained was felt by one request in a hundred.
_LARGEST_RATIO = 1.5
# A share of one may overshoot by a little; anything beyond is a share of a hundred.
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
    """Requests an interval since the onset; `None` when nobody counts them."""
    is_new: bool = False
    """Whether it is called since the onset only."""

    @property
    def is_silent(self) -> bool:
        """Tell whether its requests stopped altogether."""
        return self.load is not None and self.load.change < 0 and self.traffic == 0.0

    def measure_amount(self, signal: Signal) -> float:
        """Return the excess seconds or failures an interval; each request's where nobody counts them."""
        symptom = self.symptoms.get(signal)
        return 0.0 if symptom is None else symptom.each * (1.0 if self.traffic is None else self.traffic)


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
    counted = [item for item in items if item.meaning.kind is Kind.TRAFFIC]
    before, after = _read_traffic(counted[0], frame) if counted else (None, None)
    found = {
        Signal.SLOW: _find_slow(pick_series(items, Signal.SLOW), frame),
        Signal.FAILING: _find_failing(pick_series(items, Signal.FAILING), frame, after),
    }
    shifts = (find_shift(item, frame) for item in items if item.meaning.kind in RESOURCES)
    return NodeState(
        node,
        {signal: symptom for signal, symptom in found.items() if symptom is not None},
        find_shift(counted[0], frame) if counted else None,
        tuple(sorted((shift for shift in shifts if shift is not None), key=lambda shift: -shift.strength)),
        after,
        is_new=before == 0.0 and bool(after),
    )


def _read_traffic(counted: Series, frame: Frame) -> tuple[float | None, float | None]:
    """Return requests an interval in the reference and since."""
    points = [(time, value) for time, value in zip(counted.times, counted.values, strict=True) if value is not None]
    before = [value for time, value in points if frame.start <= time <= frame.end]
    after = [value for time, value in points if time >= frame.since]
    return median(before) if before else None, median(after) if after else None


def _find_slow(items: Sequence[Series], frame: Frame) -> Symptom | None:
    """Return the slowness: by the average where it moved, otherwise by the statistic that shows most of it.

    Each statistic bounds from below what the mean request gained: the median its half, a p99 its hundredth.
    """
    best: Symptom | None = None
    for item in items:
        shift = find_shift(item, frame)
        if shift is None:
            continue
        statistic = item.meaning.statistic
        symptom = Symptom(shift, shift.change * _read_scale(item) * _TAILS.get(statistic, 1.0))
        if statistic in _AVERAGES:
            return symptom
        if best is None or symptom.each > best.each:
            best = symptom
    return best


def _read_scale(series: Series) -> float:
    """Return seconds for one unit of the series, as far as unit or name say; otherwise 1."""
    named = f"{series.unit} {series.metric}".lower().replace("_", " ").split()
    return 1e-3 if {"ms", "milliseconds", "millis"} & set(named) else 1.0


def _find_failing(items: Sequence[Series], frame: Frame, traffic: float | None) -> Symptom | None:
    for item in items:
        scale = find_share_scale(item)
        # Of a hundred requests, one failure is a hundredth: less cannot be seen, and of five it is a fifth.
        floor = scale / max(traffic, 1.0) if traffic is not None else 0.0
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
    name = f"{series.metric} {series.unit}".lower()
    is_share = any(word in name for word in ("ratio", "rate", "percent", "%"))
    if series.meaning.kind is not Kind.SUCCESS and not is_share:
        return 0.0
    top = max((abs(value) for value in series.values if value is not None), default=0.0)
    return 100.0 if top > _LARGEST_RATIO else 1.0
