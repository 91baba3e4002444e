"""Time as an argument. `domain` and `rules` take instants; only shells hold a `Clock`."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Protocol

CLOCK_SKEW = timedelta(seconds=30)
"""What the clocks of two workers may differ by: more than that is a finding of `fermata check`. What is of a later time
to come is of a clock that was set back since."""


class Clock(Protocol):
    """What tells the time and waits."""

    def now(self) -> datetime:
        """Return the current instant, aware, UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait. A fake clock returns at once and moves itself."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the current instant, aware, UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait on the running event loop."""
        await asyncio.sleep(seconds)


def is_within(span: timedelta, since: datetime, now: datetime) -> bool:
    """Answer whether something is younger than a span. What is of a time to come is not: a clock was set back since.

    As far as two workers' clocks may differ it is: one of them has just noted it.
    """
    return -CLOCK_SKEW <= now - since < span


def format_instant(instant: datetime) -> str:
    """Write an aware instant as RFC 3339 in UTC with milliseconds: `2026-11-23T09:51:00.000Z`. Finer parts are cut off.

    Raises:
        ValueError: The instant has no time zone: Python would take it for local time, and be silently wrong.
    """
    if instant.utcoffset() is None:
        message = "an instant needs a time zone; naive times are ambiguous during an incident"
        raise ValueError(message)
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
