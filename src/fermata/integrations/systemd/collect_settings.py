"""Evidence about what a unit is given and uses: its variables, and memory, processor and files against their limits."""

from __future__ import annotations

import asyncio
import os
import shlex
from collections.abc import Sequence

from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.facts import DesiredFacts, EnvironmentFacts, ResourceFacts
from fermata.domain.scope import Scope
from fermata.integrations.systemd import proc
from fermata.integrations.systemd.client import UnitInfo
from fermata.integrations.systemd.site import Site
from fermata.integrations.systemd.units import find_entity, list_meant
from fermata.integrations.systemd.unread import read_declared
from fermata.kit.destinations import hide_variable
from fermata.kit.env_file import parse_env_file
from fermata.kit.hiding import LONGEST_LINE, Hidden, hide_lines
from fermata.kit.listing import join_cuts, write_some
from fermata.kit.units import format_size
from fermata.ports.handing import read_all

_MOST_VARIABLES = 300
_LARGEST_FILE_BYTES = 256 * 1024
_READ_BY = "systemctl daemon-reload"


class EnvironmentCollector:
    """The variables the scope's units have; of one that does not run, those that its declaration sets.

    Args:
        shown: Globs of names whose values are shown; all others become digests. Secrets are never shown.
    """

    name = "systemd.environment"

    def __init__(self, site: Site, shown: Sequence[str]) -> None:
        self._site = site
        self._shown = tuple(shown)

    def wants(self, scope: Scope) -> bool:
        """Answer whether the scope names anything that could be a unit here."""
        return bool(list_meant(scope))

    async def collect(self, scope: Scope) -> Sequence[Evidence]:
        """Return one piece of evidence for each unit, and one more where systemd has not read what declares it.

        Raises:
            OperationalError: systemd cannot be asked.
        """
        units = await self._site.find_targets(scope)
        pairs = [(unit, entity) for unit in units if (entity := find_entity(unit.id))]
        parts = {f"variables of {pair[0].id}": self._collect_one(scope, *pair) for pair in pairs}
        unread = [pair for pair in pairs if pair[0].needs_reload]
        parts |= {f"variables of {pair[0].id} on disk": self._collect_unread(scope, *pair) for pair in unread}
        return await read_all(parts)

    async def _collect_unread(self, scope: Scope, unit: UnitInfo, entity: Entity) -> Evidence:
        declared = await asyncio.to_thread(read_declared, self._site, unit)
        hidden = {name: hide_variable(name, declared[name], self._shown) for name in sorted(declared)[:_MOST_VARIABLES]}
        lines = tuple(f"{name}={value}".replace("\n", "\\n")[:LONGEST_LINE] for name, value in hidden.items())
        return self._site.build_evidence(
            scope,
            entity,
            Hidden(lines, sum(hidden[name] != declared[name] for name in hidden), 0),
            DesiredFacts(variables=hidden, path=unit.get("FragmentPath"), repository="", commit="", read_by=_READ_BY),
            kind=EvidenceKind.DESIRED,
            collector=self.name,
            title=f"{unit.id}: {len(declared)} variables on disk, not read by systemd yet",
            query=f"read Environment= in the files of {unit.id}",
        )

    async def _collect_one(self, scope: Scope, unit: UnitInfo, entity: Entity) -> Evidence:
        variables, origin, cut = await asyncio.to_thread(_read_variables, self._site, unit)
        names = sorted(variables)
        hidden = {name: hide_variable(name, variables[name], self._shown) for name in names[:_MOST_VARIABLES]}
        if len(names) > _MOST_VARIABLES:
            cut = join_cuts(cut, f"first {_MOST_VARIABLES} of {len(names)} variables")
        # A value may hold line breaks; a line of evidence may not.
        lines = tuple(f"{name}={value}".replace("\n", "\\n")[:LONGEST_LINE] for name, value in hidden.items())
        return self._site.build_evidence(
            scope,
            entity,
            Hidden(lines, sum(hidden[name] != variables[name] for name in hidden), 0),
            EnvironmentFacts(variables=hidden, origin=origin),
            kind=EvidenceKind.ENVIRONMENT,
            collector=self.name,
            title=f"{unit.id}: {len(names)} variables from {origin}",
            query=f"read {origin} of {unit.id}",
            cut=cut,
        )


def _read_variables(site: Site, unit: UnitInfo) -> tuple[dict[str, str], str, str]:
    """Return the variables, where they were read, and what may be missing. Blocking."""
    if unit.pid:
        live = proc.find_environment(site.place("/proc"), unit.pid, unit.get("ControlGroup"))
        if live is not None:
            return live, f"/proc/{unit.pid}/environ", ""
    try:
        words = shlex.split(unit.get("Environment"))
    except ValueError:
        words = []
    declared = {name: value for name, equals, value in (word.partition("=") for word in words) if equals}
    unreadable = []
    for path in unit.environment_files:
        try:
            with site.place(path).open("rb") as stream:
                text = stream.read(_LARGEST_FILE_BYTES).decode(errors="replace")
        except OSError:
            unreadable.append(path)
            continue
        declared |= {one.name: one.value for one in parse_env_file(text)}
    why = "it does not run" if not unit.pid else "its /proc/<pid>/environ is not readable: run Fermata as root"
    files = f", and without {write_some(unreadable, 3)}, which cannot be read" if unreadable else ""
    origin = "Environment= and EnvironmentFile=" if unit.environment_files else "Environment="
    return declared, f"{origin} of {unit.id}", f"only what {origin} sets, since {why}{files}"


class ResourceCollector:
    """Memory, processor and open files of the scope's units against their limits; of one that is down, its limits."""

    name = "systemd.resources"

    def __init__(self, site: Site) -> None:
        self._site = site

    def wants(self, scope: Scope) -> bool:
        """Answer whether the scope names anything that could be a unit here."""
        return bool(list_meant(scope))

    async def collect(self, scope: Scope) -> Sequence[Evidence]:
        """Return one piece of evidence for each unit.

        Raises:
            OperationalError: systemd cannot be asked.
        """
        units = await self._site.find_targets(scope)
        pairs = [(unit, entity) for unit in units if (entity := find_entity(unit.id))]
        return await read_all({f"use of {pair[0].id}": self._collect_one(scope, *pair) for pair in pairs})

    async def _collect_one(self, scope: Scope, unit: UnitInfo, entity: Entity) -> Evidence:
        facts = await asyncio.to_thread(_measure, self._site, unit)
        limit = facts.memory_limit_bytes
        return self._site.build_evidence(
            scope,
            entity,
            hide_lines(_describe(unit, facts)),
            facts,
            kind=EvidenceKind.RESOURCES,
            collector=self.name,
            title=f"{unit.id}: memory limit {format_size(limit) if limit else 'none'}",
            query=f"systemctl show --property=MemoryCurrent,MemoryMax,CPUUsageNSec,TasksCurrent {unit.id}",
            cut="" if unit.pid else "nothing of the process itself: it does not run",
        )


def _measure(site: Site, unit: UnitInfo) -> ResourceFacts:
    folder, pid, group = site.place("/proc"), unit.pid, unit.get("ControlGroup")
    limits = [(size, name) for name in ("MemoryMax", "MemoryLimit") if (size := unit.find_number(name))]
    # Of both systemd goes by the first, whatever the other says (cgroup.c of systemd 252).
    size, name = next(iter(limits), (None, ""))
    cpu = unit.find_number("CPUUsageNSec")
    return ResourceFacts(
        memory_bytes=unit.find_number("MemoryCurrent") if pid else None,
        memory_peak_bytes=unit.find_number("MemoryPeak") if pid else None,
        memory_limit_bytes=size,
        memory_limit_kind=name,
        host_available_bytes=proc.find_host_available(folder),
        cpu_seconds=cpu / 1e9 if cpu is not None and pid else None,
        cpu_limit_cores=_read_cores(unit.get("CPUQuotaPerSecUSec")),
        open_files=proc.count_open_files(folder, pid, group) if pid else None,
        open_files_limit=(proc.find_open_files_limit(folder, pid, group) if pid else None)
        or unit.find_number("LimitNOFILESoft"),
    )


def _read_cores(text: str) -> float | None:
    """Return `CPUQuotaPerSecUSec` in cores: it is a span such as `500ms` or `1.5s`."""
    for suffix, factor in (("ms", 1e-3), ("us", 1e-6), ("s", 1.0)):
        number = text.removesuffix(suffix)
        if number != text and number.replace(".", "", 1).isdecimal():
            return float(number) * factor
    return None


def _describe(unit: UnitInfo, facts: ResourceFacts) -> list[str]:
    def size(value: int | None) -> str:
        return "unknown" if value is None else format_size(value)

    lines = [f"memory now: {size(facts.memory_bytes)}" if unit.pid else "memory now: none, the process does not run"]
    limit = facts.memory_limit_bytes
    lines.append(f"memory limit: {format_size(limit)} by {facts.memory_limit_kind}" if limit else "memory limit: none")
    high = unit.find_number("MemoryHigh")
    if high:
        lines.append(f"memory is taken back from {format_size(high)} on, by MemoryHigh")
    lines.append(f"host memory available: {size(facts.host_available_bytes)}")
    if facts.cpu_seconds is not None:
        lines.append(f"cpu used since its start: {facts.cpu_seconds:.1f} s, on {os.cpu_count() or 1} cores")
    if facts.cpu_limit_cores is not None:
        lines.append(f"cpu limit: {facts.cpu_limit_cores:g} cores by CPUQuota")
    tasks, most_tasks = unit.find_number("TasksCurrent"), unit.find_number("TasksMax")
    if tasks is not None and unit.pid:
        lines.append(f"processes and threads now: {tasks:,}" + (f" of {most_tasks:,}" if most_tasks else ""))
    if facts.open_files is not None:
        most = f" of {facts.open_files_limit:,}" if facts.open_files_limit else ""
        lines.append(f"open files and sockets now: {facts.open_files:,}{most}")
    return lines
