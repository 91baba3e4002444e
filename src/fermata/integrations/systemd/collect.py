"""Evidence about the life of units. Nothing here writes.

Each collector asks for itself, so that one that fails or hangs leaves the others whole. Logs are in `collect_logs`,
variables and what a unit uses in `collect_settings`.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.facts import NamedFile, StateFacts
from fermata.domain.scope import Scope
from fermata.integrations.systemd.client import UnitInfo
from fermata.integrations.systemd.site import Site
from fermata.integrations.systemd.unit_log import UnitLog
from fermata.integrations.systemd.units import find_entity, is_restarted, judge_phase, list_meant, list_names
from fermata.kit.clock import format_instant
from fermata.kit.errors import OperationalError
from fermata.kit.hiding import hide_lines
from fermata.kit.listing import join_cuts
from fermata.kit.redaction import redact
from fermata.kit.units import format_duration
from fermata.ports.handing import hand_over, read_all
from fermata.ports.named_files import list_named_files

_MOST_OTHERS = 50
_UNREAD = "its earlier ends and its files were not read in time"
_LOG_LINES_SHOWN = 20
_LONGEST_COMMAND = 2000
_FIRST_OWN_CODE = 200  # From here on it was systemd that could not start the program (systemd.exec(5)).
_OWN_CODES = {
    200: "CHDIR: its WorkingDirectory= cannot be entered",
    203: "EXEC: its program is not there, or may not be run",
    216: "GROUP: its Group= is not known",
    217: "USER: its User= is not known",
    226: "NAMESPACE: what it is given or kept from of the file system cannot be set up",
}
"""The usual ones, for a unit whose journal was not read."""


@dataclass(frozen=True, slots=True)
class _Beside:
    """What is read besides what systemd says of a unit."""

    log: UnitLog
    files: Sequence[NamedFile] = ()
    timers: Sequence[UnitInfo] = ()
    gap: str = ""


class StateCollector:
    """The life cycle of the scope's units, and in brief that of the other units that are looked after."""

    name = "systemd.state"

    def __init__(self, site: Site) -> None:
        self._site = site

    def wants(self, scope: Scope) -> bool:
        """Answer whether the scope names anything that could be a unit here."""
        return bool(list_meant(scope))

    async def collect(self, scope: Scope) -> Sequence[Evidence]:
        """Return one piece of evidence for each unit, those of the scope first.

        The others are there because a failing dependent is explained by its failing dependency. Nothing is returned
        when the scope means no unit.

        Raises:
            OperationalError: systemd cannot be asked.
        """
        targets = await self._site.find_targets(scope)
        if not targets:
            return ()
        pairs = [(unit, entity) for unit in targets if (entity := find_entity(unit.id))]
        for unit, entity in pairs:
            # What systemd says of it is known by now, so it comes before what takes long.
            hand_over(f"state of {unit.id}", self._build(scope, unit, entity, _Beside(UnitLog(), gap=_UNREAD)))
        parts = {f"journal and files of {pair[0].id}": self._describe(scope, *pair) for pair in pairs}
        beside = {"the units beside": self._mention_others(scope, {unit.id for unit in targets})}
        return await read_all({**parts, **beside})

    async def _describe(self, scope: Scope, unit: UnitInfo, entity: Entity) -> Evidence:
        log, gap = await self._read_log(scope, unit)
        if log.refusal:
            log = replace(log, refusal=await self._explain(unit, log.refusal))
        files = await asyncio.to_thread(_list_files, self._site, unit)
        timers = await self._site.client.fetch_units([one for one in unit.get("TriggeredBy").split() if _is_timer(one)])
        whole = self._build(scope, unit, entity, _Beside(log, files, timers, gap))
        hand_over(f"state of {unit.id}")  # All of it is in this one.
        return whole

    def _build(self, scope: Scope, unit: UnitInfo, entity: Entity, beside: _Beside) -> Evidence:
        log, files = beside.log, beside.files
        facts = _build_facts(unit, log, self._site.clock.now(), files)
        shown = log.entries[-_LOG_LINES_SHOWN:]
        lines = [*_describe_state(unit, facts), *_describe_endings(log, unit), *_describe_files(unit, files)]
        lines += [_describe_timer(timer, unit) for timer in beside.timers]
        lines += [f"{format_instant(entry.at)} {entry.message}" for entry in (*shown, *log.kernel)]
        left_out = (
            f"last {len(shown)} of {len(log.entries)} messages of systemd" if len(log.entries) > len(shown) else ""
        )
        return self._site.build_evidence(
            scope,
            entity,
            hide_lines([" ".join(line.split()) for line in lines]),
            facts,
            kind=EvidenceKind.STATE,
            collector=self.name,
            title=f"{unit.id}: {_title(unit, log)}",
            query=f"systemctl show {unit.id}; journalctl _PID=1 UNIT={unit.id}",
            cut=join_cuts(beside.gap, left_out),
        )

    async def _read_log(self, scope: Scope, unit: UnitInfo) -> tuple[UnitLog, str]:
        try:
            return await self._site.fetch_log(unit, scope.window_start), ""
        except OperationalError as error:
            # What systemd says of the last run stands by itself.
            return UnitLog(), f"no earlier ends: {error}"

    async def _explain(self, unit: UnitInfo, refusal: str) -> str:
        """Return why systemd did not start a unit, with the name of what it does not name: a unit or a file."""
        if refusal.startswith("Dependency"):
            needed = await self._site.client.fetch_units(unit.get("Requires").split())
            failed = [one.id for one in needed if one.get("ActiveState") == "failed"]
            return f"{refusal.rstrip('.')}: {', '.join(failed)} failed" if failed else refusal
        if refusal.startswith("Failed to load environment files"):
            absent = await asyncio.to_thread(_list_absent, self._site, unit)
            return f"{refusal} ({', '.join(absent)})" if absent else refusal
        return refusal

    async def _mention_others(self, scope: Scope, meant: set[str]) -> list[Evidence]:
        names = [unit.id for unit in await self._site.list_own() if unit.id not in meant]
        units = tuple(unit for unit in await self._site.client.fetch_units(names) if not _is_at_rest(unit))
        # The ones that do not run are the ones that matter, should there be too many.
        units = tuple(sorted(units, key=lambda unit: unit.get("ActiveState") == "active"))[:_MOST_OTHERS]
        return [self._mention(scope, unit, entity) for unit in units if (entity := find_entity(unit.id))]

    def _mention(self, scope: Scope, unit: UnitInfo, entity: Entity) -> Evidence:
        facts = _build_facts(unit, UnitLog(), self._site.clock.now(), ())
        return self._site.build_evidence(
            scope,
            entity,
            hide_lines(_describe_state(unit, facts)[:2]),
            facts,
            kind=EvidenceKind.STATE,
            collector=self.name,
            title=f"{unit.id}, beside it: {_title(unit, UnitLog())}",
            query=f"systemctl show {unit.id}",
        )


def _is_at_rest(unit: UnitInfo) -> bool:
    """Answer whether a unit is down and is no news: a job between two runs, or one that nothing starts."""
    is_well = unit.get("ActiveState") == "inactive" and unit.get("Result") in ("", "success")
    return is_well and unit.get("UnitFileState") != "enabled"


def _build_facts(unit: UnitInfo, log: UnitLog, now: datetime, files: Sequence[NamedFile]) -> StateFacts:
    is_restart, ended = is_restarted(unit), log.endings[-1] if log.endings else None
    code = unit.exit_code if unit.exit_code is not None else ended.exit_code if ended else None
    has_failed = unit.get("LoadState") == "loaded" and unit.get("Result") not in ("", "success")
    return StateFacts(
        phase=judge_phase(unit, log, now),
        system_state=_state(unit),
        exit_code=code,
        exits=max(len(log.endings), unit.find_number("NRestarts") or 0, int(has_failed and unit.pid is None)),
        pid=unit.pid,
        started_at=unit.find_instant("ExecMainStartTimestamp") if unit.pid else None,
        ended_at=None if unit.pid else unit.find_instant("ExecMainExitTimestamp"),
        is_asked_for=bool(unit.pid and log.endings) and not is_restart,
        former_end_at=ended.at if ended and is_restart and unit.pid else None,
        names=tuple(redact(name).text for name in list_names(unit)),
        start_error=redact(_find_start_error(unit, log)).text[:_LONGEST_COMMAND],
        ended_for=_find_ended_for(unit, log),
        killed_for_memory=unit.get("Result") == "oom-kill" or bool(ended and ended.is_out_of_memory),
        kills_within_at=log.kill_at,
        command=redact("; ".join(unit.commands)).text[:_LONGEST_COMMAND],
        declared_in=unit.get("FragmentPath"),
        files=tuple(files),
    )


def _find_start_error(unit: UnitInfo, log: UnitLog) -> str:
    if not unit.is_loaded:
        # `org.freedesktop.systemd1.BadUnitSetting "Unit ... has a bad unit file setting."`
        return unit.get("LoadError").partition(" ")[2].strip('"') or unit.get("LoadState")
    if log.refusal and not unit.pid:
        return log.refusal
    code = unit.exit_code
    if unit.pid or code is None or code < _FIRST_OWN_CODE:
        return ""
    # Programs may end with these numbers too: where the journal is known, it says whose they are.
    return log.spawn_error if log.is_known else _OWN_CODES.get(code, "")


def _find_ended_for(unit: UnitInfo, log: UnitLog) -> str:
    result = unit.get("Result")
    return log.ended_for or (f"result: {result}" if result in ("watchdog", "timeout") else "")


def _state(unit: UnitInfo) -> str:
    words = f"{unit.get('ActiveState')} ({unit.get('SubState')})"
    return words if unit.is_loaded else f"{words}, {unit.get('LoadState')}"


def _title(unit: UnitInfo, log: UnitLog) -> str:
    count = max(len(log.endings), unit.find_number("NRestarts") or 0)
    return f"{_state(unit)}, ended {count} times" if count else _state(unit)


def _describe_state(unit: UnitInfo, facts: StateFacts) -> list[str]:
    result = unit.get("Result")
    why = f", result: {result}" if result not in ("", "success") else ""
    code = f", {_say_end(facts.exit_code)}" if facts.exit_code is not None and not unit.pid else ""
    lines = [f"{unit.id} is {_state(unit)}{why}{code}"]
    if unit.pid and facts.started_at is not None:
        lines.append(f"pid {unit.pid}, started {format_instant(facts.started_at)}")
    elif facts.ended_at is not None:
        lines.append(f"does not run; ended {format_instant(facts.ended_at)}")
    else:
        lines.append("does not run")
    if facts.start_error:
        lines.append(f"could not be started: {facts.start_error}")
    if restarts := unit.find_number("NRestarts"):
        lines.append(f"systemd started it again {restarts} times by itself (Restart={unit.get('Restart')})")
    elif unit.get("Restart") == "no" and not unit.pid:
        lines.append("systemd does not start it again by itself (Restart=no)")
    if facts.command:
        lines.append(f"command: {facts.command}")
    if unit.get("StatusText"):
        lines.append(f"it says of itself: {unit.get('StatusText')}")
    if unit.get("TriggeredBy"):
        lines.append(f"started by {unit.get('TriggeredBy')}")
    return lines


def _say_end(code: int) -> str:
    if code < 0:
        known = {one.value: one.name for one in signal.Signals}
        return f"by {known.get(-code, f'signal {-code}')}"
    return f"exit code {code}"


def _describe_endings(log: UnitLog, unit: UnitInfo) -> list[str]:
    if not log.endings:
        return []
    first, last = log.endings[0], log.endings[-1]
    killed = sum(one.is_out_of_memory for one in log.endings)
    why = f", {killed} of them killed for memory" if killed else ""
    told = f"ended {len(log.endings)} times by itself since {format_instant(first.at)}{why}"
    lines = [f"{told}, last {format_instant(last.at)}: {last.text}"]
    if unit.pid and is_restarted(unit):
        lines.append("note: it runs now, but was started again after each of these ends")
    return lines


def _describe_files(unit: UnitInfo, files: Sequence[NamedFile]) -> Iterator[str]:
    started_at = unit.find_instant("ExecMainStartTimestamp")
    for file in files:
        what = "it is declared in" if file.is_declaration else "its command names"
        text = f"{what} {file.path}, which was changed last at {format_instant(file.changed_at)}"
        if started_at is not None:
            side = "after" if file.changed_at > started_at else "before"
            text += f", {format_duration(abs(file.changed_at - started_at))} {side} it was started"
        yield text
    if unit.needs_reload:
        yield (
            "note: what declares it was changed on disk, and systemd has not read it: a restart alone starts the old "
            f"one. `systemctl daemon-reload` reads it; `systemctl cat {unit.id}` shows it"
        )


def _is_timer(name: str) -> bool:
    return name.endswith(".timer")


def _describe_timer(timer: UnitInfo, unit: UnitInfo) -> str:
    last, due = timer.find_instant("LastTriggerUSec"), timer.find_instant("NextElapseUSecRealtime")
    text = f"{timer.id} is {_state(timer)}"
    text += f", went off last at {format_instant(last)}" if last else ", and has not gone off that is known"
    if timer.get("ActiveState") != "active":
        return f"{text}: until it is started, it does not start {unit.id}"
    return f"{text}; it is due at {format_instant(due)}" if due else text


def _list_files(site: Site, unit: UnitInfo) -> tuple[NamedFile, ...]:
    """Return the files that declare a unit, and those that its commands name. Blocking."""
    found = [file for path in unit.paths if (file := _read_declaration(site.place(path), path)) is not None]
    folder = unit.get("WorkingDirectory").lstrip("!")
    for command in (*unit.commands, *(f"--env-file={path}" for path in unit.environment_files)):
        found += list_named_files(command, Path(folder) if folder else None, root=site.client.root)
    return tuple({file.path: file for file in found}.values())


def _list_absent(site: Site, unit: UnitInfo) -> list[str]:
    return [path for path in unit.environment_files if not site.place(path).exists()]


def _read_declaration(place: Path, path: str) -> NamedFile | None:
    try:
        seconds = int(place.stat().st_mtime)
    except OSError:
        return None
    return NamedFile(path=path, changed_at=datetime.fromtimestamp(seconds, UTC), is_declaration=True)
