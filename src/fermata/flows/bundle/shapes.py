"""Records of `objects/` that are not Kubernetes': told by their own fields, read into the same facts as live ones.

`docker inspect`, supervisord's processes, monitors, a database's load, a log system's patterns. A record of no known
shape is kept as text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fermata.domain.entity import Entity
from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import (
    EnvironmentFacts,
    LogPattern,
    LogPatternFacts,
    ResourceFacts,
    StateFacts,
    WorkloadPhase,
)
from fermata.domain.record import Record
from fermata.flows.bundle.env_files import read_variables
from fermata.flows.bundle.files import SourceFile
from fermata.flows.bundle.haul import Draft, Haul, make_entity, to_facts
from fermata.flows.bundle.parsing import read_instant, read_text_field
from fermata.kit.digging import dig_map, dig_maps
from fermata.kit.hiding import hide_value
from fermata.kit.units import format_size

_MOST_PATTERNS = 2_000
# Docker's own words (moby, container/state.go) and supervisord's (supervisor, states.py), read November 2026.
_PHASES = {
    "running": WorkloadPhase.RUNNING, "healthy": WorkloadPhase.RUNNING, "active": WorkloadPhase.RUNNING,
    "starting": WorkloadPhase.STARTING, "created": WorkloadPhase.STARTING, "activating": WorkloadPhase.STARTING,
    "restarting": WorkloadPhase.CRASH_LOOP, "backoff": WorkloadPhase.CRASH_LOOP, "fatal": WorkloadPhase.CRASH_LOOP,
    "failed": WorkloadPhase.CRASH_LOOP, "crashloopbackoff": WorkloadPhase.CRASH_LOOP,
    "stopped": WorkloadPhase.STOPPED, "stopping": WorkloadPhase.STOPPED, "paused": WorkloadPhase.STOPPED,
    "inactive": WorkloadPhase.STOPPED,
    "exited": WorkloadPhase.EXITED, "dead": WorkloadPhase.EXITED,
}  # fmt: skip
_STATEMENTS = ("top_sql", "topSql", "top_queries", "statements", "queries", "TopSQL")
# What runs right now, as pg_stat_activity and MySQL's processlist are dumped.
_SESSIONS = ("sessions", "activity", "pg_stat_activity", "processlist")
_RUN = ("query", "info", "sql", "statement", "INFO")
_WAITS = ("waits", "wait_events", "waitEvents", "top_waits", "Waits")


@dataclass(frozen=True, slots=True)
class _Found:
    """One reading of a record."""

    kind: EvidenceKind
    entity: Entity
    what: str
    lines: Sequence[str]
    facts: Record | Mapping[str, Any] = field(default_factory=dict)
    cut: str = ""


def add_record(file: SourceFile, record: Mapping[str, Any], haul: Haul) -> bool:
    """Add a record of a known shape; answer whether it was one."""
    shape = next((read for is_one, read in _SHAPES if is_one(record)), None)
    if shape is None:
        return False
    for found in shape(record, file):
        lines = haul.hide_lines([line.replace("\n", " ") for line in found.lines])
        facts = to_facts(found.facts) if isinstance(found.facts, Record) else found.facts
        haul.add(
            Draft(
                kind=found.kind,
                entity=found.entity,
                title=f"{file.name}: {haul.hide(found.what)}"[:300],
                query=file.name,
                collector=f"bundle.{found.kind.value}",
                lines=lines.lines,
                facts=haul.hide_deep(facts),
                cut=lines.describe_cut(found.cut),
                redactions=lines.redactions,
            )
        )
    return True


def _is_container(record: Mapping[str, Any]) -> bool:
    return isinstance(record.get("State"), Mapping) and ("Config" in record or "HostConfig" in record or "Id" in record)


def _read_container(record: Mapping[str, Any], file: SourceFile) -> Iterator[_Found]:
    state = dig_map(record, "State")
    config, host = dig_map(record, "Config"), dig_map(record, "HostConfig")
    name = read_text_field(record, "Name").lstrip("/") or file.stem
    entity = make_entity("container", name, system="docker")
    word = read_text_field(state, "Status") or ("running" if state.get("Running") else "exited")
    restarts = _int(record.get("RestartCount")) or 0
    phase = _find_phase(word)
    if (
        phase is WorkloadPhase.EXITED
        and restarts
        and dig_map(host, "RestartPolicy").get("Name") not in (None, "", "no")
    ):
        phase = WorkloadPhase.CRASH_LOOP
    command = (
        [str(part) for part in (config.get("Entrypoint") or [])] if isinstance(config.get("Entrypoint"), list) else []
    )
    command += [str(part) for part in config["Cmd"]] if isinstance(config.get("Cmd"), list) else []
    runs = phase is WorkloadPhase.RUNNING
    facts = StateFacts(
        phase=phase,
        system_state=word,
        exit_code=_int(state.get("ExitCode")) if not runs or restarts else None,
        exits=restarts,
        pid=_int(state.get("Pid")) or None,
        started_at=read_instant(state.get("StartedAt")) if runs else None,
        killed_for_memory=state.get("OOMKilled") is True,
        command=" ".join(command),
        version=read_text_field(config, "Image") or read_text_field(record, "Image"),
    )
    lines = [f"State.{key}: {_short(value)}" for key, value in state.items() if key != "Health"]
    lines += [f"State.Health: {_short(state['Health'])}"] if "Health" in state else []
    lines += [f"RestartCount: {restarts}", f"Image: {facts.version}", f"Command: {facts.command}"]
    yield _Found(EvidenceKind.STATE, entity, f"state of {name}", lines, facts)
    limit = _int(host.get("Memory")) or None
    if limit:
        yield _Found(
            EvidenceKind.RESOURCES,
            entity,
            f"limits of {name}",
            [f"HostConfig.Memory: {limit} ({format_size(limit)})"],
            ResourceFacts(memory_limit_bytes=limit, memory_limit_kind="cgroup"),
        )
    variables = {key: hide_value(key, text) for key, text in read_variables(config.get("Env")).items()}
    if variables:
        origin = EnvironmentFacts(variables=variables, origin=f"{file.name} Config.Env")
        lines = [f"{key}={text}" for key, text in variables.items()]
        yield _Found(EvidenceKind.ENVIRONMENT, entity, f"variables of {name}", lines, origin)


def _is_process(record: Mapping[str, Any]) -> bool:
    fields = {key.lower() for key in record}
    named, word = fields & {"name", "names"}, record.get("state", record.get("State"))
    ends = {"pid", "exit_code", "exitcode", "status", "service"}
    return isinstance(record.get("statename"), str) or (bool(named) and isinstance(word, str) and bool(fields & ends))


def _read_process(record: Mapping[str, Any], file: SourceFile) -> Iterator[_Found]:
    """Read a process as supervisord's `getProcessInfo` gives it, as `docker ps` does, or in plainer words."""
    system = "supervisor" if "statename" in record else "docker" if "State" in record else ""
    own = record
    record = {key.lower(): value for key, value in record.items()}
    name = read_text_field(record, "name", "names") or file.stem
    group = read_text_field(record, "group")
    word = read_text_field(record, "statename", "state")
    phase = _find_phase(word)
    start = record.get("start", record.get("started_at"))
    code = _int(record.get("exitstatus", record.get("exit_code", record.get("exitcode"))))
    facts = StateFacts(
        phase=phase,
        system_state=word,
        exit_code=code if phase is not WorkloadPhase.RUNNING else None,
        exits=_int(record.get("restarts", record.get("exits"))) or 0,
        pid=_int(record.get("pid")) or None,
        started_at=read_instant(start) if phase is WorkloadPhase.RUNNING and start else None,
        killed_for_memory=record.get("oom_killed") is True,
        command=read_text_field(record, "command"),
        version=read_text_field(record, "version", "image"),
    )
    kind = "container" if system == "docker" else "process"
    entity = make_entity(kind, name, system=system, namespace=group if group != name else "")
    yield _Found(EvidenceKind.STATE, entity, f"state of {name}", _write_fields(own), facts)
    used, limit = _int(record.get("memory_bytes")), _int(record.get("memory_limit_bytes"))
    if used is not None or limit is not None:
        yield _Found(
            EvidenceKind.RESOURCES,
            entity,
            f"memory of {name}",
            [f"{key}: {record[key]}" for key in ("memory_bytes", "memory_limit_bytes") if key in record],
            ResourceFacts(memory_bytes=used, memory_limit_bytes=limit),
        )


def _is_pattern(record: Mapping[str, Any]) -> bool:
    return _list_patterns(record) != []


def _list_patterns(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    items = record.get("patterns", [record])
    return [
        item
        for item in (items if isinstance(items, list) else [])
        if isinstance(item, Mapping) and read_text_field(item, "signature", "pattern") and "count" in item
    ]


def _read_patterns(record: Mapping[str, Any], file: SourceFile) -> Iterator[_Found]:
    told = _list_patterns(record)
    patterns = [
        LogPattern(
            service=read_text_field(item, "service") or read_text_field(record, "service"),
            signature=read_text_field(item, "signature", "pattern"),
            count=_float(item.get("count")) or 0.0,
            delta=_float(item.get("delta")),
        )
        for item in told[:_MOST_PATTERNS]
    ]
    lines = [
        f"{item.service} {item.count:g}"
        + (f" ({item.delta:+g})" if item.delta is not None else "")
        + f" {item.signature}"
        for item in patterns
    ]
    services = {item.service for item in patterns}
    entity = make_entity("service", services.pop() if len(services) == 1 else file.stem)
    what = f"{len(patterns)} log patterns"
    cut = f"first {_MOST_PATTERNS:,} of {len(told):,} patterns" if len(told) > _MOST_PATTERNS else ""
    yield _Found(EvidenceKind.LOG_PATTERNS, entity, what, lines, LogPatternFacts(patterns=tuple(patterns)), cut)


def _is_database_load(record: Mapping[str, Any]) -> bool:
    return bool(_list_sessions(record)) or any(isinstance(record.get(name), list) for name in (*_STATEMENTS, *_WAITS))


def _list_sessions(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what a record lists as sessions: a list of that name of which one at least says what it runs."""
    for name in _SESSIONS:
        told = dig_maps(record, name)
        if any(run in item for item in told for run in _RUN):
            return told
    return []


def _read_database_load(record: Mapping[str, Any], file: SourceFile) -> Iterator[_Found]:
    statements: list[Any] = next((record[name] for name in _STATEMENTS if isinstance(record.get(name), list)), [])
    waits: list[Any] = next((record[name] for name in _WAITS if isinstance(record.get(name), list)), [])
    name = read_text_field(record, "database", "instance", "db", "service", "source", "id") or file.stem
    sessions = _list_sessions(record)
    lists = (*_STATEMENTS, *_WAITS, *(_SESSIONS if sessions else ()))
    # What runs comes before what the record says of itself: whoever reads only the first lines needs that.
    lines = [f"statement {_short(item)}" for item in statements] + [f"wait {_short(item)}" for item in waits]
    lines += [f"session {_short(item)}" for item in sessions]
    lines += [f"{key}: {_short(value)}" for key, value in record.items() if key not in lists]
    facts = {"database": name, "statements": statements, "waits": waits}
    yield _Found(EvidenceKind.DATABASE_LOAD, make_entity("database", name), f"load of {name}", lines, facts)


def _is_monitor(record: Mapping[str, Any]) -> bool:
    has_state = any(isinstance(record.get(name), str) for name in ("overall_state", "state", "status"))
    return has_state and any(name in record for name in ("query", "expression", "monitor", "condition"))


def _read_monitor(record: Mapping[str, Any], file: SourceFile) -> Iterator[_Found]:
    name = read_text_field(record, "name", "title", "monitor", "id") or file.stem
    word = read_text_field(record, "overall_state", "state", "status")
    yield _Found(EvidenceKind.TEXT, make_entity("monitor", name), f"monitor {name} is {word}", _write_fields(record))


_Shape = Callable[[Mapping[str, Any], SourceFile], Iterator[_Found]]
_SHAPES: Sequence[tuple[Callable[[Mapping[str, Any]], bool], _Shape]] = (
    (_is_container, _read_container),
    (_is_pattern, _read_patterns),
    (_is_database_load, _read_database_load),
    (_is_monitor, _read_monitor),
    (_is_process, _read_process),
)


def _find_phase(word: str) -> WorkloadPhase:
    return _PHASES.get(word.strip().lower(), WorkloadPhase.UNKNOWN)


def _int(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63 else None


def _float(value: Any) -> float | None:
    return (
        float(value) if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300 else None
    )


def _short(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _write_fields(record: Mapping[str, Any]) -> list[str]:
    return [f"{key}: {_short(value)}" for key, value in record.items()]
