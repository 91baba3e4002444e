"""Durations as Go writes them, which is how Chaos Mesh reads them.

Source: Go, `time.ParseDuration`. The single-unit pattern is that of NetworkChaos (`config/crd/bases/
chaos-mesh.org_networkchaos.yaml`, read November 2026); the decimal point is left out, because we never need it.
"""

from __future__ import annotations

import re
from datetime import timedelta
from fractions import Fraction

_LONGEST_TEXT = 40
_PARTS = re.compile(r"(\d{1,9})(?:\.(\d{1,9}))?(ns|us|µs|ms|s|m|h)")
_SINGLE = re.compile(r"\d{1,9}(?:\.\d{1,9})?(?:ns|us|ms|s|m|h)")
_MICROSECONDS = {
    "ns": Fraction(1, 1000),
    "us": Fraction(1),
    "µs": Fraction(1),
    "ms": Fraction(1000),
    "s": Fraction(1_000_000),
    "m": Fraction(60_000_000),
    "h": Fraction(3_600_000_000),
}


def write_span(span: timedelta) -> str:
    """Write a duration in one unit, the largest that loses nothing down to a millisecond: `5m`, `90s`, `1500ms`."""
    milliseconds = max(1, round(span / timedelta(milliseconds=1)))
    if milliseconds % 60_000 == 0:
        return f"{milliseconds // 60_000}m"
    if milliseconds % 1000 == 0:
        return f"{milliseconds // 1000}s"
    return f"{milliseconds}ms"


def write_milliseconds(value: float) -> str:
    """Write a latency: `2000ms`, or `500us` below a millisecond."""
    return f"{round(value)}ms" if value >= 1 else f"{max(1, round(value * 1000))}us"


def read_span(text: str) -> timedelta | None:
    """Read a Go duration of one or more parts without a sign; `None` when it is none."""
    if not 0 < len(text) <= _LONGEST_TEXT:
        return None
    position, total = 0, Fraction(0)
    while position < len(text):
        part = _PARTS.match(text, position)
        if part is None:
            return None
        whole, decimals, unit = part.groups()
        total += (int(whole) + Fraction(int(decimals or 0), 10 ** len(decimals or ""))) * _MICROSECONDS[unit]
        position = part.end()
    return timedelta(microseconds=float(total))


def is_single_unit(text: str) -> bool:
    """Answer whether a duration has one unit, which is all that a latency may have: `1m30s` is refused there."""
    return len(text) <= _LONGEST_TEXT and _SINGLE.fullmatch(text) is not None
