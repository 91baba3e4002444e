"""The meter: how many calls the target gets and how long they take, as the injector's side sees them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import NamedTuple

from fermata.domain.experiment import Experiment, Phase, WireSample
from fermata.flows.boundary import contain
from fermata.kit.clock import Clock
from fermata.ports.faults import CallMeter, Injector

_EVERY_S = 0.5
_COUNTERS = ("calls", "call_seconds", "failed")


class _Look(NamedTuple):
    at: float
    phase: Phase | None
    calls: float
    call_seconds: float
    failed: float

    def is_before(self, other: _Look) -> bool:
        """Answer whether time has passed since; a counter that fell was started anew."""
        counted = zip(self[2:], other[2:], strict=True)
        return self.at < other.at and all(one <= two for one, two in counted)


class Meter:
    """Asks the injector twice a second, and keeps what passed between two looks. What cannot be seen costs nothing."""

    def __init__(self, experiment: Experiment, injector: Injector, clock: Clock) -> None:
        self._experiment = experiment
        self._injector = injector if isinstance(injector, CallMeter) else None
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._phase: Phase | None = Phase.BASELINE
        self._last: _Look | None = None
        self._began, self._began_at = self._loop.time(), clock.now()
        self._closing: set[asyncio.Task[None]] = set()
        self.samples: list[WireSample] = []

    def enter(self, phase: Phase | None) -> None:
        """Let what is seen from now on belong to a phase; `None`: to none, as while a fault comes or goes.

        A last look at the phase before is begun and not waited for: nothing may keep a fault from being withdrawn.
        """
        if self._injector is not None:
            task = self._loop.create_task(self._look(self._injector, self._phase))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
        self._phase = phase

    async def keep_looking(self) -> None:
        """Look until cancelled."""
        try:
            while self._injector is not None:
                await self._look(self._injector, self._phase)
                await self._clock.sleep(_EVERY_S)
        finally:
            for task in self._closing:
                task.cancel()

    async def _look(self, injector: CallMeter, phase: Phase | None) -> None:
        # Whatever is wrong with it, the run goes on; the next look spans both.
        seen = (await contain("call meter", lambda: injector.measure(self._experiment))).value
        if not seen:
            return
        now = _Look(self._loop.time(), phase, *(seen.get(name, 0.0) for name in _COUNTERS))
        last, self._last = self._last, now
        if last is None or phase is None or phase is not last.phase or not last.is_before(now):
            return
        self.samples.append(
            WireSample(
                at=self._began_at + timedelta(seconds=now.at - self._began),
                phase=phase,
                seconds=now.at - last.at,
                calls=now.calls - last.calls,
                call_seconds=now.call_seconds - last.call_seconds,
                failed=now.failed - last.failed,
            )
        )
