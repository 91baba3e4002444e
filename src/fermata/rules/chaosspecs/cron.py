"""Whether a schedule's times can be read by Chaos Mesh's parser.

Source: robfig/cron v3, `NewParser(SecondOptional | Minute | Hour | Dom | Month | Dow | Descriptor)`, which Chaos Mesh
uses (`api/v1alpha1/schedule_types.go`, read November 2026).
"""

from __future__ import annotations

import re
from datetime import timedelta

from fermata.rules.chaosspecs.spans import read_span

_RANGES = (("second", 0, 59), ("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 6))
_NAMES = {
    "month": ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
    "weekday": ("sun", "mon", "tue", "wed", "thu", "fri", "sat"),
}
_DESCRIPTORS = frozenset({"@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually"})
_PART = re.compile(r"(\*|\?|[a-z0-9]{1,4})(?:-([a-z0-9]{1,4}))?(?:/(\d{1,4}))?")
_SHORTEST = timedelta(minutes=10)
"""A fault of five minutes and as much again to recover."""


def find_cron_fault(text: str) -> str:
    """Return what is wrong with a schedule's times, in words; empty when nothing is."""
    text = text.strip().lower()
    if text.startswith("@every "):
        span = read_span(text.removeprefix("@every ").strip())
        if span is None:
            return f"{text!r} has no duration, as @every 168h"
        return "" if span >= _SHORTEST else "it comes again before the last one has recovered"
    if text.startswith("@"):
        return "" if text in _DESCRIPTORS else f"{text!r} is not known"
    fields = text.split()
    if len(fields) not in (5, 6):
        return f"it has {len(fields)} fields; a cron has five, or six with seconds"
    ranges = _RANGES[-len(fields) :]
    faults = [_find_field_fault(field, *each) for field, each in zip(fields, ranges, strict=True)]
    return next((fault for fault in faults if fault), "") or _find_haste(fields[:-4])


def _find_haste(fields: list[str]) -> str:
    """Every minute, or several minutes of an hour, is no rehearsal but a siege."""
    return (
        "" if all(field.isdecimal() for field in fields) else "it comes more often than once an hour; name one minute"
    )


def _find_field_fault(field: str, name: str, low: int, high: int) -> str:
    for part in field.split(","):
        found = _PART.fullmatch(part)
        if found is None:
            return f"{name} {part!r} cannot be read"
        first, last, step = found.groups()
        ends = [_read_value(value, name) for value in (first, last) if value and value not in "*?"]
        if any(end is None or not low <= end <= high for end in ends):
            return f"{name} {part!r} is not between {low} and {high}"
        if (len(ends) == 2 and (ends[0] or 0) > (ends[1] or 0)) or (last and first in "*?") or step == "0":
            return f"{name} {part!r} is no range"
    return ""


def _read_value(text: str, name: str) -> int | None:
    if text.isascii() and text.isdecimal():
        return int(text)
    names = _NAMES.get(name, ())
    return names.index(text) + (1 if name == "month" else 0) if text in names else None
