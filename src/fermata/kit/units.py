"""Sizes and durations as people write them."""

from __future__ import annotations

import re
from datetime import timedelta

from fermata.kit.errors import UserError

_SIZES = {"": 1, "b": 1, "k": 1024, "kb": 1000, "kib": 1024, "m": 1024**2, "mb": 1000**2, "mib": 1024**2}
_SIZES |= {"g": 1024**3, "gb": 1000**3, "gib": 1024**3}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_size(text: str) -> int:
    """Return bytes from `64MiB`, `64M` (binary, as supervisord and ulimit mean it), `64MB` (decimal) or `1024`.

    Raises:
        UserError: The text is not a size.
    """
    match = re.fullmatch(r"\s*(\d+)\s*([a-zA-Z]*)\s*", text)
    if match is None or match[2].lower() not in _SIZES:
        raise UserError(f"{text!r} is not a size", do="Write a number with B, KiB, MiB or GiB, such as 64MiB")
    return int(match[1]) * _SIZES[match[2].lower()]


def format_size(size_bytes: int) -> str:
    """Write bytes in the largest binary unit that keeps it short: `64 MiB`, `1.5 GiB`, `512 B`."""
    for unit, factor in (("GiB", 1024**3), ("MiB", 1024**2), ("KiB", 1024)):
        if size_bytes >= factor:
            return f"{size_bytes / factor:.1f}".removesuffix(".0") + f" {unit}"
    return f"{size_bytes} B"


def parse_duration(text: str) -> timedelta:
    """Return the duration written as `30m`, `1h30m`, `500ms` or `2d`.

    Raises:
        UserError: The text is not a duration.
    """
    squeezed = text.strip().replace(" ", "")
    parts = _DURATION.findall(squeezed)
    if not parts or "".join(number + unit for number, unit in parts) != squeezed:
        raise UserError(f"{text!r} is not a duration", do="Write it like 30m, 1h30m, 500ms or 2d")
    return timedelta(seconds=sum(float(number) * _SECONDS[unit] for number, unit in parts))


def format_duration(duration: timedelta) -> str:
    """Write a duration in its two largest units: `1h 30m`, `12s`, `250ms`; a negative one with a minus sign."""
    seconds = duration.total_seconds()
    if seconds < 0:
        return "-" + format_duration(-duration)
    if seconds < 1:
        return f"{seconds * 1000:.0f}ms"
    remaining, parts = int(seconds), []
    for unit, factor in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        amount, remaining = divmod(remaining, factor)
        if amount:
            parts.append(f"{amount}{unit}")
    return " ".join(parts[:2])
