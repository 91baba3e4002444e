"""systemd's services in Fermata's words: their entity, their phase, and which of them a scope means. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import ValidationError

from fermata.domain.entity import FORBIDDEN, Entity
from fermata.domain.facts import WorkloadPhase
from fermata.domain.scope import Scope
from fermata.integrations.systemd.client import SUFFIX, UnitInfo
from fermata.integrations.systemd.unit_log import UnitLog
from fermata.kit.errors import UserError

SYSTEM = "systemd"
KIND = "unit"
OWN_FOLDERS = ("/etc/systemd/system/", "/usr/local/lib/systemd/system/")
"""Where whoever runs the machine puts units (systemd.unit(5)); the other folders are the distribution's."""
# A colon is allowed there, and cannot stand in the name of a resource of Fermata's.
_UNNAMED = re.compile(f"[{FORBIDDEN}]+")
_NAME = re.compile(r"[A-Za-z0-9_.\\@][A-Za-z0-9_.\\@-]*\.service")

# A service that ends thrice in two minutes and has not lived half a minute since is going round in circles, whatever
# systemd calls the moment it was looked at. Guesses; revisit when measured.
_LOOP_ENDS = 3
_LOOP_WINDOW = timedelta(minutes=2)
_LOOP_UPTIME = timedelta(seconds=30)


def find_entity(unit_id: str) -> Entity | None:
    """Return a unit as an entity; `None` for a name that cannot be an entity's (it holds a colon)."""
    try:
        return Entity(system=SYSTEM, kind=KIND, name=unit_id)
    except ValidationError:
        return None


def get_unit(target: Entity) -> str:
    """Return the full name of a target's unit.

    Raises:
        UserError: The target is not a service of this system.
    """
    if target.system != SYSTEM or target.kind != KIND or target.namespace or target.name.startswith("-"):
        raise UserError(
            f"{target.ref} is not a unit of systemd",
            do="Name a target of the form systemd:unit/<name>.service",
            target=target.ref,
        )
    return complete(target.name)


def complete(name: str) -> str:
    """Return a service's full name: `checkout` is `checkout.service`."""
    return name if name.endswith(SUFFIX) else f"{name}{SUFFIX}"


def is_service_name(name: str) -> bool:
    """Answer whether a full name is one of a service that can run, as systemd.unit(5) has them; a template cannot."""
    return _NAME.fullmatch(name) is not None and not name.endswith(f"@{SUFFIX}")


def is_own(unit: UnitInfo) -> bool:
    """Answer whether whoever runs the machine wrote the unit, and not the distribution."""
    return unit.get("FragmentPath").startswith(OWN_FOLDERS)


def match_units(loaded: Sequence[UnitInfo], entity: Entity) -> tuple[str, ...]:
    """Return the names of the loaded services that an entity means.

    The service of that name and the instances of the template of that name (`app` finds `app@1.service`), else
    `<name>-NN`, else own services whose names begin with it and a separator. Letter case does not count.
    """
    name = complete(entity.name).removesuffix(SUFFIX).lower()
    stems = {unit.id: unit.id.removesuffix(SUFFIX).lower() for unit in loaded}
    if entity.system == SYSTEM:
        return tuple(unit_id for unit_id, stem in stems.items() if stem == name)
    own = {unit.id for unit in loaded if is_own(unit)}
    numbered = re.compile(rf"{re.escape(name)}[_-]\d+")
    derived = re.compile(rf"{re.escape(name)}[_.-].+")
    tests = (
        [unit_id for unit_id, stem in stems.items() if _is_called(stem, name)],
        [unit_id for unit_id, stem in stems.items() if numbered.fullmatch(stem) and unit_id in own],
        [unit_id for unit_id, stem in stems.items() if derived.fullmatch(stem) and unit_id in own],
    )
    # systemd tells them in no order of its own.
    return tuple(sorted(next((matched for matched in tests if matched), [])))


def is_called(names: Sequence[str], entity: Entity) -> bool:
    """Answer whether units have the very name of an entity, or are instances of the template of that name."""
    name = complete(entity.name).removesuffix(SUFFIX).lower()
    return any(_is_called(one.removesuffix(SUFFIX).lower(), name) for one in names)


def _is_called(stem: str, name: str) -> bool:
    return stem == name or stem.startswith(f"{name}@")


def list_names(unit: UnitInfo) -> tuple[str, ...]:
    """Return what else a service goes by, in small letters: its description as a name, and what starts it."""
    described = _UNNAMED.sub("-", unit.get("Description").lower()).strip("-")
    return tuple(dict.fromkeys(name for name in (described, *unit.get("TriggeredBy").lower().split()) if name))


def list_meant(scope: Scope) -> tuple[Entity, ...]:
    """Return the scope's entities that may be units here."""
    return tuple(
        entity
        for entity in scope.entities
        if (entity.system == SYSTEM and entity.kind == KIND) or (not entity.system and entity.kind != "host")
    )


def is_restarted(unit: UnitInfo) -> bool:
    """Answer whether systemd gave the present run, or the wait for the next, by itself.

    Its count begins anew with each start that somebody asks for.
    """
    return bool(unit.find_number("NRestarts"))


def judge_phase(unit: UnitInfo, log: UnitLog, now: datetime) -> WorkloadPhase:
    """Return the phase; a service caught alive between two of many ends is in a crash loop."""
    state, recent = unit.get("ActiveState"), [one for one in log.endings if now - one.at <= _LOOP_WINDOW]
    restarts = unit.find_number("NRestarts") or 0
    if state in ("active", "reloading"):
        started_at = unit.find_instant("ExecMainStartTimestamp")
        is_young = unit.pid is not None and started_at is not None and now - started_at < _LOOP_UPTIME
        is_loop = is_young and restarts and max(restarts, len(recent)) >= _LOOP_ENDS
        return WorkloadPhase.CRASH_LOOP if is_loop else WorkloadPhase.RUNNING
    if state == "activating":
        is_loop = restarts > 0 or unit.get("SubState") == "auto-restart"
        return WorkloadPhase.CRASH_LOOP if is_loop else WorkloadPhase.STARTING
    if state == "failed":
        return WorkloadPhase.CRASH_LOOP if restarts or log.was_given_up else WorkloadPhase.EXITED
    if state in ("inactive", "deactivating"):
        return _judge_down(unit, log)
    return WorkloadPhase.UNKNOWN


def _judge_down(unit: UnitInfo, log: UnitLog) -> WorkloadPhase:
    if log.was_stopped:
        return WorkloadPhase.STOPPED
    # systemd forgets a service that is down and was not at fault, and with it that it ever ran.
    was_begun = unit.find_instant("ExecMainStartTimestamp") is not None or log.was_begun
    is_job = (unit.get("Type") == "oneshot" and was_begun) or ".timer" in unit.get("TriggeredBy")
    if is_job and unit.get("Result") in ("", "success"):
        return WorkloadPhase.UNKNOWN  # At rest until it is started for the next time: nobody stopped it.
    if not was_begun:
        return WorkloadPhase.STOPPED
    # Where the journal tells nothing of it, somebody may have stopped it just as well.
    return WorkloadPhase.EXITED if log.is_known else WorkloadPhase.UNKNOWN


def tell_life(unit: UnitInfo) -> str:
    """Return the life a unit is in, as text to compare: it changes when something happens, never by time alone.

    It is the run, if somebody started that. A run that systemd started by itself is in the same life as the wait before
    it: a crash loop goes on, however long its present run has lasted.
    """
    if is_restarted(unit) and unit.get("ActiveState") in ("active", "activating", "reloading", "deactivating"):
        return WorkloadPhase.CRASH_LOOP.value
    return unit.get("InvocationID") if unit.get("ActiveState") == "active" else unit.get("ActiveState")
