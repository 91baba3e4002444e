"""One Docker engine as the integration reaches it: what collectors, actions and the probe share."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceLine
from fermata.domain.record import Record
from fermata.domain.scope import Scope
from fermata.integrations.docker.client import EngineClient, EngineSession
from fermata.integrations.docker.containers import find_entity, is_set_aside, match_containers, require_container
from fermata.integrations.docker.faults import NoSuchObject
from fermata.integrations.docker.wire import Info, Inspected, Listed
from fermata.kit.clock import Clock
from fermata.kit.errors import UserError
from fermata.kit.full_mounts import PROC, list_full_mounts
from fermata.kit.hiding import LONGEST_LINE, Hidden
from fermata.kit.listing import join_cuts

FRESH_FOR = timedelta(hours=1)
"""Twice as long as an approval is valid by default, so that one given at the last minute still stands on its evidence.
What changes in the target meanwhile is the drift check's business."""
MOST_TARGETS = 20
"""Containers of one scope that are looked at in full. More is a scope that means half of the host."""

_MEMINFO = Path("/proc/meminfo")
_LINE = re.compile(r"^(MemTotal|MemAvailable):\s+(\d+) kB$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Target:
    """One container that a scope means, or that an action acts on."""

    entity: Entity
    inspected: Inspected
    raw: dict[str, Any]
    """As the engine wrote it."""

    @property
    def name(self) -> str:
        """Return the container's name."""
        return self.inspected.name


@dataclass(frozen=True, slots=True)
class Site:
    """One engine. Holds no state and no connection."""

    client: EngineClient
    clock: Clock
    projects: tuple[str, ...] = ()
    """The compose projects that are looked after; empty: every container of the engine is."""

    async def list_containers(self, session: EngineSession) -> list[Listed]:
        """Return every container that is looked after, stopped ones too.

        Raises:
            OperationalError: The engine cannot be asked.
        """
        return [one for one in await session.list_containers() if not self.projects or one.project in self.projects]

    async def find_targets(self, session: EngineSession, scope: Scope) -> tuple[list[Target], list[Listed]]:
        """Return the containers a scope means, inspected, and the list of all containers.

        One that vanishes meanwhile is left out.

        Raises:
            OperationalError: The engine cannot be asked.
        """
        listed = await self.list_containers(session)
        meant = match_containers(listed, scope)[:MOST_TARGETS]
        found = await asyncio.gather(*(find_target(session, one.id) for one in meant))
        return [target for target in found if target is not None], listed

    async def fetch_target(self, session: EngineSession, entity: Entity) -> Target:
        """Return the container an action acts on.

        Raises:
            UserError: There is none of that name, or it belongs to another compose service than the target says.
            OperationalError: The engine cannot be asked.
        """
        name = require_container(entity)
        listed = next((one for one in await self.list_containers(session) if one.name == name), None)
        target = await find_target(session, listed.id) if listed is not None else None
        if target is None or is_set_aside(name):
            raise UserError(f"The engine has no container {name}", do="docker ps --all shows what there is")
        if target.entity != entity:
            raise UserError(f"{entity.ref} is now {target.entity.ref}", do="Name the container as it is")
        return target

    def build_evidence(
        self, scope: Scope, entity: Entity, hidden: Hidden, facts: Record, *, first_line: int = 1, **about: Any
    ) -> Evidence:
        """Return one piece of evidence observed now.

        Args:
            about: `kind`, `collector`, `title`, `query`, and optionally `cut` of the evidence.
        """
        now = self.clock.now()
        cut = about.pop("cut", "")
        if hidden.shortened:
            cut = join_cuts(cut, f"{hidden.shortened} lines cut to {LONGEST_LINE} characters")
        return Evidence(
            incident_id=scope.incident_id,
            entity=entity,
            observed_at=now,
            fresh_until=now + FRESH_FOR,
            lines=tuple(EvidenceLine(number=first_line + index, text=text) for index, text in enumerate(hidden.lines)),
            facts=facts.to_json(),
            redactions=hidden.redactions,
            cut=cut,
            **about,
        )

    async def find_host_available(self, info: Info) -> int | None:
        """Return the bytes of memory the engine's host has to give; `None` where the engine is on another machine."""
        if not self.client.is_unix:
            return None
        sizes = await asyncio.to_thread(_read_memory)
        # Docker Desktop's engine lives in a machine of its own behind the same socket; it has another size.
        return sizes.get("MemAvailable") if sizes.get("MemTotal") == info.memory_total else None


def list_full_mounts_of(inspected: Inspected, proc: Path = PROC) -> tuple[tuple[str, str], ...]:
    """Return the file systems without room that a container's first process may write to: path and what lacks.

    Nothing where that number is another process here: the engine's machine is not ours, or we are in a container.
    """
    return list_full_mounts(inspected.state.pid, proc) if _is_here(inspected, proc) else ()


def is_halted(inspected: Inspected, proc: Path = PROC) -> bool:
    """Answer whether a container's first process was stopped by a signal (SIGSTOP), which the engine calls running.

    False where that process is none of this machine's. Source: proc(5), `/proc/PID/stat`: T is stopped on a signal.
    """
    try:
        told = (proc / str(inspected.state.pid) / "stat").read_text()
    except OSError:
        return False
    return told.rpartition(")")[2].split()[:1] == ["T"] and _is_here(inspected, proc)


def _is_here(inspected: Inspected, proc: Path) -> bool:
    pid = inspected.state.pid
    try:
        return pid > 0 and inspected.id in (proc / str(pid) / "cgroup").read_text()
    except OSError:
        return False


async def find_target(session: EngineSession, container_id: str) -> Target | None:
    """Return an inspected container, or `None` when it is gone, or cannot be named.

    Raises:
        OperationalError: The engine cannot be asked.
    """
    try:
        inspected, raw = await session.inspect(container_id)
    except NoSuchObject:
        return None
    entity = find_entity(inspected.name, inspected.service)
    return Target(entity, inspected, raw) if entity is not None else None


def _read_memory() -> dict[str, int]:
    try:
        text = _MEMINFO.read_text()
    except OSError:
        return {}
    return {name: int(number) * 1024 for name, number in _LINE.findall(text)}
