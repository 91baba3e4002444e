"""Look at this machine for everything that Fermata could watch: all at once, under one deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from fermata.flows.boundary import Contained, contain
from fermata.flows.setup.checkout import find_repository, find_runbooks, find_supervisor, find_terraform
from fermata.flows.setup.clusters import find_clusters
from fermata.flows.setup.engines import Engine, find_engine
from fermata.flows.setup.servers import find_servers
from fermata.flows.setup.surroundings import Surroundings
from fermata.flows.setup.units import find_systemd
from fermata.rules.setup.findings import Found

DEADLINE = timedelta(seconds=8)
"""For all of it. Each call has 2 to 3 s; a folder on a slow network share must not keep somebody waiting longer."""
ALWAYS = (
    Found("alertmanager", "Alerts of Alertmanager come in at /v1/alerts/alertmanager; nothing is asked of it"),
    Found("webhook", "Alerts of Uptime Kuma, Healthchecks, scripts and others come in at /v1/alerts/webhook"),
    Found("console", "Cards and approvals in the terminal, until there is a better place for them"),
)
"""What needs nothing of anybody, and makes the first card possible."""


@dataclass(frozen=True, slots=True)
class Detected:
    """What there is."""

    found: tuple[Found, ...]
    """In the order they are proposed; several of one system are alternatives, the best one first."""
    gaps: tuple[str, ...] = ()
    """What could not be looked at, in words."""


async def detect(surroundings: Surroundings, *, deadline: timedelta = DEADLINE) -> Detected:
    """Return what there is. Reads and asks only; never raises because something is broken."""
    looks: Sequence[tuple[str, Awaitable[list[Found]]]] = (
        ("clusters", asyncio.to_thread(find_clusters, surroundings)),
        ("Docker and the servers on this machine", _find_servers(surroundings)),
        ("supervisord", asyncio.to_thread(find_supervisor, surroundings)),
        ("systemd", asyncio.to_thread(find_systemd, surroundings)),
        ("databases", _find_databases(surroundings)),
        ("the repository", find_repository(surroundings)),
        ("Terraform", asyncio.to_thread(find_terraform, surroundings)),
        ("runbooks", asyncio.to_thread(find_runbooks, surroundings)),
    )
    tasks = [asyncio.ensure_future(_look(name, look)) for name, look in looks]
    done, _ = await asyncio.wait(tasks, timeout=deadline.total_seconds())
    found: list[Found] = []
    gaps = []
    for (name, _), task in zip(looks, tasks, strict=True):
        if task in done:
            seen = task.result()
            found += seen.value or ()
            gaps += [f"{name}: not looked at to the end: {seen.failure}"] if seen.failed else []
        else:
            task.cancel()
            gaps.append(f"{name}: not looked at to the end, it took longer than {deadline.total_seconds():g} s")
    present = {one.system for one in found}
    return Detected((*(one for one in ALWAYS if one.system not in present), *found), tuple(gaps))


async def _look(name: str, look: Awaitable[list[Found]]) -> Contained[list[Found]]:
    return await contain(f"setup of {name}", lambda: look)


async def _find_servers(surroundings: Surroundings) -> list[Found]:
    engine: Engine = await find_engine(surroundings)
    return [*engine.found, *await find_servers(surroundings, engine.candidates)]


async def _find_databases(surroundings: Surroundings) -> list[Found]:
    names = surroundings.database_variables
    if not names:
        return []
    others = f"; also {', '.join(names[1:])}" if len(names) > 1 else ""
    notes = (
        "Who reads. A role of its own with pg_read_all_stats is enough: `fermata check postgres` prints the GRANT.",
        "Reading sessions are read-only whatever the role may do; nothing is written without `write_dsn`.",
    )
    section = {"dsn": f"env:{names[0]}"}
    return [Found("postgres", f"PostgreSQL: the address in {names[0]}{others}", section=section, notes=notes)]
