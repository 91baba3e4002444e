"""What is measured no more, while the recording goes on: a target that is gone, a share of no requests at all.

A gap is no zero, so no shift tells of it, and "nothing left its normal range" would be said of a service that nobody
hears from.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from fermata.rules.metrics.series import Series

_FEWEST_KNOWN = 5
# Numbers before the end: what came less often has no habit that it could leave.
_STEADY = 0.9
# The share of its own steps, up to its last number, at which a series had one: a job that runs now and then, and
# failures that come and go, are silent most of the time.
_FEWEST_MISSED = 3
# Steps without a number: one or two are a scrape that failed, or a restart.
_TAIL = 0.05
# The same as a share of the recording.
# A pod of a Deployment by its name, where no label says whose it is: both parts are drawn from Kubernetes' alphabet for
# what it generates (k8s.io/apimachinery/pkg/util/rand). Pods of a StatefulSet keep their names, and are told apart.
_REPLACEABLE = re.compile(r"(.+)-[bcdfghjklmnpqrstvwxz2456789]{5,10}-[bcdfghjklmnpqrstvwxz2456789]{5}")


@dataclass(frozen=True, slots=True)
class Stop:
    """The end of a metric's numbers."""

    node: str
    metric: str
    since: float
    """Epoch seconds of its last number."""
    measured: int
    """How many it had."""


def name_whole(service: str) -> str:
    """Return whose numbers go on when one part goes: of a Deployment's pod the Deployment, else the service itself."""
    part = _REPLACEABLE.fullmatch(service)
    return part[1] if part else service


def list_stopped(series: Iterable[Series]) -> tuple[Stop, ...]:
    """Return the metrics that had a number nearly all the time and then none until the end, the earliest first.

    All parts of a service count as one: where a pod gives way to another, its metric goes on.

    Args:
        series: Of one recording, which ends with the last time of any of them: where all end at once, it ended.
    """
    kept = [item for item in series if item.times]
    if not kept:
        return ()
    ends = max(item.times[-1] for item in kept)
    known: dict[tuple[str, str], set[float]] = defaultdict(set)
    for item in kept:
        known[name_whole(item.service), item.metric].update(
            time for time, value in zip(item.times, item.values, strict=True) if value is not None
        )
    stops = [
        Stop(node, metric, max(times), len(times))
        for (node, metric), times in known.items()
        if _has_stopped(sorted(times), ends)
    ]
    return tuple(sorted(stops, key=lambda stop: (stop.since, stop.node, stop.metric)))


def _has_stopped(known: Sequence[float], ends: float) -> bool:
    if len(known) < _FEWEST_KNOWN:
        return False
    step = median(later - earlier for earlier, later in pairwise(known))
    had = (known[-1] - known[0]) / step + 1
    missed = (ends - known[-1]) / step
    return len(known) >= _STEADY * had and missed >= max(_FEWEST_MISSED, _TAIL * (had + missed))
