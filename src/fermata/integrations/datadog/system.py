"""Datadog as the house sees it: two collectors, and what the doctor looks at."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from datetime import timedelta
from typing import ClassVar

from pydantic import BaseModel

from fermata.integrations.datadog.client import EVENTS, KEY, METRICS, QUERY, DatadogClient, DatadogSession
from fermata.integrations.datadog.collect import EventsCollector, MetricsCollector
from fermata.integrations.datadog.settings import DatadogSettings
from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError
from fermata.ports.collector import Collector
from fermata.ports.metrics.trail import MetricsTrail
from fermata.ports.system import CheckResult, System, look_at
from fermata.ports.trail import TrailSource

_LOOK_BACK = timedelta(hours=1)
_TRIAL_QUERY = "avg:system.load.1{*}"
_TRIAL_SERVICE = "fermata-check"


class Datadog(System):
    """Metrics and events, read-only."""

    name: ClassVar[str] = KEY
    Settings: ClassVar[type[BaseModel]] = DatadogSettings

    def __init__(self, settings: DatadogSettings, clock: Clock) -> None:
        super().__init__(settings, clock)
        self._client = DatadogClient(settings, clock)

    def list_collectors(self) -> Sequence[Collector]:
        """Return the metrics and the events of the scope's services."""
        return (MetricsCollector(self._client, self.clock), EventsCollector(self._client, self.clock))

    def find_trail(self) -> TrailSource:
        """Return what tells of an incident's time: the same metrics and deployments."""
        return MetricsTrail(KEY, self.list_collectors(), self.clock)

    async def check(self) -> Sequence[CheckResult]:
        """Look whether the API key is one, and make each call that needs a permission of the application key."""
        async with self._client.connect() as session:
            found = await look_at(f"{KEY}: API key", self._check_key(session))
            if not found.ok:
                return (found,)
            now = self.clock.now()
            start = now - _LOOK_BACK
            trials: Sequence[tuple[str, Awaitable[object], str]] = (
                (QUERY, session.query(_TRIAL_QUERY, start, now), "queries may be put"),
                (METRICS, session.list_metrics(_TRIAL_SERVICE, start), "metrics may be listed"),
                (EVENTS, session.list_events(_TRIAL_SERVICE, start, now), "events may be read"),
            )
            return [found, *[await look_at(f"{KEY}: {name}", _say(call, text)) for name, call, text in trials]]

    async def _check_key(self, session: DatadogSession) -> tuple[bool, str]:
        if not await session.is_valid():
            raise OperationalError(
                f"{self.settings.site} does not know the API key", do=f"Correct {KEY}.api_key or {KEY}.site"
            )
        return True, f"{self.settings.site} knows it"


async def _say(call: Awaitable[object], text: str) -> tuple[bool, str]:
    await call
    return True, text
