"""Metrics, errors and deployments of the scope's services, as New Relic has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fermata.domain.evidence import Evidence
from fermata.domain.scope import Scope
from fermata.integrations.newrelic.client import NewRelicClient, NewRelicSession
from fermata.integrations.newrelic.nrql import (
    MOST_ROWS,
    choose_bucket_s,
    list_signals,
    read_rows,
    write_deployments,
    write_errors,
    write_window,
)
from fermata.integrations.newrelic.settings import NewRelicService
from fermata.kit.clock import Clock
from fermata.ports.handing import read_all
from fermata.ports.metrics import asking
from fermata.ports.metrics.markers import Marker, MarkerNote, build_markers
from fermata.ports.metrics.naming import Asked, list_services
from fermata.ports.metrics.series import SeriesLike

_YEAR_10000_MS = 253_402_300_800_000
_ERRORS = "errors"
_EVENTS = ("deployments", _ERRORS)


@dataclass(frozen=True, kw_only=True)
class Asker(asking.Asker):
    """Puts NRQL."""

    session: NewRelicSession

    async def fetch(self, expression: str) -> Sequence[SeriesLike]:
        """Return the series of a query over the window.

        Raises:
            OperationalError: As `NewRelicSession.query`.
        """
        return read_rows(await self.session.query(self.write_query(expression)))

    def write_query(self, expression: str) -> str:
        """Return the query with its window, as the query builder takes it."""
        window = self.window
        return f"{expression} TIMESERIES {choose_bucket_s(window)} SECONDS {write_window(window.start, window.end)}"

    def measure_step(self, answer: Sequence[SeriesLike]) -> float:
        """Return the seconds of a bucket."""
        del answer
        return float(choose_bucket_s(self.window))

    def is_telling(self, item: Evidence) -> bool:
        """Return whether it is not all zeros: a service that New Relic does not know has those too."""
        return _has_moved(item)


class MetricsCollector:
    """Requests, errors and latency of the scope's services, and the queries of the settings."""

    name = "newrelic.metrics"

    def __init__(self, client: NewRelicClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def wants(self, scope: Scope) -> bool:
        """Answer yes when a service is in the scope."""
        return bool(list_services(scope, self._client.settings.services))

    async def collect(self, scope: Scope) -> Sequence[Evidence]:
        """Return one evidence for each query that found something.

        A service that New Relic does not know has buckets all the same, each of them zero: these are no evidence.

        Raises:
            OperationalError: New Relic cannot be asked, or it refused every query.
        """
        questions = [
            question
            for asked in list_services(scope, self._client.settings.services)
            for question in list_signals(asked.entity, find_name(asked), asked.settings or NewRelicService())
        ]
        async with self._client.connect() as session:
            evidence = await Asker(self._clock, self.name, scope, session=session).ask(questions)
        seen = {item.entity.ref for item in evidence if _has_moved(item)}
        return [item for item in evidence if item.entity.ref in seen]


class EventsCollector:
    """Deployments of the scope's services, and their errors by class and message."""

    name = "newrelic.events"

    def __init__(self, client: NewRelicClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def wants(self, scope: Scope) -> bool:
        """Answer yes when a service is in the scope."""
        return bool(list_services(scope, self._client.settings.services))

    async def collect(self, scope: Scope) -> Sequence[Evidence]:
        """Return one evidence for each deployment and one for the errors of a service.

        Raises:
            OperationalError: New Relic cannot be asked.
        """
        services = list_services(scope, self._client.settings.services)
        async with self._client.connect() as session:
            parts = {
                f"{what} of {asked.entity.name}": self._collect_one(session, scope, asked, what)
                for asked in services
                for what in _EVENTS
            }
            return await read_all(parts)

    async def _collect_one(
        self, session: NewRelicSession, scope: Scope, asked: Asked[NewRelicService], what: str
    ) -> Sequence[Evidence]:
        name = find_name(asked)
        is_error = what == _ERRORS
        written = write_errors(name, asked.settings or NewRelicService()) if is_error else write_deployments(name)
        query = f"{written} {write_window(scope.window_start, scope.window_end)}"
        rows = await session.query(query)
        read = _read_error if is_error else _read_deployment
        markers = [marker for row in rows if (marker := read(row, name)) is not None]
        left_out = f"more rows match than {MOST_ROWS}" if len(rows) >= MOST_ROWS else ""
        return build_markers(scope, markers, MarkerNote(self.name, asked.entity, query, left_out), self._clock)


def find_name(asked: Asked[NewRelicService]) -> str:
    """Return the service's name in New Relic."""
    return (asked.settings.app_name if asked.settings else "") or asked.entity.name


def _has_moved(item: Evidence) -> bool:
    return any(value for one in item.facts["series"] for _, value in one["points"])


def _read_deployment(row: Mapping[str, Any], service: str) -> Marker | None:
    at = _read_instant(row.get("timestamp"))
    if at is None:
        return None
    version = _read_text(row, "version")
    return Marker(
        id=_read_text(row, "deploymentId", "id") or f"{service}@{version}",
        title=f"{service} {version}".strip(),
        at=at,
        text="\n".join(filter(None, [_read_text(row, "description"), _read_text(row, "changelog")])),
        service=service,
        version=version,
        sha=_read_text(row, "commit"),
        author=_read_text(row, "user"),
        url=_read_text(row, "deepLink"),
        state=_read_text(row, "deploymentType").lower(),
        is_change=True,
    )


def _read_error(row: Mapping[str, Any], service: str) -> Marker | None:
    at = _read_instant(row.get("latest"))
    count = row.get("errors")
    if at is None or not isinstance(count, int | float):
        return None
    facet = row.get("facet")
    parts = facet if isinstance(facet, list) else [facet]
    kind, *message = [str(part) for part in parts if part] or ["error"]
    return Marker(
        id=f"{service}:{kind}",
        title=": ".join([kind, *message]),
        at=at,
        about=f"{count:g} errors, the latest then",
        service=service,
    )


def _read_text(row: Mapping[str, Any], *names: str) -> str:
    return next((str(row[name]).strip() for name in names if row.get(name)), "")


def _read_instant(value: Any) -> datetime | None:
    """Return an instant of milliseconds since 1970."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < _YEAR_10000_MS:
        return None
    return datetime.fromtimestamp(value / 1000, UTC)
