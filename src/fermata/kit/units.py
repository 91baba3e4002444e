"""Sizes, durations and measured values as people write them."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

from fermata.kit.errors import UserError

_NUMBER = r"\d{1,12}(?:\.\d{1,9})?"
# Each unit at most once, the larger first: `1m1h` and `1m1m` are slips, not durations.
_DURATION = re.compile(
    rf"\s*(?:(?P<d>{_NUMBER})\s*d)?\s*(?:(?P<h>{_NUMBER})\s*h)?\s*(?:(?P<m>{_NUMBER})\s*m)?"
    rf"\s*(?:(?P<s>{_NUMBER})\s*s)?\s*(?:(?P<ms>{_NUMBER})\s*ms)?\s*",
    re.ASCII,
)
_MICROSECONDS = {"d": 86_400_000_000, "h": 3_600_000_000, "m": 60_000_000, "s": 1_000_000, "ms": 1_000}
_LONGEST_US = timedelta.max // timedelta(microseconds=1)


def format_size(size_bytes: int) -> str:
    """Write bytes in the largest binary unit that keeps it short: `64 MiB`, `1.5 GiB`, `512 B`.

    One decimal is kept, so this is for people; a negative size (a difference) gets a minus sign.
    """
    if size_bytes < 0:
        return f"-{format_size(-size_bytes)}"
    for unit, factor in (("GiB", 1024**3), ("MiB", 1024**2), ("KiB", 1024)):
        # Rounded before it is compared: 1 MiB less one byte is `1 MiB`, not `1024 KiB`.
        if size_bytes * 10 >= factor * 10 - factor // 2048:
            return f"{size_bytes / factor:.1f}".removesuffix(".0") + f" {unit}"
    return f"{size_bytes} B"


def format_count(number: int, noun: str) -> str:
    """Write how many there are of something whose plural takes an s: `1 call`, `2,000 calls`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def format_value(value: float, unit: str) -> str:
    """Write a measured value for people: `bytes` in binary units, anything else as number and unit (`4.2/s`)."""
    if unit == "bytes":
        return ("-" if value < 0 else "") + format_size(round(abs(value)))
    number = f"{value or 0.0:.4g}"  # `or`: minus zero is nobody's measurement.
    return number + (unit if unit.startswith("/") or not unit else f" {unit}")


def parse_duration(text: str) -> timedelta:
    """Return the duration written as `30m`, `1h30m`, `1h 30m`, `1.5h`, `500ms` or `2d`.

    Raises:
        UserError: The text is not a duration, or a longer one than can be counted.
    """
    match = _DURATION.fullmatch(text)
    parts = {unit: Decimal(number) for unit, number in match.groupdict().items() if number} if match else {}
    microseconds = sum(number * _MICROSECONDS[unit] for unit, number in parts.items())
    if not parts or microseconds > _LONGEST_US:
        raise UserError(f"{text!r} is not a duration", do="Write it like 30m, 1h30m, 500ms or 2d")
    return timedelta(microseconds=int(microseconds))


def format_duration(duration: timedelta) -> str:
    """Write a duration in its two largest units: `1h 30m`, `12s`, `250ms`; a negative one with a minus sign."""
    seconds = duration.total_seconds()
    if seconds < 0:
        return "-" + format_duration(-duration)
    if (milliseconds := round(seconds * 1000)) < 1000:
        return f"{milliseconds}ms"
    # What rounds up to a whole second is one: 0.9996 s is `1s`, not `1000ms`.
    remaining, parts = max(int(seconds), 1), []
    for unit, factor in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        amount, remaining = divmod(remaining, factor)
        if amount:
            parts.append(f"{amount}{unit}")
    return " ".join(parts[:2])
