"""The steady state of a container: it runs, it has run long enough, its health check agrees, and it answers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta

import httpx2

from fermata.domain.entity import Entity
from fermata.domain.execution import HealthReading
from fermata.integrations.docker.containers import KIND, SYSTEM, is_set_aside, parse_instant, require_container
from fermata.integrations.docker.site import Site, find_target
from fermata.integrations.docker.wire import Inspected
from fermata.kit.units import format_duration

_TOO_YOUNG = 1
_NOT_ANSWERING = 2
_DOWN = 3


class ContainerHealthProbe:
    """Read whether a container is in its steady state.

    Severity: 0 running; 1 running, but not for long enough; 2 restarting, paused, its health check is not passed, or
    its health URL fails; 3 exited, dead, never started or gone.

    Args:
        health_urls: By container name or compose service: a URL that must answer 2xx.
        timeout_s: Of one health URL.
    """

    def __init__(self, site: Site, health_urls: Mapping[str, str], timeout_s: float) -> None:
        self._site = site
        self._health_urls = health_urls
        self._timeout_s = timeout_s

    def handles(self, entity: Entity) -> bool:
        """Answer whether the entity is a container."""
        return entity.system == SYSTEM and entity.kind == KIND

    async def read(self, entity: Entity, stable_for: timedelta) -> HealthReading:
        """Return one reading.

        Raises:
            OperationalError: The engine cannot be asked.
        """
        name = require_container(entity)
        async with self._site.client.connect() as session:
            listed = next((one for one in await self._site.list_containers(session) if one.name == name), None)
            target = await find_target(session, listed.id) if listed and not is_set_aside(name) else None
            now = self._site.clock.now() + session.skew
        if target is None:
            return self._reading(entity, _DOWN, f"the engine has no container {name}")
        fault = _find_fault(target.inspected)
        if fault is not None:
            return self._reading(entity, *fault)
        started = parse_instant(target.inspected.state.started_at) or now
        uptime = max(timedelta(0), now - started)
        text = f"running for {format_duration(uptime)}"
        if uptime < stable_for:
            return self._reading(entity, _TOO_YOUNG, f"{text}, less than {format_duration(stable_for)}")
        url = self._health_urls.get(name) or self._health_urls.get(target.inspected.service)
        silent = await self._find_http_fault(url) if url else None
        if silent:
            return self._reading(entity, _NOT_ANSWERING, f"{text}, but {url} {silent}")
        health = target.inspected.state.health
        checked = f", health check {health.status}" if health and health.status == "healthy" else ""
        return self._reading(entity, 0, f"{text}{checked}" + (f", and {url} answers" if url else ""))

    async def _find_http_fault(self, url: str) -> str | None:
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                httpx2.AsyncClient(trust_env=False, timeout=None) as client,
                client.stream("GET", url) as response,
            ):
                return None if response.is_success else f"answers HTTP {response.status_code}"
        except TimeoutError:
            return f"does not answer within {self._timeout_s:g} s"
        except httpx2.HTTPError as error:
            return f"does not answer ({str(error) or type(error).__name__})"

    def _reading(self, entity: Entity, severity: int, text: str) -> HealthReading:
        return HealthReading(
            entity=entity, healthy=severity == 0, text=text, severity=severity, at=self._site.clock.now()
        )


def _find_fault(inspected: Inspected) -> tuple[int, str] | None:
    """Return severity and words of what is wrong with its state; `None` for one that runs well."""
    state = inspected.state
    memory = ", out of memory" if state.oom_killed else ""
    if state.status in ("restarting", "paused"):
        return _NOT_ANSWERING, f"{state.status} (exit code {state.exit_code}{memory})"
    if state.status != "running":
        return _DOWN, f"{state.status} (exit code {state.exit_code}{memory})"
    if state.health is not None and state.health.status in ("starting", "unhealthy"):
        last = state.health.log[-1].output.strip()[:200] if state.health.log else "no result yet"
        return _NOT_ANSWERING, f"running, but its health check is {state.health.status}: {last or 'no output'}"
    return None
