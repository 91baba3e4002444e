"""The steady state of a unit: it is active, its process has run long enough, and it answers where it should."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta

import httpx2

from fermata.domain.entity import Entity
from fermata.domain.execution import HealthReading
from fermata.integrations.systemd.client import SUFFIX, UnitInfo
from fermata.integrations.systemd.site import Site
from fermata.integrations.systemd.units import KIND, SYSTEM, get_unit
from fermata.kit.clock import format_instant
from fermata.kit.errors import UserError
from fermata.kit.units import format_duration

_SEVERITIES = {"active": 0, "reloading": 0, "activating": 2, "deactivating": 2}
_TOO_YOUNG = 1
_NOT_ANSWERING = 2
_DOWN = 3


class UnitHealthProbe:
    """Read whether a unit is in its steady state.

    Severity: 0 active; 1 active, but not for long enough; 2 being started or stopped, or its health URL fails;
    3 failed, inactive or unknown to systemd.

    Args:
        health_urls: By unit (`checkout` or `checkout.service`): a URL that must answer 2xx.
    """

    def __init__(self, site: Site, health_urls: Mapping[str, str]) -> None:
        self._site = site
        self._health_urls = health_urls

    def handles(self, entity: Entity) -> bool:
        """Answer whether the entity is a unit of systemd."""
        return entity.system == SYSTEM and entity.kind == KIND

    async def read(self, entity: Entity, stable_for: timedelta) -> HealthReading:
        """Return one reading.

        Raises:
            OperationalError: systemd cannot be asked.
        """
        name = get_unit(entity)
        try:
            unit = await self._site.fetch_target(entity)
        except UserError:
            return self._reading(entity, _DOWN, f"systemd knows no unit {name}")
        state = unit.get("ActiveState")
        if state == "inactive" and unit.get("Type") == "oneshot" and unit.get("Result") == "success":
            ended_at = unit.find_instant("ExecMainExitTimestamp")
            if ended_at is not None:
                return self._reading(entity, 0, f"did its work, and ended well at {format_instant(ended_at)}")
        severity = _SEVERITIES.get(state, _DOWN)
        words = f"{state} ({unit.get('SubState')})"
        if severity:
            result = unit.get("Result")
            why = f", result {result}" if result not in ("", "success") else ""
            return self._reading(entity, severity, f"{words}{why}")
        uptime = self._measure_uptime(unit)
        text = f"{words} for {format_duration(uptime)}"
        if uptime < stable_for:
            return self._reading(entity, _TOO_YOUNG, f"{text}, less than {format_duration(stable_for)}")
        url = self._health_urls.get(name) or self._health_urls.get(name.removesuffix(SUFFIX))
        fault = await self._find_http_fault(url) if url else None
        if fault:
            return self._reading(entity, _NOT_ANSWERING, f"{text}, but {url} {fault}")
        return self._reading(entity, 0, f"{text}, and {url} answers" if url else text)

    def _measure_uptime(self, unit: UnitInfo) -> timedelta:
        started_at = unit.find_instant("ExecMainStartTimestamp") or unit.find_instant("ActiveEnterTimestamp")
        if started_at is None:
            return timedelta(0)
        # It is told in whole seconds, rounded down: it may have run almost one second less.
        return max(timedelta(0), self._site.clock.now() - started_at - timedelta(seconds=1))

    async def _find_http_fault(self, url: str) -> str | None:
        try:
            async with (
                asyncio.timeout(self._site.client.timeout_s),
                httpx2.AsyncClient(trust_env=False, timeout=None) as client,
                client.stream("GET", url) as response,
            ):
                return None if response.is_success else f"answers HTTP {response.status_code}"
        except TimeoutError:
            return f"does not answer within {self._site.client.timeout_s:g} s"
        except httpx2.HTTPError as error:
            return f"does not answer ({str(error) or type(error).__name__})"

    def _reading(self, entity: Entity, severity: int, text: str) -> HealthReading:
        return HealthReading(
            entity=entity, healthy=severity == 0, text=text, severity=severity, at=self._site.clock.now()
        )
