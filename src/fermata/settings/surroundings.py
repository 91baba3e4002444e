"""What the environment tells to `fermata init`: names and places, never the value of a secret."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from fermata.flows.setup.surroundings import Surroundings

_DATABASE_SCHEMES = ("postgresql://", "postgres://", "postgresql+")
_USUAL_DATABASES = re.compile(r"(?:\w*_)?(?:DATABASE|POSTGRES|POSTGRESQL|PG|DB)_(?:URL|URI|DSN)")
"""A variable of another name may hold an address too, as one of a test: only what says what it is gets proposed."""
_SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
"""As Kubernetes mounts it (Kubernetes documentation, "Accessing the Kubernetes API from a Pod")."""
_SUPERVISOR_FILES = (
    "/etc/supervisord.conf",
    "/etc/supervisor/supervisord.conf",
    "/usr/local/etc/supervisord.conf",
    "/opt/homebrew/etc/supervisord.conf",
)
"""As supervisord itself looks for them (supervisor documentation, "Running Supervisor"), and Homebrew's."""


def read_surroundings(folder: Path, environ: Mapping[str, str] | None = None) -> Surroundings:
    """Return where to look for systems.

    Args:
        folder: Where the settings will stand; absolute.
        environ: The environment; `None` is the real one.
    """
    environment = os.environ if environ is None else environ
    home = Path(environment.get("HOME") or Path.home())
    runtime_dir = environment.get("XDG_RUNTIME_DIR", "")
    named = [Path(part).expanduser() for part in environment.get("KUBECONFIG", "").split(os.pathsep) if part]
    sockets = [Path("/var/run/docker.sock"), home / ".docker/run/docker.sock", Path("/run/podman/podman.sock")]
    if runtime_dir:
        sockets += [Path(runtime_dir) / "docker.sock", Path(runtime_dir) / "podman/podman.sock"]
    return Surroundings(
        folder=folder,
        kubeconfigs=tuple(path.absolute() for path in named) or (home / ".kube/config",),
        service_account=_SERVICE_ACCOUNT if environment.get("KUBERNETES_SERVICE_HOST") else None,
        docker_host=environment.get("DOCKER_HOST", ""),
        docker_sockets=tuple(sockets),
        supervisor_files=(folder / "supervisord.conf", folder / "etc/supervisord.conf", *map(Path, _SUPERVISOR_FILES)),
        database_variables=tuple(
            name
            for name, value in sorted(environment.items())
            if _USUAL_DATABASES.fullmatch(name)
            and not name.startswith("FERMATA_")
            and value.startswith(_DATABASE_SCHEMES)
        ),
        variables=frozenset(name for name, value in environment.items() if value),
    )
