"""The meter: how many calls the target gets and how long they take, as the injector's side sees them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import NamedTuple

from fermata.domain.experiment import Experiment, WireSample
from fermata.kit.clock import Clock
from fermata.kit.errors import FermataError
from fermata.ports.faults import CallMeter, Injector

_EVERY_S = 1.0
_COUNTERS = ("calls", "call_seconds", "failed")


class _Look(NamedTuple):
    at: float
    calls: float
    call_seconds: float
    failed: float

    def is_before(self, other: _Look) -> bool:
        """Answer whether time has passed since; a counter that fell was started anew."""
        return self.at < other.at and all(one <= two for one, two in zip(self[1:], other[1:], strict=True))


class Meter:
    """Asks the injector each second, and keeps what passed between two looks. What cannot be seen costs nothing."""

    def __init__(self, experiment: Experiment, injector: Injector, clock: Clock) -> None:
        self._experiment = experiment
        self._injector = injector if isinstance(injector, CallMeter) else None
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._last: _Look | None = None
        self._began, self._began_at = self._loop.time(), clock.now()
        self.samples: list[WireSample] = []

    async def keep_looking(self) -> None:
        """Look until cancelled."""
        while self._injector is not None:
            await self._look(self._injector)
            await self._clock.sleep(_EVERY_S)

    async def _look(self, injector: CallMeter) -> None:
        try:
            seen = await injector.measure(self._experiment)
        except FermataError:
            return  # The next look spans both.
        if not seen:
            return
        last, self._last = self._last, _Look(self._loop.time(), *(seen[name] for name in _COUNTERS))
        if last is None or not last.is_before(self._last):
            return
        self.samples.append(
            WireSample(
                at=self._began_at + timedelta(seconds=self._last.at - self._began),
                seconds=self._last.at - last.at,
                calls=self._last.calls - last.calls,
                call_seconds=self._last.call_seconds - last.call_seconds,
                failed=self._last.failed - last.failed,
            )
        )
