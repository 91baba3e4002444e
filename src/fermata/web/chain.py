"""The state of the journal's chain, recomputed at most once a minute however many people look."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from fermata.domain.journal import AuditReport
from fermata.flows.readings import Readings
from fermata.kit.clock import Clock

FRESH_FOR = timedelta(minutes=1)
"""A long journal takes seconds to recompute; a person who wants it sooner asks for it."""


@dataclass(frozen=True, slots=True)
class ChainStatus:
    """One look at the whole chain."""

    report: AuditReport
    looked_at: datetime


class ChainWatch:
    """Keeps the last look at the chain; those who ask while one is under way share it."""

    def __init__(self, readings: Readings, clock: Clock) -> None:
        self._readings = readings
        self._clock = clock
        self._lock = asyncio.Lock()
        self._last: ChainStatus | None = None

    async def look(self, *, again: bool = False) -> ChainStatus:
        """Return the chain's state.

        Args:
            again: Recompute it now, even if the last look is fresh; a look that began after this call will do.

        Raises:
            OperationalError: The store cannot be read.
        """
        asked_at = self._clock.now()
        async with self._lock:
            oldest = asked_at if again else asked_at - FRESH_FOR
            # A look of a time to come is of a clock that was set back.
            if self._last is None or not oldest <= self._last.looked_at <= self._clock.now():
                looked_at = self._clock.now()
                self._last = ChainStatus(report=await self._readings.verify_journal(), looked_at=looked_at)
            return self._last
