"""A column's cells as numbers: plain ones, ones with a unit beside them (`900 ms`), and ones with a decimal comma.

Tools that print for people write a unit into each cell, and change it from row to row. What can be read in one way only
is read so; anything else is a gap that is counted, so that nobody takes "not read" for "nothing happened".
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

_NUMBER = re.compile(r"([+-]?\d+)(?:([.,])(\d+))?(e[+-]?\d+)?\s*([a-zµμ%]*)", re.IGNORECASE)
_GAPS = frozenset({"", "-", "--", "nan", "null", "none", "nil", "na", "n/a", "undefined", "no data", "no value"})
_INFINITE = frozenset({"inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"})
# As dashboards write them; a small letter may be another unit (`Mb` is no `MB`), so they are read as spelled.
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "sec": 1.0}
_SECONDS |= {"min": 60.0, "mins": 60.0, "h": 3600.0, "hour": 3600.0, "hours": 3600.0}
_BYTES = {"B": 1.0, "kB": 1e3} | {
    f"{letter}{end}": float(base**power)
    for power, letter in enumerate("KMGTP", start=1)
    for end, base in (("B", 1000), ("iB", 1024))
}
_MILLI = frozenset({"ms", "milliseconds", "millis"})
_WHOLE = frozenset({"s", "sec", "seconds"})
_THOUSANDS = 3
"""Digits behind a comma that may as well part thousands."""


@dataclass(frozen=True, slots=True)
class Cells:
    """What a column holds."""

    values: Sequence[float | None]
    unit: str = ""
    """What was written beside the numbers, durations in `s` or `ms` and sizes in `B`; empty where nothing was."""
    strange: tuple[int, ...] = ()
    """Indexes of the cells that are neither a number nor a word for none."""


@dataclass(frozen=True, slots=True)
class _Reading:
    value: float
    unit: str


def read_number(cell: str) -> float | None:
    """Return a plain finite number, or `None`."""
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def is_usual(cell: str) -> bool:
    """Tell whether a cell is a plain number, or says in a usual word that there is none."""
    return read_number(cell) is not None or _is_gap(cell)


def read_cells(cells: Sequence[str], *, name: str = "", has_comma: bool = False) -> Cells:
    """Return a column's numbers in one unit.

    Args:
        name: The column's, whose words decide between seconds and milliseconds.
        has_comma: Whether a comma in a cell can be a decimal one, because it parts no cells of this table.
    """
    comma = has_comma and _is_decimal(cells)
    read = [_read(cell, has_comma=comma) for cell in cells]
    units = {reading.unit for reading in read if reading is not None and (reading.unit or reading.value)}
    scales, unit = _choose_unit(units, frozenset(re.findall(r"[a-z]+", name.lower())))
    values = [_scale(reading, scales) for reading in read]
    strange = (index for index, cell in enumerate(cells) if values[index] is None and not _is_gap(cell))
    return Cells(values, unit, tuple(strange))


def _is_gap(cell: str) -> bool:
    word = cell.strip().lower()
    return word in _GAPS or word in _INFINITE


def _is_decimal(cells: Sequence[str]) -> bool:
    """Tell whether commas are decimal: no point is, and one of them cannot part thousands."""
    parts = [found for cell in cells if (found := _NUMBER.fullmatch(cell.strip()))]
    behind = [(found[1].lstrip("+-"), found[3]) for found in parts if found[2] == ","]
    if any(found[2] == "." for found in parts):
        return False
    return any(len(end) != _THOUSANDS or start == "0" or len(start) > _THOUSANDS for start, end in behind)


def _read(cell: str, *, has_comma: bool) -> _Reading | None:
    plain = read_number(cell)
    if plain is not None:
        return _Reading(plain, "")
    found = _NUMBER.fullmatch(cell.strip())
    if found is None or (found[2] == "," and not has_comma):
        return None
    whole, _, fraction, exponent, unit = found.groups(default="")
    value = read_number(f"{whole}.{fraction or 0}{exponent}")
    return None if value is None else _Reading(value, unit)


def _choose_unit(units: set[str], words: Collection[str]) -> tuple[dict[str, float], str]:
    """Return what each unit is multiplied by, and the unit that results; nothing where they do not go together."""
    if units <= {""}:
        return {"": 1.0}, ""
    if units <= {"%"}:
        return {"%": 1.0}, "%"
    if units <= _BYTES.keys():
        return _BYTES, "B"
    if not units <= _SECONDS.keys():
        return {"": 1.0}, ""
    if _MILLI & set(words) or (units == {"ms"} and not _WHOLE & set(words)):
        return {unit: scale * 1000 for unit, scale in _SECONDS.items()}, "ms"
    return _SECONDS, "s"


def _scale(reading: _Reading | None, scales: dict[str, float]) -> float | None:
    if reading is None:
        return None
    # Nothing is nothing in every unit.
    scale = scales.get(reading.unit) if reading.value else 1.0
    return None if scale is None else reading.value * scale
