"""Calls to one cluster's API, as far as Chaos Mesh's objects and the look around them need it.

lightkube reads the kubeconfig or the service account and brings the HTTP client; see `integrations/kubernetes`, which
does the same for evidence. No integration knows another, and this one needs a fifth of it.
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
from fermata.kit.redaction import redact

Json = dict[str, Any]
_LARGEST_ANSWER_BYTES = 16 * 1024 * 1024
_AT_ONCE = 8
_PAGE = 500


class ChaosMeshClient:
    """Opens sessions; holds no connection."""

    def __init__(self, settings: ChaosMeshSettings) -> None:
        self.settings = settings
        self._way_in: dict[str, Any] | None = None
        self._stamp: object = None

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[ChaosMeshSession]:
        """Yield a session whose connections are kept between its calls and closed with it.

        Raises:
            OperationalError: The kubeconfig or the service account cannot be used.
        """
        way_in = await asyncio.to_thread(self._find_way_in)
        async with httpx2.AsyncClient(
            headers={"Accept": "application/json", "User-Agent": "fermata"},
            follow_redirects=False,  # A credential must not travel to another host.
            limits=httpx2.Limits(max_connections=_AT_ONCE),
            **way_in,
        ) as http:
            yield ChaosMeshSession(http, self.settings)

    def _find_way_in(self) -> dict[str, Any]:
        # A fault is looked at twice a second; its kubeconfig is read again only when it was written again.
        found = _stamp(self.settings)
        if self._way_in is None or found != self._stamp:
            self._way_in, self._stamp = _read_way_in(self.settings), found
        return self._way_in


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


def _stamp(settings: ChaosMeshSettings) -> object:
    """Return what changes when the kubeconfig is written; a service account's token is followed anyway."""
    try:
        found = settings.kubeconfig.stat() if settings.kubeconfig else None
    except OSError:
        return None  # To read it says why.
    return (found.st_mtime_ns, found.st_size) if found else None


def _read_way_in(settings: ChaosMeshSettings) -> dict[str, Any]:
    """Return the arguments of an HTTP client. Reads files."""
    import msgspec
    import yaml  # type: ignore[import-untyped] # The stubs are another package; one name is used.
    from lightkube.config.client_adapter import ConnectionParams
    from lightkube.config.kubeconfig import KubeConfig
    from lightkube.core.exceptions import ConfigError

    try:
        if settings.kubeconfig is None:
            config = KubeConfig.from_service_account().get()
        else:
            config = KubeConfig.from_file(settings.kubeconfig).get(settings.context or None)
        assert config is not None  # noqa: S101 - `get` returns its default, which is not given, or raises.
        # Each call has its own deadline, answer included; only the settings read the environment.
        return ConnectionParams(timeout=None, trust_env=False).httpx_params(config)
    except (ConfigError, KeyError, TypeError, ValueError, OSError, msgspec.MsgspecError, yaml.YAMLError) as error:
        # A parser quotes the line it stumbles over, and that line may hold a token.
        why = f"{type(error).__name__}: {redact(str(error).partition(chr(10))[0]).text[:200]}"
        do = "Check chaosmesh.kubeconfig and chaosmesh.context, or the pod's service account"
        raise OperationalError("The way into the cluster cannot be read", why=why, do=do) from error
