"""Evidence about supervisord's processes: life cycle, environment and resources. Logs are in `collect_logs`.

Nothing here writes. Each collector asks for itself, so that one that fails or hangs leaves the others whole.
"""

from __future__ import annotations

import asyncio
import functools
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine
from fermata.domain.facts import EnvironmentFacts, NamedFile, ResourceFacts, StateFacts
from fermata.domain.record import Record
from fermata.domain.scope import Scope
from fermata.integrations.supervisor.client import ProcessConfig, ProcessInfo, find_config
from fermata.integrations.supervisor.config_tree import Config
from fermata.integrations.supervisor.main_log import Ending, is_restarted_by_supervisord, list_mentions
from fermata.integrations.supervisor.memory_limit import DeclaredLimit, list_limits
from fermata.integrations.supervisor.proc import LiveProcess
from fermata.integrations.supervisor.processes import PAUSED, SYSTEM, find_entity, judge_phase, match_processes
from fermata.integrations.supervisor.site import History, Site
from fermata.kit.clock import format_instant
from fermata.kit.destinations import hide_variable
from fermata.kit.errors import OperationalError
from fermata.kit.hiding import LONGEST_LINE, Hidden, hide_lines
from fermata.kit.listing import join_cuts
from fermata.kit.redaction import redact
from fermata.kit.units import format_duration, format_size
from fermata.ports.handing import expect, hand_over, read_all
from fermata.ports.named_files import list_named_files

FRESH_FOR = timedelta(hours=1)
"""Twice as long as an approval is valid by default, so that one given at the last minute still stands on its evidence.
What changes in the target meanwhile is the drift check's business."""

_LOG_LINES_SHOWN = 20
_MOST_VARIABLES = 300
_MOST_OTHERS = 50
_UNDECLARED = "its command and the files it names were not read in time"
_UNREAD = f"its earlier ends were not read in time; {_UNDECLARED}"


def list_targets(infos: Sequence[ProcessInfo], scope: Scope) -> list[tuple[ProcessInfo, Entity]]:
    """Return the processes a scope means, with their entities."""
    return [(info, entity) for info in match_processes(infos, scope) if (entity := find_entity(info))]


def build_evidence(
    site: Site,
    scope: Scope,
    entity: Entity,
    hidden: Hidden,
    facts: Record,
    **about: Any,
) -> Evidence:
    """Return one piece of evidence observed now.

    Args:
        about: `kind`, `collector`, `title`, `query`, and optionally `first_line` and `cut` of the evidence.
    """
    now = site.clock.now()
    first = about.pop("first_line", 1)
    cut = about.pop("cut", "")
    if hidden.shortened:
        cut = join_cuts(cut, f"{hidden.shortened} lines cut to {LONGEST_LINE} characters")
    return Evidence(
        incident_id=scope.incident_id,
        entity=entity,
        observed_at=now,
        fresh_until=now + FRESH_FOR,
        lines=tuple(EvidenceLine(number=first + index, text=text) for index, text in enumerate(hidden.lines)),
        facts=facts.to_json(),
        redactions=hidden.redactions,
        cut=cut,
        **about,
    )


class ProcessCollector:
    """What every collector of this system has, and which scopes it is asked about."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def wants(self, scope: Scope) -> bool:
        """Answer whether the scope names anything that could be a process here."""
        return any(entity.system in ("", SYSTEM) and entity.kind != "host" for entity in scope.entities)

    async def read_config_quietly(self) -> Config | None:
        """Return what the files declare; `None` where they cannot be read: supervisord's own word is nearly as good."""
        try:
            return await self._site.read_config()
        except OperationalError:
            return None


@dataclass(frozen=True, slots=True)
class _Declared:
    """How a process is started."""

    command: str
    path: str
    """Of the file that says so; empty where none is known."""
    files: tuple[NamedFile, ...]
    """What the command names."""


class StateCollector(ProcessCollector):
    """The life cycle of the scope's processes, and in brief that of every other process of the same supervisord."""

    name = "supervisor.state"

    async def collect(self, scope: Scope) -> Sequence[Evidence]:
        """Return one piece of evidence for each process, those of the scope first.

        The others are there because a failing dependent is explained by its failing dependency. Nothing is returned
        when the scope means none of the processes.

        Raises:
            OperationalError: supervisord cannot be asked.
        """
        history = History(await self._site.client.fetch_processes(), ())
        # What supervisord says of them is known by now, so it comes before what takes long.
        for info, target in list_targets(history.infos, scope):
            hand_over(f"state of {info.namespec}", self._describe(scope, history, info, target, cut=_UNREAD))
        if not list_targets(history.infos, scope):
            return ()
        expect("supervisord's log")
        history = await self._site.mark_halted(await self._site.read_history(history.infos))
        targets = list_targets(history.infos, scope)
        meant = {info.namespec for info, _ in targets}
        others = [
            (info, entity) for info in history.infos if info.namespec not in meant and (entity := find_entity(info))
        ]
        # The ones that do not run are the ones that matter, should there be too many.
        others.sort(key=lambda pair: pair[0].state == "RUNNING")
        beside = [self._mention(scope, history, *pair) for pair in others[:_MOST_OTHERS]]
        for info, target in targets:
            hand_over(f"state of {info.namespec}", self._describe(scope, history, info, target, cut=_UNDECLARED))
        hand_over("supervisord's log", *beside)
        configs = await self._site.client.fetch_configs()
        files = await self.read_config_quietly()
        tell = functools.partial(self._tell, scope, history, configs, files)
        return [*await read_all({f"files of {pair[0].namespec}": tell(*pair) for pair in targets}), *beside]

    async def _tell(
        self,
        scope: Scope,
        history: History,
        configs: Sequence[ProcessConfig],
        files: Config | None,
        info: ProcessInfo,
        entity: Entity,
    ) -> Evidence:
        config = find_config(configs, info)
        program = files.find_declared(info.group, info.name) if files else None
        declared = _Declared(
            redact(config.command).text if config else "",
            str(program.file.path) if program else "",
            await self._find_named(info, config),
        )
        whole = self._describe(scope, history, info, entity, declared)
        hand_over(f"state of {info.namespec}")  # All of it is in this one.
        return whole

    def _describe(
        self,
        scope: Scope,
        history: History,
        info: ProcessInfo,
        entity: Entity,
        declared: _Declared | None = None,
        cut: str = "",
    ) -> Evidence:
        endings = [ending for ending in history.list_endings(info) if ending.at >= scope.window_start]
        facts = self._build_facts(history, info, endings, declared)
        logged = [e for e in list_mentions(history.entries, info.name) if e.at >= scope.window_start]
        shown = logged[-_LOG_LINES_SHOWN:]
        lines = [*_describe_state(info, endings), *([f"command: {facts.command}"] if facts.command else [])]
        lines += [_describe_file(file, facts.started_at) for file in facts.files]
        left_out = f"last {len(shown)} of {len(logged)} lines of supervisord's log" if len(logged) > len(shown) else ""
        return build_evidence(
            self._site,
            scope,
            entity,
            hide_lines([line.replace("\n", " ") for line in lines] + [entry.text for entry in shown]),
            facts,
            kind=EvidenceKind.STATE,
            collector=self.name,
            title=f"{info.namespec}: {_title(info, endings)}",
            query=f"supervisor.getAllProcessInfo(), getAllConfigInfo(), readLog(): {info.namespec}",
            cut=join_cuts(cut, left_out),
        )

    async def _find_named(self, info: ProcessInfo, config: ProcessConfig | None) -> tuple[NamedFile, ...]:
        """Return the files that the command names; none where supervisord may be on another machine."""
        if config is None or await self._site.find_supervisord_pid() is None:
            return ()
        live = await self._site.find_live(info)
        folder = await asyncio.to_thread(self._site.proc.find_folder, live.pid) if live is not None else None
        folder = folder or (Path(config.directory) if config.directory else None)
        return await asyncio.to_thread(list_named_files, config.command, folder)

    def _mention(self, scope: Scope, history: History, info: ProcessInfo, entity: Entity) -> Evidence:
        endings = [ending for ending in history.list_endings(info) if ending.at >= scope.window_start]
        return build_evidence(
            self._site,
            scope,
            entity,
            hide_lines(_describe_state(info, endings)[: 3 if info.state == PAUSED else 2]),
            self._build_facts(history, info, endings),
            kind=EvidenceKind.STATE,
            collector=self.name,
            title=f"{info.namespec}, beside it: {_title(info, endings)}",
            query=f"supervisor.getAllProcessInfo(), readLog(): {info.namespec}",
        )

    def _build_facts(
        self, history: History, info: ProcessInfo, endings: Sequence[Ending], declared: _Declared | None = None
    ) -> StateFacts:
        was_restarted = is_restarted_by_supervisord(history.entries, info, history.infos)
        return StateFacts(
            phase=judge_phase(info, endings, datetime.fromtimestamp(info.now, UTC), was_restarted=was_restarted),
            system_state=info.state,
            exit_code=_find_exit_code(info, endings),
            exits=len(endings),
            pid=info.pid or None,
            started_at=datetime.fromtimestamp(info.start, UTC) if info.pid else None,
            is_asked_for=bool(info.pid and endings) and not was_restarted,
            former_end_at=endings[-1].at if endings and was_restarted else None,
            command=declared.command if declared else "",
            declared_in=declared.path if declared else "",
            files=declared.files if declared else (),
        )


def _describe_file(file: NamedFile, started_at: datetime | None) -> str:
    text = f"its command names {file.path}, which was changed last at {format_instant(file.changed_at)}"
    if started_at is None:
        return text
    side = "after" if file.changed_at > started_at else "before"
    return f"{text}, {format_duration(abs(file.changed_at - started_at))} {side} it was started"


def _find_exit_code(info: ProcessInfo, endings: Sequence[Ending]) -> int | None:
    if endings:
        return endings[-1].exit_code
    # Elsewhere than in EXITED the number is left from before, or 0 for "unknown"; -1 is "some signal".
    return info.exitstatus if info.state == "EXITED" and info.exitstatus >= 0 else None


def _title(info: ProcessInfo, endings: Sequence[Ending]) -> str:
    return f"{info.state}, ended {len(endings)} times" if endings else info.state


def _describe_state(info: ProcessInfo, endings: Sequence[Ending]) -> list[str]:
    why = f" ({info.spawnerr})" if info.spawnerr and info.state in ("BACKOFF", "FATAL", "EXITED") else ""
    lines = [f"{info.namespec} is {info.state}{why}"]
    if info.pid:
        uptime = format_duration(timedelta(seconds=max(0, info.now - info.start)))
        lines.append(f"pid {info.pid}, started {_format_epoch(info.start)}, {uptime} ago")
    elif info.start:
        lines.append(f"does not run; last started {_format_epoch(info.start)}, ended {_format_epoch(info.stop)}")
    else:
        lines.append("does not run; was never started")
    if info.state == PAUSED:
        lines.append(f"a signal holds it (state T of /proc/{info.pid}/status); `kill -CONT {info.pid}` lets it go on")
    if endings:
        lines.append(
            f"ended {len(endings)} times by itself since {format_instant(endings[0].at)}, "
            f"last {format_instant(endings[-1].at)}: {endings[-1].text}"
        )
        if info.state == "RUNNING":
            lines.append("note: it runs now, but was started again after each of these ends")
    return lines


def _format_epoch(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if seconds else "never"


class EnvironmentCollector(ProcessCollector):
    """The variables the scope's processes have; of one that does not run, those its next start will have.

    Args:
        shown: Globs of names whose values are shown; all others become digests. Secrets are never shown.
    """

    name = "supervisor.environment"

    def __init__(self, site: Site, shown: Sequence[str]) -> None:
        super().__init__(site)
        self._shown = tuple(shown)

    async def collect(self, scope: Scope) -> Sequence[Evidence]:
        """Return one piece of evidence for each process of the scope.

        Raises:
            OperationalError: supervisord cannot be asked, or neither `/proc` nor the configuration can be read.
        """
        targets = list_targets(await self._site.client.fetch_processes(), scope)
        return await read_all({f"variables of {pair[0].namespec}": self._collect_one(scope, *pair) for pair in targets})

    async def _collect_one(self, scope: Scope, info: ProcessInfo, entity: Entity) -> Evidence:
        variables, origin, cut = await self._read(info)
        names = sorted(variables)
        hidden = {name: hide_variable(name, variables[name], self._shown) for name in names[:_MOST_VARIABLES]}
        if len(names) > _MOST_VARIABLES:
            cut = join_cuts(cut, f"first {_MOST_VARIABLES} of {len(names)} variables")
        # A value may hold line breaks; a line of evidence may not.
        lines = tuple(f"{name}={value}".replace("\n", "\\n")[:LONGEST_LINE] for name, value in hidden.items())
        return build_evidence(
            self._site,
            scope,
            entity,
            Hidden(lines, sum(hidden[name] != variables[name] for name in hidden), 0),
            EnvironmentFacts(variables=hidden, origin=origin),
            kind=EvidenceKind.ENVIRONMENT,
            collector=self.name,
            title=f"{info.namespec}: {len(names)} variables from {origin}",
            query=f"read {origin} of {info.namespec}",
            cut=cut,
        )

    async def _read(self, info: ProcessInfo) -> tuple[dict[str, str], str, str]:
        """Return the variables, where they were read, and what may be missing."""
        live = await self._site.find_live(info)
        if live is not None:
            process = await asyncio.to_thread(self._site.proc.follow_shell, live)
            variables = await asyncio.to_thread(self._site.proc.find_environment, process.pid)
            if variables is not None:
                return variables, f"/proc/{process.pid}/environ", ""
        return await self._read_declared(info)

    async def _read_declared(self, info: ProcessInfo) -> tuple[dict[str, str], str, str]:
        config = await self._site.read_config()
        program = config.find_declared(info.group, info.name) if config else None
        if config is None or program is None:
            raise OperationalError(
                f"The environment of {info.namespec} cannot be read",
                why="It does not run or is not ours to read in /proc, and no configuration file declares it",
                do="Set config_path in the supervisor settings",
            )
        try:
            declared = config.read_variables(program, info.name)
        except ValueError as error:
            raise OperationalError(
                f"environment= of {info.namespec} cannot be read", why=str(error), do=f"Look at {program.file.path}"
            ) from error
        pid = await self._site.find_supervisord_pid()
        inherited = await asyncio.to_thread(self._site.proc.find_environment, pid) if pid else None
        origin = config.describe_path(program.file)
        cut = "" if inherited else "without what supervisord itself inherited: its /proc/<pid>/environ is not readable"
        return {**(inherited or {}), **declared}, origin, cut


class ResourceCollector(ProcessCollector):
    """Memory and CPU of the scope's processes against their limits; of one that does not run, its limit."""

    name = "supervisor.resources"

    async def collect(self, scope: Scope) -> Sequence[Evidence]:
        """Return one piece of evidence for each process of the scope.

        Raises:
            OperationalError: supervisord cannot be asked.
        """
        targets = list_targets(await self._site.client.fetch_processes(), scope)
        if not targets:
            return ()
        configs = await self._site.client.fetch_configs()
        config = await self.read_config_quietly()
        return await read_all(
            {f"use of {pair[0].namespec}": self._collect_one(scope, *pair, configs, config) for pair in targets}
        )

    async def _collect_one(
        self, scope: Scope, info: ProcessInfo, entity: Entity, configs: Sequence[ProcessConfig], config: Config | None
    ) -> Evidence:
        live = await self._site.find_live(info)
        if live is not None:
            live = await asyncio.to_thread(self._site.proc.follow_shell, live)
        limit = _find_declared(info, configs, config)
        size, kind = (limit.size_bytes, limit.kind) if limit else (None, "")
        enforced = None
        if live is not None:
            resource = limit.resource if limit else "Max data size"
            enforced = await asyncio.to_thread(self._site.proc.find_limit, live.pid, resource)
        if size is None and enforced is not None:
            size, kind = enforced, "RLIMIT_DATA"
        open_files, open_files_limit = None, None
        if live is not None:
            open_files = await asyncio.to_thread(self._site.proc.count_open_files, live.pid)
            open_files_limit = await asyncio.to_thread(self._site.proc.find_limit, live.pid, "Max open files")
        full = await asyncio.to_thread(self._site.proc.list_full_mounts, live.pid) if live is not None else ()
        host = self._site.proc.find_host_available if self._site.client.is_unix else None
        facts = ResourceFacts(
            memory_bytes=live.memory_bytes if live else None,
            memory_peak_bytes=live.memory_peak_bytes if live else None,
            memory_limit_bytes=size,
            memory_limit_kind=kind,
            host_available_bytes=await asyncio.to_thread(host) if host else None,
            cpu_seconds=live.cpu_seconds if live else None,
            open_files=open_files,
            open_files_limit=open_files_limit,
            full_mounts=tuple(path for path, _ in full),
        )
        return build_evidence(
            self._site,
            scope,
            entity,
            hide_lines(
                [*_describe_resources(facts, live, enforced), *(f"{path} has no {lacks} left" for path, lacks in full)]
            ),
            facts,
            kind=EvidenceKind.RESOURCES,
            collector=self.name,
            title=f"{info.namespec}: memory limit {format_size(size) if size else 'none'}",
            query=f"/proc/{live.pid if live else '<pid>'}/status and limits, command= of {info.namespec}",
            cut="" if live else "nothing of the process itself: it does not run, or is not on this machine",
        )


def _find_declared(info: ProcessInfo, configs: Sequence[ProcessConfig], config: Config | None) -> DeclaredLimit | None:
    """Return the tightest limit of the process's command: from the file when it is known, else from supervisord."""
    program = config.find_declared(info.group, info.name) if config else None
    option = program.section.find("command") if program else None
    told = find_config(configs, info)
    command = option.value if option else told.command if told else ""
    return min(list_limits(command), key=lambda limit: limit.size_bytes, default=None)


def _describe_resources(facts: ResourceFacts, live: LiveProcess | None, enforced: int | None) -> list[str]:
    def size(value: int | None) -> str:
        return "unknown" if value is None else format_size(value)

    lines = ["memory now: none, the process does not run"]
    if live is not None:
        peak = f"{size(facts.memory_peak_bytes)} at most since its start"
        lines = [f"memory now: {size(facts.memory_bytes)} resident, {peak} (pid {live.pid}, {live.command_name})"]
    limit = facts.memory_limit_bytes
    lines.append(f"memory limit: {format_size(limit)} by {facts.memory_limit_kind}" if limit else "memory limit: none")
    if limit and live is not None and enforced is not None and enforced != limit:
        lines.append(f"note: the running process still has {format_size(enforced)}; it started before the file changed")
    lines.append(f"host memory available: {size(facts.host_available_bytes)}")
    if facts.cpu_seconds is not None:
        lines.append(f"cpu used since its start: {facts.cpu_seconds:.1f} s, on {os.cpu_count() or 1} cores")
    if facts.open_files is not None:
        limit_text = f" of {facts.open_files_limit:,}" if facts.open_files_limit else ""
        lines.append(f"open files and sockets now: {facts.open_files:,}{limit_text}")
    return lines
