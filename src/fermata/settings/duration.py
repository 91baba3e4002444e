"""Durations in settings: written with their unit, read once, shown as they are written."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from fermata.kit.errors import UserError
from fermata.kit.units import parse_duration


def _read(value: object) -> object:
    if isinstance(value, int | float):
        message = f"{value} needs a unit; write it like 30s, 10m or 1h30m"  # Ten of what? A bare number does not say.
        raise ValueError(message)  # noqa: TRY004 - pydantic collects ValueErrors with the other faults
    if not isinstance(value, str) or value.startswith("P"):  # ISO 8601, as JSON carries it, is pydantic's own.
        return value
    try:
        return parse_duration(value)
    except UserError as error:
        raise ValueError(str(error)) from error


def write_duration(value: timedelta) -> str:
    """Write it so that `parse_duration` gives the same again, to the millisecond."""
    remaining, text = round(value.total_seconds() * 1000), ""
    for unit, factor in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        amount, remaining = divmod(remaining, factor)
        text += f"{amount}{unit}" if amount else ""
    return text or "0s"


_FORM = {"type": "string", "pattern": r"^\s*(\d+(\.\d+)?\s*(ms|s|m|h|d)\s*)+$", "examples": ["30s", "1h30m"]}

Duration = Annotated[
    timedelta,
    BeforeValidator(_read),
    PlainSerializer(write_duration, return_type=str, when_used="json"),
    WithJsonSchema(_FORM),
]
"""A time span written as `30s`, `10m` or `1h30m`."""
PositiveDuration = Annotated[Duration, Field(gt=timedelta(0))]
"""Longer than nothing."""
UnsignedDuration = Annotated[Duration, Field(ge=timedelta(0))]
"""Nothing or longer."""
