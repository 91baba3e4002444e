"""Range queries for one scope, over one session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fermata.integrations.prometheus.client import PrometheusSession
from fermata.integrations.prometheus.wire import WireSeries
from fermata.kit.clock import format_instant
from fermata.ports.metrics import asking


@dataclass(frozen=True, kw_only=True)
class Asker(asking.Asker):
    """Puts PromQL."""

    session: PrometheusSession

    async def fetch(self, expression: str) -> Sequence[WireSeries]:
        """Return the series of a range query over the window.

        Raises:
            OperationalError: As `PrometheusSession.fetch_range`.
        """
        window = self.window
        return await self.session.fetch_range(expression, window.start, window.end, window.step_s)

    def write_query(self, expression: str) -> str:
        """Return the call with its window."""
        window = self.window
        start, end = format_instant(window.start), format_instant(window.end)
        return f"query_range {expression} from {start} to {end} step {window.step_s:g}s"
