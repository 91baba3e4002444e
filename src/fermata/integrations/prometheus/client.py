"""The few calls of Prometheus' HTTP API that evidence needs, each bounded in time and size.

Source: Prometheus documentation, "HTTP API" (tried on 2.42; the calls exist since 2.24). Only reading endpoints are
called, and never an address that came in an alert. What fails is an `OperationalError`; what may pass is transient.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import cached_property

import httpx2
from pydantic import ValidationError

from fermata.integrations.prometheus.settings import PrometheusSettings
from fermata.integrations.prometheus.wire import (
    Answer,
    Build,
    D,
    Fault,
    Matrix,
    RuleGroups,
    Scalar,
    WireExemplars,
    WireRule,
    WireSeries,
)
from fermata.kit.errors import OperationalError, TransientError
from fermata.kit.redaction import hide_known, redact
from fermata.ports.json_api import close_client
from fermata.ports.trust import load_trust

# 20 series of 500 points are under 1 MiB; 16 MiB is an expression that matches thousands of series.
LARGEST_ANSWER_BYTES = 16 * 1024 * 1024
# Common proxies refuse request lines over 8 KiB; a longer query goes in the body, which Prometheus also reads.
LONGEST_QUERY_IN_URL = 2_000
_PASSING = frozenset({429, 500, 502, 503, 504})


class PrometheusClient:
    """Opens sessions. Holds no connection itself, so it may be used from any event loop."""

    def __init__(self, settings: PrometheusSettings) -> None:
        self._settings = settings

    @cached_property
    def _tls(self) -> ssl.SSLContext | bool:
        # Reading the certificate store takes 20 ms: once, and only where there is TLS at all.
        is_tls = self._settings.url.startswith("https:")
        return load_trust(self._settings.ca_file, "prometheus") if is_tls else False

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[PrometheusSession]:
        """Yield a session for a few calls on the running loop; its connections close with it."""
        settings = self._settings
        http = httpx2.AsyncClient(
            headers={"Accept": "application/json", "User-Agent": "fermata", **settings.write_login()},
            verify=self._tls,
            timeout=None,  # Each call has its own deadline, answer included.
            trust_env=False,  # Only the settings read the environment.
            follow_redirects=False,  # The token must not travel to another host.
            limits=httpx2.Limits(max_connections=4),
        )
        try:
            yield PrometheusSession(http, settings.url, settings.timeout_s)
        finally:
            await close_client(http)


class PrometheusSession:
    """Calls over one set of connections. Every method raises `OperationalError` when the server fails it."""

    def __init__(self, http: httpx2.AsyncClient, url: str, timeout_s: float) -> None:
        self._http = http
        self._url = url
        self._timeout_s = timeout_s

    async def fetch_range(self, expression: str, start: datetime, end: datetime, step_s: float) -> list[WireSeries]:
        """Return the series of a range query. The caller chooses the step so that the points are few."""
        params = {"query": expression, "start": _write(start), "end": _write(end), "step": f"{step_s:g}"}
        return (await self._query("query_range", params, Answer[Matrix])).result

    async def fetch_samples(self, selector: str, at: datetime) -> list[WireSeries]:
        """Return the samples as they were scraped, for a selector with a range such as `up{job="checkout"}[2m]`."""
        return (await self._query("query", {"query": selector, "time": _write(at)}, Answer[Matrix])).result

    async def fetch_exemplars(self, expression: str, start: datetime, end: datetime) -> list[WireExemplars]:
        """Return the exemplars of the series that an expression reads; none where the server keeps none."""
        params = {"query": expression, "start": _write(start), "end": _write(end)}
        return await self._call("query_exemplars", params, Answer[list[WireExemplars]])

    async def fetch_time(self) -> float:
        """Return the server's clock, in epoch seconds."""
        return (await self._query("query", {"query": "time()"}, Answer[Scalar])).result[1]

    async def list_metric_names(self, selector: str, start: datetime, end: datetime) -> list[str]:
        """Return the names of the metrics that a selector such as `{job="checkout"}` has in a window."""
        return await self._list("label/__name__/values", selector, start, end)

    async def list_label_names(self, selector: str, start: datetime, end: datetime) -> list[str]:
        """Return the label names of a selector's series in a window."""
        return await self._list("labels", selector, start, end)

    async def list_rules(self) -> list[WireRule]:
        """Return the alerting rules the server has loaded."""
        answer = await self._call("rules", {"type": "alert"}, Answer[RuleGroups])
        return [rule for group in answer.groups for rule in group.rules]

    async def fetch_version(self) -> str:
        """Return the server's version."""
        return (await self._call("status/buildinfo", {}, Answer[Build])).version

    async def _list(self, path: str, selector: str, start: datetime, end: datetime) -> list[str]:
        params = {"match[]": selector, "start": _write(start), "end": _write(end)}
        return await self._call(path, params, Answer[list[str]])

    async def _query(self, path: str, params: Mapping[str, str], shape: type[Answer[D]]) -> D:
        # The server gives up when we do, instead of computing for nobody.
        return await self._call(path, {**params, "timeout": f"{self._timeout_s:g}s"}, shape)

    async def _call(self, path: str, params: Mapping[str, str], shape: type[Answer[D]]) -> D:
        try:
            # The library's time-outs are per read: an answer that trickles would never meet one.
            async with asyncio.timeout(self._timeout_s):
                body = await self._fetch(path, params)
        except TimeoutError as error:
            raise TransientError(
                f"Prometheus at {self._url} did not answer within {self._timeout_s:g} s",
                why=f"The call was {path}",
                do="Raise prometheus.timeout_s if it is merely slow",
                path=path,
            ) from error
        except httpx2.HTTPError as error:
            raise TransientError(
                f"Prometheus at {self._url} cannot be reached",
                why=redact(str(error) or type(error).__name__).text[:300],
                do="Check that it runs and that prometheus.url is right",
                path=path,
            ) from error
        try:
            return shape.model_validate_json(body).data
        except ValidationError as error:
            raise OperationalError(
                f"Prometheus at {self._url} gave an answer that is not its API's",
                why=f"{path}: {error.errors(include_url=False, include_input=False)[0]['msg']}",
                do="Check that prometheus.url points at Prometheus itself, not at a page in front of it",
                path=path,
            ) from error

    async def _fetch(self, path: str, params: Mapping[str, str]) -> bytes:
        url = f"{self._url}/api/v1/{path}"
        if len(params.get("query", "")) > LONGEST_QUERY_IN_URL:
            request = self._http.stream("POST", url, data=dict(params))
        else:
            request = self._http.stream("GET", url, params=dict(params))
        async with request as response:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > LARGEST_ANSWER_BYTES:
                    raise OperationalError(
                        f"Prometheus answered with more than {LARGEST_ANSWER_BYTES // 1024**2} MiB",
                        why=f"{path} matches too many series to be read during an incident",
                        do="Aggregate in the rule's expression, or ask Prometheus by hand",
                        path=path,
                    )
            if response.status_code != httpx2.codes.OK:
                raise self._describe_refusal(path, response, bytes(body))
            return bytes(body)

    def _describe_refusal(self, path: str, response: httpx2.Response, body: bytes) -> OperationalError:
        status = response.status_code
        try:
            sent = response.request.headers.get("Authorization", "")
            said = redact(hide_known(Fault.model_validate_json(body).error, [sent])).text[:300]
        except ValidationError:
            said = "the answer holds no reason"
        what, why = f"Prometheus at {self._url} answered {path} with HTTP {status}", f"/api/v1/{path}: {said}"
        if status in _PASSING:
            wait = response.headers.get("Retry-After", "")
            # 5 digits are over a day; a longer or a dated wait is left to the caller.
            delay = timedelta(seconds=int(wait)) if wait.isdecimal() and len(wait) <= 5 else None
            return TransientError(what, why=why, do="It may pass; see its log", retry_after=delay, status=status)
        todo = "Ask the same by hand in its web page"
        if status in {401, 403}:
            todo = "Set prometheus.token, or username and password, to one that may read"
            if "Authorization" in response.request.headers:
                todo = "Renew prometheus.token, or username and password: it has expired, is not known, or may not read"
        elif response.is_redirect or status == httpx2.codes.NOT_FOUND:
            todo = "Check prometheus.url: a login page or a missing path prefix answers like this"
        return OperationalError(what, why=why, do=todo, status=status)


def _write(instant: datetime) -> str:
    return f"{instant.timestamp():.3f}"
