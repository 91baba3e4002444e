"""supervisord's processes in Fermata's words: their entity, their phase, and which of them a scope means. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import ValidationError

from fermata.domain.entity import Entity
from fermata.domain.facts import WorkloadPhase
from fermata.domain.scope import Scope
from fermata.integrations.supervisor.client import ProcessInfo
from fermata.integrations.supervisor.main_log import Ending
from fermata.kit.errors import UserError

SYSTEM = "supervisor"
KIND = "process"
RUNNING_STATES = frozenset({"RUNNING", "BACKOFF", "STARTING"})
"""What supervisord will stop when asked (`supervisor.states.RUNNING_STATES`)."""
SETTLED_STATES = frozenset({"RUNNING", "BACKOFF", "FATAL", "EXITED", "STOPPED"})

# A process that ends thrice in two minutes and has not lived half a minute since is going round in circles, whatever
# supervisord calls the moment it was looked at. Guesses; revisit when measured.
_LOOP_ENDS = 3
_LOOP_WINDOW = timedelta(minutes=2)
_LOOP_UPTIME_S = 30

PAUSED = "PAUSED"
"""As a process is called that a signal holds: supervisord has no word for it."""
_PHASES = {
    PAUSED: WorkloadPhase.STOPPED,
    "RUNNING": WorkloadPhase.RUNNING,
    "STARTING": WorkloadPhase.STARTING,
    "BACKOFF": WorkloadPhase.CRASH_LOOP,
    "FATAL": WorkloadPhase.CRASH_LOOP,
    "STOPPING": WorkloadPhase.STOPPED,
    "STOPPED": WorkloadPhase.STOPPED,
    "EXITED": WorkloadPhase.EXITED,
}


def find_entity(info: ProcessInfo) -> Entity | None:
    """Return the process as an entity; the group is its namespace where the two differ.

    `None` for a name that cannot be an entity's (it holds a wildcard): such a process can neither be named in a
    guardrail nor be acted on.
    """
    namespace = "" if info.group == info.name else info.group
    try:
        return Entity(system=SYSTEM, kind=KIND, namespace=namespace, name=info.name)
    except ValidationError:
        return None


def get_namespec(target: Entity) -> str:
    """Return the name XML-RPC takes for a target.

    Raises:
        UserError: The target is not a process of this system.
    """
    if target.system != SYSTEM or target.kind != KIND:
        raise UserError(
            f"{target.ref} is not a supervisord process",
            do="Name a target of the form supervisor:process/<name> or supervisor:process/<group>/<name>",
            target=target.ref,
        )
    return f"{target.namespace}:{target.name}" if target.namespace else target.name


def judge_phase(
    info: ProcessInfo, endings: Sequence[Ending], now: datetime, *, was_restarted: bool = True
) -> WorkloadPhase:
    """Return the phase; a process caught alive between two of many ends is in a crash loop.

    Args:
        was_restarted: Whether supervisord started the present run by itself; one that somebody started is a new try.
    """
    phase = _PHASES.get(info.state, WorkloadPhase.UNKNOWN)
    recent = [ending for ending in endings if now - ending.at <= _LOOP_WINDOW]
    if info.state == "STARTING" and recent and was_restarted:
        return WorkloadPhase.CRASH_LOOP
    goes_on = info.now - info.start < _LOOP_UPTIME_S and (was_restarted or info.state == "EXITED")
    if info.state in ("RUNNING", "EXITED") and len(recent) >= _LOOP_ENDS and goes_on:
        return WorkloadPhase.CRASH_LOOP
    return phase


def tell_life(info: ProcessInfo, *, was_restarted: bool) -> str:
    """Return the life a process is in, as text to compare: it changes when something happens, never by time alone.

    It is the start, if somebody gave it that. A start that supervisord gave by itself is in the same life as the
    backoff before it: a crash loop goes on, however long its present run has lasted.

    Args:
        was_restarted: Whether the present run is such a start.
    """
    phase = _PHASES.get(info.state, WorkloadPhase.UNKNOWN)
    if phase in (WorkloadPhase.RUNNING, WorkloadPhase.STARTING):
        return WorkloadPhase.CRASH_LOOP.value if was_restarted else str(info.start)
    return phase.value


def match_processes(infos: Sequence[ProcessInfo], scope: Scope) -> tuple[ProcessInfo, ...]:
    """Return the processes a scope means, in the scope's order, each once.

    For each name: the process or group of that name, else `<name>_NN` (numprocs), else names that begin with it and
    a separator (`checkout` finds `checkout-worker`). Letter case does not count.
    """
    found: dict[str, ProcessInfo] = {}
    for entity in scope.entities:
        if entity.system in ("", SYSTEM) and entity.kind != "host":
            found.update({info.namespec: info for info in _match_one(infos, entity)})
    return tuple(found.values())


def _match_one(infos: Sequence[ProcessInfo], entity: Entity) -> list[ProcessInfo]:
    name = entity.name.lower()
    if entity.system == SYSTEM:
        exact = get_namespec(entity).lower() if entity.kind == KIND else name
        return [info for info in infos if info.namespec.lower() == exact]
    numbered = re.compile(rf"{re.escape(name)}[_-]\d+")
    derived = re.compile(rf"{re.escape(name)}[_.-].+")
    tests = (
        [info for info in infos if name in (info.name.lower(), info.group.lower())],
        [info for info in infos if numbered.fullmatch(info.name.lower())],
        [info for info in infos if derived.fullmatch(info.name.lower()) or derived.fullmatch(info.group.lower())],
    )
    return next((matched for matched in tests if matched), [])
