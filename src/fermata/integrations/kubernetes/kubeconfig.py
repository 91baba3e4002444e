"""The way in: a context of a kubeconfig, or the pod's service account, read by lightkube.

lightkube knows the file's forms, client certificates, token files that rotate, and credential plug-ins. What it makes
of them are arguments for an HTTP client; the calls themselves are in `client`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from fermata.integrations.kubernetes.settings import KubernetesSettings
from fermata.kit.errors import OperationalError
from fermata.kit.listing import write_some
from fermata.kit.redaction import redact

_PLUGIN_VERSION = "client.authentication.k8s.io/v1beta1"
_PLUGIN_VERSION_1 = "client.authentication.k8s.io/v1"


def stamp(settings: KubernetesSettings) -> tuple[int, int]:
    """Return what changes when the file is written again; zeros for a service account, whose token is followed anyway.

    Raises:
        OperationalError: The file is not there.
    """
    if settings.kubeconfig is None:
        return 0, 0
    try:
        found = os.stat(settings.kubeconfig)  # noqa: PTH116 - a path from the settings, read in a thread.
    except OSError as error:
        raise _refuse(settings, str(error)) from error
    return found.st_mtime_ns, found.st_size


def read_way_in(settings: KubernetesSettings) -> dict[str, Any]:
    """Return the arguments of an `httpx2.AsyncClient`: `base_url`, `verify`, `auth` and the rest. Reads files.

    Raises:
        OperationalError: The file, the context or a certificate in it cannot be read or is not known.
    """
    import msgspec
    import yaml  # type: ignore[import-untyped] # The stubs are another package; one name is used.
    from lightkube.config.client_adapter import ConnectionParams, ExecAuth
    from lightkube.config.kubeconfig import KubeConfig
    from lightkube.config.models import User
    from lightkube.core.exceptions import ConfigError

    from fermata.integrations.kubernetes.plugin import PluginAuth

    try:
        if settings.kubeconfig is None:
            config = KubeConfig.from_service_account().get()
        else:
            known = KubeConfig.from_file(settings.kubeconfig)
            if settings.context and settings.context not in known.contexts:
                raise _refuse(settings, f"It has no context {settings.context}, but {write_some(known.contexts, 8)}")
            config = known.get(settings.context or None)
        assert config is not None  # noqa: S101 - `get` returns its default, which is not given, or raises.
        user = config.user or User()
        if user.exec is not None and user.exec.apiVersion == _PLUGIN_VERSION_1:
            # For a token both versions print the same; lightkube 1.0.1 knows the name of the older one only.
            user = msgspec.structs.replace(user, exec=msgspec.structs.replace(user.exec, apiVersion=_PLUGIN_VERSION))
        config = config._replace(user=user)
        # Each call has its own deadline, answer included; only the settings read the environment.
        params = ConnectionParams(timeout=None, trust_env=False).httpx_params(config)
        if user.exec is not None and isinstance(params.get("auth"), ExecAuth):
            params["auth"] = PluginAuth(user.exec, settings.timeout_s)
        return params
    except (ConfigError, KeyError, TypeError, ValueError, OSError, msgspec.MsgspecError, yaml.YAMLError) as error:
        raise _refuse(settings, _say(error)) from error


def refuse_credential(error: Exception) -> OperationalError:
    """Return the error for a token file that failed while a call was made, or a plug-in that cannot be called."""
    do = "Look at the user that the kubeconfig's context names: Fermata must be able to read what it refers to"
    return OperationalError("No credential for Kubernetes could be had", why=_say(error), do=do)


def _say(error: Exception) -> str:
    # A parser quotes the line it stumbles over, and that line may hold a token.
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    return f"{type(error).__name__}: {redact(text).text[:200]}"


def _refuse(settings: KubernetesSettings, why: str) -> OperationalError:
    if settings.in_cluster:
        do = "Run Fermata in a pod with a service account whose token is mounted, or set kubernetes.kubeconfig"
        return OperationalError("The pod's service account cannot be used", why=why, do=do)
    do = "Check kubernetes.kubeconfig and kubernetes.context: kubectl config view --minify"
    return OperationalError(f"The kubeconfig {Path(str(settings.kubeconfig))} cannot be used", why=why, do=do)
