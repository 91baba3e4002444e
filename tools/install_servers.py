#!/usr/bin/env python3
"""Install the real servers some tests run against, where that is possible; say what is skipped where it is not.

`make test` calls this before the tests. On Debian or Ubuntu, as root, it takes what is missing from apt and makes sure
that nothing it installs is started, now or at the next boot. Anywhere else it changes nothing. It never fails the run:
a test that needs an absent server is skipped with the server's name (tests/conftest.py reads the same table).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

POLICY = Path("/usr/sbin/policy-rc.d")
# Exit status 101 forbids the action (invoke-rc.d's policy layer, Debian init-system-helpers, README.policy-rc.d).
DENY_EVERY_START = "#!/bin/sh\nexit 101\n"
# Debian's PostgreSQL makes a database cluster when it is installed, unless a file in this folder says no.
CLUSTER_CONFIGS = Path("/etc/postgresql-common/createcluster.d")
NO_CLUSTER = "create_main_cluster = false\n"
# A mirror that does not answer is given up by apt itself: killing it half-way would leave dpkg broken.
APT = (
    "apt-get",
    "-qq",
    "--yes",
    "--no-install-recommends",
    "-o",
    "DPkg::Lock::Timeout=60",
    "-o",
    "Acquire::http::Timeout=20",
    "-o",
    "Acquire::https::Timeout=20",
    "-o",
    "Acquire::Retries=1",
)


@dataclass(frozen=True)
class Server:
    """A program the tests can run, and where to get it."""

    marker: str
    """The pytest marker of the tests that need it."""
    package: str
    """Its name in Debian."""
    programs: tuple[str, ...]
    """Names its executable goes by; one is enough."""
    places: tuple[str, ...] = ()
    """Globs, from the root directory, of folders beyond PATH where a distribution may put it."""
    units: tuple[str, ...] = ()
    """The systemd units its package enables, dependencies included."""


SERVERS = (
    Server("servers", "prometheus", ("prometheus",), units=("prometheus", "prometheus-node-exporter")),
    Server(
        "servers",
        "prometheus-alertmanager",
        ("prometheus-alertmanager", "alertmanager"),
        units=("prometheus-alertmanager",),
    ),
    Server("browser", "chromium", ("chromium", "chromium-browser")),
    Server("postgres", "postgresql", ("initdb",), ("usr/lib/postgresql/*/bin",), ("postgresql",)),
    # Debian's client comes with it; containers of the tests are made of a static busybox, as no registry is asked.
    Server("docker", "docker.io", ("dockerd",), ("usr/sbin",), ("docker.socket", "docker", "containerd")),
    Server("docker", "busybox-static", ("busybox",), ("usr/bin",)),
)


def main() -> int:
    """Install what is missing and say what stays missing.

    Returns:
        Always 0: a machine without these servers can still run every other test.
    """
    missing = list_missing()
    if not missing:
        return 0
    obstacle = find_obstacle()
    if obstacle is None:
        install(missing)
        missing = list_missing()
    for server in missing:
        reason = obstacle or "apt-get could not install it"
        print(f"servers: no {server.package} ({reason}); tests marked `{server.marker}` are skipped", flush=True)
    return 0


def find_program(server: Server, root: Path = Path("/")) -> Path | None:
    """Return the server's executable, from PATH or its usual places, newest version first; `None` when absent."""
    for name in server.programs:
        found = shutil.which(name)
        if found:
            return Path(found)
    folders = sorted((folder for place in server.places for folder in root.glob(place)), reverse=True)
    for folder in folders:
        for name in server.programs:
            if os.access(folder / name, os.X_OK):
                return folder / name
    return None


def list_missing(servers: Sequence[Server] = SERVERS) -> list[Server]:
    """Return the servers that are not on this machine, in the table's order."""
    return [server for server in servers if find_program(server) is None]


def find_obstacle() -> str | None:
    """Return why nothing can be installed here, in a few words; `None` when apt can be used."""
    if shutil.which("apt-get") is None:
        return "not installed, and there is no apt-get here"
    if os.geteuid() != 0:
        return "not installed, and only root can install it"
    return None


def install(servers: Sequence[Server]) -> None:
    """Install the servers through apt without starting any of them; what apt refuses is left out.

    One package that cannot be had (Ubuntu's Chromium needs snap) does not keep the others away.
    """
    with no_autostart(POLICY, CLUSTER_CONFIGS):
        _apt("update")
        packages = [server.package for server in servers]
        print(f"servers: installing {', '.join(packages)} (needed once)", flush=True)
        if not _apt("install", *packages) and len(packages) > 1:
            for package in packages:
                _apt("install", package)
    if shutil.which("systemctl"):
        units = [unit for server in servers for unit in server.units]
        # Only links are removed: nothing is stopped, since nothing was started.
        subprocess.run(["systemctl", "disable", "--quiet", *units], check=False, capture_output=True)


@contextmanager
def no_autostart(policy: Path, cluster_configs: Path) -> Iterator[None]:
    """Forbid package scripts to start services or make database clusters, and put things back as they were.

    Args:
        policy: Debian's policy script; its folder exists, the script may not.
        cluster_configs: Folder for settings of new clusters; made when absent, and removed again when then empty.
    """
    saved = policy.read_bytes() if policy.exists() else None
    mode = policy.stat().st_mode if saved is not None else 0
    refusal = cluster_configs / "fermata-tests.conf"
    try:
        policy.write_text(DENY_EVERY_START, encoding="utf-8")
        policy.chmod(0o755)
        cluster_configs.mkdir(parents=True, exist_ok=True)
        refusal.write_text(NO_CLUSTER, encoding="utf-8")
        yield
    finally:
        if saved is None:
            policy.unlink(missing_ok=True)
        else:
            policy.write_bytes(saved)
            policy.chmod(mode)
        refusal.unlink(missing_ok=True)
        with suppress(OSError):  # Others may have put settings there meanwhile.
            cluster_configs.rmdir()


def _apt(verb: str, *packages: str) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run([*APT, verb, *packages], check=False, capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        last_words = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no reason given"]
        print(f"servers: apt-get {verb} {' '.join(packages)} failed: {last_words[0]}", flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
