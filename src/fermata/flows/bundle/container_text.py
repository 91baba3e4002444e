"""What Docker and its compose print of containers: tables of `ps`, the progress of `up`, events. Read as their states.

Forms after docker.com, "docker container ls", "docker compose ps", "docker compose up", "docker system events"; and of
compose 1, `docker-compose ps`. What is relative (`10 minutes ago`) is left out: when it was printed nobody knows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import StateFacts, WorkloadPhase
from fermata.flows.bundle.change_files import add_changes
from fermata.flows.bundle.change_records import Change
from fermata.flows.bundle.haul import Draft, Haul, make_entity, to_facts
from fermata.flows.bundle.parsing import read_instant
from fermata.kit.digging import dig_map

_TITLES = frozenset(
    {"container id", "name", "names", "image", "command", "service", "created", "status", "state", "ports"}
)
_LEAST_TITLES = 3
_STATUS = re.compile(
    r"(?P<word>up|exited|exit|restarting|created|dead|running|paused|removal in progress)\b\s*"
    r"(?:\(?(?P<code>\d{1,3})\)?(?=\s|$))?[^(]{0,60}(?:\((?P<health>healthy|unhealthy|health: starting|paused)\))?",
    re.IGNORECASE,
)
_LONG_AGO = re.compile(r"\b(?:weeks|months|years) ago\b")
"""Whenever it was printed: what ended before is left over, and no part of what fails now."""
_PHASES = {
    "up": ("running", WorkloadPhase.RUNNING),
    "running": ("running", WorkloadPhase.RUNNING),
    "exited": ("exited", WorkloadPhase.EXITED),
    "exit": ("exited", WorkloadPhase.EXITED),
    "restarting": ("restarting", WorkloadPhase.CRASH_LOOP),
    "created": ("created", WorkloadPhase.STOPPED),
    "paused": ("paused", WorkloadPhase.STOPPED),
    "dead": ("dead", WorkloadPhase.EXITED),
    "removal in progress": ("removing", WorkloadPhase.EXITED),
}
_PROGRESS = re.compile(
    r"^\s*(?:\S\s+)?Container (?P<name>[A-Za-z0-9][\w.-]{1,100})\s+"
    r"(?P<verb>Started|Running|Healthy|Stopped|Removed|Exited|Error|Created|Recreated|Starting)\b"
)
_DONE = {
    "Started": ("running", WorkloadPhase.RUNNING),
    "Running": ("running", WorkloadPhase.RUNNING),
    "Healthy": ("running (healthy)", WorkloadPhase.RUNNING),
    "Stopped": ("stopped", WorkloadPhase.STOPPED),
    "Exited": ("exited", WorkloadPhase.EXITED),
    "Error": ("error", WorkloadPhase.UNKNOWN),
    "Created": ("created", WorkloadPhase.STOPPED),
    "Recreated": ("created", WorkloadPhase.STOPPED),
    "Starting": ("created", WorkloadPhase.STOPPED),
}
_DEPENDENCY = re.compile(
    r"dependency failed to start: container (?P<name>[\w.-]{1,100}) (?:is unhealthy|exited \((?P<code>\d{1,3})\))"
)
_REFUSED = re.compile(r"Error response from daemon: (?P<why>.{1,1000})")
_NAME = re.compile(r"[A-Za-z0-9](?:[\w.-]*\w)?")
_EVENT = re.compile(
    r"(?P<at>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)?) container (?P<action>[a-z]+)"
    r" (?P<id>[0-9a-f]{12,64}) \((?P<attributes>.{0,2000})\)\s*$"
)
_ATTRIBUTE = re.compile(r"(?:^|, )([\w.]{1,80})=(.*?)(?=, [\w.]{1,80}=|$)")
_ENDED = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]{1,100}) exited with code (?P<code>\d{1,3})(?: \(restarting\))?\s*")
"""What `docker compose up` and `logs` say between the lines of those that run."""
_SAID = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]{0,100})\s*\| ")
_LOOP_ENDS = 3
_SERVICE = "com.docker.compose.service"
_TELLING_SIGNALS = ("1", "10", "12")
"""HUP, USR1 and USR2, which have a program read its settings or open its logs again: no stop."""
_KEPT = ("create", "start", "die", "oom", "kill", "stop", "destroy", "pause", "unpause")


@dataclass(slots=True)
class _Seen:
    """One container, as far as the text tells of it."""

    name: str
    service: str = ""
    word: str = ""
    phase: WorkloadPhase = WorkloadPhase.UNKNOWN
    code: int | None = None
    image: str = ""
    error: str = ""
    exits: int = 0
    created_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    was_asked: bool = False
    is_short_of_memory: bool = False
    is_gone: bool = False
    lines: dict[int, str] = field(default_factory=dict)
    """By their index in the text."""


def holds_containers(lines: Sequence[str]) -> bool:
    """Answer whether something tells of the state of a container."""
    return any(one.word for one in _read(lines)[0].values())


def add_containers(lines: Sequence[str], file: str, haul: Haul) -> None:
    """Add the last state of each container that is told of, and when which of them were made."""
    seen, made = _read(lines)
    _name_services(seen)
    for one in seen.values():
        if one.word and not one.is_gone:
            _add(one, file, haul)
    changes = [_describe(one, file, seen) for one in made]
    if changes:
        add_changes(changes, haul, None)


def add_ends(lines: Sequence[str], file: str, haul: Haul) -> None:
    """Add the containers that ended between the lines of a compose log; who says something afterwards runs again."""
    seen: dict[str, _Seen] = {}
    for index, line in enumerate(lines):
        if (found := _ENDED.fullmatch(line)) is not None:
            one = _note(seen, found["name"], line, index)
            one.word, one.phase, one.code = "exited", WorkloadPhase.EXITED, int(found["code"])
            one.exits += 1
        elif (said := _SAID.match(line)) is not None and (again := seen.get(said["name"])) is not None:
            is_loop = again.exits >= _LOOP_ENDS
            again.word = "restarting" if is_loop else "running"
            again.phase = WorkloadPhase.CRASH_LOOP if is_loop else WorkloadPhase.RUNNING
    _name_services(seen)
    for one in seen.values():
        _add(one, file, haul)


def _read(lines: Sequence[str]) -> tuple[dict[str, _Seen], list[Mapping[str, Any]]]:
    """Return the containers by name, and the events that made one."""
    seen: dict[str, _Seen] = {}
    made: list[Mapping[str, Any]] = []
    columns: list[tuple[str, int, int | None]] = []
    for index, line in enumerate(lines):
        if head := _read_head(line):
            columns = head
        elif columns and (set(line.strip()) == {"-"} or _read_row(seen, columns, line, index)):
            continue
        elif (event := _read_event(line)) is not None:
            _follow(_note(seen, event["name"], line, index), event)
            made += [event] if event["action"] == "create" else []
        else:
            columns = []
            _read_progress(seen, line, index)
    return seen, made


def _read_progress(seen: dict[str, _Seen], line: str, index: int) -> None:
    """Take in a line of what `up` prints as it goes on; of any other line nothing."""
    if (found := _PROGRESS.match(line)) is not None:
        one = _note(seen, found["name"], line, index)
        one.word, one.phase = _DONE.get(found["verb"], ("", WorkloadPhase.UNKNOWN))
        one.is_gone = found["verb"] == "Removed"
    elif (found := _DEPENDENCY.search(line)) is not None:
        one = _note(seen, found["name"], line, index)
        one.word, one.phase = "running (unhealthy)", WorkloadPhase.RUNNING
        if found["code"]:
            one.word, one.phase, one.code = "exited", WorkloadPhase.EXITED, int(found["code"])
    elif (found := _REFUSED.search(line)) is not None:
        # The engine mostly names whom it refuses; otherwise it is the one that was being started.
        begun = [name for name, one in seen.items() if one.word == "created"]
        words = set(_NAME.findall(found["why"]))
        named = next((name for name in seen if name in words), begun[-1] if begun else "")
        if named:
            one = _note(seen, named, line, index)
            one.word, one.phase, one.error = "created", WorkloadPhase.EXITED, found["why"]


def _note(seen: dict[str, _Seen], name: str, line: str, index: int) -> _Seen:
    one = seen.setdefault(name, _Seen(name))
    one.lines[index] = line
    return one


def _read_head(line: str) -> list[tuple[str, int, int | None]]:
    """Return where the columns of a table begin and end; empty where a line is no head of one."""
    cells = [(match[0].lower(), match.start()) for match in re.finditer(r"\S+(?: \S+)*", line)]
    titles = {title for title, _ in cells}
    if len(titles) < _LEAST_TITLES or not titles <= _TITLES or not titles & {"status", "state"}:
        return []
    if not titles & {"name", "names"}:
        return []
    if not line.isupper():
        return [(title, 0, None) for title, _ in cells]  # Compose 1 sets titles in the middle of their columns.
    ends = [*(start for _, start in cells[1:]), None]
    return [(title, start, end) for (title, start), end in zip(cells, ends, strict=True)]


def _read_row(seen: dict[str, _Seen], columns: Sequence[tuple[str, int, int | None]], line: str, index: int) -> bool:
    cells = {title: line[start:end].strip() for title, start, end in columns}
    if all(end is None for _, _, end in columns):
        cells = dict(zip((title for title, _, _ in columns), re.split(r"\s{2,}", line.strip()), strict=False))
    name = cells.get("name") or cells.get("names") or ""
    found = _STATUS.match(cells.get("status") or cells.get("state") or "")
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]{0,200}", name) or found is None:
        return False
    one = _note(seen, name, line, index)
    one.word, one.phase = _PHASES[found["word"].lower()]
    if one.phase is WorkloadPhase.EXITED and _LONG_AGO.search(found.string):
        one.word = ""
        return True
    health = (found["health"] or "").lower().removeprefix("health: ")
    if health == "paused":
        one.word, one.phase = _PHASES["paused"]
    elif health:
        one.word = f"{one.word} ({health})"
        one.phase = WorkloadPhase.STARTING if health == "starting" else one.phase
    one.code = int(found["code"]) if found["code"] and one.phase is not WorkloadPhase.RUNNING else None
    one.service = cells.get("service", "")
    one.image = cells.get("image", "")
    return True


def _read_event(line: str) -> dict[str, Any] | None:
    """Return an event of a container: of text as both print it, or of compose's `--json`."""
    found = _EVENT.search(line)
    told: Mapping[str, Any]
    if found is not None:
        told = dict(_ATTRIBUTE.findall(found["attributes"]))
        text, action, service = found["at"], found["action"], told.get(_SERVICE, "")
    elif line.startswith("{") and '"container"' in line:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            return None
        told = dig_map(record, "attributes")
        text, action, service = (str(record.get(key) or "") for key in ("time", "action", "service"))
    else:
        return None
    at, name = read_instant(text.replace(" ", "T")), str(told.get("name") or "")
    if at is None or not name or action not in _KEPT:
        return None
    code = str(told.get("exitCode") or "")
    image = str(told.get("image") or "")
    if action == "kill" and str(told.get("signal") or "") in _TELLING_SIGNALS:
        return None
    return {"at": at, "name": name, "action": action, "service": service, "image": image, "code": code}


def _follow(one: _Seen, event: Mapping[str, Any]) -> None:
    """Take a container on to what it is after an event."""
    at, action = event["at"], event["action"]
    one.service, one.image = event["service"] or one.service, event["image"] or one.image
    one.is_gone = action == "destroy"
    if action == "create":
        one.word, one.phase, one.created_at = "created", WorkloadPhase.STOPPED, at
        one.exits, one.code, one.is_short_of_memory = 0, None, False
    elif action in ("start", "unpause"):
        one.word, one.phase, one.ended_at, one.was_asked = "running", WorkloadPhase.RUNNING, None, False
        one.started_at = at if action == "start" else one.started_at
    elif action == "pause":
        one.word, one.phase = _PHASES["paused"]
    elif action in ("kill", "stop"):
        one.was_asked = True
    elif action == "oom":
        one.is_short_of_memory = True
    elif action == "die":
        one.word, one.phase, one.ended_at, one.started_at = "exited", WorkloadPhase.EXITED, at, None
        one.phase = WorkloadPhase.STOPPED if one.was_asked else WorkloadPhase.EXITED
        one.exits += not one.was_asked
        one.code = int(event["code"]) if event["code"].isdigit() else None


def _name_services(seen: Mapping[str, _Seen]) -> None:
    """Give each container that says none its compose service, where several share what stands before: the project."""
    # By its ends in order: what the first and the last name share, all do.
    names = sorted(seen)
    shared = _find_common(names[0], names[-1]) if names else ""
    cut = max(shared.rfind("-"), shared.rfind("_")) + 1
    for one in seen.values():
        numbered = re.fullmatch(r"(.+)[-_]\d{1,3}", one.name[cut:])
        if not one.service and len(seen) > 1 and cut and numbered is not None:
            one.service = numbered[1]


def _find_common(one: str, other: str) -> str:
    same = 0
    while same < min(len(one), len(other)) and one[same] == other[same]:
        same += 1
    return one[:same]


def _add(one: _Seen, file: str, haul: Haul) -> None:
    indexes = sorted(one.lines)
    hidden = haul.hide_lines([one.lines[index] for index in indexes], [index + 1 for index in indexes])
    facts = StateFacts(
        phase=one.phase,
        system_state=one.word,
        exit_code=one.code,
        exits=one.exits,
        created_at=one.created_at,
        started_at=one.started_at,
        ended_at=one.ended_at,
        start_error=haul.hide(one.error),
        names=(one.service,) if one.service and one.service != one.name else (),
        killed_for_memory=one.is_short_of_memory,
        version=haul.hide(one.image),
    )
    service = one.service if one.service != one.name else ""
    haul.add(
        Draft(
            kind=EvidenceKind.STATE,
            entity=make_entity("container", one.name, system="docker", namespace=service),
            title=f"{file}: {one.name} is {one.word}",
            query=file,
            collector="bundle.state",
            lines=hidden.lines,
            facts=to_facts(facts),
            cut=hidden.describe_cut(),
            redactions=hidden.redactions,
        )
    )


def _describe(event: Mapping[str, Any], file: str, seen: Mapping[str, _Seen]) -> Change:
    name = event["name"]
    return Change(
        file=file,
        id=f"docker:{name}@{event['at']:%H%M%S}",
        kind="deployment",
        at=event["at"],
        title=f"{name} was created from {event['image']}",
        service=seen[name].service or name,
        ref=event["image"],
        state="created",
    )
