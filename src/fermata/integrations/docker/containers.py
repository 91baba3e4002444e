"""Containers in Fermata's words: their entity, their phase, and which of them a scope means. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pydantic import ValidationError

from fermata.domain.entity import Entity
from fermata.domain.facts import WorkloadPhase
from fermata.domain.scope import Scope
from fermata.integrations.docker.wire import Event, Inspected, Listed
from fermata.kit.errors import UserError

SYSTEM = "docker"
KIND = "container"
KILLED = 137
"""Exit code of a process ended by SIGKILL: 128 + 9."""

# A container that ends thrice in two minutes and has not lived half a minute since is going round in circles, whatever
# it is called the moment it is looked at. Guesses; revisit when measured.
_LOOP_ENDS = 3
_LOOP_WINDOW = timedelta(minutes=2)
_LOOP_UPTIME = timedelta(seconds=30)
_ASIDE = ".fermata-"
_PASSING = re.compile(r"[0-9a-f]{12}_.+")
_SET_ASIDE = re.compile(r".+\.fermata-[0-9a-f]{12}")
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)")

_PHASES = {
    "running": WorkloadPhase.RUNNING,
    "restarting": WorkloadPhase.CRASH_LOOP,
    "paused": WorkloadPhase.STOPPED,
    "created": WorkloadPhase.STOPPED,
    "exited": WorkloadPhase.EXITED,
    "dead": WorkloadPhase.EXITED,
    "removing": WorkloadPhase.EXITED,
}


@dataclass(frozen=True, slots=True)
class Ending:
    """One end of a container's process."""

    at: datetime
    exit_code: int | None
    was_asked: bool
    """Somebody stopped, killed or restarted it."""
    is_out_of_memory: bool


def parse_instant(text: str) -> datetime | None:
    """Return an instant as the engine writes it, in UTC; `None` for the year 1, which stands for never.

    The engine writes nanoseconds, and Python keeps microseconds.
    """
    match = _INSTANT.fullmatch(text)
    if match is None or match[1].startswith("0001-"):
        return None
    zone = "+00:00" if match[3] == "Z" else match[3]
    return datetime.fromisoformat(f"{match[1]}.{(match[2] or '0'):0<6.6}{zone}").astimezone(UTC)


def split_variables(env: Sequence[str]) -> dict[str, str]:
    """Return `NAME=value` texts as a mapping; a name alone has an empty value, as the program sees none."""
    return {name: value for name, _, value in (text.partition("=") for text in env)}


def name_aside(name: str, mark: str) -> str:
    """Return the name that a container gets when another takes its place.

    Args:
        mark: Ends with the 12 hex digits that tell one action from another.
    """
    return f"{name}{_ASIDE}{mark[-12:]}"


def is_set_aside(name: str) -> bool:
    """Answer whether a container was set aside for another."""
    return _SET_ASIDE.fullmatch(name) is not None


def is_passing(name: str) -> bool:
    """Answer whether a container has a name that compose gives for as long as it puts one in the place of another."""
    return _PASSING.fullmatch(name) is not None


def drop_replaced(listed: Iterable[Listed]) -> list[Listed]:
    """Return containers without those that were set aside, or that compose left beside what took their place."""
    there = [one for one in listed if not is_set_aside(one.name)]
    names = {one.name for one in there}
    return [one for one in there if not (is_passing(one.name) and one.name.partition("_")[2] in names)]


def find_entity(name: str, service: str) -> Entity | None:
    """Return a container as an entity; the compose service is its namespace where it has another name.

    `None` for a name that cannot be an entity's.
    """
    try:
        return Entity(system=SYSTEM, kind=KIND, namespace="" if service == name else service, name=name)
    except ValidationError:
        return None


def require_container(target: Entity) -> str:
    """Return the container's name.

    Raises:
        UserError: The target is not a container of this system.
    """
    if target.system != SYSTEM or target.kind != KIND:
        raise UserError(
            f"{target.ref} is not a container",
            do="Name a target of the form docker:container/<name> or docker:container/<service>/<name>",
            target=target.ref,
        )
    return target.name


def is_wanted(scope: Scope) -> bool:
    """Answer whether the scope names anything that could be a container here."""
    return any(entity.system in ("", SYSTEM) and entity.kind != "host" for entity in scope.entities)


def match_containers(listed: Sequence[Listed], scope: Scope) -> tuple[Listed, ...]:
    """Return the containers a scope means, in the scope's order, each once.

    For each name: the container of that name or id, else those of the compose service or project of that name, else
    `<name>-NN`, else names that begin with it and a separator, else those that run an image of that name
    (`registry/team/checkout:2` is `checkout`). Letter case does not count. Containers set aside are never meant, nor
    what compose left beside the one that took its place.
    """
    candidates = drop_replaced(listed)
    found: dict[str, Listed] = {}
    for entity in scope.entities:
        if entity.system in ("", SYSTEM) and entity.kind != "host":
            found.update({one.id: one for one in _match_one(candidates, entity)})
    return tuple(found.values())


def is_called(listed: Listed, scope: Scope) -> bool:
    """Answer whether a container has a name that the scope gives, and not merely an image of that name."""
    return any(_is_called(listed, entity) for entity in scope.entities if entity.system in ("", SYSTEM))


def list_destroyed(events: Sequence[Event], listed: Sequence[Listed], scope: Scope) -> tuple[Event, ...]:
    """Return, oldest first, the ends of containers that had a name of the scope which none has now.

    Args:
        listed: The containers that are there. One that was made anew under its old name was not lost.
    """
    there = [one for one in listed if not is_set_aside(one.name)]
    missed = [
        entity
        for entity in scope.entities
        if entity.system in ("", SYSTEM) and not any(_is_called(one, entity) for one in there)
    ]
    gone = (event for event in events if event.action == "destroy" and event.actor.id and not is_set_aside(event.name))
    return tuple(event for event in gone if any(_is_called(event.as_listed(), entity) for entity in missed))


def _is_called(one: Listed, entity: Entity) -> bool:
    name, own, service = entity.name.lower(), one.name.lower(), one.service.lower()
    if own == name or _is_id(one.id, name):
        return True
    if entity.system == SYSTEM and entity.kind == KIND:
        return False
    derived = re.compile(rf"{re.escape(name)}[_.-].+")
    is_derived = derived.fullmatch(own) or derived.fullmatch(service)
    return name in (service, one.project.lower()) or is_derived is not None


def _match_one(listed: Sequence[Listed], entity: Entity) -> list[Listed]:
    name = entity.name.lower()
    by_name = [one for one in listed if name == one.name.lower() or _is_id(one.id, name)]
    if entity.system == SYSTEM and entity.kind == KIND:
        return by_name
    numbered = re.compile(rf"{re.escape(name)}[_-]\d+")
    derived = re.compile(rf"{re.escape(name)}[_.-].+")
    tests = (
        by_name,
        [one for one in listed if name == one.service.lower()],
        [one for one in listed if numbered.fullmatch(one.name.lower())],
        [one for one in listed if derived.fullmatch(one.name.lower()) or derived.fullmatch(one.service.lower())],
        [one for one in listed if name == get_image_name(one.image).lower()],
        [one for one in listed if name == one.project.lower()],
    )
    return next((matched for matched in tests if matched), [])


def _is_id(container_id: str, name: str) -> bool:
    return len(name) >= 12 and container_id.startswith(name)


def get_image_name(image: str) -> str:
    """Return the last part of an image's name, without tag and digest; an id has no name."""
    if image.startswith("sha256:"):
        return ""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0]


def list_endings(events: Sequence[Event], container_id: str) -> tuple[Ending, ...]:
    """Return the ends of a container that the engine remembers, oldest first.

    Somebody's `docker stop`, `kill` and `restart` come as `kill` before the `die`; the kernel's kill for memory comes
    as `oom` before it.
    """
    endings = []
    asked = out_of_memory = False
    for event in (event for event in events if event.actor.id == container_id):
        if event.action == "start":
            asked = out_of_memory = False
        elif event.action == "kill":
            asked = True
        elif event.action == "oom":
            out_of_memory = True
        elif event.action == "die":
            at = event.at
            endings.append(Ending(at, event.exit_code, asked, out_of_memory))
            asked = out_of_memory = False
    return tuple(endings)


def list_inner_kills(events: Sequence[Event], container_id: str) -> tuple[datetime, ...]:
    """Return when the kernel killed a process in a container's present run for memory, and the container went on."""
    kills: list[datetime] = []
    for event in (event for event in events if event.actor.id == container_id):
        if event.action in ("start", "die"):
            kills = []
        elif event.action == "oom":
            kills.append(event.at)
    return tuple(kills)


def judge_phase(inspected: Inspected, endings: Sequence[Ending], now: datetime) -> WorkloadPhase:
    """Return the phase; a container caught alive between two of many ends is in a crash loop.

    Args:
        endings: All that are known, also those that somebody asked for.
        now: On the engine's clock.
    """
    state = inspected.state
    if state.start_error and state.status != "restarting":
        return WorkloadPhase.EXITED
    if state.status == "exited" and endings and endings[-1].was_asked and not state.oom_killed:
        return WorkloadPhase.STOPPED
    if state.status == "running":
        started = parse_instant(state.started_at)
        is_young = started is not None and now - started < _LOOP_UPTIME
        recent = [ending for ending in endings if not ending.was_asked and now - ending.at <= _LOOP_WINDOW]
        # Events are forgotten; the engine's own count of restarts is not.
        if is_young and (len(recent) >= _LOOP_ENDS or inspected.restart_count >= _LOOP_ENDS):
            return WorkloadPhase.CRASH_LOOP
        if state.health is not None and state.health.status == "starting":
            return WorkloadPhase.STARTING
    return _PHASES.get(state.status, WorkloadPhase.UNKNOWN)


def tell_life(inspected: Inspected) -> str:
    """Return the life a container is in, as text to compare: it changes when something happens, never by time alone.

    It is the start, if somebody gave it that. One that the restart policy started is in the same life as while it
    waits for that: a crash loop goes on, however long its present run has lasted.
    """
    state = inspected.state
    if state.status == "running" and not inspected.restart_count:
        return state.started_at
    phase = WorkloadPhase.CRASH_LOOP if state.status == "running" else _PHASES.get(state.status, WorkloadPhase.UNKNOWN)
    return phase.value
