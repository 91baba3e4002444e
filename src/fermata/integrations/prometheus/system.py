"""Prometheus as the house sees it: its collectors and what the doctor looks at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlencode

from fermata.integrations.prometheus.client import PrometheusClient, PrometheusSession
from fermata.integrations.prometheus.collect import AlertExpressionCollector, ResourcesCollector
from fermata.integrations.prometheus.exemplars import ExemplarsCollector
from fermata.integrations.prometheus.graph import PrometheusGraphReader
from fermata.integrations.prometheus.settings import PrometheusSettings
from fermata.integrations.prometheus.workload import WorkloadCollector
from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError
from fermata.kit.listing import write_some
from fermata.ports.collector import Collector
from fermata.ports.graph import GraphReader
from fermata.ports.metrics.trail import MetricsTrail
from fermata.ports.system import CheckResult, System, look_at
from fermata.ports.trail import TrailSource

# Windows are asked in our time: at more than this, what is called the onset is no longer the onset.
MOST_SKEW_S = 5.0


class Prometheus(System):
    """Metrics, read-only."""

    name = "prometheus"
    Settings = PrometheusSettings

    def __init__(self, settings: PrometheusSettings, clock: Clock) -> None:
        super().__init__(settings, clock)
        self._client = PrometheusClient(settings)

    def list_collectors(self) -> Sequence[Collector]:
        """Return the alert's expression, its exemplars, the usual resources, and those of Kubernetes' workloads."""
        step_s = self.settings.step_s
        return (
            AlertExpressionCollector(self._client, self.clock, step_s),
            ResourcesCollector(self._client, self.clock, step_s),
            WorkloadCollector(self._client, self.clock, step_s),
            ExemplarsCollector(self._client, self.clock, self.settings.trace_url),
        )

    def find_trail(self) -> TrailSource:
        """Return what tells of an incident's time: the same metrics, without their exemplars."""
        *collectors, _ = self.list_collectors()
        return MetricsTrail(self.name, collectors, self.clock, link=self._write_link)

    def find_graph_reader(self) -> GraphReader:
        """Return what asks for service-graph metrics and for Istio's."""
        return PrometheusGraphReader(self._client, self.clock)

    async def check(self) -> Sequence[CheckResult]:
        """Look whether it answers, how far its clock is off and whether it has alerting rules."""
        async with self._client.connect() as session:
            reached = await look_at("prometheus: server", self._check_server(session))
            if not reached.ok:
                return (reached,)
            return (
                reached,
                await look_at("prometheus: clock", self._check_clock(session)),
                await look_at("prometheus: alerting rules", _check_rules(session)),
            )

    def _write_link(self, expression: str, start: datetime, end: datetime) -> str:
        """Return the address of the server's own graph of an expression."""
        shown = {
            "g0.expr": expression,
            "g0.tab": "0",
            "g0.range_input": f"{math.ceil((end - start).total_seconds())}s",
            "g0.end_input": f"{end.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
        }
        return f"{self.settings.url}/graph?{urlencode(shown)}"

    async def _check_server(self, session: PrometheusSession) -> tuple[bool, str]:
        await session.fetch_time()  # Every server that speaks the API has this; not every one tells its version.
        try:
            version = await session.fetch_version()
        except OperationalError:
            version = "of unknown version"
        return True, f"Prometheus {version} answers at {self.settings.url}"

    async def _check_clock(self, session: PrometheusSession) -> tuple[bool, str]:
        asked = self.clock.now()
        theirs = await session.fetch_time()
        answered = self.clock.now()
        skew_s = theirs - (asked.timestamp() + answered.timestamp()) / 2
        if abs(skew_s) <= MOST_SKEW_S:
            return True, f"its clock and this machine's differ by {abs(skew_s):.1f} s"
        side = "ahead of" if skew_s > 0 else "behind"
        return False, (
            f"its clock is {abs(skew_s):.0f} s {side} this machine's, so evidence would be cut at the wrong place; "
            "set both by NTP"
        )


async def _check_rules(session: PrometheusSession) -> tuple[bool, str]:
    names = list(dict.fromkeys(rule.name for rule in await session.list_rules()))
    if not names:
        return False, "it has no alerting rule, so it raises no alert; add rule_files to its configuration"
    return True, f"{len(names)} alerting rules: {write_some(names, 5)}"
