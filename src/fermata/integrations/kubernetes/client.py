"""Calls to one API server, each bounded in time and in bytes, over connections that are kept for a gathering.

Objects are plain JSON values in the API's own shape: evidence wants them as they are, whatever the server's version
knows that we do not. lightkube reads the way in (see `kubeconfig`) and brings the HTTP client and the fast decoder;
its own `log()` cannot ask for the lines before the last restart, so paths are asked for by hand.

Source: Kubernetes API concepts, "Resource URIs", "Retrieving large results sets in chunks", "Receiving resources as
metadata only"; tried on 1.36.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

import httpx2

from fermata.integrations.kubernetes.answers import (
    NotThere,
    PassingRefusal,
    Reply,
    describe_failure,
    describe_refusal,
    describe_shape,
)
from fermata.integrations.kubernetes.calls import Call, read_call
from fermata.integrations.kubernetes.resources import Resource
from fermata.integrations.kubernetes.settings import KubernetesSettings
from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError, TransientError
from fermata.ports.breaker import Breaker
from fermata.ports.kubernetes.way_in import WayIn, refuse_credential

Json = dict[str, Any]

LARGEST_ANSWER_BYTES = 32 * 1024 * 1024
"""Of one page; 500 pods are 1.6 MB, and a config map holds 1 MiB at most."""
PAGE_SIZE = 500
MOST_ITEMS = 2000
"""Of one list. What lies behind them is said to be left out, never silently absent."""
_PATIENCE = timedelta(seconds=1)
"""The pause that is waited out for a read. API priority and fairness asks for just that of whoever is one too many at
once (k8s.io/apiserver, pkg/server/filters/priority-and-fairness.go, read 2026-11), as a gathering may be."""
_METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


@dataclass(frozen=True, slots=True)
class Listing:
    """The objects of one list."""

    items: tuple[Json, ...]
    """With their `kind` and `apiVersion`, which a list of the API leaves out."""
    is_whole: bool
    """False when there were more than `most`."""


class KubernetesClient:
    """Opens sessions. Holds no connection, so it may be used from any event loop; remembers how the server behaved."""

    def __init__(self, settings: KubernetesSettings, clock: Clock) -> None:
        self.settings = settings
        self._clock = clock
        # API servers ask for a second or a few.
        self._breaker = Breaker("Kubernetes", clock, longest_wait=timedelta(minutes=5))
        self._way_in = WayIn(settings, "kubernetes", settings.timeout_s)

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[KubernetesSession]:
        """Yield a session whose connections are kept between its calls and closed with it.

        Raises:
            OperationalError: The kubeconfig or the service account cannot be used.
        """
        async with self._way_in.open(self.settings.most_at_once) as http:
            yield KubernetesSession(http, self.settings, self._breaker, self._clock)


class KubernetesSession:
    """Calls over one set of connections. Every method raises `OperationalError` when the server fails it."""

    def __init__(self, http: httpx2.AsyncClient, settings: KubernetesSettings, breaker: Breaker, clock: Clock) -> None:
        self.settings = settings
        self._clock = clock
        self._http = http
        self._breaker = breaker
        self._gate = asyncio.Semaphore(settings.most_at_once)
        self._answers = 0

    @property
    def where(self) -> str:
        """Return the server's address, as messages name it."""
        return str(self._http.base_url).rstrip("/")

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> Json:
        """Return the object at a path.

        Raises:
            NotThere: 404.
            OperationalError: It cannot be asked, refuses (`answers.Refusal`), or gives no JSON object.
        """
        return self._parse(await self.send("GET", path, params=params), read_call("GET", path))

    async def find_object(self, resource: Resource, name: str, namespace: str = "") -> Json | None:
        """Return one object, or `None` when there is none of that name."""
        try:
            return await self.get(resource.path(namespace, name))
        except NotThere:
            return None

    async def list_objects(
        self,
        resource: Resource,
        namespace: str = "",
        *,
        labels: str = "",
        fields: str = "",
        most: int = MOST_ITEMS,
        keeps_pages: bool = False,
    ) -> Listing:
        """Return the objects of a kind, of one namespace or (with an empty one) of all.

        Args:
            labels: A label selector, as kubectl takes it.
            fields: A field selector.
            most: Items read at most; the answer says when there are more.
            keeps_pages: Whether what was read counts where a later page does not come; the answer says so, too. For
                evidence: a guard that counts must not count half.

        Raises:
            NotThere: The cluster does not serve the kind, in no version that is known here.
            OperationalError: As `get`.
        """
        given = {"labelSelector": labels, "fieldSelector": fields}
        return await self._list(resource, namespace, given, most=most, keeps_pages=keeps_pages)

    async def list_metadata(self, resource: Resource, namespace: str = "") -> Listing:
        """Return the names and labels of the objects of a kind, never their content.

        The server itself leaves the content out: the data of a Secret never crosses the network.

        Raises:
            OperationalError: As `get`; also when the server sends content all the same.
        """
        found = await self._list(resource, namespace, {}, most=MOST_ITEMS, accept=_METADATA)
        call = read_call("GET", resource.path(namespace))
        if any("data" in item or "stringData" in item for item in found.items):
            raise describe_shape(self.where, call, "it holds content though metadata only was asked for")
        return found

    async def _list(
        self, resource: Resource, namespace: str, given: Mapping[str, str], *, most: int, **how: Any
    ) -> Listing:
        try:
            return await self._list_in(resource, namespace, given, most=most, **how)
        except NotThere:
            for version in resource.older:
                # What no version has is told of the first: it is the one that a newer server would have.
                with suppress(NotThere):
                    older = replace(resource, api_version=version)
                    return await self._list_in(older, namespace, given, most=most, **how)
            raise

    async def _list_in(
        self,
        resource: Resource,
        namespace: str,
        given: Mapping[str, str],
        *,
        most: int,
        accept: str = "",
        keeps_pages: bool = False,
    ) -> Listing:
        path = resource.path(namespace)
        items: list[Json] = []
        params = {key: value for key, value in given.items() if value}
        # `resourceVersion=0` answers from the server's cache but pays no heed to limits: not asked for.
        params["limit"] = str(min(PAGE_SIZE, most))
        while True:
            try:
                reply = await self.send("GET", path, params=params, accept=accept)
            except TransientError:
                if not items or not keeps_pages:
                    raise
                break
            page = self._parse(reply, read_call("GET", path))
            found, metadata = page.get("items"), page.get("metadata")
            if "items" not in page or not isinstance(found, list | None):
                raise describe_shape(self.where, read_call("GET", path), "it holds no list")
            items += [item for item in found or () if isinstance(item, dict)]
            about = metadata if isinstance(metadata, dict) else {}
            following = about.get("continue") or ""
            if not following or len(items) >= most:
                break
            params = {**params, "continue": str(following)}
        for item in items:
            item["kind"], item["apiVersion"] = resource.kind, resource.api_version
        return Listing(tuple(items[:most]), not following and len(items) <= most)

    async def write(
        self,
        method: str,
        path: str,
        body: Any,
        *,
        params: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> Json:
        """Send a body once and return the object that came back. Never repeated, whatever comes of it.

        Args:
            method: `POST`, `PUT`, `PATCH` or `DELETE`.
            params: `dryRun`, `fieldManager` and the like, as the API spells them.
            content_type: A patch says its kind here: `application/apply-patch+yaml` (JSON is YAML).

        Raises:
            NotThere: 404.
            OperationalError: As `get`. Only a `Refusal` with a code below 500 says that nothing was done.
        """
        reply = await self.send(method, path, params=params, body=body, content_type=content_type)
        return self._parse(reply, read_call(method, path))

    async def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = "application/json",
        accept: str = "",
    ) -> Reply:
        """Send one request and return the whole answer, whose HTTP status is below 300.

        A read that the server puts off for a second is sent once more after that.

        Raises:
            NotThere: 404.
            OperationalError: As `get`.
        """
        import msgspec

        headers = {"Accept": accept} if accept else {}
        content = None
        if body is not None:
            content, headers["Content-Type"] = msgspec.json.encode(body), content_type
        call = read_call(method, path)
        params = dict(params or {})
        make = partial(self._http.build_request, method, path, params=params, content=content, headers=headers)
        try:
            return await self._exchange(make, call)
        except PassingRefusal as error:
            is_short = error.retry_after is None or error.retry_after <= _PATIENCE
            if method != "GET" or error.code != httpx2.codes.TOO_MANY_REQUESTS or not is_short:
                raise
        return await self._exchange(make, call)

    async def _exchange(self, make: Callable[[], httpx2.Request], call: Call) -> Reply:
        await self._await_pause()
        async with self._bounded(call):
            response = await self._http.send(make(), stream=True)
            try:
                reply = await self._read(response, call)
            finally:
                await response.aclose()
        return self._accept(call, reply)

    async def _await_pause(self) -> None:
        """Wait out a short pause that the server asked for; a longer one refuses the call."""
        try:
            self._breaker.refuse_if_closed()
        except TransientError as error:
            if error.retry_after is None or error.retry_after > _PATIENCE:
                raise
            await self._clock.sleep(error.retry_after.total_seconds())

    @asynccontextmanager
    async def stream(self, path: str, params: Mapping[str, str]) -> AsyncIterator[AsyncIterator[bytes]]:
        """Yield the chunks of an answer as they arrive, nothing of it kept: for logs.

        The deadline of a call covers the first byte; how long the whole may take is the caller's business.

        Raises:
            NotThere: 404.
            OperationalError: As `get`; also while the chunks are read.
        """
        call = read_call("GET", path)
        await self._await_pause()
        async with self._bounded(call):
            request = self._http.build_request("GET", path, params=dict(params), headers={"Accept": "*/*"})
            response = await self._http.send(request, stream=True)
        try:
            if response.status_code >= 300:
                async with self._bounded(call):
                    reply = await self._read(response, call)
                self._accept(call, reply)
            self._note_answer()
            yield response.aiter_bytes()
        except httpx2.HTTPError as error:
            raise describe_failure(self.where, call, error) from error
        finally:
            await response.aclose()

    async def _read(self, response: httpx2.Response, call: Call) -> Reply:
        received = bytearray()
        async for chunk in response.aiter_bytes():
            received += chunk
            if len(received) > LARGEST_ANSWER_BYTES:
                raise OperationalError(
                    f"Kubernetes answered with more than {LARGEST_ANSWER_BYTES // 1024**2} MiB",
                    why=f"To {call.describe()}",
                    do="Ask for it by hand",
                )
        return Reply(response.status_code, dict(response.headers), bytes(received))

    def _note_answer(self) -> None:
        self._answers += 1
        self._breaker.note_answer()

    def _accept(self, call: Call, reply: Reply) -> Reply:
        self._note_answer()
        if reply.code < 300:  # Redirects are not followed, so nothing above 299 is an answer.
            return reply
        wait = self._breaker.read_wait(reply.headers)
        if reply.code == httpx2.codes.TOO_MANY_REQUESTS:
            self._breaker.note_pause(wait or timedelta(seconds=1))  # Without a word, the API server's usual one.
        raise describe_refusal(self.where, call, reply, wait)

    @asynccontextmanager
    async def _bounded(self, call: Call) -> AsyncIterator[None]:
        from lightkube.core.exceptions import ConfigError

        self._breaker.refuse_if_closed()
        timeout_s = self.settings.timeout_s
        try:
            # Waiting for one's turn is not the server's slowness.
            async with self._gate:
                answered = self._answers
                async with asyncio.timeout(timeout_s):
                    yield
        except TimeoutError as error:
            # Whoever answers others meanwhile is slow, not gone: what is still to be asked is asked.
            if self._answers == answered:
                self._breaker.note_silence()
            raise TransientError(
                f"Kubernetes at {self.where} did not answer within {timeout_s:g} s",
                why=f"The call was to {call.describe()}",
                do="Raise kubernetes.timeout_s if it is merely slow",
            ) from error
        except httpx2.HTTPError as error:
            self._breaker.note_silence()
            raise describe_failure(self.where, call, error) from error
        except (ConfigError, OSError, ValueError, KeyError, TypeError) as error:
            raise refuse_credential(error) from error

    def _parse(self, reply: Reply, call: Call) -> Json:
        import msgspec

        # A decoder makes a hundred thousand objects and no ring: looking for rings meanwhile costs half as much again
        # as the decoding (500 pods: 28 ms with, 19 ms without, in a process that has lightkube loaded).
        was_collecting = gc.isenabled()
        gc.disable()
        try:
            value = msgspec.json.decode(reply.body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise describe_shape(self.where, call, "the body is not JSON") from error
        finally:
            if was_collecting:
                gc.enable()
        if not isinstance(value, dict):
            raise describe_shape(self.where, call, "the answer is not an object")
        return value
