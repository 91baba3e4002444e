"""Whether the request that Fermata opened last has been merged, and whether the checks are green.

Being open is no worse than not being there: the steady state is reached when a person has merged it, and never because
of an old one.
"""

from __future__ import annotations

from datetime import timedelta

from fermata.domain.entity import Entity
from fermata.domain.execution import HealthReading
from fermata.kit.clock import Clock
from fermata.ports.forge.proposing import BRANCHES
from fermata.ports.forge.records import Forge, ForgeSession, Request
from fermata.ports.forge.settings import name_entity

LATEST_WITHIN = timedelta(hours=1)
"""A request that was merged longer ago belongs to another incident."""
_WAITING = 1
_FAILED = 2


class RequestProbe:
    """Reads `<forge>:repository/*`."""

    def __init__(self, forge: Forge, clock: Clock) -> None:
        self._forge = forge
        self._clock = clock
        self._names = {name_entity(forge.words.system, name).ref: name for name in forge.repositories}

    def handles(self, entity: Entity) -> bool:
        """Answer whether it is a repository of the settings."""
        return entity.ref in self._names

    async def read(self, entity: Entity, stable_for: timedelta) -> HealthReading:
        """Return healthy when the latest request of Fermata is merged, has been for so long, and its checks passed.

        Raises:
            OperationalError: The forge cannot be asked.
        """
        now = self._clock.now()
        async with self._forge.open(self._names[entity.ref]) as session:
            latest = await self._find_latest(session)
            if latest is None:
                text = f"no {self._forge.words.request} of Fermata within {LATEST_WITHIN // timedelta(minutes=1)} min"
                return HealthReading(entity=entity, healthy=False, text=text, severity=_WAITING, at=now)
            checks = await session.fetch_checks(latest.head) if latest.head else None
        words = f"{self._forge.words.request} {self._forge.words.sign}{latest.number} is {latest.state}"
        text = f"{words}, checks: {checks.text or checks.state}" if checks else words
        is_settled = latest.changed_at is not None and now - latest.changed_at >= stable_for
        passed = checks is None or checks.state in ("passed", "none")
        healthy = latest.state == "merged" and passed and is_settled
        is_bad = latest.state == "merged" and checks is not None and checks.state == "failed"
        severity = 0 if healthy else _FAILED if is_bad else _WAITING
        return HealthReading(entity=entity, healthy=healthy, text=text, severity=severity, at=now)

    async def _find_latest(self, session: ForgeSession) -> Request | None:
        own = [request for request in await session.list_requests() if request.branch.startswith(BRANCHES)]
        fresh = [
            request
            for request in own
            if request.state == "open"
            or (request.changed_at is not None and self._clock.now() - request.changed_at <= LATEST_WITHIN)
        ]
        return max(fresh, key=lambda request: request.number, default=None)
