"""The steady state of a supervisord process: it runs, it has run long enough, and it answers where it should."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta

import httpx2

from fermata.domain.entity import Entity
from fermata.domain.execution import HealthReading
from fermata.integrations.supervisor.client import ProcessInfo
from fermata.integrations.supervisor.processes import KIND, SYSTEM, get_namespec
from fermata.integrations.supervisor.site import Site
from fermata.kit.units import format_duration

_SEVERITIES = {"RUNNING": 0, "STARTING": 2, "BACKOFF": 2, "STOPPING": 2}
_TOO_YOUNG = 1
_NOT_ANSWERING = 2
_DOWN = 3


class ProcessHealthProbe:
    """Read whether a process is in its steady state.

    Severity: 0 running; 1 running, but not for long enough; 2 starting, in backoff, or its health URL fails;
    3 fatal, exited, stopped or unknown to supervisord.

    Args:
        health_urls: By process name (or `group:name`): a URL that must answer 2xx.
    """

    def __init__(self, site: Site, health_urls: Mapping[str, str]) -> None:
        self._site = site
        self._health_urls = health_urls

    def handles(self, entity: Entity) -> bool:
        """Answer whether the entity is a supervisord process."""
        return entity.system == SYSTEM and entity.kind == KIND

    async def read(self, entity: Entity, stable_for: timedelta) -> HealthReading:
        """Return one reading.

        Raises:
            OperationalError: supervisord cannot be asked.
        """
        namespec = get_namespec(entity)
        info = await self._site.client.find_process(namespec)
        if info is None:
            return self._reading(entity, _DOWN, f"supervisord knows no process {namespec}")
        severity = _SEVERITIES.get(info.state, _DOWN)
        if severity:
            why = f" ({info.spawnerr})" if info.spawnerr and info.state in ("BACKOFF", "FATAL") else ""
            return self._reading(entity, severity, f"{info.state}{why}")
        uptime = await self._measure_uptime(info)
        text = f"RUNNING for {format_duration(uptime)}"
        if uptime < stable_for:
            return self._reading(entity, _TOO_YOUNG, f"{text}, less than {format_duration(stable_for)}")
        url = self._health_urls.get(namespec) or self._health_urls.get(info.name)
        fault = await self._find_http_fault(url) if url else None
        if fault:
            return self._reading(entity, _NOT_ANSWERING, f"{text}, but {url} {fault}")
        return self._reading(entity, 0, f"{text}, and {url} answers" if url else text)

    async def _measure_uptime(self, info: ProcessInfo) -> timedelta:
        live = await self._site.find_live(info)
        if live is not None:
            # Both ends are precise here; supervisord's `now` alone is rounded down.
            return timedelta(seconds=max(0.0, await asyncio.to_thread(self._site.proc.measure_age, live)))
        # Whole seconds at both ends: it may have run almost one second less than they say.
        return timedelta(seconds=max(0, info.now - info.start - 1))

    async def _find_http_fault(self, url: str) -> str | None:
        try:
            async with (
                asyncio.timeout(self._site.timeout_s),
                httpx2.AsyncClient(trust_env=False, timeout=None) as client,
                client.stream("GET", url) as response,
            ):
                return None if response.is_success else f"answers HTTP {response.status_code}"
        except TimeoutError:
            return f"does not answer within {self._site.timeout_s:g} s"
        except httpx2.HTTPError as error:
            return f"does not answer ({str(error) or type(error).__name__})"

    def _reading(self, entity: Entity, severity: int, text: str) -> HealthReading:
        return HealthReading(
            entity=entity, healthy=severity == 0, text=text, severity=severity, at=self._site.clock.now()
        )
