"""Instant answers for the service graph: each question by itself, so that one that fails costs no other."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping

from fermata.integrations.prometheus.client import PrometheusClient, PrometheusSession
from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError
from fermata.ports.graph import GraphReading, GraphSample

_STEP_S = 60.0
"""Of a range that begins and ends at one instant: any step gives one point."""


class PrometheusGraphReader:
    """Asks what the graph's rules want to know. Implements `GraphReader`."""

    def __init__(self, client: PrometheusClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    async def read_graph(self, queries: Mapping[str, str]) -> GraphReading:
        """Ask every question at once; points that are no numbers are left out.

        Raises:
            OperationalError: None of the questions was answered.
        """
        async with self._client.connect() as session:
            answers = await asyncio.gather(
                *(self._ask(session, query) for query in queries.values()), return_exceptions=True
            )
        samples: dict[str, list[GraphSample]] = {}
        gaps: list[str] = []
        failed: OperationalError | None = None
        for name, answer in zip(queries, answers, strict=True):
            if isinstance(answer, OperationalError):
                failed = answer
                gaps.append(f"{name}: {answer}")
            elif isinstance(answer, BaseException):
                raise answer
            else:
                samples[name] = answer
        if failed is not None and not samples:
            raise failed
        return GraphReading(samples=samples, gaps=tuple(gaps))

    async def _ask(self, session: PrometheusSession, query: str) -> list[GraphSample]:
        now = self._clock.now()
        series = await session.fetch_range(query, now, now, _STEP_S)
        rows = (GraphSample(one.metric, one.values[-1][1]) for one in series if one.values)
        return [row for row in rows if math.isfinite(row.value)]
