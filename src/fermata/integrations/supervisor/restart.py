"""Restarting one process. Its configuration stays the one supervisord already holds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fermata.domain.action import ActionResult, ActionSpec, BlastRadius, DryRun, Outcome, PlannedAction, Risk
from fermata.domain.entity import Entity
from fermata.integrations.supervisor.client import (
    ALREADY_STARTED,
    NotDelivered,
    ProcessInfo,
    SupervisorFault,
    find_config,
)
from fermata.integrations.supervisor.main_log import is_restarted_by_supervisord
from fermata.integrations.supervisor.processes import RUNNING_STATES, get_namespec, tell_life
from fermata.integrations.supervisor.regroup import stop_process, wait_settled
from fermata.integrations.supervisor.site import Site
from fermata.integrations.supervisor.starts import is_started_since
from fermata.kit.clock import format_instant
from fermata.kit.digest import compute_digest
from fermata.kit.errors import OperationalError, UserError
from fermata.kit.redaction import redact
from fermata.ports.action import ExecutionKey, TargetGone, refuse_other_names

_SPEC = ActionSpec(
    name="supervisor.restart",
    summary="Stop one process and start it again, with the same configuration",
    risk=Risk.LOW,
    reversible=True,
    parameters_schema={"type": "object", "additionalProperties": False, "properties": {}},
)


class RestartAction:
    """Stop and start one process, and see the new one start."""

    spec = _SPEC

    def __init__(self, site: Site) -> None:
        self._site = site

    def validate(self, target: Entity, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return `{}`. Pure.

        Raises:
            UserError: The target is no supervisord process, or there are parameters.
        """
        get_namespec(target)
        refuse_other_names(self.spec.name, parameters, known=set())
        return {}

    async def dry_run(self, target: Entity, parameters: Mapping[str, Any]) -> DryRun:
        """Say what is stopped and started. There is no diff: nothing is configured anew.

        Raises:
            UserError: supervisord runs no such process.
            OperationalError: supervisord or its files cannot be asked.
        """
        self.validate(target, parameters)
        info, version = await self._observe(target)
        name = info.namespec
        if info.state in RUNNING_STATES:
            since = format_instant(datetime.fromtimestamp(info.start, UTC))
            note = f"{name} is {info.state} (pid {info.pid or 'none'}, last started {since}); it is stopped and started"
            radius = f"1 process restarts: {name} answers nothing until it runs again"
        else:
            note = f"{name} is {info.state}: it is only started"
            radius = f"1 process starts: {name}"
        return DryRun(
            possible=True,
            note=note,
            observed_version=version,
            blast_radius=BlastRadius(count=1, entities=(target.ref,), text=radius),
            undo_text="Nothing to undo: the same program runs with the same configuration",
        )

    async def observe_version(self, target: Entity, parameters: Mapping[str, Any]) -> str:
        """Return a digest of the program's section, and of the life the process is in (`tell_life`).

        Raises:
            OperationalError: supervisord cannot be asked.
            TargetGone: It no longer has the process.
        """
        del parameters  # There are none.
        try:
            return (await self._observe(target))[1]
        except UserError as error:
            raise TargetGone(error.what, why=error.why, do=error.do) from error

    async def execute(self, action: PlannedAction, key: ExecutionKey) -> ActionResult:
        """Stop and start the process, and wait until it has started well or badly.

        supervisord keeps no place for the key, so the start's own time is what `probe` goes by.
        """
        del key
        client, name = self._site.client, get_namespec(action.target)
        try:
            before = await client.find_process(name)
            configs = await client.fetch_configs()
        except OperationalError as error:
            return self._result(Outcome.FAILED, f"Nothing was done. {error}")
        if before is None:
            return self._result(Outcome.FAILED, f"Nothing was done: supervisord runs no process {name}")
        config = find_config(configs, before)
        was_running = before.state in RUNNING_STATES
        if was_running:
            try:
                await stop_process(client, name, config)
            except NotDelivered as error:
                return await self._tell_stopping(before, error)
            except OperationalError as error:
                return self._result(Outcome.UNKNOWN, f"{name} was told to stop, and then: {error}")
        try:
            await client.call("startProcess", name, False)
        except SupervisorFault as fault:
            if fault.code != ALREADY_STARTED:
                outcome = Outcome.UNKNOWN if was_running else Outcome.FAILED
                state = "was stopped and could not be started" if was_running else "could not be started"
                return self._result(outcome, f"{name} {state}: {fault.text}")
        except OperationalError as error:
            state = "It was stopped, and whether it was started" if was_running else "Whether it was started"
            return self._result(Outcome.UNKNOWN, f"{state} is not known. {error}")
        try:
            after = await wait_settled(client, name, config, self._site.timeout_s)
        except OperationalError as error:
            return self._result(Outcome.DONE, f"{name} was restarted; what became of it is not known. {error}")
        return self._result(Outcome.DONE, _describe_restart(before, after))

    async def _tell_stopping(self, before: ProcessInfo, error: NotDelivered) -> ActionResult:
        """Return `failed` if the very first call was not delivered, `unknown` if supervisord went while stopping."""
        try:
            now = await self._site.client.find_process(before.namespec)
        except OperationalError:
            return self._result(
                Outcome.UNKNOWN, f"{before.namespec} may have been told to stop before supervisord went. {error}"
            )
        is_same = now is not None and now.state in RUNNING_STATES and now.pid == before.pid
        outcome = Outcome.FAILED if is_same else Outcome.UNKNOWN
        return self._result(outcome, f"{before.namespec} is {now.state if now else 'gone'}. {error}")

    async def probe(self, action: PlannedAction, key: ExecutionKey, intended_at: datetime) -> ActionResult:
        """Find out whether it was restarted, by the time of its last start."""
        del key
        name = get_namespec(action.target)
        try:
            info = await self._site.client.find_process(name)
        except OperationalError as error:
            return self._result(Outcome.UNKNOWN, f"Whether {name} was restarted is not known. {error}")
        if info is None:
            return self._result(Outcome.UNKNOWN, f"supervisord has no process {name} any more")
        if info.state in ("STOPPED", "STOPPING"):
            return self._result(Outcome.UNKNOWN, f"{name} is {info.state}: stopped, perhaps by us, and not started")
        is_new = await is_started_since(self._site, info, intended_at)
        if is_new is None:
            text = f"{name} was started in the same second as the restart was meant for"
            return self._result(Outcome.UNKNOWN, f"{text}: before or after it cannot be told")
        started = format_instant(datetime.fromtimestamp(info.start, UTC))
        if not is_new:
            return self._result(Outcome.FAILED, f"Not executed: {name} was last started at {started}, before that")
        if info.state not in ("RUNNING", "STARTING"):
            text = f"{name} was started at {started}, by us or by supervisord itself, and is {info.state}"
            return self._result(Outcome.UNKNOWN, text)
        return self._result(Outcome.DONE, f"{name} was started at {started}, after the restart was meant for")

    async def _observe(self, target: Entity) -> tuple[ProcessInfo, str]:
        name = get_namespec(target)
        history = await self._site.fetch_history()
        info = next((info for info in history.infos if info.namespec == name), None)
        if info is None:
            raise UserError(f"supervisord runs no process {name}", do="supervisorctl status shows what there is")
        config = await self._site.read_config()
        program = config.find_program(info.group, info.name) if config else None
        life = tell_life(info, was_restarted=is_restarted_by_supervisord(history.entries, info, history.infos))
        return info, compute_digest({"section": program.digest if program else "", "life": life})

    def _result(self, outcome: Outcome, detail: str) -> ActionResult:
        return ActionResult(outcome=outcome, detail=redact(detail).text, at=self._site.clock.now())


def _describe_restart(before: ProcessInfo, after: ProcessInfo | None) -> str:
    if after is None:
        return f"{before.namespec} was restarted, and then removed from supervisord by somebody else"
    was = f"pid {before.pid}" if before.pid else before.state
    now = (
        f"RUNNING as pid {after.pid}" if after.state == "RUNNING" else f"{after.state}: {after.spawnerr or 'no reason'}"
    )
    return f"{before.namespec} was restarted (it was {was}) and is {now}"
