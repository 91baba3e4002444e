"""A JSON API over HTTP, as the small typed clients of the integrations speak to it.

Every integration has its own client with its own calls and wire models; what none of them may get wrong is here, once:
each call bounded in time and in bytes, no credential sent to another host, few calls at once, a server that asks to be
left alone left alone, a dead one not waited for again and again, and every failure in words that name the missing
permission. It decides nothing: a failure is an `OperationalError`, and one that may pass is transient.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx2
from pydantic import TypeAdapter, ValidationError

from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError, TransientError
from fermata.ports.api_faults import (
    ApiTarget,
    NotThere,
    Reply,
    cut_query,
    describe_failure,
    describe_refusal,
    describe_shape,
    is_limit,
    say_where,
)
from fermata.ports.breaker import Breaker
from fermata.ports.server_clock import note_server_time
from fermata.ports.trust import load_trust

__all__ = ["ApiSession", "ApiTarget", "JsonApi", "NotThere", "Pages", "Reply", "close_client", "find_next_page"]

T = TypeVar("T")

LARGEST_ANSWER_BYTES = 16 * 1024 * 1024
"""An answer for a person on call is small; 16 MiB is a question without a filter."""
MOST_PAGES = 10
"""Pages followed for one list. What lies behind them is said to be left out, never silently absent."""
_CLOSING_S = 0.2
"""To close connections takes some turns of the loop; below what a gathering waits for a collector to let go."""


@dataclass(frozen=True, slots=True)
class Pages:
    """The items of a list that came in pages."""

    items: tuple[Any, ...]
    is_whole: bool
    """False when more pages were there than were asked for."""


class JsonApi:
    """Opens sessions. Holds no connection, so it may be used from any event loop; remembers how the API has behaved."""

    def __init__(self, target: ApiTarget, clock: Clock) -> None:
        self.target = target
        self.clock = clock
        self.breaker = Breaker(target.name, clock)
        """What is remembered of how it behaved."""
        self._tls: ssl.SSLContext | bool | None = None

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[ApiSession]:
        """Yield a session whose connections are kept between its calls and closed with it."""
        target = self.target
        http = httpx2.AsyncClient(
            headers={"Accept": "application/json", "User-Agent": "fermata", **target.headers},
            verify=self._find_tls(),
            timeout=None,  # Each call has its own deadline, answer included.
            trust_env=False,  # Only the settings read the environment.
            follow_redirects=False,  # A credential must not travel to another host.
            limits=httpx2.Limits(max_connections=target.most_at_once),
        )
        try:
            yield ApiSession(self, http)
        finally:
            await close_client(http)

    def _find_tls(self) -> ssl.SSLContext | bool:
        # Reading the certificate store takes 20 ms: once, and only where there is TLS at all.
        if self._tls is None:
            target = self.target
            is_tls = target.url.startswith("https:")
            self._tls = load_trust(target.ca_file, target.settings_key) if is_tls else False
        return self._tls


class ApiSession:
    """Calls over one set of connections."""

    def __init__(self, api: JsonApi, http: httpx2.AsyncClient) -> None:
        self._api = api
        self._http = http
        self._target = api.target
        self._gate = asyncio.Semaphore(api.target.most_at_once)

    async def get(self, path: str, shape: type[T] | TypeAdapter[T], params: Mapping[str, Any] | None = None) -> T:
        """Return the parsed answer to a GET.

        Raises:
            NotThere: 404 or 410.
            OperationalError: It cannot be asked, refuses, or answers in another shape; transient when it may pass.
        """
        return self._parse(await self.send("GET", path, params=params), shape, path)

    async def post(
        self,
        path: str,
        shape: type[T] | TypeAdapter[T],
        body: Any,
        params: Mapping[str, Any] | None = None,
    ) -> T:
        """Return the parsed answer to a POST with a JSON body. Sent once: a lost answer is never asked for again.

        Raises:
            NotThere: 404 or 410.
            OperationalError: As `get`.
        """
        return self._parse(await self.send("POST", path, params=params, body=body), shape, path)

    async def write(
        self,
        method: str,
        path: str,
        shape: type[T] | TypeAdapter[T],
        *,
        body: Any,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> T:
        """Return the parsed answer to a request that changes something: a PUT, a PATCH, an upload. Sent once.

        Args:
            body: As `send`.

        Raises:
            NotThere: 404 or 410.
            OperationalError: As `get`.
        """
        return self._parse(await self.send(method, path, params=params, body=body, headers=headers), shape, path)

    async def list_pages(
        self,
        path: str,
        item: TypeAdapter[Any],
        params: Mapping[str, Any],
        most_pages: int = MOST_PAGES,
        *,
        is_enough: Callable[[Any], bool] | None = None,
    ) -> Pages:
        """Return the items of a list that is continued by a `Link: <...>; rel="next"` header (RFC 8288).

        A next page on another host is not followed.

        Args:
            is_enough: Of the last item of a page: nothing behind it is wanted, and the list counts as whole.

        Raises:
            NotThere: 404 or 410.
            OperationalError: As `get`.
        """
        shape: TypeAdapter[list[Any]] = TypeAdapter(list)
        items: list[Any] = []
        reply = await self.send("GET", path, params=params)
        for page in range(1, most_pages + 1):
            items += [self._validate(one, item, path) for one in self._parse(reply, shape, path)]
            following = find_next_page(reply.headers.get("link", ""))
            if not following or (is_enough is not None and items and is_enough(items[-1])):
                return Pages(tuple(items), is_whole=True)
            if not self._is_own(following) or page == most_pages:
                break
            reply = await self.send("GET", following)
        return Pages(tuple(items), is_whole=False)

    async def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one request and return the whole answer, whose status is below 300.

        Args:
            path: Begins with a slash, or is a whole address on the same host.
            params: Query parameters; a sequence repeats the name.
            body: A JSON value; bytes are sent as they are, with their `Content-Type` among the headers.
            headers: Of this request alone, such as a signature.

        Raises:
            NotThere: 404 or 410.
            OperationalError: As `get`.
        """
        self._api.breaker.refuse_if_closed()
        try:
            # Waiting for one's turn is not the API's slowness.
            async with self._gate:
                with self._note_abandoned():
                    async with asyncio.timeout(self._target.timeout_s):
                        reply = await self._exchange(method, path, params, body, headers)
        except TimeoutError as error:
            self._api.breaker.note_silence()
            raise TransientError(
                f"{say_where(self._target)} did not answer within {self._target.timeout_s:g} s",
                why=f"The call was {method} {cut_query(path)}",
                do=f"Raise {self._target.settings_key}.timeout_s if it is merely slow",
                path=path,
            ) from error
        except httpx2.HTTPError as error:
            self._api.breaker.note_silence()
            raise describe_failure(self._target, error, path) from error
        self._api.breaker.note_answer()
        note_server_time(reply.headers.get("date", ""), self._api.clock.now())
        if reply.status >= 300:  # Redirects are not followed, so nothing above 299 is an answer.
            raise self._refuse(method, path, reply)
        return reply

    @contextmanager
    def _note_abandoned(self) -> Iterator[None]:
        """Take a call that somebody's deadline ended for one without an answer, if it had waited half of its time."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            yield
        except asyncio.CancelledError:
            if loop.time() - started >= self._target.timeout_s / 2:
                self._api.breaker.note_silence()
            raise

    async def _exchange(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None,
        body: Any,
        headers: Mapping[str, str] | None,
    ) -> Reply:
        url = path if self._is_own(path) else f"{self._target.url}{path}"
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Content-Type": "application/json"} if body is not None else {}
        given = dict(params) if params else None
        async with self._http.stream(
            method, url, params=given, content=content, headers={**sent, **(headers or {})}
        ) as response:
            received = bytearray()
            async for chunk in response.aiter_bytes():
                received += chunk
                if len(received) > LARGEST_ANSWER_BYTES:
                    raise OperationalError(
                        f"{self._target.name} answered with more than {LARGEST_ANSWER_BYTES // 1024**2} MiB",
                        why=f"{method} {cut_query(path)} matches too much to be read during an incident",
                        do="Ask it by hand",
                        path=path,
                    )
            return Reply(response.status_code, dict(response.headers), bytes(received))

    def _parse(self, reply: Reply, shape: type[T] | TypeAdapter[T], path: str) -> T:
        try:
            value = reply.read()
        except ValueError as error:
            raise describe_shape(self._target, path, "the body is not JSON") from error
        return self._validate(value, shape, path)

    def _validate(self, value: Any, shape: type[T] | TypeAdapter[T], path: str) -> T:
        adapter = shape if isinstance(shape, TypeAdapter) else TypeAdapter(shape)
        try:
            return adapter.validate_python(value)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise describe_shape(self._target, path, f"{where or 'the answer'}: {first['msg']}") from error

    def _refuse(self, method: str, path: str, reply: Reply) -> OperationalError:
        wait = self._api.breaker.read_wait(reply.headers)
        if is_limit(reply, wait):
            self._api.breaker.note_pause(wait or timedelta(seconds=60))  # Without a word a minute, the usual window.
        return describe_refusal(self._target, f"{method} {path}", reply, wait)

    def _is_own(self, address: str) -> bool:
        """Answer whether it is a whole address on the API's own scheme, host and port."""
        own, other = urlsplit(self._target.url), urlsplit(address)
        return (own.scheme, own.netloc) == (other.scheme, other.netloc)


async def close_client(http: httpx2.AsyncClient) -> None:
    """Close all connections, also when a deadline ends that: the pool would forget those it has not come to yet."""
    closing = asyncio.ensure_future(http.aclose())
    try:
        await asyncio.shield(closing)
    except asyncio.CancelledError:
        await asyncio.wait([closing], timeout=_CLOSING_S)
        raise


def find_next_page(link: str) -> str:
    """Return the address of the next page from a `Link` header; empty without one."""
    for part in link.split(","):
        address, _, attributes = part.partition(";")
        if 'rel="next"' in attributes.replace(" ", "") and address.strip().startswith("<"):
            return address.strip()[1:].partition(">")[0]
    return ""
