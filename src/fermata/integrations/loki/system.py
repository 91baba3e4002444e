"""Loki as the house sees it: one collector, and what the doctor looks at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar

from pydantic import BaseModel

from fermata.integrations.loki.client import KEY, LokiClient, LokiSession, Span, read_instant
from fermata.integrations.loki.collect import LogCollector
from fermata.integrations.loki.selection import quote
from fermata.integrations.loki.settings import LokiSettings
from fermata.kit.clock import Clock
from fermata.kit.listing import write_some
from fermata.kit.units import format_duration
from fermata.ports.collector import Collector
from fermata.ports.system import CheckResult, System, look_at

_LOOK_BACK = timedelta(hours=1)
_MOST_SHOWN = 12


class Loki(System):
    """Logs, read-only."""

    name: ClassVar[str] = KEY
    Settings: ClassVar[type[BaseModel]] = LokiSettings

    def __init__(self, settings: LokiSettings, clock: Clock) -> None:
        super().__init__(settings, clock)
        self._client = LokiClient(settings, clock)

    def list_collectors(self) -> Sequence[Collector]:
        """Return the logs of the scope's entities."""
        return (LogCollector(self._client, self.settings, self.clock),)

    async def check(self) -> Sequence[CheckResult]:
        """Look whether it answers for this tenant, which labels it has, and how old its newest line is."""
        now = self.clock.now()
        span = Span.of(now - _LOOK_BACK, now)
        async with self._client.connect() as session:
            reached = await look_at(f"{KEY}: server", self._check_labels(session, span))
            if not reached.ok:
                return (reached,)
            return (reached, await look_at(f"{KEY}: lines", self._check_lines(session, span)))

    async def _check_labels(self, session: LokiSession, span: Span) -> tuple[bool, str]:
        labels = await session.list_labels(span)
        version = await session.find_version()
        answers = f"Loki {version or 'of unknown version'} answers at {self.settings.url}"
        if not labels:
            tenant = f"tenant {self.settings.tenant}" if self.settings.tenant else "no tenant"
            return False, f"{answers}, and has no label within the last hour for {tenant}; set {KEY}.tenant to yours"
        return True, f"{answers}; labels: {write_some(sorted(labels), _MOST_SHOWN)}"

    async def _check_lines(self, session: LokiSession, span: Span) -> tuple[bool, str]:
        # Loki refuses a selector that every stream would match; the values of one label are certain to be there.
        label = min(await session.list_labels(span))
        values = await session.list_values(label, span)
        if not values:
            return False, f"the label {label} has no value within the last hour, so no line can be asked for"
        streams = await session.fetch_lines(f"{{{label}={quote(values[0])}}}", span, 1)
        times = [at for one in streams for at, _ in one.values]
        if not times:
            return True, f"lines may be read; of {label}={values[0]} there is none within the last hour"
        age = self.clock.now() - read_instant(max(times))
        return True, f"lines may be read; the newest of {label}={values[0]} is {format_duration(age)} old"
