"""Tables of metrics: wide (a column a series) or long (a row a point).

A table of hundreds of columns is parted into cells once; a column becomes numbers when somebody looks at it, since most
diagnoses look at a few. Cells that are no number are gaps, never zeros.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import overload

from fermata.flows.bundle.files import Unreadable
from fermata.flows.bundle.metric_headers import split_header
from fermata.flows.bundle.parsing import read_instant
from fermata.rules.metrics.series import Series

_TIME_NAMES = frozenset({"time", "timestamp", "ts", "date", "datetime", "unix_timestamp", "epoch"})
_LONG = frozenset({"service", "metric", "value"})
_DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True)
class MetricReading:
    """What a file of metrics holds."""

    series: tuple[Series, ...]
    problems: tuple[str, ...] = ()
    """What of it cannot be used, in words."""


@dataclass(frozen=True, slots=True)
class _Row:
    time: float
    line: int
    cells: Sequence[str]


class Column(Sequence[float | None]):
    """One column of a table's cells, made into numbers when first asked for."""

    __slots__ = ("_index", "_rows", "_values")

    def __init__(self, rows: Sequence[Sequence[str]], index: int) -> None:
        self._rows = rows
        self._index = index
        self._values: list[float | None] | None = None

    def _read(self) -> list[float | None]:
        if self._values is None:
            self._values = _read_column(self._rows, self._index)
        return self._values

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> float | None: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[float | None]: ...

    def __getitem__(self, index: int | slice) -> float | Sequence[float | None] | None:
        return self._read()[index]

    def __iter__(self) -> Iterator[float | None]:
        return iter(self._read())


def read_table(text: str, services: Collection[str] = ()) -> MetricReading:
    """Return the series of a table, wide or long, in order of time.

    Args:
        services: Known names, which part a wide table's headers into service and metric.

    Raises:
        Unreadable: It has no header with something beside the times, or no row with a time.
    """
    lines = text.removeprefix("\ufeff").split("\n")
    delimiter = max(_DELIMITERS, key=lines[0].count)
    header = [cell.strip() for cell in next(csv.reader(lines[:1], delimiter=delimiter), [])]
    lowered = [cell.lower() for cell in header]
    clock = next((index for index, cell in enumerate(lowered) if cell in _TIME_NAMES), 0)
    rows, problems = _read_rows(lines, delimiter, clock)
    if len(header) < 2:
        raise Unreadable("it is no table: its first line names no column beside the times", 1)
    if not rows:
        raise Unreadable("it holds no row with a time", 1)
    series = _read_long(rows, lowered) if _LONG.issubset(lowered) else _read_wide(rows, header, clock, services)
    return MetricReading(tuple(series), problems)


def _read_rows(lines: Sequence[str], delimiter: str, clock: int) -> tuple[list[_Row], tuple[str, ...]]:
    """Return the rows with a time, sorted by it, and what was left out."""
    # Python's reader costs four times as much as `split`, which is right wherever nothing is quoted.
    quoted = any('"' in line for line in lines)
    rows: list[_Row] = []
    wrong: list[int] = []
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        cells = next(csv.reader([line], delimiter=delimiter)) if quoted else line.split(delimiter)
        time = _read_time(cells[clock]) if clock < len(cells) else None
        if time is None:
            wrong.append(number)
        else:
            rows.append(_Row(time, number, cells))
    rows.sort(key=lambda row: row.time)
    problems = (f"{len(wrong)} rows without a time, the first on line {wrong[0]}",) if wrong else ()
    return rows, problems


def _read_wide(rows: Sequence[_Row], header: Sequence[str], clock: int, services: Collection[str]) -> Iterator[Series]:
    # Of two rows of one time the later one counts.
    latest = list({row.time: row for row in rows}.values())
    times = [row.time for row in latest]
    lines = [row.line for row in latest]
    cells = [row.cells for row in latest]
    for index, name in enumerate(header):
        if index != clock and name:
            service, metric = split_header(name, services)
            yield Series(service, metric, times, Column(cells, index), id=name, lines=lines)


def _read_long(rows: Sequence[_Row], header: Sequence[str]) -> Iterator[Series]:
    service, metric, value = (header.index(name) for name in ("service", "metric", "value"))
    last = max(service, metric, value)
    found: dict[tuple[str, str], dict[float, tuple[float | None, int]]] = {}
    for row in rows:
        if last < len(row.cells):
            key = row.cells[service].strip(), row.cells[metric].strip()
            found.setdefault(key, {})[row.time] = _read_number(row.cells[value]), row.line
    for (owner, name), points in found.items():
        values = [value for value, _ in points.values()]
        yield Series(
            owner, name, list(points), values, id=f"{owner}:{name}", lines=[line for _, line in points.values()]
        )


def _read_time(cell: str) -> float | None:
    instant = read_instant(cell.strip())
    return None if instant is None else instant.timestamp()


def _read_column(rows: Sequence[Sequence[str]], index: int) -> list[float | None]:
    try:
        quick = [float(row[index]) for row in rows]
    except (ValueError, IndexError):
        return [_read_number(row[index]) if index < len(row) else None for row in rows]
    # One sum tells whether all are finite, at a fifth of the price of asking each.
    return [*quick] if math.isfinite(sum(quick)) else [_read_number(row[index]) for row in rows]


def _read_number(cell: str) -> float | None:
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
