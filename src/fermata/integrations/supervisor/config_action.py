"""An approved edit of a program's section: written in one step, marked, and taken up for its group alone.

The mark `; fermata: <action id>.<plan digest>` is written in the same step as the edit, right below the section's
header. Its presence proves the edit, its absence proves that nothing happened; that is what `probe` rests on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fermata.domain.action import ActionResult, ActionSpec, BlastRadius, DryRun, Outcome, PlannedAction
from fermata.domain.diagnosis import ActionSuggestion
from fermata.domain.entity import Entity
from fermata.integrations.supervisor.atomic_file import ChangedMeanwhile, replace_file
from fermata.integrations.supervisor.client import ProcessConfig, ProcessInfo, find_config
from fermata.integrations.supervisor.config_file import find_mark, make_diff, scan, write_mark
from fermata.integrations.supervisor.config_tree import Config, Program
from fermata.integrations.supervisor.edits import Edited, Editor
from fermata.integrations.supervisor.hiding import hide_settings
from fermata.integrations.supervisor.pending import refuse_pending, refuse_seen
from fermata.integrations.supervisor.processes import find_entity, get_namespec
from fermata.integrations.supervisor.regroup import (
    NotTakenUp,
    Progress,
    readd_group,
    reload_config,
    wait_settled,
)
from fermata.integrations.supervisor.site import Site
from fermata.integrations.supervisor.starts import is_started_since
from fermata.kit.errors import FermataError, OperationalError, UserError
from fermata.kit.redaction import redact
from fermata.kit.showing import refuse_hidden
from fermata.ports.action import MARK_PLACEHOLDER, ExecutionKey


@dataclass(frozen=True, slots=True)
class _Change:
    """An edit computed against the files and processes of one moment."""

    program: Program
    edited: Edited
    members: tuple[ProcessInfo, ...]
    diff: str
    version: str
    neighbours: str
    """The version without the section that is edited."""

    def render(self, mark: str) -> str:
        """Return the file's new text, mark included."""
        return _render(self.edited.text, self.program.section.header, mark)


def _render(text: str, header: str, mark: str) -> str:
    section = next(section for section in scan(text) if section.header == header)
    return write_mark(text, section, mark)


class ConfigAction:
    """A catalogue action made of an editor: dry run, write, regroup, probe."""

    def __init__(self, site: Site, editor: Editor) -> None:
        self._site = site
        self._editor = editor

    @property
    def spec(self) -> ActionSpec:
        """Return the catalogue entry."""
        return self._editor.spec

    def validate(self, target: Entity, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the parameters in canonical form. Pure.

        Raises:
            UserError: The target is no supervisord process, or a parameter is wrong.
        """
        get_namespec(target)
        return self._editor.validate(parameters)

    async def dry_run(self, target: Entity, parameters: Mapping[str, Any]) -> DryRun:
        """Compute the diff of the real file and what restarts with it.

        The diff holds the mark line too, with a placeholder where the key will stand; secrets in it are digests.

        Raises:
            UserError: There is no such process, no file to edit, no such change to make, or nothing would change; or
                more would come into force with it, or it cannot be shown.
            OperationalError: supervisord or its files cannot be asked.
        """
        change = await self._compute(target, self.validate(target, parameters))
        count = len(change.members)
        names = ", ".join(info.namespec for info in change.members)
        undo = change.edited.undo
        return DryRun(
            possible=True,
            diff=change.diff,
            note=_describe_effect(change),
            observed_version=change.version,
            blast_radius=BlastRadius(
                count=count,
                entities=tuple(entity.ref for info in change.members if (entity := find_entity(info))),
                text=f"{count} process{'es' * (count > 1)} restart{'s' * (count == 1)}: {names}",
            ),
            undo=ActionSuggestion(name=self.spec.name, target=target, parameters=undo) if undo is not None else None,
            undo_text=change.edited.undo_text,
        )

    async def observe_version(self, target: Entity, parameters: Mapping[str, Any]) -> str:
        """Return the digest of the sections of the program's group: a crash loop changes pids every second, not these.

        Raises:
            OperationalError: The section is gone, or cannot be read.
        """
        del parameters  # The version is the group's, whatever is to change in it.
        try:
            config, program = await self._find_program(target)
            return config.compute_version(program.group)
        except UserError as error:
            raise OperationalError(error.what, why=error.why, do=error.do) from error

    async def execute(self, action: PlannedAction, key: ExecutionKey) -> ActionResult:
        """Write the edit with its mark, and have supervisord take it up for the program's group.

        `failed` means that nothing was changed, or that the file was put back before anything used it.
        """
        try:
            parameters = self.validate(action.target, action.parameters)
            _refuse_difference(action, await self._compute(action.target, parameters))
            await refuse_pending(self._site.client, action.target.namespace or action.target.name)
            # What was edited while supervisord read its files would not have been told.
            change = await self._compute(action.target, parameters)
            _refuse_difference(action, change)
            configs = await self._site.client.fetch_configs()
        except FermataError as error:
            return self._result(Outcome.FAILED, f"Nothing was changed. {error}")
        try:
            await asyncio.to_thread(self._write, change, key.mark)
        except ChangedMeanwhile:
            return self._result(Outcome.FAILED, "Nothing was changed: the file was edited at the same moment")
        except OSError as error:
            return self._result(Outcome.FAILED, f"Nothing was changed: {change.program.file.path}: {error.strerror}")
        group = change.program.group
        progress = Progress()
        try:
            await reload_config(self._site.client, group)
            await self._refuse_edited(change, key.mark)
            await readd_group(self._site.client, group, change.members, configs, progress)
        except NotTakenUp as error:
            return await self._put_back(change, key.mark, str(error))
        except OperationalError as error:
            return self._result(
                Outcome.DONE if progress.is_added else Outcome.UNKNOWN,
                f"{change.program.file.path} is written, but a fault came while {progress.step}. {error} "
                f"Look: supervisorctl status {group}:*",
            )
        return self._result(Outcome.DONE, f"{change.edited.summary}. {await self._describe_start(action, configs)}")

    async def probe(self, action: PlannedAction, key: ExecutionKey, intended_at: datetime) -> ActionResult:
        """Find out whether `execute` took effect: by the mark in the file, then by the process that runs."""
        try:
            _, program = await self._find_program(action.target)
        except FermataError as error:
            return self._result(Outcome.UNKNOWN, f"The configuration cannot be looked at. {error}")
        if find_mark(program.file.text, program.section) != key.mark:
            return self._result(Outcome.FAILED, f"Not executed: {program.file.path} does not hold the mark {key.mark}")
        written = f"{program.file.path} is written (mark {key.mark})"
        namespec = get_namespec(action.target)
        try:
            info = await self._site.client.find_process(namespec)
        except OperationalError as error:
            return self._result(Outcome.UNKNOWN, f"{written}, but whether supervisord took it up is not known. {error}")
        if info is None:
            hint = f"supervisorctl add {program.group}"
            return self._result(Outcome.UNKNOWN, f"{written}, but {namespec} is gone from supervisord; add it: {hint}")
        is_new = await is_started_since(self._site, info, intended_at)
        # Started since proves the new configuration only of a process that had been running: one in a crash loop
        # is started again and again with the old one.
        if is_new and info.state == "RUNNING" and await self._has_effect(info, action) is not False:
            return self._result(Outcome.DONE, f"{written}, and {namespec} was started after it (pid {info.pid})")
        return self._result(
            Outcome.UNKNOWN,
            f"{written}, but {namespec} is {info.state} and not seen to run with it; "
            f"`supervisorctl update {program.group}` takes it up",
        )

    async def _has_effect(self, info: ProcessInfo, action: PlannedAction) -> bool | None:
        live = await self._site.find_live_quietly(info)
        if live is None:
            return None
        return await asyncio.to_thread(self._editor.is_in_force, self._site.proc, live, action.parameters)

    async def _find_program(self, target: Entity) -> tuple[Config, Program]:
        namespec = get_namespec(target)
        config = await self._site.read_config()
        if config is None:
            raise UserError(
                f"The configuration of {namespec} cannot be changed",
                why="No config_path is set: this supervisord is read-only for Fermata",
                do="Set config_path in the supervisor settings to its main supervisord.conf",
            )
        program = config.find_program(target.namespace or target.name, target.name)
        if program is None:
            raise UserError(
                f"No configuration file declares {namespec}",
                why=f"Looked in {config.main} and what it includes",
                do="Correct the target, or config_path in the supervisor settings",
            )
        return config, program

    async def _compute(self, target: Entity, parameters: Mapping[str, Any]) -> _Change:
        namespec = get_namespec(target)
        config, program = await self._find_program(target)
        infos = await self._site.client.fetch_processes()
        if not any(info.namespec == namespec for info in infos):
            raise UserError(f"supervisord runs no process {namespec}", do="supervisorctl status shows what there is")
        edited = self._editor.edit(program, parameters)
        refuse_seen(config, program.group, await self._site.client.fetch_configs())
        after = _render(edited.text, program.section.header, MARK_PLACEHOLDER)
        diff = make_diff(program.file.text, after, config.describe_path(program.file))
        written = diff.encode(errors="surrogateescape").decode(errors="replace")
        shown = hide_settings(written)
        refuse_hidden(written.split("\n"), shown.split("\n"))
        _refuse_hidden(shown)
        members = tuple(info for info in infos if info.group == program.group)
        group, header = program.group, program.section.header
        versions = config.compute_version(group), config.compute_version(group, header)
        return _Change(program, edited, members, shown, *versions)

    def _write(self, change: _Change, mark: str) -> None:
        file = change.program.file
        replace_file(file.path, file.encode(file.text), file.encode(change.render(mark)))

    async def _refuse_edited(self, change: _Change, mark: str) -> None:
        """Refuse what somebody edited between the last look and supervisord's reading.

        Raises:
            NotTakenUp: The group would not come into force as it was computed.
        """
        group, header = change.program.group, change.program.section.header
        try:
            config = await self._site.read_config()
        except OperationalError as error:
            raise NotTakenUp(str(error)) from error
        texts = [file.text for file in config.files if file.path == change.program.file.path] if config else []
        if (
            config is None
            or config.compute_version(group, header) != change.neighbours
            or texts != [change.render(mark)]
        ):
            raise NotTakenUp(f"A section of group {group} was edited at the same moment")

    async def _put_back(self, change: _Change, mark: str, why: str) -> ActionResult:
        """Undo the write after supervisord said for certain that it did not take it up."""
        file = change.program.file
        written = file.encode(change.render(mark))
        try:
            await asyncio.to_thread(replace_file, file.path, written, file.encode(file.text))
        except (OSError, ChangedMeanwhile):
            return self._result(
                Outcome.UNKNOWN, f"{why}. {file.path} is written, and could not be put back: do it by hand"
            )
        # What supervisord holds in memory for its next update shall be the old text again; the files are what counts.
        with suppress(OperationalError):
            await self._site.client.call("reloadConfig")
        return self._result(Outcome.FAILED, f"{why}. {file.path} is as it was before, and nothing was restarted")

    async def _describe_start(self, action: PlannedAction, configs: Sequence[ProcessConfig]) -> str:
        namespec = get_namespec(action.target)
        try:
            before = await self._site.client.find_process(namespec)
            config = find_config(configs, before) if before else None
            info = await wait_settled(self._site.client, namespec, config, self._site.timeout_s)
        except OperationalError as error:
            return f"The group was added again, but what became of it is not known. {error}"
        if info is None:
            return f"The group was added again, but {namespec} is not in it"
        return f"{namespec} is {info.state}" + (f" (pid {info.pid})" if info.pid else f" ({info.spawnerr or 'no pid'})")

    def _result(self, outcome: Outcome, detail: str) -> ActionResult:
        return ActionResult(outcome=outcome, detail=redact(detail).text, at=self._site.clock.now())


def _refuse_difference(action: PlannedAction, change: _Change) -> None:
    if (action.dry_run.observed_version, action.dry_run.diff) != (change.version, change.diff):
        raise UserError(
            "The change would not be the one that was approved",
            why=f"A section of group {change.program.group} was edited since",
            do="Look at the proposal anew",
        )


def _refuse_hidden(diff: str) -> None:
    """Refuse a diff in which redaction left nothing of the change to see."""
    lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++")) and "; fermata: " not in line]
    removed = [line[1:] for line in lines if line.startswith("-")]
    if removed and removed == [line[1:] for line in lines if line.startswith("+")]:
        raise UserError(
            "The change cannot be shown",
            why="What it changes looks like a secret, and secrets are not shown on cards",
            do="Make the change by hand",
        )


def _describe_effect(change: _Change) -> str:
    parts = [
        change.edited.summary,
        f"group {change.program.group} is stopped, removed and added again",
    ]
    idle = [info.namespec for info in change.members if info.state in ("STOPPED", "EXITED")]
    if idle:
        parts.append(f"not running now, and started if autostart is on: {', '.join(idle)}")
    return "; ".join(parts)
