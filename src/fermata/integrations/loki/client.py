"""The few calls of Loki's HTTP API that evidence needs, each bounded in time and size.

Source: Grafana Loki documentation, "Loki HTTP API" (the calls exist since 2.0). Only reading endpoints
are called.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from fermata.integrations.loki.settings import LokiSettings
from fermata.integrations.loki.wire import BuildAnswer, NamesAnswer, StreamsAnswer, WireStream
from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError
from fermata.ports.json_api import ApiSession, ApiTarget, JsonApi

KEY = "loki"
_BASE = "/loki/api/v1"
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
# Without it, Loki 3 splits streams by every trace id that a line carries as structured metadata.
_BY_INDEX = {"X-Loki-Response-Encoding-Flags": "categorize-labels"}


@dataclass(frozen=True, slots=True)
class Span:
    """A window, in Loki's nanoseconds."""

    start: int
    end: int

    @classmethod
    def of(cls, start: datetime, end: datetime) -> Span:
        """Return the window between two instants."""
        return cls(_count(start), _count(end))

    @property
    def params(self) -> dict[str, str]:
        """Return it as query parameters."""
        return {"start": str(self.start), "end": str(self.end)}


class LokiClient:
    """Opens sessions. Holds no connection itself, so it may be used from any event loop."""

    def __init__(self, settings: LokiSettings, clock: Clock) -> None:
        tenant = {"X-Scope-OrgID": settings.tenant} if settings.tenant else {}
        target = ApiTarget(
            name="Loki",
            url=settings.url,
            headers={**settings.write_login(), **tenant, **_BY_INDEX},
            timeout_s=settings.timeout_s,
            most_at_once=8,
            ca_file=settings.ca_file,
            permissions=f"a tenant ({KEY}.tenant, sent as X-Scope-OrgID) and the right to read its logs "
            "(in Grafana Cloud the scope logs:read)",
            settings_key=KEY,
        )
        self._api = JsonApi(target, clock)

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[LokiSession]:
        """Yield a session for a few calls on the running loop; its connections close with it."""
        async with self._api.connect() as session:
            yield LokiSession(session)


class LokiSession:
    """Calls over one set of connections. Every method raises `OperationalError` when the server fails it."""

    def __init__(self, session: ApiSession) -> None:
        self._session = session

    async def list_labels(self, span: Span) -> list[str]:
        """Return the labels that streams have in a window."""
        return (await self._session.get(f"{_BASE}/labels", NamesAnswer, span.params)).data or []

    async def list_values(self, label: str, span: Span) -> list[str]:
        """Return a label's values in a window."""
        path = f"{_BASE}/label/{quote(label, safe='')}/values"
        return (await self._session.get(path, NamesAnswer, span.params)).data or []

    async def fetch_lines(self, query: str, span: Span, limit: int) -> list[WireStream]:
        """Return the newest lines that a query finds, in streams, each newest first; `limit` counts over all."""
        params = {"query": query, **span.params, "limit": str(limit), "direction": "backward"}
        return (await self._session.get(f"{_BASE}/query_range", StreamsAnswer, params)).data.result

    async def find_version(self) -> str:
        """Return the server's version; empty where a gateway hides it."""
        try:
            return (await self._session.get(f"{_BASE}/status/buildinfo", BuildAnswer)).version
        except OperationalError:
            return ""


def read_instant(nanoseconds: int) -> datetime:
    """Return an instant of Loki's, without its last three digits."""
    return _EPOCH + timedelta(microseconds=nanoseconds // 1000)


def _count(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(microseconds=1) * 1000
