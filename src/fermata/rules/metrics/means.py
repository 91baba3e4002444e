"""The sum and the count of a histogram or summary, read as the mean that they make.

A sum of seconds climbs with the traffic as well as with the slowness: taken for a latency, a service that is asked
twice as much would be twice as slow.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from fermata.rules.metrics.semantics import split_words
from fermata.rules.metrics.series import Series, as_rate

_PART = re.compile(r"^(?P<base>.+)_(?P<part>sum|count)(?:_5xx|_failed)?$")
_TIMES = frozenset({"seconds", "milliseconds", "ms", "duration", "latency"})


def join_means(series: Iterable[Series]) -> list[Series]:
    """Return the series, the sums of times replaced by the mean of what came between two points.

    It is `rate(x_sum) / rate(x_count)`, as Prometheus' page on histograms and summaries has it, over all
    parts and statuses of a service; the counts stay, as traffic. A sum without its count stays as it is.
    """
    kept: list[Series] = []
    found: dict[tuple[str, str], dict[str, list[Series]]] = defaultdict(lambda: {"sum": [], "count": []})
    for item in series:
        told = _PART.match(item.metric)
        if told is not None and _TIMES.intersection(split_words(told["base"])):
            found[item.service, told["base"]][told["part"]].append(item)
        else:
            kept.append(item)
    for (_, base), parts in found.items():
        kept += parts["count"]
        kept += [_divide(base, parts["sum"], parts["count"])] if all(parts.values()) else parts["sum"]
    return kept


def _divide(base: str, sums: list[Series], counts: list[Series]) -> Series:
    total, number = _add_rates(sums), _add_rates(counts)
    times = sorted({time for item in sums for time in item.times})
    values = [total[time] / number[time] if number.get(time, 0.0) > 0 and time in total else None for time in times]
    name = f"{base}_avg"
    first = sums[0]
    return replace(first, metric=name, times=times, values=values, id=f"{first.service}:{name}", lines=())


def _add_rates(series: list[Series]) -> dict[float, float]:
    added: dict[float, float] = defaultdict(float)
    for item in series:
        rate = as_rate(item)
        for time, value in zip(rate.times, rate.values, strict=True):
            if value is not None:
                added[time] += value
    return added
