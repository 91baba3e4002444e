"""Metrics and events of the scope's services, as Datadog has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from fermata.domain.evidence import Evidence
from fermata.domain.scope import Scope
from fermata.integrations.datadog.client import DatadogClient, DatadogSession
from fermata.integrations.datadog.queries import list_own, list_signals, make_tag
from fermata.integrations.datadog.settings import DatadogService
from fermata.kit.clock import Clock, format_instant
from fermata.ports.handing import read_all
from fermata.ports.metrics import asking
from fermata.ports.metrics.asking import Question, gather
from fermata.ports.metrics.markers import Marker, MarkerNote, build_markers
from fermata.ports.metrics.naming import Asked, list_services
from fermata.ports.metrics.series import SeriesLike


@dataclass(frozen=True, kw_only=True)
class Asker(asking.Asker):
    """Puts metric queries."""

    session: DatadogSession

    async def fetch(self, expression: str) -> Sequence[SeriesLike]:
        """Return the series of a query over the window.

        Raises:
            OperationalError: As `DatadogSession.query`.
        """
        return await self.session.query(expression, self.scope.window_start, self.scope.window_end)

    def write_query(self, expression: str) -> str:
        """Return the query with its window."""
        start, end = format_instant(self.scope.window_start), format_instant(self.scope.window_end)
        return f"{expression} from {start} to {end}"

    def measure_step(self, answer: Sequence[SeriesLike]) -> float:
        """Return the median gap between points: Datadog itself chooses it by the window's length."""
        gaps = [later - earlier for one in answer for (earlier, _), (later, _) in pairwise(one.values)]
        return median(gaps) if gaps else self.window.step_s


class MetricsCollector:
    """Requests, errors and latency of the scope's services, and the queries of the settings."""

    name = "datadog.metrics"

    def __init__(self, client: DatadogClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def wants(self, scope: Scope) -> bool:
        """Answer yes when a service is in the scope."""
        return bool(list_services(scope, self._client.settings.services))

    async def collect(self, scope: Scope) -> Sequence[Evidence]:
        """Return one evidence for each query that has a series.

        Raises:
            OperationalError: Datadog cannot be asked, or it refused every query.
        """
        services = list_services(scope, self._client.settings.services)
        async with self._client.connect() as session:
            asked = await gather(self._list_questions(session, scope, one) for one in services)
            questions = [question for questions in asked for question in questions]
            if not questions:
                return ()
            return await Asker(self._clock, self.name, scope, session=session).ask(questions)

    async def _list_questions(
        self, session: DatadogSession, scope: Scope, asked: Asked[DatadogService]
    ) -> list[Question]:
        settings = asked.settings or DatadogService()
        own = list_own(asked.entity, settings.queries)
        if not settings.golden_signals:
            return own
        service = find_tag(asked)
        names = frozenset(await session.list_metrics(service, scope.window_start))
        return [*list_signals(asked.entity, service, self._client.settings.env, names), *own]


class EventsCollector:
    """Deployments and other events about the scope's services."""

    name = "datadog.events"

    def __init__(self, client: DatadogClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def wants(self, scope: Scope) -> bool:
        """Answer yes when a service is in the scope."""
        return bool(list_services(scope, self._client.settings.services))

    async def collect(self, scope: Scope) -> Sequence[Evidence]:
        """Return one evidence for each deployment and one for all other events of a service.

        Raises:
            OperationalError: Datadog cannot be asked.
        """
        services = list_services(scope, self._client.settings.services)
        async with self._client.connect() as session:
            return await read_all(
                {f"events of {one.entity.name}": self._collect_one(session, scope, one) for one in services}
            )

    async def _collect_one(
        self, session: DatadogSession, scope: Scope, asked: Asked[DatadogService]
    ) -> Sequence[Evidence]:
        markers, is_whole = await session.list_events(find_tag(asked), scope.window_start, scope.window_end)
        note = self._write_note(scope, asked, markers, is_whole=is_whole)
        return build_markers(scope, markers, note, self._clock)

    def _write_note(
        self, scope: Scope, asked: Asked[DatadogService], markers: Sequence[Marker], *, is_whole: bool
    ) -> MarkerNote:
        start, end = format_instant(scope.window_start), format_instant(scope.window_end)
        env = self._client.settings.env
        query = f"events service:{find_tag(asked)}{' env:' + env if env else ''} from {start} to {end}"
        left_out = "" if is_whole else f"more events match; these {len(markers)} are the newest"
        return MarkerNote(collector=self.name, entity=asked.entity, query=query, left_out=left_out)


def find_tag(asked: Asked[DatadogService]) -> str:
    """Return the value of the service's tag `service`."""
    own = asked.settings.service if asked.settings else ""
    return own or make_tag(asked.entity.name)
