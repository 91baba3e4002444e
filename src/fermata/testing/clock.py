"""A clock that only moves when told to."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta


class FakeClock:
    """Time for tests: `sleep` returns at once and moves the clock by as much."""

    def __init__(self, start: datetime = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)) -> None:
        self._now = start

    def now(self) -> datetime:
        """Return the instant it stands at."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move it."""
        self._now += by

    async def sleep(self, seconds: float) -> None:
        """Move it, and let other tasks run."""
        self._now += timedelta(seconds=seconds)
        await asyncio.sleep(0)
