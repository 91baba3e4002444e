"""A Docker engine on this machine, and the servers that run in its containers. Asked by GET; nothing is changed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from fermata.flows.setup.servers import Candidate, find_candidate
from fermata.flows.setup.surroundings import Surroundings
from fermata.rules.servicegraph.compose import FILE_NAMES
from fermata.rules.setup.findings import Found

_TIMEOUT_S = 3.0
_MOST_CONTAINERS = 500
_PROJECTS = "`projects`: what was started in this folder; others of this engine have services of the same names."
_NO_ENTRY = (
    "this user may not use it: add them to its group (sudo usermod -aG docker $USER, then log in again). Whoever is in "
    "that group is root on this machine"
)
_START = "start the engine (sudo systemctl start docker), then run `fermata init` again"
_SILENT = f"nothing answers there: {_START}"


@dataclass(frozen=True, slots=True)
class Engine:
    """What was found of it."""

    found: tuple[Found, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    """Servers in its containers, behind published ports."""


async def find_engine(surroundings: Surroundings) -> Engine:
    """Return the engine that docker's own command would speak to: the one of `DOCKER_HOST`, or the first socket."""
    host = surroundings.docker_host
    if host and not host.startswith("unix://"):
        caution = "DOCKER_HOST names another machine" if "://" in host else "DOCKER_HOST is not an address"
        if host.startswith("ssh://"):
            problem = "Fermata does not speak ssh: forward its socket (ssh -L), or use tcp:// with TLS"
            return Engine((Found("docker", f"Docker engine at {host}", problem=problem),))
        return Engine((Found("docker", f"Docker engine at {host}", section={"socket": host}, caution=caution),))
    paths = [host.removeprefix("unix://")] if host else [str(path) for path in surroundings.docker_sockets]
    path = await asyncio.to_thread(_find_first, paths)
    if path is None:
        return await asyncio.to_thread(_find_declared, surroundings.folder, paths)
    socket = f"unix://{path}"
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            version, containers = await _ask(path)
    except PermissionError:
        return Engine((Found("docker", f"Docker engine at {socket}", problem=_NO_ENTRY),))
    except (OSError, httpx2.HTTPError, ValueError, TimeoutError) as error:
        problem = _NO_ENTRY if "Permission denied" in str(error) else _SILENT
        return Engine((Found("docker", f"Docker engine at {socket}", problem=problem),))
    running = [one for one in containers if one.get("State") == "running"]
    names = sorted({_name(one) for one in running})
    shown = f" ({', '.join(names[:6])}{' and more' if len(names) > 6 else ''})" if names else ""
    projects = _find_own_projects(containers, surroundings.folder)
    found = Found(
        "docker",
        f"Docker engine at {socket}",
        detail=f"version {version}, containers that run: {len(running)}{shown}",
        section={"socket": socket} | ({"projects": projects} if projects else {}),
        notes=(_PROJECTS,) if projects else (),
        services=tuple(names),
    )
    return Engine((found,), tuple(_list_candidates(running)))


def _find_own_projects(containers: Sequence[Mapping[str, Any]], folder: Path) -> list[str]:
    """Return the compose projects that were started in the folder, where another one has a service of theirs."""
    own: dict[str, set[str]] = {}
    others: set[str] = set()
    for one in containers:
        labels = one.get("Labels") or {}
        project, service = labels.get("com.docker.compose.project"), labels.get("com.docker.compose.service")
        if project and service and labels.get("com.docker.compose.project.working_dir") == str(folder):
            own.setdefault(str(project), set()).add(str(service))
        elif project and service:
            others.add(str(service))
    return sorted(own) if any(services & others for services in own.values()) else []


def _find_first(paths: Sequence[str]) -> str | None:
    return next((path for path in paths if Path(path).exists()), None)


def _find_declared(folder: Path, sockets: Sequence[str]) -> Engine:
    """Return what a compose file says of containers that should run here, where no engine does; nothing without one."""
    file = next((name for name in FILE_NAMES if (folder / name).is_file()), None)
    if file is None:
        return Engine()
    problem = f"there is no Docker engine at {' or '.join(sockets) or 'any usual place'}; {_START}"
    return Engine((Found("docker", f"Containers of {file}", problem=problem),))


async def _ask(path: str) -> tuple[str, list[Mapping[str, Any]]]:
    """Return the engine's version and its containers.

    Raises:
        ValueError: Something else listens there.
    """
    transport = httpx2.AsyncHTTPTransport(uds=path)
    async with httpx2.AsyncClient(transport=transport, base_url="http://docker", timeout=_TIMEOUT_S) as http:
        version = json.loads((await http.get("/version")).content)
        containers = json.loads((await http.get("/containers/json", params={"limit": _MOST_CONTAINERS})).content)
    if not isinstance(version, Mapping) or not isinstance(containers, list):
        message = "it is no Docker engine"
        raise ValueError(message)  # noqa: TRY004 - what a server says is a value, not a type of ours
    return str(version.get("Version") or "?"), [one for one in containers if isinstance(one, Mapping)]


def _name(container: Mapping[str, Any]) -> str:
    labels = container.get("Labels") or {}
    names = container.get("Names") or ["?"]
    return str(labels.get("com.docker.compose.service") or names[0]).removeprefix("/")


def _list_candidates(containers: list[Mapping[str, Any]]) -> Iterator[Candidate]:
    for container in containers:
        for port in container.get("Ports") or ():
            if port.get("PublicPort") and port.get("Type") == "tcp":
                image, host = str(container.get("Image") or ""), str(port.get("IP") or "")
                candidate = find_candidate(image, host, int(port["PublicPort"]), _name(container))
                if candidate is not None:
                    yield candidate
