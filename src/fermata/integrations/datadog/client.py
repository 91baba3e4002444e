"""The few calls of Datadog's API that evidence needs, each naming the permission it takes.

Source: Datadog documentation, "API Reference" (Metrics, Events, Authentication). Only reading endpoints are called.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

from fermata.integrations.datadog.settings import DatadogSettings
from fermata.integrations.datadog.wire import (
    EventsV1,
    EventsV2,
    EventV1,
    EventV2,
    MetricsAnswer,
    QueryAnswer,
    ValidAnswer,
)
from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError
from fermata.kit.redaction import redact
from fermata.ports.forge.permissions import needing
from fermata.ports.json_api import ApiSession, ApiTarget, JsonApi
from fermata.ports.metrics.markers import Marker, speaks_of_change
from fermata.ports.metrics.series import RawSeries

KEY = "datadog"
QUERY, METRICS, EVENTS = "timeseries_query", "metrics_read", "events_read"
MOST_EVENTS = 100


class DatadogClient:
    """Opens sessions. Holds no connection itself, so it may be used from any event loop."""

    def __init__(self, settings: DatadogSettings, clock: Clock) -> None:
        self.settings = settings
        target = ApiTarget(
            name="Datadog",
            url=settings.url or f"https://api.{settings.site}",
            headers={
                "DD-API-KEY": settings.api_key.get_secret_value(),
                "DD-APPLICATION-KEY": settings.app_key.get_secret_value(),
            },
            timeout_s=settings.timeout_s,
            ca_file=settings.ca_file,
            permissions=f"an API key of {settings.site} and an application key with {QUERY}, {METRICS}, {EVENTS}",
            settings_key=KEY,
        )
        self._api = JsonApi(target, clock)

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[DatadogSession]:
        """Yield a session for a few calls on the running loop; its connections close with it."""
        async with self._api.connect() as session:
            yield DatadogSession(session, self.settings)


class DatadogSession:
    """Calls over one set of connections. Every method raises `OperationalError` when Datadog fails it."""

    def __init__(self, session: ApiSession, settings: DatadogSettings) -> None:
        self._session = session
        self._settings = settings

    async def is_valid(self) -> bool:
        """Answer whether the API key is one of this site's."""
        return (await self._session.get("/api/v1/validate", ValidAnswer)).valid

    async def list_metrics(self, service: str, since: datetime) -> list[str]:
        """Return the names of the metrics that a service has reported since then."""
        params = {"from": str(int(since.timestamp())), "tag_filter": f"service:{service}"}
        with needing(METRICS, KEY):
            return (await self._session.get("/api/v1/metrics", MetricsAnswer, params)).metrics

    async def query(self, expression: str, start: datetime, end: datetime) -> list[RawSeries]:
        """Return the series of a metric query."""
        params = {"query": expression, "from": str(int(start.timestamp())), "to": str(int(end.timestamp()))}
        with needing(QUERY, KEY):
            answer = await self._session.get("/api/v1/query", QueryAnswer, params)
        if answer.status != "ok":
            raise OperationalError(
                "Datadog refused a query",
                why=redact(answer.error).text[:300] or "It gave no reason",
                do=f"Try it in the metrics explorer, and correct {KEY}.services",
            )
        return [
            RawSeries(
                {**dict(_split_tag(tag) for tag in one.tags), "__name__": one.metric},
                [(at / 1000, value) for at, value in one.points if value is not None],
            )
            for one in answer.series
        ]

    async def list_events(self, service: str, start: datetime, end: datetime) -> tuple[list[Marker], bool]:
        """Return the newest events about a service, at most a hundred, and whether there are no more."""
        env = self._settings.env
        with needing(EVENTS, KEY):
            if self._settings.events_api == "v1":
                tags = f"service:{service}" + (f",env:{env}" if env else "")
                params = {"start": str(int(start.timestamp())), "end": str(int(end.timestamp())), "tags": tags}
                listed = (await self._session.get("/api/v1/events", EventsV1, params)).events
                return [_read_v1(one) for one in listed[:MOST_EVENTS]], len(listed) <= MOST_EVENTS
            found = await self._session.get(
                "/api/v2/events",
                EventsV2,
                {
                    "filter[query]": f"service:{service}" + (f" env:{env}" if env else ""),
                    "filter[from]": str(int(start.timestamp() * 1000)),
                    "filter[to]": str(int(end.timestamp() * 1000)),
                    "page[limit]": str(MOST_EVENTS),
                    "sort": "-timestamp",
                },
            )
        is_whole = found.meta is None or found.meta.page is None or not found.meta.page.after
        return [_read_v2(one) for one in found.data], is_whole


def _split_tag(tag: str) -> tuple[str, str]:
    name, _, value = tag.partition(":")
    return name, value


def _read_v1(event: EventV1) -> Marker:
    tags = event.tags or []
    return _make(
        tags,
        Marker(
            id=str(event.id),
            title=event.title or "(no title)",
            at=datetime.fromtimestamp(event.at, UTC),
            text=event.text.replace("%%%", "").strip(),  # Datadog's marks around Markdown.
            about=", ".join(filter(None, [event.source, event.status])),
            url=event.url or "",
        ),
    )


def _read_v2(event: EventV2) -> Marker:
    attributes = event.attributes
    inner, tags = attributes.inner, attributes.tags or []
    source = inner.source or next((value for name, value in map(_split_tag, tags) if name == "source"), "")
    return _make(
        tags,
        Marker(
            id=event.id,
            title=inner.title or str(inner.evt.get("name") or "") or "(no title)",
            at=attributes.at,
            text=(attributes.message or "").replace("%%%", "").strip(),
            about=", ".join(filter(None, [source, inner.status or ""])),
            service=inner.service or "",
        ),
    )


def _make(tags: list[str], marker: Marker) -> Marker:
    """Return the marker with what its tags say."""
    said = dict(_split_tag(tag) for tag in tags)
    return replace(
        marker,
        service=marker.service or said.get("service", ""),
        environment=said.get("env", ""),
        version=said.get("version", ""),
        sha=said.get("git.commit.sha", ""),
        author=said.get("user", ""),
        is_change=speaks_of_change(marker.title, [tag for tag in tags if not tag.startswith(("service:", "host:"))]),
    )
