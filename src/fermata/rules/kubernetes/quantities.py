"""Quantities, ages and ports as Kubernetes writes them, as numbers.

Every reader answers `None` for text that it does not know instead of guessing: a quota compared with a misread number
would name a wrong cause.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

# k8s.io/apimachinery, pkg/api/resource, suffixes of `Quantity` (read 2026-11-25).
_SCALES = {
    "n": 1e-9,
    "u": 1e-6,
    "m": 1e-3,
    "": 1.0,
    "k": 1e3,
    "M": 1e6,
    "G": 1e9,
    "T": 1e12,
    "P": 1e15,
    "E": 1e18,
    "Ki": 2.0**10,
    "Mi": 2.0**20,
    "Gi": 2.0**30,
    "Ti": 2.0**40,
    "Pi": 2.0**50,
    "Ei": 2.0**60,
}
_QUANTITY = re.compile(r"([+-]?\d{1,30}(?:\.\d{0,30})?|[+-]?\.\d{1,30})(?:[eE]([+-]?\d{1,2})|([numkMGTPE]|[KMGTPE]i)?)")
_AGE_PART = re.compile(r"(\d{1,9})(ms|y|d|h|m|s)")
_AGE = re.compile(r"-?(?:\d{1,9}(?:ms|y|d|h|m|s))+")
# k8s.io/apimachinery, pkg/util/duration: a year is printed as 365 days.
_AGE_SECONDS = {"y": 365 * 86400.0, "d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_PRINTED_TIME = re.compile(
    r"(?:[A-Z][a-z]{2}, )?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})"
)
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), start=1
    )
}


def parse_quantity(value: Any) -> float | None:
    """Return a quantity in its base unit: cores for cpu, bytes for memory and storage, pieces for counts."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    match = _QUANTITY.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    number, exponent, suffix = match.groups()
    return float(number) * (10.0 ** int(exponent) if exponent else _SCALES[suffix or ""])


def parse_age(text: Any) -> float | None:
    """Return seconds for an age as kubectl prints it (`4d21h`, `93s`, `5m10s`); `<unknown>` is `None`."""
    if not isinstance(text, str):
        return None
    text = text.strip()
    if not _AGE.fullmatch(text):
        return None
    seconds = sum(int(number) * _AGE_SECONDS[unit] for number, unit in _AGE_PART.findall(text))
    return -seconds if text.startswith("-") else seconds


def parse_time(value: Any) -> datetime | None:
    """Return an aware instant from RFC 3339 or from the long form that describe prints, or `None`."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value.strip())
    except ValueError:
        return _parse_printed_time(value.strip())
    return found if found.tzinfo is not None else None


def _parse_printed_time(text: str) -> datetime | None:
    match = _PRINTED_TIME.fullmatch(text)
    if match is None or match[2] not in _MONTHS:
        return None
    day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = match.groups()
    try:
        local = datetime(int(year), _MONTHS[month], int(day), int(hour), int(minute), int(second), tzinfo=UTC)
        offset = timedelta(hours=int(zone_hours), minutes=int(zone_minutes))
        return local - offset if sign == "+" else local + offset
    except (ValueError, OverflowError):
        return None


def parse_port(value: Any) -> int | str | None:
    """Return a port's number, or its name when it is referred to by name; `None` for nothing, 0 and `<none>`."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return value if 0 < value <= 65535 else None
    text = str(value).partition("/")[0].strip()
    if text.isascii() and text.isdigit():
        return int(text) if len(text) <= 5 and 0 < int(text) <= 65535 else None
    return text if text and not text.startswith("<") else None
