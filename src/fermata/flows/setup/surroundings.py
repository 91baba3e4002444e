"""What the environment tells to somebody who looks for systems. Values of secrets are not in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where to look. `fermata.settings.surroundings` reads it from the environment."""

    folder: Path
    """Where the settings will stand; repositories, Terraform and runbooks are looked for in it."""
    kubeconfigs: tuple[Path, ...] = ()
    """The files of `KUBECONFIG`, or the usual one; they need not exist."""
    service_account: Path | None = None
    """The token that Kubernetes mounts into a pod; `None` outside of one."""
    docker_host: str = ""
    """`DOCKER_HOST`; empty when it is not set."""
    docker_sockets: tuple[Path, ...] = ()
    """Where engines have their socket; they need not exist."""
    supervisor_files: tuple[Path, ...] = ()
    """Where supervisord looks for its configuration; they need not exist."""
    unit_folders: tuple[Path, ...] = ()
    """Where whoever runs this machine puts units of systemd; empty where systemd did not boot it."""
    database_variables: tuple[str, ...] = ()
    """Names of the variables that hold the address of a PostgreSQL."""
    variables: frozenset[str] = frozenset()
    """Names of all variables that hold something."""
    ports: tuple[tuple[str, int], ...] = (
        ("prometheus", 9090),
        ("alertmanager", 9093),
        ("loki", 3100),
        ("grafana", 3000),
    )
    """Where on this machine servers usually listen."""
