"""The probe: the runner's own call through what is broken. It feels the fault, or there is none."""

from __future__ import annotations

import asyncio

from fermata.domain.experiment import Experiment, FaultKind
from fermata.flows.rehearsal.asking import Asker
from fermata.kit.clock import Clock

PROBE_HEADER = "X-Fermata-Probe"
"""Our own proxy does not count calls that carry it: they prove the fault, and are not what it was meant for."""
_PATIENCE_S = 2.0
_EVERY_S = 0.5
_NEARLY = 0.8
"""Of the latency: clocks and timers are not exact."""
_UNFELT = frozenset({FaultKind.SLOW_BODY, FaultKind.BANDWIDTH, FaultKind.CPU, FaultKind.MEMORY, FaultKind.KILL})
"""A single small answer does not tell these from nothing."""


class Prober:
    """Asks `probe_url` now and then, and counts what it felt."""

    def __init__(self, experiment: Experiment, asker: Asker, clock: Clock) -> None:
        self._experiment = experiment
        self._asker = asker
        self._clock = clock
        self.asked = 0
        self.felt = 0

    @property
    def can_tell(self) -> bool:
        """Answer whether there is a probe, and the fault is one it would feel."""
        return bool(self._experiment.probe_url) and self._experiment.fault.kind not in _UNFELT

    async def keep_asking(self) -> None:
        """Ask until cancelled."""
        while self.can_tell:
            felt = await self.feels()
            self.asked += 1
            self.felt += felt
            await self._clock.sleep(_EVERY_S)

    async def feels(self) -> bool:
        """Ask once, and answer whether the fault was felt."""
        fault = self._experiment.fault
        expected_s = (fault.latency_ms or 0.0) / 1000
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            reply = await self._asker.ask(
                self._experiment.probe_url,
                timeout_s=expected_s + _PATIENCE_S,
                headers={PROBE_HEADER: self._experiment.id},
            )
        except TimeoutError:
            return fault.kind in (FaultKind.BLACKHOLE, FaultKind.LATENCY)
        except (OSError, ValueError):
            return fault.kind is FaultKind.RESET
        if fault.kind is FaultKind.LATENCY:
            least_s = max(0.0, expected_s - (fault.jitter_ms or 0.0) / 1000) * _NEARLY
            return loop.time() - began >= least_s
        return fault.kind is FaultKind.ERROR and reply.status == fault.status
