"""Changing the memory limit of a container, live: nothing is created anew, and what runs goes on running.

A container that is down because it was killed (it waits for its next restart, or was given up on) is started again with
the new limit: raising the limit of what does not run helps nobody.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fermata.domain.action import ActionResult, ActionSpec, BlastRadius, DryRun, Outcome, PlannedAction, Risk
from fermata.domain.diagnosis import ActionSuggestion
from fermata.domain.entity import Entity
from fermata.integrations.docker.acting import (
    compute_version,
    fetch_as_operational,
    make_result,
    make_schema,
    refuse_drift,
)
from fermata.integrations.docker.client import EngineSession
from fermata.integrations.docker.containers import KILLED, require_container
from fermata.integrations.docker.faults import EngineRefused, NotDelivered
from fermata.integrations.docker.restart import STOP_S
from fermata.integrations.docker.site import Site, Target, find_target
from fermata.integrations.docker.wire import HostConfig, Info, State
from fermata.kit.errors import FermataError, OperationalError, UserError
from fermata.kit.units import format_size
from fermata.ports.action import ExecutionKey, refuse_other_names

SMALLEST_LIMIT_BYTES = 6 * 1024**2
"""The engine refuses less: runc itself needs this much to start (moby, `daemon_unix.go`, `linuxMinMemory`)."""

_SPEC = ActionSpec(
    name="docker.set_memory_limit",
    summary="Change the memory limit of one container without creating it anew; started again if it was killed",
    risk=Risk.MEDIUM,
    reversible=True,
    parameters_schema=make_schema(
        {
            "limit_bytes": {
                "type": "integer",
                "minimum": SMALLEST_LIMIT_BYTES,
                "description": "The new limit in bytes; never below what the container uses",
            }
        }
    ),
)


@dataclass(frozen=True, slots=True)
class _Limits:
    """The three limits that belong together. Bytes; 0 means none, and -1 as swap means unlimited."""

    memory: int
    memory_swap: int
    reservation: int

    @classmethod
    def read(cls, host: HostConfig) -> _Limits:
        return cls(host.memory, host.memory_swap, host.memory_reservation)

    def with_memory(self, size: int) -> _Limits:
        """Return the limits with another memory limit: the swap beyond it stays as large, the reservation fits."""
        swap = self.memory_swap
        if swap > 0:
            swap = size + max(0, swap - self.memory)
        return _Limits(size, swap, min(self.reservation, size))

    def write(self) -> list[str]:
        """Return them as lines of a diff."""
        values = {"Memory": self.memory, "MemorySwap": self.memory_swap, "MemoryReservation": self.reservation}
        return [
            f"{name}: {value}" + (f" ({format_size(value)})" if value > 0 else "") for name, value in values.items()
        ]

    def build_body(self) -> dict[str, int]:
        """Return what the engine is told; it leaves alone what is 0."""
        body = {"Memory": self.memory, "MemorySwap": self.memory_swap, "MemoryReservation": self.reservation}
        return {name: value for name, value in body.items() if value}


def write_diff(name: str, before: HostConfig, after: HostConfig) -> str:
    """Return the difference of two states of a container's limits, as a unified diff."""
    return _diff(name, _Limits.read(before), _Limits.read(after))


def _diff(name: str, before: _Limits, after: _Limits) -> str:
    lines = difflib.unified_diff(
        before.write(), after.write(), f"docker inspect {name}: HostConfig", f"docker update {name}", lineterm=""
    )
    return "\n".join(lines)


def is_waiting_to_run(state: State) -> bool:
    """Answer whether a container is down against its will: between two restarts, or killed."""
    was_killed = state.oom_killed or state.exit_code == KILLED
    return state.status == "restarting" or (state.status == "exited" and was_killed)


class MemoryLimitAction:
    """Change `HostConfig.Memory`, and swap and reservation with it."""

    spec = _SPEC

    def __init__(self, site: Site) -> None:
        self._site = site

    def validate(self, target: Entity, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return `{"limit_bytes": int}`. Pure.

        Raises:
            UserError: The target is no container, or the limit is no whole number of bytes from 6 MiB.
        """
        require_container(target)
        refuse_other_names(self.spec.name, parameters, known={"limit_bytes"})
        limit = parameters["limit_bytes"]
        if not isinstance(limit, int) or isinstance(limit, bool) or limit < SMALLEST_LIMIT_BYTES:
            raise UserError(
                f"limit_bytes cannot be {limit!r}", do=f"Give a whole number of bytes, {SMALLEST_LIMIT_BYTES} or more"
            )
        return {"limit_bytes": limit}

    async def dry_run(self, target: Entity, parameters: Mapping[str, Any]) -> DryRun:
        """Compute the new limits against the container as it is.

        Raises:
            UserError: There is no such container, the limit is the present one, below what the container uses, or above
                what its host has.
            OperationalError: The engine cannot be asked.
        """
        size = int(self.validate(target, parameters)["limit_bytes"])
        async with self._site.client.connect() as session:
            found = await self._site.fetch_target(session, target)
            used = await self._refuse_unfit(session, found, size)
            version = compute_version(found)
        before = _Limits.read(found.inspected.host)
        name = found.name
        undo = None
        undo_text = f"Set it back to {format_size(before.memory)}" if before.memory else ""
        if before.memory >= SMALLEST_LIMIT_BYTES:
            undo = ActionSuggestion(name=self.spec.name, target=target, parameters={"limit_bytes": before.memory})
        else:
            undo_text = f"The engine cannot take a limit away again: docker update cannot, creating {name} anew can"
        now = f"it uses {format_size(used)} now" if used is not None else "it does not run now"
        return DryRun(
            possible=True,
            diff=_diff(name, before, before.with_memory(size)),
            note=f"The limit applies at once, and what runs is not restarted; {now}. If {name} is down at that moment "
            "because it was killed, it is started again",
            observed_version=version,
            blast_radius=BlastRadius(
                count=1, entities=(target.ref,), text=f"1 container gets another memory limit: {name}"
            ),
            undo=undo,
            undo_text=undo_text,
        )

    async def observe_version(self, target: Entity, parameters: Mapping[str, Any]) -> str:
        """Return the digest of what the container is made of; its state does not count.

        Raises:
            OperationalError: The engine cannot be asked, or no longer has the container.
        """
        del parameters  # The version is the container's, whatever is to change in it.
        async with self._site.client.connect() as session:
            return compute_version(await fetch_as_operational(self._site, session, target))

    async def execute(self, action: PlannedAction, key: ExecutionKey) -> ActionResult:
        """Update the container, and start it if it is down because it was killed.

        The engine keeps no place for the key: the limit itself is what `probe` goes by.
        """
        del key
        name = require_container(action.target)
        try:
            size = int(self.validate(action.target, action.parameters)["limit_bytes"])
            async with self._site.client.connect() as session:
                found = await self._site.fetch_target(session, action.target)
                refuse_drift(action.dry_run.observed_version, compute_version(found), name)
                await self._refuse_unfit(session, found, size)
                return await self._update(session, found, size)
        except FermataError as error:
            return make_result(self._site, Outcome.FAILED, f"Nothing was changed. {error}")

    async def probe(self, action: PlannedAction, key: ExecutionKey, intended_at: datetime) -> ActionResult:
        """Find out whether the limit is the one that was meant."""
        del key, intended_at
        name, size = require_container(action.target), action.parameters["limit_bytes"]
        try:
            async with self._site.client.connect() as session:
                found = await fetch_as_operational(self._site, session, action.target)
        except OperationalError as error:
            return make_result(self._site, Outcome.UNKNOWN, f"Whether {name} has the new limit is not known. {error}")
        if compute_version(found) == action.dry_run.observed_version:
            return make_result(self._site, Outcome.FAILED, f"Not executed: {name} is as it was")
        limit, state = found.inspected.host.memory, found.inspected.state
        words = f"the memory limit of {name} is {format_size(limit)}, and it is {state.status}"
        if limit != size:
            return make_result(self._site, Outcome.UNKNOWN, f"{name} was changed by somebody else: {words}")
        outcome = Outcome.UNKNOWN if is_waiting_to_run(state) else Outcome.DONE
        return make_result(self._site, outcome, words)

    async def _update(self, session: EngineSession, found: Target, size: int) -> ActionResult:
        name, container_id = found.name, found.inspected.id
        before = _Limits.read(found.inspected.host)
        try:
            answer = await session.post(f"/containers/{container_id}/update", before.with_memory(size).build_body())
        except NotDelivered as error:
            return make_result(self._site, Outcome.FAILED, f"Nothing was changed. {error}")
        except OperationalError as error:
            return await self._tell_refusal(session, found, error)
        warnings = "; ".join((answer or {}).get("Warnings") or ())
        words = f"memory limit of {name} {_say(before.memory)} -> {format_size(size)}"
        words += f" (the engine warns: {warnings})" if warnings else ""
        try:
            return make_result(self._site, Outcome.DONE, f"{words}. {await self._wake(session, container_id, name)}")
        except OperationalError as error:
            return make_result(self._site, Outcome.UNKNOWN, f"{words}, but it may not have been started again. {error}")

    async def _wake(self, session: EngineSession, container_id: str, name: str) -> str:
        """Start the container if it is down because it was killed; return what it does now."""
        now = await find_target(session, container_id)
        if now is not None and is_waiting_to_run(now.inspected.state):
            # `start` does nothing for a container that waits for its restart policy; `restart` ends the waiting.
            await session.post(f"/containers/{container_id}/restart", params={"t": str(STOP_S)}, patience_s=STOP_S + 5)
            now = await find_target(session, container_id)
            return f"{name} was started again and is {now.inspected.state.status if now else 'gone'}"
        return f"{name} is {now.inspected.state.status if now else 'gone'}"

    async def _tell_refusal(self, session: EngineSession, found: Target, error: OperationalError) -> ActionResult:
        """Return `failed` when the engine refused and the container is as it was, else `unknown`."""
        try:
            now = await find_target(session, found.inspected.id)
        except OperationalError:
            now = None
        is_as_before = now is not None and compute_version(now) == compute_version(found)
        if isinstance(error, EngineRefused) and is_as_before:
            return make_result(self._site, Outcome.FAILED, f"Nothing was changed. {error}")
        return make_result(self._site, Outcome.UNKNOWN, f"Whether {found.name} has the new limit is not known. {error}")

    async def _refuse_unfit(self, session: EngineSession, found: Target, size: int) -> int | None:
        """Refuse a limit that changes nothing or cannot hold; return the bytes used, `None` when it is down."""
        name, limit = found.name, found.inspected.host.memory
        if size == limit:
            raise UserError(f"The memory limit of {name} is {format_size(size)} already", do="Give another limit")
        info = await session.fetch_info()
        _refuse_what_the_host_lacks(info, name, size)
        if found.inspected.state.status not in ("running", "paused"):
            return None
        used = (await session.fetch_stats(found.inspected.id)).memory_stats.used
        if used is not None and size < used:
            raise UserError(
                f"{format_size(size)} are less than {name} uses",
                why=f"It uses {format_size(used)}: the kernel would kill it at once",
                do="Give a limit above what it uses",
                used_bytes=used,
            )
        return used


def _refuse_what_the_host_lacks(info: Info, name: str, size: int) -> None:
    if info.memory_total and not info.memory_limit:
        raise UserError(
            f"The memory limit of {name} cannot be changed",
            why="The host's kernel enforces no memory limits (docker info: No memory limit support)",
            do="Turn the memory cgroup on",
        )
    if info.memory_total and size > info.memory_total:
        raise UserError(
            f"{format_size(size)} are more than the host of {name} has",
            why=f"It has {format_size(info.memory_total)}",
            do="Give a smaller limit, or move the container to a larger host",
        )


def _say(size: int) -> str:
    return format_size(size) if size else "none"
