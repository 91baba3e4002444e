"""What the actions have in common: their target and its version, what depends on it, telling systemd, their results."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fermata.domain.action import ActionResult, Outcome
from fermata.domain.entity import Entity
from fermata.integrations.systemd.client import SystemdClient, UnitInfo
from fermata.integrations.systemd.site import Site
from fermata.integrations.systemd.units import find_entity, get_unit, tell_life
from fermata.kit.clock import format_instant
from fermata.kit.digest import compute_digest
from fermata.kit.errors import UserError
from fermata.kit.redaction import redact
from fermata.ports.action import TargetGone

SETTLED_WITHIN_S = 60.0
"""How long a job is waited for. A unit may take 90 s to stop and as long to start by systemd's defaults; what takes
longer than a minute is told as it is then, and the verification goes on looking."""
_LOOK_EVERY_S = 0.25
OWN_GROUPS = Path("/proc/self/cgroup")
"""What control groups this very process is in."""
_COUNTED = (
    *("Id", "Type", "Restart", "FragmentPath", "DropInPaths", "NeedDaemonReload", "UnitFileState", "User"),
    *("WorkingDirectory", "Environment", "EnvironmentFiles", "MemoryMax", "MemoryHigh", "LoadState"),
)
_AUTO_RESTART = "auto-restart"


async def require_unit(site: Site, target: Entity) -> UnitInfo:
    """Return the unit of a target, one that may be restarted by hand.

    Raises:
        UserError: systemd has no such unit, or only an alias of it; its file forbids it; Fermata itself runs in it.
        OperationalError: systemd cannot be asked.
    """
    unit = await site.fetch_target(target)
    if unit.id != get_unit(target):
        # A guardrail is for the name that it was written with; an alias, which any package may bring, widens it.
        raise UserError(
            f"{get_unit(target)} is another name of {unit.id}",
            why="What is permitted for one name is not for another",
            do=f"Name {unit.id}",
        )
    if not unit.is_loaded:
        raise UserError(
            f"systemd cannot run {unit.id}",
            why=unit.get("LoadError") or f"It is {unit.get('LoadState')}",
            do=f"systemctl status {unit.id}",
        )
    if "yes" in (unit.get("RefuseManualStart"), unit.get("RefuseManualStop")):
        raise UserError(
            f"{unit.id} cannot be restarted",
            why="Its file says RefuseManualStart or RefuseManualStop",
            do="Restart what it belongs to",
        )
    if await asyncio.to_thread(_runs_in, unit.get("ControlGroup")):
        raise _refuse_own(unit, unit)
    return unit


async def observe(site: Site, target: Entity, *, with_life: bool) -> str:
    """Return a target's version, as `DryRun.observed_version` has it.

    Raises:
        TargetGone: systemd no longer has the unit.
        OperationalError: systemd cannot be asked.
    """
    try:
        unit = await site.fetch_target(target)
    except UserError as error:
        raise TargetGone(error.what, why=error.why, do=error.do) from error
    return compute_version(unit, with_life=with_life)


async def start_anew(client: SystemdClient, unit: UnitInfo) -> None:
    """Tell systemd to restart a unit; a failed one is forgiven first, or it may be refused for its many starts.

    Raises:
        OperationalError: As `SystemdClient.run`.
    """
    if unit.get("ActiveState") == "failed":
        await client.run("systemctl", "reset-failed", "--", unit.id)
    # Without waiting: stopping and starting may take longer than a command should, and is looked at meanwhile.
    await client.run("systemctl", "restart", "--no-block", "--", unit.id)


async def wait_settled(client: SystemdClient, name: str) -> UnitInfo:
    """Return the unit once no job waits for it and it neither starts nor stops, or as it is after a minute.

    Raises:
        OperationalError: systemd cannot be asked.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + SETTLED_WITHIN_S
    while True:
        unit = await client.fetch_unit(name)
        if is_settled(unit) or loop.time() >= deadline:
            return unit
        await asyncio.sleep(_LOOK_EVERY_S)


def make_result(site: Site, outcome: Outcome, detail: str) -> ActionResult:
    """Return a result of now, redacted."""
    return ActionResult(outcome=outcome, detail=redact(detail).text, at=site.clock.now())


def compute_version(unit: UnitInfo, *, with_life: bool) -> str:
    """Return the digest of what a unit is declared as.

    Args:
        with_life: Count the life it is in as well: what a restart is approved for. A limit is for any of its lives.
    """
    declared = {name: unit.get(name) for name in _COUNTED}
    return compute_digest(
        {"declared": declared, "commands": list(unit.commands), "life": tell_life(unit) if with_life else ""}
    )


def is_settled(unit: UnitInfo) -> bool:
    """Answer whether a unit neither starts nor stops, and nothing is queued for it."""
    if unit.get("Job") not in ("", "0"):
        return False
    return unit.get("ActiveState") not in ("activating", "deactivating") or unit.get("SubState") == _AUTO_RESTART


def is_down_against_its_will(unit: UnitInfo) -> bool:
    """Answer whether a unit failed, or waits for its next start."""
    return unit.get("ActiveState") == "failed" or unit.get("SubState") == _AUTO_RESTART


def describe_state(unit: UnitInfo) -> str:
    """Return how a unit is, in a few words: `active (running) as pid 812`, `failed (exit-code)`."""
    active = unit.get("ActiveState") or "in an unknown state"
    if active == "failed":
        return f"failed ({unit.get('Result')})"
    words = f"{active} ({unit.get('SubState')})"
    return f"{words} as pid {unit.pid}" if unit.pid else words


def describe_start(unit: UnitInfo) -> str:
    """Return since when the present run is, as the end of a sentence; empty where there is none."""
    started = unit.find_instant("ExecMainStartTimestamp")
    return f", last started {format_instant(started)}" if started else ""


def refuse_drift(approved: str, found: str, name: str) -> None:
    """Refuse to act on a unit that is not the one a person saw.

    Raises:
        UserError: The versions differ.
    """
    if approved != found:
        raise UserError(
            "It would not be what was approved",
            why=f"{name} was changed, started or stopped since",
            do="Look at the proposal anew",
        )


@dataclass(frozen=True, slots=True)
class Reach:
    """What else a restart of a unit touches."""

    restarted: tuple[str, ...]
    """Stopped and started with it, nearest first."""
    stopped: tuple[str, ...]
    """Stopped for good by its start, since the two exclude each other."""
    started: tuple[str, ...] = ()
    """Down, and started with it, since it needs or wants them."""

    @property
    def names(self) -> tuple[str, ...]:
        """Return all of it."""
        return (*self.restarted, *self.stopped, *self.started)


async def measure_reach(client: SystemdClient, unit: UnitInfo) -> Reach:
    """Return the running units that a restart of this one stops, and those that are down and that it starts.

    Source: systemd.unit(5), `Requires=`, `BindsTo=` and `PartOf=` seen from the other side, and `Conflicts=`; for what
    is started `Requires=`, `BindsTo=` and `Wants=`.

    Raises:
        UserError: Fermata itself runs in one of them.
        OperationalError: systemd cannot be asked.
    """
    restarted = await _follow(client, unit, ("RequiredBy", "BoundBy", "ConsistsOf"), _is_up)
    started = await _follow(client, unit, ("Requires", "BindsTo", "Wants"), _is_down)
    rivals = await client.fetch_units(tuple(dict.fromkeys(_list_named(unit, "Conflicts", "ConflictedBy"))))
    stopped = {one.id: one for one in rivals if _is_up(one)}
    for one in (*restarted.values(), *stopped.values()):
        if await asyncio.to_thread(_runs_in, one.get("ControlGroup")):
            raise _refuse_own(unit, one)
    # A target is only a name for others: a restart goes on through it, and stops nothing in itself.
    return Reach(_leave_targets(restarted), tuple(stopped), _leave_targets(started))


async def _follow(
    client: SystemdClient, unit: UnitInfo, relations: Sequence[str], goes_on: Callable[[UnitInfo], bool]
) -> dict[str, UnitInfo]:
    """Return the units that some relations lead to, nearest first, as far as each on the way fits."""
    found: dict[str, UnitInfo] = {}
    asked = {unit.id}
    level: list[UnitInfo] = [unit]
    while level:
        names = [name for one in level for name in _list_named(one, *relations)]
        names = [name for name in dict.fromkeys(names) if name not in asked]
        asked.update(names)
        level = [one for one in await client.fetch_units(names) if goes_on(one)]
        found.update((one.id, one) for one in level)
    return found


def _leave_targets(units: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in units if not name.endswith(".target"))


def refuse_wider(approved: Sequence[str], reach: Reach, name: str) -> None:
    """Refuse a restart that would touch more than the one a person saw.

    Args:
        approved: The refs of the blast radius that was shown.

    Raises:
        UserError: It would.
    """
    more = [one for one, ref in ((one, find_entity(one)) for one in reach.names) if ref and ref.ref not in approved]
    if more:
        raise UserError(
            "It would stop or start more than what was approved",
            why=f"{', '.join(more)} came to depend on {name} since, or was started or stopped",
            do="Look at the proposal anew",
        )


def _refuse_own(unit: UnitInfo, own: UnitInfo) -> UserError:
    where = "it" if own.id == unit.id else f"{own.id}, which systemd stops with it"
    return UserError(
        f"{unit.id} is not changed by Fermata",
        why=f"Fermata itself runs in {where}, and would end in the middle of the action",
        do=f"systemctl restart {unit.id}",
    )


def _list_named(unit: UnitInfo, *relations: str) -> list[str]:
    return [name for relation in relations for name in unit.get(relation).split()]


def _is_up(unit: UnitInfo) -> bool:
    return unit.get("ActiveState") in ("active", "activating", "reloading")


def _is_down(unit: UnitInfo) -> bool:
    return unit.is_loaded and unit.get("ActiveState") in ("inactive", "failed")


def list_refs(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return units as entities' refs; those whose names cannot be an entity's are left out."""
    return tuple(entity.ref for name in names if (entity := find_entity(name)))


def _runs_in(group: str) -> bool:
    if len(group) <= 1:
        return False
    try:
        lines = OWN_GROUPS.read_text().splitlines()
    except OSError:
        return False
    paths = [line.split(":", 2)[-1] for line in lines]
    return any(path == group or path.startswith(f"{group}/") for path in paths)
