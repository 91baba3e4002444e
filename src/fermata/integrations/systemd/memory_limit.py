"""Changing the memory limit of a service, live and for good: what runs goes on running.

A service that is down because it failed, or waits for its next start, is started with the new limit: raising the limit
of what does not run helps nobody.
"""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fermata.domain.action import ActionResult, ActionSpec, BlastRadius, DryRun, Outcome, PlannedAction, Risk
from fermata.domain.diagnosis import ActionSuggestion
from fermata.domain.entity import Entity
from fermata.integrations.systemd.acting import (
    compute_version,
    describe_state,
    is_down_against_its_will,
    make_result,
    observe,
    refuse_drift,
    require_unit,
    start_anew,
    wait_settled,
)
from fermata.integrations.systemd.client import NotDelivered, SystemdFault, UnitInfo
from fermata.integrations.systemd.proc import find_host_total
from fermata.integrations.systemd.site import Site
from fermata.integrations.systemd.units import get_unit
from fermata.kit.errors import FermataError, OperationalError, UserError
from fermata.kit.units import format_size
from fermata.ports.action import ExecutionKey, refuse_other_names

SMALLEST_LIMIT_BYTES = 1024**2
"""Below this no program starts; a guess, so that a slip of the unit is refused."""
_KEPT_IN = "/etc/systemd/system.control/{}.d/50-MemoryMax.conf"

_SPEC = ActionSpec(
    name="systemd.set_memory_limit",
    summary="Change MemoryMax of one service without restarting it; started again if it had failed",
    risk=Risk.MEDIUM,
    reversible=True,
    parameters_schema={
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "limit_bytes": {
                "type": "integer",
                "minimum": SMALLEST_LIMIT_BYTES,
                "description": "The new limit in bytes; never below what the service uses",
            }
        },
        "required": ["limit_bytes"],
    },
)


class MemoryLimitAction:
    """Change `MemoryMax=` by `systemctl set-property`, which keeps it over restarts of the machine."""

    spec = _SPEC

    def __init__(self, site: Site) -> None:
        self._site = site

    def validate(self, target: Entity, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return `{"limit_bytes": int}`. Pure.

        Raises:
            UserError: The target is no systemd service, or the limit is no whole number of bytes from 1 MiB.
        """
        get_unit(target)
        refuse_other_names(self.spec.name, parameters, known={"limit_bytes"})
        limit = parameters["limit_bytes"]
        if not isinstance(limit, int) or isinstance(limit, bool) or limit < SMALLEST_LIMIT_BYTES:
            raise UserError(
                f"limit_bytes cannot be {limit!r}", do=f"Give a whole number of bytes, {SMALLEST_LIMIT_BYTES} or more"
            )
        return {"limit_bytes": limit}

    async def dry_run(self, target: Entity, parameters: Mapping[str, Any]) -> DryRun:
        """Compute the new limit against the service as it is.

        Raises:
            UserError: There is no such service, the limit is the present one, below what the service uses, or above
                what the machine has.
            OperationalError: systemd cannot be asked.
        """
        size = int(self.validate(target, parameters)["limit_bytes"])
        unit = await require_unit(self._site, target)
        await self._refuse_unfit(unit, size)
        before, used, high = unit.find_number("MemoryMax"), _find_used(unit), unit.find_number("MemoryHigh")
        now = f"it uses {format_size(used)} now" if used is not None else "it does not run now"
        note = (
            f"The limit applies at once and stays (systemctl set-property), and what runs is not restarted; {now}. If "
            f"{unit.id} has failed by then, or waits for its next start, it is started again"
        )
        note += (
            f". From then on it goes over MemoryMax= in the unit's own files: it stands in {_KEPT_IN.format(unit.id)}"
        )
        if high is not None and high < size:
            note += f". MemoryHigh of {format_size(high)} goes on slowing it down from there"
        undo = None
        undo_text = f"To take it away again: systemctl set-property {unit.id} MemoryMax=infinity"
        if before is not None and before >= SMALLEST_LIMIT_BYTES:
            undo = ActionSuggestion(name=self.spec.name, target=target, parameters={"limit_bytes": before})
            undo_text = f"Set it back to {format_size(before)}"
        return DryRun(
            possible=True,
            diff=write_diff(unit.id, before, size),
            note=note,
            observed_version=compute_version(unit, with_life=False),
            blast_radius=BlastRadius(
                count=1, entities=(target.ref,), text=f"1 service gets another memory limit: {unit.id}"
            ),
            undo=undo,
            undo_text=undo_text,
        )

    async def observe_version(self, target: Entity, parameters: Mapping[str, Any]) -> str:
        """Return the digest of what systemd holds of the unit; its state does not count.

        Raises:
            OperationalError: systemd cannot be asked.
            TargetGone: It no longer has the unit.
        """
        del parameters  # The version is the unit's, whatever is to change in it.
        return await observe(self._site, target, with_life=False)

    async def execute(self, action: PlannedAction, key: ExecutionKey) -> ActionResult:
        """Set the limit, and start the service if it is down against its will.

        systemd keeps no place for the key: the limit itself is what `probe` goes by.
        """
        del key
        name = get_unit(action.target)
        try:
            size = int(self.validate(action.target, action.parameters)["limit_bytes"])
            before = await require_unit(self._site, action.target)
            refuse_drift(action.dry_run.observed_version, compute_version(before, with_life=False), name)
            await self._refuse_unfit(before, size)
        except FermataError as error:
            return make_result(self._site, Outcome.FAILED, f"Nothing was changed. {error}")
        try:
            await self._site.client.run("systemctl", "set-property", "--", name, f"MemoryMax={size}")
        except (NotDelivered, SystemdFault) as error:
            return await self._tell_refusal(before, error)
        except OperationalError as error:
            return make_result(self._site, Outcome.UNKNOWN, f"Whether {name} has the new limit is not known. {error}")
        words = f"memory limit of {name} {_say(before.find_number('MemoryMax'))} -> {format_size(size)}"
        try:
            return make_result(self._site, Outcome.DONE, f"{words}. {await self._wake(name)}")
        except OperationalError as error:
            return make_result(self._site, Outcome.UNKNOWN, f"{words}, but it may not have been started again. {error}")

    async def probe(self, action: PlannedAction, key: ExecutionKey, intended_at: datetime) -> ActionResult:
        """Find out whether the limit is the one that was meant."""
        del key, intended_at
        name, size = get_unit(action.target), action.parameters["limit_bytes"]
        try:
            unit = await self._site.client.fetch_unit(name)
        except OperationalError as error:
            return make_result(self._site, Outcome.UNKNOWN, f"Whether {name} has the new limit is not known. {error}")
        if not unit.is_loaded:
            return make_result(self._site, Outcome.UNKNOWN, f"systemd no longer has {name}")
        if compute_version(unit, with_life=False) == action.dry_run.observed_version:
            return make_result(self._site, Outcome.FAILED, f"Not executed: {name} is as it was")
        limit = unit.find_number("MemoryMax")
        words = f"the memory limit of {name} is {_say(limit)}, and it is {describe_state(unit)}"
        if limit != size:
            return make_result(self._site, Outcome.UNKNOWN, f"{name} was changed by somebody else: {words}")
        return make_result(self._site, Outcome.UNKNOWN if is_down_against_its_will(unit) else Outcome.DONE, words)

    async def _wake(self, name: str) -> str:
        """Start the service if it is down against its will; return what it does now."""
        unit = await self._site.client.fetch_unit(name)
        if not is_down_against_its_will(unit):
            return f"{name} is {describe_state(unit)}"
        await start_anew(self._site.client, unit)
        return f"{name} was started again and is {describe_state(await wait_settled(self._site.client, name))}"

    async def _tell_refusal(self, before: UnitInfo, error: OperationalError) -> ActionResult:
        """Return `failed` when the unit is as it was, else `unknown`."""
        try:
            now = await self._site.client.fetch_unit(before.id)
        except OperationalError:
            now = None
        if isinstance(error, NotDelivered) or (now and now.get("MemoryMax") == before.get("MemoryMax")):
            return make_result(self._site, Outcome.FAILED, f"Nothing was changed. {error}")
        text = f"Whether {before.id} has the new limit is not known. {error}"
        return make_result(self._site, Outcome.UNKNOWN, text)

    async def _refuse_unfit(self, unit: UnitInfo, size: int) -> None:
        """Refuse a limit that changes nothing or cannot hold.

        Raises:
            UserError: It is the present one, below what is used, or above what the machine has.
        """
        name, used = unit.id, _find_used(unit)
        if size == unit.find_number("MemoryMax"):
            raise UserError(f"The memory limit of {name} is {format_size(size)} already", do="Give another limit")
        total = await asyncio.to_thread(find_host_total, self._site.client.root / "proc")
        if total is not None and size > total:
            raise UserError(
                f"{format_size(size)} are more than the machine of {name} has",
                why=f"It has {format_size(total)}",
                do="Give a smaller limit, or move the service to a larger machine",
            )
        if used is not None and size < used:
            raise UserError(
                f"{format_size(size)} are less than {name} uses",
                why=f"It uses {format_size(used)}: the kernel would kill it at once",
                do="Give a limit above what it uses",
                used_bytes=used,
            )


def write_diff(name: str, before: int | None, after: int | None) -> str:
    """Return the difference of two limits of a service, as a unified diff."""
    lines = difflib.unified_diff(
        [f"MemoryMax={_write(before)}"],
        [f"MemoryMax={_write(after)}"],
        f"systemctl show {name}",
        f"systemctl set-property {name}",
        lineterm="",
    )
    return "\n".join(lines)


def _find_used(unit: UnitInfo) -> int | None:
    return unit.find_number("MemoryCurrent") if unit.pid else None


def _write(size: int | None) -> str:
    return "infinity" if size is None else f"{size} ({format_size(size)})"


def _say(size: int | None) -> str:
    return "none" if size is None else format_size(size)
