"""Calls to one cluster's API, as far as Chaos Mesh's objects and the look around them need it.

`integrations/kubernetes` does the same for evidence. No integration knows another, and this one needs a fifth of it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from fermata.integrations.chaosmesh.answers import NotThere, describe_failure, describe_refusal, read_object
from fermata.integrations.chaosmesh.settings import ChaosMeshSettings
from fermata.kit.errors import OperationalError
from fermata.ports.kubernetes.way_in import WayIn

Json = dict[str, Any]
_LARGEST_ANSWER_BYTES = 16 * 1024 * 1024
_AT_ONCE = 8
_PAGE = 500


class ChaosMeshClient:
    """Opens sessions; holds no connection."""

    def __init__(self, settings: ChaosMeshSettings) -> None:
        self.settings = settings
        self._way_in = WayIn(settings, "chaosmesh", settings.timeout_s)

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[ChaosMeshSession]:
        """Yield a session whose connections are kept between its calls and closed with it.

        Raises:
            OperationalError: The kubeconfig or the service account cannot be used.
        """
        async with self._way_in.open(_AT_ONCE) as http:
            yield ChaosMeshSession(http, self.settings)


class ChaosMeshSession:
    """Calls over one set of connections. Every method raises `OperationalError` when the server fails it."""

    def __init__(self, http: httpx2.AsyncClient, settings: ChaosMeshSettings) -> None:
        self.settings = settings
        self._http = http
        self._gate = asyncio.Semaphore(_AT_ONCE)

    @property
    def host(self) -> str:
        """Return the server's host."""
        return self._http.base_url.host

    async def get(self, path: str) -> Json:
        """Return the object at a path.

        Raises:
            NotThere: 404.
        """
        return await self._call("GET", path)

    async def find(self, path: str) -> Json | None:
        """Return the object at a path, or `None` when there is none."""
        try:
            return await self.get(path)
        except NotThere:
            return None

    async def list(self, path: str, labels: Mapping[str, str] | None = None) -> list[Json]:
        """Return the objects of a list, of those labels.

        Raises:
            NotThere: The cluster does not serve the kind.
            OperationalError: There are more than 500: a sandbox is not that large.
        """
        params = {"limit": str(_PAGE)}
        if labels:
            params["labelSelector"] = ",".join(f"{key}={value}" for key, value in labels.items())
        page = await self._call("GET", path, params=params)
        items = page.get("items")
        if (page.get("metadata") or {}).get("continue"):
            raise OperationalError(f"There are more than {_PAGE} objects at {path}", do="Use a smaller namespace")
        if not isinstance(items, list | None):
            raise OperationalError(f"Kubernetes gave no list at {path}", do="Check its address")
        return [item for item in items or () if isinstance(item, dict)]

    async def create(self, path: str, body: Mapping[str, Any], *, is_dry: bool = False) -> Json:
        """Create an object, once; with `is_dry` only go through everything that would happen."""
        params = {"fieldManager": self.settings.field_manager, "fieldValidation": "Strict"}
        if is_dry:
            params["dryRun"] = "All"
        return await self._call("POST", path, params=params, body=body)

    async def delete(self, path: str) -> None:
        """Tell an object to end. One that is gone already is no error."""
        try:
            await self._call("DELETE", path)
        except NotThere:
            return

    async def _call(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, body: Mapping[str, Any] | None = None
    ) -> Json:
        from lightkube.core.exceptions import ConfigError

        call = f"{method} {path}"
        headers = {} if body is None else {"Content-Type": "application/json"}
        content = None if body is None else json.dumps(body).encode()
        try:
            async with self._gate, asyncio.timeout(self.settings.timeout_s):
                request = self._http.build_request(
                    method, path, params=dict(params or {}), content=content, headers=headers
                )
                response = await self._http.send(request, stream=True)
                try:
                    received = await _read(response)
                finally:
                    await response.aclose()
        except (TimeoutError, httpx2.HTTPError, ConfigError) as error:
            raise describe_failure(self.host, call, error) from error
        if response.status_code >= 300:
            raise describe_refusal(self.host, call, response.status_code, received)
        return read_object(self.host, call, received)


async def _read(response: httpx2.Response) -> bytes:
    received = bytearray()
    async for chunk in response.aiter_bytes():
        received += chunk
        if len(received) > _LARGEST_ANSWER_BYTES:
            raise OperationalError("Kubernetes answered with more than 16 MiB", do="Ask for it by hand")
    return bytes(received)
