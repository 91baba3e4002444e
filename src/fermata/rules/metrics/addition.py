"""Amounts of a service's parts added up: pods that come and go, and failures that nobody counted until the first one.

A counter belongs to a process. Of two pods' counters the sum falls when one restarts or ends, and that would look like
a reset of both; so each is carried on over its resets and behind its end before they are added.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from fermata.rules.metrics.semantics import Kind
from fermata.rules.metrics.series import Series, is_cumulative

# Amounts of several pods add up to their service's; times and shares do not.
_ADD_UP = frozenset({Kind.TRAFFIC, Kind.ERRORS, Kind.NETWORK})
_FAILURES = ("_5xx", "_failed")


def add_parts(series: Iterable[Series]) -> Iterator[Series]:
    """Yield the series, amounts of the same service and metric added up over the times of all of them.

    A time at which no part has a value stays a gap.
    """
    amounts: dict[tuple[str, str], list[Series]] = {}
    for item in series:
        if item.meaning.kind in _ADD_UP:
            amounts.setdefault((item.service, item.metric), []).append(item)
        else:
            yield item
    for parts in amounts.values():
        yield parts[0] if len(parts) == 1 else _add(parts)


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
    missing metrics"): before, there were none. Where nothing of the service was counted, nothing is known.
    """
    kept = list(series)
    by_name = {item.name: item for item in kept}
    for item in kept:
        suffix = next((suffix for suffix in _FAILURES if item.metric.endswith(suffix)), "")
        answers = by_name.get(item.name.removesuffix(suffix)) if suffix else None
        yield item if answers is None else _begin_with(item, answers)


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
