"""Restarting one container. What it is made of stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from fermata.domain.action import ActionResult, ActionSpec, BlastRadius, DryRun, Outcome, PlannedAction, Risk
from fermata.domain.entity import Entity
from fermata.integrations.docker.acting import (
    compute_version,
    fetch_as_operational,
    make_result,
    make_schema,
)
from fermata.integrations.docker.client import EngineSession
from fermata.integrations.docker.containers import parse_instant, require_container, tell_life
from fermata.integrations.docker.faults import EngineRefused, NotDelivered
from fermata.integrations.docker.site import Site, Target, find_target
from fermata.kit.clock import format_instant
from fermata.kit.errors import FermataError, OperationalError
from fermata.kit.redaction import redact
from fermata.ports.action import ExecutionKey, refuse_other_names

STOP_S = 10
"""How long a container is given to stop before it is killed; the engine's own default."""

_LONGEST_ERROR = 300
"""Of the engine's words, from their end: errors are wrapped, outermost first."""

_SPEC = ActionSpec(
    name="docker.restart_container",
    summary="Stop one container and start it again, as it is",
    risk=Risk.LOW,
    reversible=True,
    parameters_schema=make_schema({}),
)


class RestartAction:
    """Stop and start one container, and see it start."""

    spec = _SPEC

    def __init__(self, site: Site) -> None:
        self._site = site

    def validate(self, target: Entity, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return `{}`. Pure.

        Raises:
            UserError: The target is no container, or there are parameters.
        """
        require_container(target)
        refuse_other_names(self.spec.name, parameters, known=set())
        return {}

    async def dry_run(self, target: Entity, parameters: Mapping[str, Any]) -> DryRun:
        """Say what is stopped and started. There is no diff: nothing is configured anew.

        Raises:
            UserError: The engine has no such container.
            OperationalError: The engine cannot be asked.
        """
        self.validate(target, parameters)
        async with self._site.client.connect() as session:
            found = await self._site.fetch_target(session, target)
            version = _compute_version(found)
        state, name = found.inspected.state, found.name
        if state.status in ("running", "restarting", "paused"):
            since = parse_instant(state.started_at)
            started = f", last started {format_instant(since)}" if since else ""
            note = f"{name} is {state.status}{started}; it is given {STOP_S} s to stop, and started again"
            if state.status == "paused":
                note += f". What its processes hold in memory is lost; `docker unpause {name}` loses nothing"
            radius = f"1 container restarts: {name} answers nothing until it runs again"
        else:
            note = f"{name} is {state.status}: it is only started"
            if state.start_error:
                said = redact(state.start_error).text[-_LONGEST_ERROR:]
                note += f". Its last start failed, and the next one does unless this was mended: {said}"
            radius = f"1 container starts: {name}"
        return DryRun(
            possible=True,
            note=note,
            observed_version=version,
            blast_radius=BlastRadius(count=1, entities=(target.ref,), text=radius),
            undo_text="Nothing to undo: the same container runs from the same image",
        )

    async def observe_version(self, target: Entity, parameters: Mapping[str, Any]) -> str:
        """Return a digest of what it is made of, and of the life it is in (`tell_life`).

        Raises:
            OperationalError: The engine cannot be asked, or no longer has the container.
        """
        del parameters  # There are none.
        async with self._site.client.connect() as session:
            return _compute_version(await fetch_as_operational(self._site, session, target))

    async def execute(self, action: PlannedAction, key: ExecutionKey) -> ActionResult:
        """Stop and start the container.

        The engine keeps no place for the key: its event `restart` is what `probe` goes by.
        """
        del key
        name = require_container(action.target)
        try:
            async with self._site.client.connect() as session:
                found = await self._site.fetch_target(session, action.target)
                return await self._restart(session, found)
        except FermataError as error:
            # Before the one call that changes anything; what fails after it is told by `_restart`.
            return make_result(self._site, Outcome.FAILED, f"Nothing was done to {name}. {error}")

    async def probe(self, action: PlannedAction, key: ExecutionKey, intended_at: datetime) -> ActionResult:
        """Find out whether it was restarted: by the engine's event, else by the time of its last start."""
        del key
        name = require_container(action.target)
        try:
            async with self._site.client.connect() as session:
                found = await fetch_as_operational(self._site, session, action.target)
                events = await session.list_events(intended_at, self._site.clock.now() + timedelta(seconds=1))
                started = parse_instant(found.inspected.state.started_at)
                intended = intended_at + session.skew
        except OperationalError as error:
            return make_result(self._site, Outcome.UNKNOWN, f"Whether {name} was restarted is not known. {error}")
        status = found.inspected.state.status
        for event in events:
            if event.actor.id == found.inspected.id and event.action == "restart":
                at = format_instant(event.at)
                return make_result(self._site, Outcome.DONE, f"{name} was restarted at {at} and is {status}")
        if any(event.actor.id == found.inspected.id and event.action in ("kill", "stop") for event in events):
            text = f"{name} was told to stop, perhaps by us, and is {status}; no restart was finished"
            return make_result(self._site, Outcome.UNKNOWN, text)
        if started is None or started <= intended:
            text = f"Not executed: {name} was last started at {format_instant(started) if started else 'no time'}"
            return make_result(self._site, Outcome.FAILED, text)
        text = f"{name} was started at {format_instant(started)}, by us or by its restart policy, and is {status}"
        return make_result(self._site, Outcome.UNKNOWN, text)

    async def _restart(self, session: EngineSession, found: Target) -> ActionResult:
        name, container_id = found.name, found.inspected.id
        was = found.inspected.state.status
        try:
            await session.post(f"/containers/{container_id}/restart", params={"t": str(STOP_S)}, patience_s=STOP_S + 5)
        except NotDelivered as error:
            return make_result(self._site, Outcome.FAILED, f"Nothing was done to {name}. {error}")
        except EngineRefused as error:
            return await self._tell_refusal(session, found, error)
        except OperationalError as error:
            return make_result(self._site, Outcome.UNKNOWN, f"{name} was told to restart, and then: {error}")
        return make_result(
            self._site,
            Outcome.DONE,
            f"{name} was restarted (it was {was}) and is {await self._tell_state(session, container_id)}",
        )

    async def _tell_refusal(self, session: EngineSession, found: Target, error: EngineRefused) -> ActionResult:
        """Return `failed` if the container still runs as before or was down before, `unknown` if it was stopped."""
        try:
            now = await find_target(session, found.inspected.id)
        except OperationalError:
            now = None
        before = found.inspected.state
        is_same = now is not None and now.inspected.state.started_at == before.started_at
        if is_same and now is not None and now.inspected.state.status == before.status:
            return make_result(self._site, Outcome.FAILED, f"{found.name} is as it was. {error}")
        state = now.inspected.state.status if now else "gone"
        return make_result(self._site, Outcome.UNKNOWN, f"{found.name} is {state}. {error}")

    async def _tell_state(self, session: EngineSession, container_id: str) -> str:
        try:
            now = await find_target(session, container_id)
        except OperationalError as error:
            return f"in a state that is not known. {error}"
        return now.inspected.state.status if now else "gone"


def _compute_version(found: Target) -> str:
    return compute_version(found, life=tell_life(found.inspected))
