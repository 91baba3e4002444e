"""Amounts of a service's parts added up: pods that come and go, and failures that nobody counted until the first one.

A counter belongs to a process. Of two pods' counters the sum falls when one restarts or ends, and that would look like
a reset of both; so each is carried on over its resets and behind its end before they are added.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from math import inf

from fermata.rules.metrics.semantics import Kind
from fermata.rules.metrics.series import Series, is_cumulative

# Amounts of several pods add up to their service's; times and shares do not.
_ADD_UP = frozenset({Kind.TRAFFIC, Kind.ERRORS, Kind.NETWORK})
_FAILURES = ("_5xx", "_failed")


def add_parts(series: Iterable[Series]) -> Iterator[Series]:
    """Yield the series, amounts of the same service and metric added up over the times of all of them.

    A time at which no part has a value stays a gap. Rates that were read at times of their own stay apart: at no time
    does anybody know both.
    """
    amounts: dict[tuple[str, str], list[Series]] = {}
    for item in series:
        if item.meaning.kind in _ADD_UP:
            amounts.setdefault((item.service, item.metric), []).append(item)
        else:
            yield item
    for parts in amounts.values():
        if len(parts) > 1 and (all(map(is_cumulative, parts)) or _share_times(parts)):
            yield _add(parts)
        else:
            yield from parts


def _share_times(parts: Sequence[Series]) -> bool:
    """Answer whether each part has a time in common with those before it, or follows them."""
    known: set[float] = set()
    end = -inf
    for part in sorted((part for part in parts if part.times), key=lambda part: part.times[0]):
        if part.times[0] <= end and known.isdisjoint(part.times):
            return False
        known.update(part.times)
        end = max(end, part.times[-1])
    return True


def _add(parts: Sequence[Series]) -> Series:
    times = sorted({time for part in parts for time in part.times})
    known = [dict(zip(part.times, part.values, strict=True)) for part in parts]
    measured = [any(values.get(time) is not None for values in known) for time in times]
    if all(is_cumulative(part) for part in parts):
        columns = [_carry_on([values.get(time) for time in times]) for values in known]
    else:
        columns = [[values.get(time) or 0.0 for time in times] for values in known]
    values = [sum(column) if is_there else None for is_there, *column in zip(measured, *columns, strict=True)]
    return replace(parts[0], times=times, values=values)


def _carry_on(values: Sequence[float | None]) -> list[float]:
    """Return a counter without resets and gaps: what it had counted stays counted.

    What a counter that comes later had counted before it was seen is no increase, as with Prometheus' `increase`.
    """
    carried: list[float] = []
    total, last = 0.0, None
    for place, value in enumerate(values):
        if value is not None:
            if last is None:
                total = 0.0 if place else value
            else:
                total += value - last if value >= last else value
            last = value
        carried.append(total)
    return carried


def fill_births(series: Iterable[Series]) -> Iterator[Series]:
    """Yield the series, those of failures begun when their service's answers of the same metric were first counted.

    A client library knows a status only from the first answer that has it (prometheus.io, instrumentation: "avoid
    missing metrics"): before, there were none. Where nothing of the service was counted, nothing is known; and how long
    the failures took that nobody had yet is not known either.
    """
    kept = list(series)
    by_name = {item.name: item for item in kept}
    for item in kept:
        suffix = next((suffix for suffix in _FAILURES if item.metric.endswith(suffix)), "")
        answers = by_name.get(item.name.removesuffix(suffix)) if suffix else None
        yield item if answers is None or answers.meaning.kind is Kind.LATENCY else _begin_with(item, answers)


def _begin_with(failures: Series, answers: Series) -> Series:
    first = next((place for place, value in enumerate(failures.values) if value is not None), None)
    if first is None:
        return failures
    value = failures.values[first] if is_cumulative(failures) else 0.0
    earlier = [
        time
        for time, count in zip(answers.times, answers.values, strict=True)
        if count is not None and time < failures.times[first]
    ]
    return replace(
        failures,
        times=[*earlier, *failures.times[first:]],
        values=[*(value for _ in earlier), *failures.values[first:]],
    )
