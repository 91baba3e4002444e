"""The Engine API over a unix socket or over TCP, each call bounded in time and size.

Protocol: Docker Engine API, "API version negotiation" and "Attach: stream format", read 2026-11. The newest version
that both sides know is spoken. What fails is an `OperationalError` that says what is known of the effect (`faults`).
"""

from __future__ import annotations

import asyncio
import json
import re
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import httpx2
from pydantic import BaseModel, TypeAdapter, ValidationError

from fermata.integrations.docker.faults import (
    AnswerLost,
    describe_lost,
    describe_refusal,
    describe_unreached,
)
from fermata.integrations.docker.raw_answer import BrokenAnswer, Dial, RawAnswer, open_answer
from fermata.integrations.docker.wire import Event, Image, ImageHistory, Info, Inspected, Listed, ListedImage, Stats
from fermata.kit.errors import OperationalError

NEWEST_VERSION = (1, 47)
"""The newest version whose answers were read; engines answer older ones too."""
OLDEST_VERSION = (1, 41)
"""`one-shot` statistics came with it (engine 20.10, December 2020)."""
LARGEST_ANSWER_BYTES = 8 * 1024 * 1024
_UNIX = "unix://"
# The Date header has whole seconds: a difference below this is none.
_SMALLEST_SKEW = timedelta(seconds=2)
_ID = re.compile(r"(?:sha256:)?[0-9a-f]{64}")
_VERSION = re.compile(r"^/v[0-9.]+(?=/)")
M = TypeVar("M", bound=BaseModel)


class EngineClient:
    """Opens sessions. Holds no connection itself, so it may be used from any event loop.

    Args:
        url: `unix:///path/to/docker.sock` or `tcp://host:port`.
        tls: The authority's certificate, our certificate and our key; `None` speaks plainly.
        timeout_s: Of one call as a whole.
    """

    def __init__(self, url: str, *, tls: tuple[Path, Path, Path] | None = None, timeout_s: float = 5.0) -> None:
        self.url = url
        self.timeout_s = timeout_s
        self._tls = tls

    @property
    def is_unix(self) -> bool:
        """Answer whether it is reached through a socket file."""
        return self.url.startswith(_UNIX)

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[EngineSession]:
        """Yield a session for a few calls on the running loop; its connections close with it.

        Raises:
            OperationalError: A certificate or key file cannot be read.
        """
        options: dict[str, Any] = {"limits": httpx2.Limits(max_connections=8)}
        base = "http://docker"
        if self.is_unix:
            # Nothing is certified on a socket; else all authorities are read for each connection, 0.05 s of work.
            options |= {"uds": self.url.removeprefix(_UNIX), "verify": False}
            dial = Dial(socket_path=options["uds"])
        else:
            context = await asyncio.to_thread(self._read_tls) if self._tls else None
            base = f"{'https' if context else 'http'}://{self.url.removeprefix('tcp://')}"
            options["verify"] = context or False
            parts = urlsplit(base)
            dial = Dial(host=parts.hostname or "", port=parts.port or (443 if context else 80), tls=context)
        # Each call has its own deadline, answer included; the environment's proxies are no way to an engine.
        transport = httpx2.AsyncHTTPTransport(trust_env=False, **options)
        async with httpx2.AsyncClient(
            transport=transport,
            base_url=base,
            headers={"User-Agent": "fermata"},
            timeout=None,
            trust_env=False,
            follow_redirects=False,
        ) as http:
            yield EngineSession(http, dial, self.url, self.timeout_s)

    def _read_tls(self) -> ssl.SSLContext:
        assert self._tls is not None  # noqa: S101 - the caller asked for it
        authority, certificate, key = self._tls
        try:
            context = ssl.create_default_context(cafile=str(authority))
            context.load_cert_chain(certificate, key)
        except (OSError, ssl.SSLError) as error:
            raise OperationalError(
                f"The certificates for the Docker engine at {self.url} cannot be used",
                why=f"{type(error).__name__}: {error}",
                do="Check docker.tls_ca, docker.tls_cert and docker.tls_key",
            ) from error
        return context


class EngineSession:
    """Calls over one set of connections. Each raises what `faults` describes when the engine fails it."""

    def __init__(self, http: httpx2.AsyncClient, dial: Dial, url: str, timeout_s: float) -> None:
        self._http = http
        self._dial = dial
        self.url = url
        self.timeout_s = timeout_s
        self._negotiating = asyncio.Lock()
        self._version = ""
        self.skew = timedelta(0)
        """The engine's clock less ours, known after the first call; below 2 s it counts as none."""

    async def list_containers(self) -> list[Listed]:
        """Return every container, stopped ones too."""
        return await self._get_list("/containers/json", Listed, {"all": "1"})

    async def inspect(self, container: str) -> tuple[Inspected, dict[str, Any]]:
        """Return a container as a record, and as the engine wrote it, to build another from.

        Raises:
            NoSuchObject: There is none of that id or name.
        """
        raw = await self.get(f"/containers/{container}/json")
        return self._read(raw, Inspected, "inspect"), raw

    async def inspect_image(self, image: str) -> tuple[Image, dict[str, Any]]:
        """Return an image as a record, and as the engine wrote it.

        Raises:
            NoSuchObject: It is not on this engine.
        """
        raw = await self.get(f"/images/{image}/json")
        return self._read(raw, Image, "the image"), raw

    async def list_images(self, repository: str) -> list[ListedImage]:
        """Return the images of a repository (`shop/checkout`), whatever their tags."""
        filters = json.dumps({"reference": [repository]})
        return await self._get_list("/images/json", ListedImage, {"filters": filters})

    async def list_layers(self, image: str) -> list[ImageHistory]:
        """Return the layers of an image, newest first."""
        return await self._get_list(f"/images/{image}/history", ImageHistory)

    async def fetch_stats(self, container: str, *, watch: bool = False) -> Stats:
        """Return one reading, at once; with `watch` that of a second or two later, and the one before it."""
        query = {"stream": "false"} if watch else {"stream": "false", "one-shot": "true"}
        raw = await self.get(f"/containers/{container}/stats", query)
        return self._read(raw, Stats, "the statistics")

    async def fetch_info(self) -> Info:
        """Return what the engine says of itself and its host."""
        return self._read(await self.get("/info"), Info, "info")

    async def list_events(self, since: datetime, until: datetime) -> list[Event]:
        """Return what happened to containers, oldest first.

        An engine keeps its last 256 events, in memory: none are left from before its own start.

        Args:
            since: In our time, as `until`; a time to come is cut to now, as the engine would wait for it.
        """
        return await self._list_events(since, until, {"type": ["container"]})

    async def list_disconnects(self, since: datetime, until: datetime) -> list[Event]:
        """Return when containers were taken off networks, oldest first; each that ended was, too.

        An event is named like the network, and its attribute `container` is an id.
        """
        return await self._list_events(since, until, {"type": ["network"], "event": ["disconnect"]})

    async def _list_events(self, since: datetime, until: datetime, wanted: Mapping[str, Sequence[str]]) -> list[Event]:
        await self._negotiate()
        latest = min(until, datetime.now(UTC)) + self.skew
        filters = json.dumps(wanted)
        params = {
            "since": f"{(since + self.skew).timestamp():.3f}",
            "until": f"{latest.timestamp():.3f}",
            "filters": filters,
        }
        body = await self._call("GET", "/events", params=params)
        return [self._read(self._parse(line, "events"), Event, "an event") for line in body.splitlines() if line]

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        """Return the JSON answer of a reading call."""
        return self._parse(await self._call("GET", path, params=params), path)

    async def post(
        self,
        path: str,
        body: Any = None,
        params: Mapping[str, str] | None = None,
        *,
        patience_s: float = 0,
    ) -> Any:
        """Make a changing call; return its JSON answer, `None` when it has none.

        Args:
            patience_s: How much longer than usual it may take, as when a container is given time to stop.
        """
        answer = await self._call("POST", path, body, params=params, patience_s=patience_s)
        return self._parse(answer, path) if answer.strip() else None

    async def delete(self, path: str, params: Mapping[str, str] | None = None) -> None:
        """Remove an object."""
        await self._call("DELETE", path, params=params)

    @asynccontextmanager
    async def stream(self, path: str, params: Mapping[str, str], timeout_s: float) -> AsyncIterator[RawAnswer]:
        """Yield the answer of a reading call while it comes; it must be read within the block, and within the time."""
        await self._negotiate()
        call = _name_call("GET", path)
        is_open = False
        try:
            async with (
                asyncio.timeout(timeout_s),
                open_answer(self._dial, f"{self._version}{path}?{urlencode(params)}") as answer,
            ):
                is_open = True
                if answer.status != httpx2.codes.OK:
                    said = _find_message(await self._read_body(answer.read(), path))
                    refusal = httpx2.Response(answer.status, headers=answer.headers)
                    raise describe_refusal(self.url, call, refusal, said)
                yield answer
        except (OSError, BrokenAnswer) as error:
            # A connection that was there and broke is another thing than none; a time-out is an OSError too.
            if is_open or isinstance(error, TimeoutError | BrokenAnswer):
                raise describe_lost(self.url, call, error, timeout_s) from error
            raise describe_unreached(self.url, call, error) from error

    async def _negotiate(self) -> None:
        """Agree on a version, once a session.

        Raises:
            OperationalError: The engine is too old, or is none.
        """
        async with self._negotiating:
            if self._version:
                return
            response, _ = await self._send("GET", "/_ping", None, None, self.timeout_s)
            theirs = _parse_version(response.headers.get("Api-Version", ""))
            if theirs is None:
                raise OperationalError(
                    f"What answers at {self.url} is no Docker engine",
                    why="Its answer to /_ping names no API version",
                    do="Check docker.socket",
                )
            if theirs < OLDEST_VERSION:
                raise OperationalError(
                    f"The Docker engine at {self.url} is too old",
                    why=f"It speaks API {theirs[0]}.{theirs[1]}, and Fermata needs {_write_version(OLDEST_VERSION)}",
                    do="Use engine 20.10 or newer",
                )
            self.skew = _measure_skew(response.headers.get("Date", ""))
            self._version = f"/v{_write_version(min(theirs, NEWEST_VERSION))}"

    async def _call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        params: Mapping[str, str] | None = None,
        patience_s: float = 0,
    ) -> bytes:
        await self._negotiate()
        timeout_s = self.timeout_s + patience_s
        response, answer = await self._send(method, self._version + path, params, body, timeout_s)
        if response.is_success or response.status_code == httpx2.codes.NOT_MODIFIED:
            return answer
        raise describe_refusal(self.url, _name_call(method, path), response, _find_message(answer))

    async def _send(
        self, method: str, path: str, params: Mapping[str, str] | None, body: Any, timeout_s: float
    ) -> tuple[httpx2.Response, bytes]:
        call = _name_call(method, path)
        try:
            # The library's time-outs are per read: an answer that trickles would never meet one.
            async with (
                asyncio.timeout(timeout_s),
                self._http.stream(method, path, params=dict(params or {}), json=body) as response,
            ):
                return response, await self._read_body(response.aiter_bytes(), path)
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise describe_unreached(self.url, call, error) from error
        except (TimeoutError, httpx2.HTTPError) as error:
            raise describe_lost(self.url, call, error, timeout_s) from error

    async def _read_body(self, chunks: AsyncIterator[bytes], path: str) -> bytes:
        body = bytearray()
        async for chunk in chunks:
            body += chunk
            if len(body) > LARGEST_ANSWER_BYTES:
                raise AnswerLost(
                    f"The Docker engine at {self.url} answered with more than {LARGEST_ANSWER_BYTES // 1024**2} MiB",
                    why=f"{path} holds too much to be read during an incident",
                    do="Ask the engine by hand",
                )
        return bytes(body)

    async def _get_list(self, path: str, shape: type[M], params: Mapping[str, str] | None = None) -> list[M]:
        answer = await self.get(path, params)
        try:
            return TypeAdapter(list[shape]).validate_python(answer or [])  # type: ignore[valid-type] # known at run time
        except ValidationError as error:
            raise self._describe_garbage(path, error) from error

    def _read(self, raw: Any, shape: type[M], what: str) -> M:
        try:
            return shape.model_validate(raw)
        except ValidationError as error:
            raise self._describe_garbage(what, error) from error

    def _parse(self, body: bytes, what: str) -> Any:
        try:
            return json.loads(body)
        except ValueError as error:
            raise AnswerLost(
                f"The Docker engine at {self.url} gave an answer that is not JSON",
                why=f"{what}: {len(body)} bytes",
                do="Check that docker.socket names an engine",
            ) from error

    def _describe_garbage(self, what: str, error: ValidationError) -> OperationalError:
        first = error.errors(include_url=False, include_input=False)[0]
        return OperationalError(
            f"The Docker engine at {self.url} gave an answer that is not its API's",
            why=f"{what}: {'.'.join(map(str, first['loc']))}: {first['msg']}",
            do="Check that docker.socket names an engine",
        )


def _name_call(method: str, path: str) -> str:
    """Return a call as a permission names it: without the version, and without whom it is about."""
    return f"{method} {_ID.sub('<id>', _VERSION.sub('', path))}"


def _parse_version(text: str) -> tuple[int, int] | None:
    major, _, minor = text.partition(".")
    return (int(major), int(minor)) if major.isdecimal() and minor.isdecimal() else None


def _write_version(version: Sequence[int]) -> str:
    return ".".join(map(str, version))


def _measure_skew(date: str) -> timedelta:
    try:
        skew = parsedate_to_datetime(date) - datetime.now(UTC)
    except (ValueError, TypeError):
        return timedelta(0)
    return skew if abs(skew) >= _SMALLEST_SKEW else timedelta(0)


def _find_message(body: bytes) -> str:
    """Return the engine's own words of a refusal; a page of a proxy is cut, not parsed."""
    try:
        answer = json.loads(body)
    except ValueError:
        return body[:2000].decode(errors="replace")
    return str(answer.get("message", "")) if isinstance(answer, dict) else ""
