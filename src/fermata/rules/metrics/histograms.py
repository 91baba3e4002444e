"""Buckets of a Prometheus histogram, read as the slowness that they count.

Each bucket is a counter that climbs as long as anything is served: taken for a latency, every healthy service would get
slower all the time.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import accumulate

from fermata.rules.metrics.series import Series, as_rate

_LABEL = "le"
_SUFFIX = "_bucket"
_QUANTILE = 0.95
_FEWEST = 2  # Buckets: of a single one nobody knows what share it is.


def join_buckets(series: Iterable[Series]) -> list[Series]:
    """Return the series, each histogram's buckets joined to the 95th percentile of what came between two points.

    The buckets of a service's pods add up first. A histogram of which a single bucket is there stays as it is.
    Percentiles are interpolated within a bucket, as Prometheus's `histogram_quantile` does (its documentation of query
    functions, read 2026-11); in the last bucket the highest bound that is a number stands for it.
    """
    kept: list[Series] = []
    found: dict[tuple[str, str], dict[float, list[Series]]] = defaultdict(lambda: defaultdict(list))
    for item in series:
        bound = _read_bound(item.labels.get(_LABEL, ""))
        if bound is None:
            kept.append(item)
        else:
            found[item.service, item.metric][bound].append(item)
    for buckets in found.values():
        kept += [_join(buckets)] if len(buckets) >= _FEWEST else [item for items in buckets.values() for item in items]
    return kept


def _read_bound(text: str) -> float | None:
    try:
        bound = float(text)
    except ValueError:
        return None
    return None if math.isnan(bound) else bound


def _join(buckets: dict[float, list[Series]]) -> Series:
    bounds = sorted(buckets)
    counts = [_add_up(as_rate(item) for item in buckets[bound]) for bound in bounds]
    first = buckets[bounds[0]][0]
    times = sorted({time for items in buckets.values() for item in items for time in item.times})
    values = [compute_quantile(bounds, [count.get(time) for count in counts]) for time in times]
    name = f"{first.metric.removesuffix(_SUFFIX)}_p{_QUANTILE * 100:.0f}"
    labels = {key: value for key, value in first.labels.items() if key != _LABEL}
    return replace(
        first, metric=name, times=times, values=values, labels=labels, id=f"{first.service}:{name}", lines=()
    )


def _add_up(series: Iterable[Series]) -> dict[float, float]:
    total: dict[float, float] = defaultdict(float)
    for item in series:
        for time, value in zip(item.times, item.values, strict=True):
            if value is not None:
                total[time] += value
    return total


def compute_quantile(bounds: Sequence[float], counts: Sequence[float | None]) -> float | None:
    """Return the 95th percentile of a histogram; `None` where a bucket has no value, or nothing was counted.

    Args:
        bounds: Upper bounds, rising, the last one perhaps infinite.
        counts: How many were at or below each bound.
    """
    known = [count for count in counts if count is not None]
    if len(known) < len(counts) or known[-1] <= 0:
        return None
    # A scrape between two buckets' updates leaves a lower one ahead of a higher one.
    rising = list(accumulate(known, max))
    rank = _QUANTILE * rising[-1]
    index = next(place for place, count in enumerate(rising) if count >= rank)
    if math.isinf(bounds[index]):
        return bounds[index - 1]
    low, below = (bounds[index - 1], rising[index - 1]) if index else (min(0.0, bounds[0]), 0.0)
    return low + (bounds[index] - low) * (rank - below) / (rising[index] - below)
