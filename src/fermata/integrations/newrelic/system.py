"""New Relic as the house sees it: two collectors, and what the doctor looks at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import BaseModel

from fermata.integrations.newrelic.client import KEY, NewRelicClient
from fermata.integrations.newrelic.collect import EventsCollector, MetricsCollector
from fermata.integrations.newrelic.settings import NewRelicSettings
from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError
from fermata.ports.collector import Collector
from fermata.ports.metrics.trail import MetricsTrail
from fermata.ports.system import CheckResult, System
from fermata.ports.trail import TrailSource

_TRIAL = "SELECT uniques(appName, 20) AS 'apps' FROM Transaction SINCE 1 hour ago"


class NewRelic(System):
    """Metrics, errors and deployments, read-only."""

    name: ClassVar[str] = KEY
    Settings: ClassVar[type[BaseModel]] = NewRelicSettings

    def __init__(self, settings: NewRelicSettings, clock: Clock) -> None:
        super().__init__(settings, clock)
        self._client = NewRelicClient(settings, clock)

    def list_collectors(self) -> Sequence[Collector]:
        """Return the metrics and the events of the scope's services."""
        return (MetricsCollector(self._client, self.clock), EventsCollector(self._client, self.clock))

    def find_trail(self) -> TrailSource:
        """Return what tells of an incident's time: the same metrics and deployments."""
        return MetricsTrail(KEY, self.list_collectors(), self.clock)

    async def check(self) -> Sequence[CheckResult]:
        """Look whether the key sees the account, and which applications report."""
        findings = []
        async with self._client.connect() as session:
            try:
                text = await session.describe_account()
                findings.append(CheckResult(name=f"{KEY}: account", ok=True, text=text))
            except OperationalError as error:
                return (CheckResult(name=f"{KEY}: account", ok=False, text=str(error)),)
            try:
                rows = await session.query(_TRIAL)
            except OperationalError as error:
                return (*findings, CheckResult(name=f"{KEY}: data", ok=False, text=str(error)))
        apps = [str(app) for row in rows for app in row.get("apps") or ()]
        told = f"applications within the last hour: {', '.join(apps)}" if apps else "no application has reported lately"
        return (*findings, CheckResult(name=f"{KEY}: data", ok=True, text=f"NRQL may be put; {told}"))
