"""What the environment tells to `fermata init`: names and places, never the value of a secret."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
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

_UNIT_FOLDERS = ("/etc/systemd/system", "/usr/local/lib/systemd/system")
"""Where whoever runs a machine puts units; the others are the distribution's (systemd.unit(5))."""
_BOOTED = Path("/run/systemd/system")
"""There where systemd booted the machine (sd_booted(3)), and not in a container."""


def read_surroundings(
    folder: Path, environ: Mapping[str, str] | None = None, proc: Path = Path("/proc"), booted: Path = _BOOTED
) -> Surroundings:
    """Return where to look for systems.

    Args:
        folder: Where the settings will stand; absolute.
        environ: The environment; `None` is the real one.
        proc: Where Linux tells of processes; it need not exist.
        booted: What is there where systemd runs the machine.
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
        supervisor_files=(
            *(folder / "supervisord.conf", folder / "etc/supervisord.conf"),
            # One that runs goes before one that a package left behind.
            *_sort_near(_list_running_supervisords(proc), folder),
            *map(Path, _SUPERVISOR_FILES),
        ),
        unit_folders=tuple(map(Path, _UNIT_FOLDERS)) if booted.is_dir() else (),
        database_variables=tuple(
            name
            for name, value in sorted(environment.items())
            if _USUAL_DATABASES.fullmatch(name)
            and not name.startswith("FERMATA_")
            and value.startswith(_DATABASE_SCHEMES)
        ),
        variables=frozenset(name for name, value in environment.items() if value),
    )


def _sort_near(paths: Iterable[Path], folder: Path) -> list[Path]:
    """Return files, those that share most of their way with a folder first."""
    return sorted(paths, key=lambda path: -len(Path(os.path.commonpath([path, folder])).parts))


def _list_running_supervisords(proc: Path) -> Iterator[Path]:
    """Yield the files that supervisords on this machine were started with, oldest process first."""
    for folder in sorted(proc.glob("[0-9]*"), key=lambda folder: int(folder.name)):
        try:
            words = (folder / "cmdline").read_bytes().decode(errors="surrogateescape").split("\0")
            here = (folder / "cwd").readlink()
        except OSError:
            continue  # It is gone, or somebody else's.
        if any(Path(word).name == "supervisord" or word == "supervisor.supervisord" for word in words[:3]):
            named = (value for flag, value in pairwise(words) if flag in {"-c", "--configuration"})
            joined = (word.partition("=")[2] for word in words if word.startswith("--configuration="))
            yield from (Path(os.path.normpath(here / path)) for path in (*named, *joined))
