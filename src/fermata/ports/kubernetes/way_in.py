"""The way in: a context of a kubeconfig, or the pod's service account, read by lightkube.

lightkube knows the file's forms, client certificates, token files that rotate, and credential plug-ins. What it makes
of them are arguments for an HTTP client; the calls themselves are the integrations'.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from fermata.kit.errors import OperationalError
from fermata.kit.listing import write_some
from fermata.kit.redaction import redact
from fermata.ports.kubernetes.settings import ClusterSettings

_PLUGIN_VERSION = "client.authentication.k8s.io/v1beta1"
_PLUGIN_VERSION_1 = "client.authentication.k8s.io/v1"


class WayIn:
    """The way into one cluster, read again only when its file was written again: certificates take 20 ms.

    Args:
        key: The section of the settings, for what a message tells to do.
        timeout_s: Longest time for one run of a credential plug-in.
    """

    def __init__(self, settings: ClusterSettings, key: str, timeout_s: float) -> None:
        self._settings = settings
        self._key = key
        self._timeout_s = timeout_s
        self._found: dict[str, Any] | None = None
        self._stamp: tuple[int, int] | None = None

    @asynccontextmanager
    async def open(self, most_at_once: int) -> AsyncIterator[httpx2.AsyncClient]:
        """Yield an HTTP client whose connections are kept between its calls and closed with it.

        Raises:
            OperationalError: The kubeconfig or the service account cannot be used, or a plug-in gave no credential.
        """
        way_in = await asyncio.to_thread(self._find)
        async with httpx2.AsyncClient(
            headers={"Accept": "application/json", "User-Agent": "fermata"},
            follow_redirects=False,  # A credential must not travel to another host.
            limits=httpx2.Limits(max_connections=most_at_once, max_keepalive_connections=most_at_once),
            **way_in,
        ) as http:
            # Before the first call, whose deadline is the API server's alone.
            if (prepare := getattr(http.auth, "prepare", None)) is not None:
                await prepare()
            yield http

    def _find(self) -> dict[str, Any]:
        found = self._read_stamp()
        if self._found is None or found != self._stamp:
            self._found, self._stamp = self._read(), found
        return self._found

    def _read_stamp(self) -> tuple[int, int]:
        """Return what changes when the file is written; zeros for a service account, whose token is followed anyway."""
        if self._settings.kubeconfig is None:
            return 0, 0
        try:
            found = os.stat(self._settings.kubeconfig)  # noqa: PTH116 - a path from the settings, read in a thread.
        except OSError as error:
            raise self._refuse(str(error)) from error
        return found.st_mtime_ns, found.st_size

    def _read(self) -> dict[str, Any]:
        """Return the arguments of an HTTP client: `base_url`, `verify`, `auth` and the rest. Reads files."""
        import msgspec
        import yaml  # type: ignore[import-untyped] # The stubs are another package; one name is used.
        from lightkube.config.client_adapter import ConnectionParams, ExecAuth
        from lightkube.config.kubeconfig import KubeConfig
        from lightkube.config.models import User
        from lightkube.core.exceptions import ConfigError

        from fermata.ports.kubernetes.plugin import PluginAuth

        settings = self._settings
        try:
            if settings.kubeconfig is None:
                config = KubeConfig.from_service_account().get()
            else:
                known = KubeConfig.from_file(settings.kubeconfig)
                if settings.context and settings.context not in known.contexts:
                    raise self._refuse(f"It has no context {settings.context}, but {write_some(known.contexts, 8)}")
                config = known.get(settings.context or None)
            assert config is not None  # noqa: S101 - `get` returns its default, which is not given, or raises.
            user = config.user or User()
            if user.exec is not None and user.exec.apiVersion == _PLUGIN_VERSION_1:
                # For a token both versions print the same; lightkube 1.0.1 knows the name of the older one only.
                known_exec = msgspec.structs.replace(user.exec, apiVersion=_PLUGIN_VERSION)
                user = msgspec.structs.replace(user, exec=known_exec)
            config = config._replace(user=user)
            # Each call has its own deadline, answer included; only the settings read the environment.
            params = ConnectionParams(timeout=None, trust_env=False).httpx_params(config)
            if user.exec is not None and isinstance(params.get("auth"), ExecAuth):
                params["auth"] = PluginAuth(user.exec, self._key, self._timeout_s)
            return params
        except (ConfigError, KeyError, TypeError, ValueError, OSError, msgspec.MsgspecError, yaml.YAMLError) as error:
            raise self._refuse(_say(error)) from error

    def _refuse(self, why: str) -> OperationalError:
        if self._settings.in_cluster:
            do = f"Run Fermata in a pod with a service account whose token is mounted, or set {self._key}.kubeconfig"
            return OperationalError("The pod's service account cannot be used", why=why, do=do)
        do = f"Check {self._key}.kubeconfig and {self._key}.context: kubectl config view --minify"
        return OperationalError(f"The kubeconfig {self._settings.kubeconfig} cannot be used", why=why, do=do)


def refuse_credential(error: Exception) -> OperationalError:
    """Return the error for a token file that failed while a call was made, or a plug-in that cannot be called."""
    do = "Look at the user that the kubeconfig's context names: Fermata must be able to read what it refers to"
    return OperationalError("No credential for Kubernetes could be had", why=_say(error), do=do)


def _say(error: Exception) -> str:
    # A parser quotes the line it stumbles over, and that line may hold a token.
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    return f"{type(error).__name__}: {redact(text).text[:200]}"
