"""Tables of metrics: wide (a column a series) or long (a row a point).

A table of hundreds of columns is parted into cells once; a column becomes numbers when somebody looks at it, since most
diagnoses look at a few. Cells that are no number are gaps, never zeros, and how many there were is said.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import overload

from fermata.flows.bundle.files import Unreadable
from fermata.flows.bundle.metric_cells import Cells, is_usual, read_cells, read_number
from fermata.flows.bundle.metric_headers import split_header
from fermata.flows.bundle.parsing import read_instant
from fermata.rules.metrics.series import Series

_TIME_NAMES = frozenset({"time", "timestamp", "ts", "date", "datetime", "unix_timestamp", "epoch"})
_LONG = frozenset({"service", "metric", "value"})
_DELIMITERS = ",;\t"
_MOST_LOOKED_AT = 20_000
"""Cells that are looked at before anybody asks, spread over the whole table: how numbers are written changes by column
rather than by row, and to read all of a large table costs more than most diagnoses."""


@dataclass(frozen=True, slots=True)
class MetricReading:
    """What a file of metrics holds."""

    series: tuple[Series, ...]
    problems: tuple[str, ...] = ()
    """What of it cannot be used, in words."""


@dataclass(frozen=True, slots=True)
class _Strange:
    """Cells of one series that are no numbers."""

    series: str
    count: int
    line: int
    """Of the first."""


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
    strange: list[_Strange] = []
    has_comma = delimiter != ","
    if _LONG.issubset(lowered):
        series = list(_read_long(rows, lowered, strange, has_comma=has_comma))
    else:
        table = _Table(rows, header, clock, has_comma=has_comma)
        series = list(_read_wide(table, services, strange))
    _refuse_empty(series, strange)
    return MetricReading(tuple(series), (*problems, *_describe_strange(strange)))


def _refuse_empty(series: Sequence[Series], strange: Sequence[_Strange]) -> None:
    # The first number ends the search; only a table without any is read to its end.
    if any(value is not None for item in series for value in item.values):
        return
    if not strange:
        raise Unreadable("it holds no number: each of its cells is empty, or says that nothing was measured")
    line = min(each.line for each in strange)
    reason = f"none of its cells can be read as a number, the first on line {line}: look at its delimiter and units"
    raise Unreadable(reason, line)


def _describe_strange(strange: Sequence[_Strange]) -> tuple[str, ...]:
    if not strange:
        return ()
    count, first = sum(each.count for each in strange), strange[0]
    cells = "1 cell is no number" if count == 1 else f"{count:,} cells are no numbers"
    return (f"{cells} and left out, the first of {first.series} on line {first.line}",)


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


@dataclass(frozen=True, slots=True)
class _Table:
    rows: Sequence[_Row]
    header: Sequence[str]
    clock: int
    has_comma: bool
    """Whether a comma in a cell can be a decimal one."""


def _read_wide(table: _Table, services: Collection[str], strange: list[_Strange]) -> Iterator[Series]:
    # Of two rows of one time the later one counts.
    latest = list({row.time: row for row in table.rows}.values())
    times = [row.time for row in latest]
    lines = [row.line for row in latest]
    cells = [row.cells for row in latest]
    looked_at = cells[:: 1 + len(cells) * len(table.header) // _MOST_LOOKED_AT]
    for index, name in enumerate(table.header):
        if index == table.clock or not name:
            continue
        service, metric = split_header(name, services)
        if _looks_usual(looked_at, index):
            yield Series(service, metric, times, Column(cells, index), id=name, lines=lines)
            continue
        told = [row[index] if index < len(row) else "" for row in cells]
        read = read_cells(told, name=name, has_comma=table.has_comma)
        strange.extend(_list_strange(name, read, lines))
        yield Series(service, metric, times, read.values, read.unit, id=name, lines=lines)


def _read_long(
    rows: Sequence[_Row], header: Sequence[str], strange: list[_Strange], *, has_comma: bool
) -> Iterator[Series]:
    service, metric, value = (header.index(name) for name in ("service", "metric", "value"))
    last = max(service, metric, value)
    found: dict[tuple[str, str], dict[float, tuple[str, int]]] = {}
    for row in rows:
        if last < len(row.cells):
            key = row.cells[service].strip(), row.cells[metric].strip()
            found.setdefault(key, {})[row.time] = row.cells[value], row.line
    for (owner, name), points in found.items():
        lines = [line for _, line in points.values()]
        read = read_cells([cell for cell, _ in points.values()], name=name, has_comma=has_comma)
        key_name = f"{owner}:{name}"
        strange.extend(_list_strange(key_name, read, lines))
        yield Series(owner, name, list(points), read.values, read.unit, id=key_name, lines=lines)


def _list_strange(name: str, read: Cells, lines: Sequence[int]) -> Iterator[_Strange]:
    if read.strange:
        yield _Strange(name, len(read.strange), min(lines[index] for index in read.strange))


def _read_time(cell: str) -> float | None:
    instant = read_instant(cell.strip())
    return None if instant is None else instant.timestamp()


def _looks_usual(rows: Sequence[Sequence[str]], index: int) -> bool:
    """Tell whether each cell of a column is a plain number, or missing in a usual way."""
    try:
        if math.isfinite(sum([float(row[index]) for row in rows])):
            return True
    except (ValueError, IndexError):
        pass
    return all(index >= len(row) or is_usual(row[index]) for row in rows)


def _read_column(rows: Sequence[Sequence[str]], index: int) -> list[float | None]:
    try:
        quick = [float(row[index]) for row in rows]
    except (ValueError, IndexError):
        return [read_number(row[index]) if index < len(row) else None for row in rows]
    # One sum tells whether all are finite, at a fifth of the price of asking each.
    return [*quick] if math.isfinite(sum(quick)) else [read_number(row[index]) for row in rows]
