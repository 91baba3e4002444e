"""Restarting one service. What systemd holds of it stays as it is: a file that changed on disk is not read again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fermata.domain.action import ActionResult, ActionSpec, BlastRadius, DryRun, Outcome, PlannedAction, Risk
from fermata.domain.entity import Entity
from fermata.integrations.systemd.acting import (
    Reach,
    compute_version,
    describe_start,
    describe_state,
    is_settled,
    list_refs,
    make_result,
    measure_reach,
    observe,
    refuse_drift,
    refuse_wider,
    require_unit,
    start_anew,
    wait_settled,
)
from fermata.integrations.systemd.client import JournalEntry, JournalTail, NotDelivered, SystemdFault, UnitInfo
from fermata.integrations.systemd.site import Site
from fermata.integrations.systemd.units import get_unit
from fermata.kit.clock import format_instant
from fermata.kit.errors import FermataError, OperationalError
from fermata.kit.listing import write_some
from fermata.ports.action import ExecutionKey, refuse_other_names

# systemd's own messages (sd-messages.h of systemd 252, read 2026-11).
_STOPPING = "de5b426a63be47a7b6ac3eaac82e2f6f"
_STARTED = "39f53479d3a045ac8e11786248231fbf"
_START_FAILED = "be02cf6855d2428ba40df7e9d022f03d"
_RESTART_SCHEDULED = "5eb03494b6584870a536b337290809b3"
_MOST_ENTRIES = 200
_MOST_NAMED = 5

_SPEC = ActionSpec(
    name="systemd.restart",
    summary="Stop one service and start it again, as systemd holds it",
    risk=Risk.LOW,
    reversible=True,
    parameters_schema={"type": "object", "additionalProperties": False, "properties": {}},
)


class RestartAction:
    """Restart one service with what depends on it, and see it settle."""

    spec = _SPEC

    def __init__(self, site: Site) -> None:
        self._site = site

    def validate(self, target: Entity, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return `{}`. Pure.

        Raises:
            UserError: The target is no systemd service, or there are parameters.
        """
        get_unit(target)
        refuse_other_names(self.spec.name, parameters, known=set())
        return {}

    async def dry_run(self, target: Entity, parameters: Mapping[str, Any]) -> DryRun:
        """Say what is stopped and started, and what goes with it. There is no diff: nothing is configured anew.

        Raises:
            UserError: systemd has no such service, or it may not be restarted by hand.
            OperationalError: systemd cannot be asked.
        """
        self.validate(target, parameters)
        unit = await require_unit(self._site, target)
        reach = await measure_reach(self._site.client, unit)
        return DryRun(
            possible=True,
            note=_write_note(unit),
            observed_version=compute_version(unit, with_life=True),
            blast_radius=BlastRadius(
                count=1 + len(reach.names),
                entities=(target.ref, *list_refs(reach.names)),
                text=_write_radius(unit, reach),
            ),
            undo_text="Nothing to undo: the same program runs with the same configuration",
        )

    async def observe_version(self, target: Entity, parameters: Mapping[str, Any]) -> str:
        """Return a digest of what systemd holds of the unit, and of the life it is in (`tell_life`).

        Raises:
            OperationalError: systemd cannot be asked.
            TargetGone: It no longer has the unit.
        """
        del parameters  # There are none.
        return await observe(self._site, target, with_life=True)

    async def execute(self, action: PlannedAction, key: ExecutionKey) -> ActionResult:
        """Restart the service, and wait until it has started well or badly.

        systemd keeps no place for the key: its own messages in the journal are what `probe` goes by.
        """
        del key
        name = get_unit(action.target)
        try:
            before = await require_unit(self._site, action.target)
            refuse_drift(action.dry_run.observed_version, compute_version(before, with_life=True), name)
            reach = await measure_reach(self._site.client, before)
            refuse_wider(action.dry_run.blast_radius.entities, reach, name)
        except FermataError as error:
            return make_result(self._site, Outcome.FAILED, f"Nothing was done to {name}. {error}")
        try:
            await start_anew(self._site.client, before)
        except (NotDelivered, SystemdFault) as error:
            return make_result(self._site, Outcome.FAILED, f"Nothing was done to {name}. {error}")
        except OperationalError as error:
            return make_result(self._site, Outcome.UNKNOWN, f"{name} was told to restart, and then: {error}")
        try:
            after = await wait_settled(self._site.client, name)
        except OperationalError as error:
            return make_result(self._site, Outcome.UNKNOWN, f"{name} was told to restart, and then: {error}")
        return self._tell(before, after)

    async def probe(self, action: PlannedAction, key: ExecutionKey, intended_at: datetime) -> ActionResult:
        """Find out whether it was restarted: by systemd's messages in the journal, else by the time of its last start.

        A start that systemd scheduled by itself is no restart of ours.
        """
        del key
        name = get_unit(action.target)
        try:
            unit = await self._site.client.fetch_unit(name)
            tail = await self._site.client.fetch_journal(
                ["_PID=1", f"UNIT={name}"], lines=_MOST_ENTRIES, since=intended_at
            )
        except OperationalError as error:
            return make_result(self._site, Outcome.UNKNOWN, f"Whether {name} was restarted is not known. {error}")
        state = f"{name} is {describe_state(unit)}"
        if not unit.is_loaded or not is_settled(unit) or tail.is_cut:
            return make_result(self._site, Outcome.UNKNOWN, f"{state}: by us or not cannot be told")
        started = _find_ordered_start(tail.entries)
        if started is not None:
            at = format_instant(started.at)
            return make_result(
                self._site, Outcome.DONE, f"{state}; somebody's word had it started at {at}, perhaps ours"
            )
        if any(entry.message_id == _STOPPING for entry in tail.entries):
            return make_result(self._site, Outcome.UNKNOWN, f"{state}: told to stop, perhaps by us, and not started")
        is_untouched = _is_untouched(unit, action.dry_run.observed_version, tail, intended_at)
        if unit.get("ActiveState") == "inactive" or not is_untouched:
            return make_result(self._site, Outcome.UNKNOWN, f"{state}, and the journal does not tell why")
        return make_result(self._site, Outcome.FAILED, f"Not executed: {state}{describe_start(unit)}")

    def _tell(self, before: UnitInfo, after: UnitInfo) -> ActionResult:
        was = describe_state(before)
        is_new = bool(after.get("InvocationID")) and after.get("InvocationID") != before.get("InvocationID")
        if not is_new:
            text = f"{before.id} was told to restart (it was {was}), and no new run of it began: it is"
            return make_result(self._site, Outcome.UNKNOWN, f"{text} {describe_state(after)}")
        if not is_settled(after):
            return make_result(
                self._site,
                Outcome.DONE,
                f"{before.id} was stopped (it was {was}), and is still {describe_state(after)}",
            )
        return make_result(
            self._site, Outcome.DONE, f"{before.id} was restarted (it was {was}) and is {describe_state(after)}"
        )


def _write_note(unit: UnitInfo) -> str:
    state = describe_state(unit)
    if unit.get("ActiveState") in ("active", "activating", "reloading", "deactivating"):
        note = f"{unit.id} is {state}{describe_start(unit)}; it is stopped and started: systemctl restart {unit.id}"
    else:
        note = f"{unit.id} is {state}: it is only started"
    if unit.get("ActiveState") == "failed":
        note += ", and its failures are forgiven first (systemctl reset-failed)"
    if unit.needs_reload:
        note += (
            ". Its files on disk were changed, and systemd has not read them: it starts as it was before that. For "
            "what is on disk, a person runs `systemctl daemon-reload` first"
        )
    return note


def _write_radius(unit: UnitInfo, reach: Reach) -> str:
    verb = "restarts" if unit.pid else "starts"
    if reach.restarted:
        with_it = write_some(reach.restarted, _MOST_NAMED)
        text = f"{1 + len(reach.restarted)} units restart: {unit.id}, and with it {with_it}"
    else:
        text = f"1 service {verb}: {unit.id}" + (" answers nothing until it runs again" if unit.pid else "")
    if reach.started:
        text += f". It needs or wants {write_some(reach.started, _MOST_NAMED)}: down now, and started with it"
    if reach.stopped:
        text += f". Its start stops {write_some(reach.stopped, _MOST_NAMED)} (Conflicts=)"
    return text


def _is_untouched(unit: UnitInfo, planned_version: str, tail: JournalTail, intended_at: datetime) -> bool:
    """Answer whether nobody can have restarted a unit since, though the journal holds no order for a start.

    That alone is no proof: a systemd that is told to log little writes nothing of starts.
    """
    started = unit.find_instant("ExecMainStartTimestamp")
    # Whole seconds: what began in the same second may have begun after it.
    if started is None or started < intended_at.replace(microsecond=0):
        return True
    is_one_run = unit.get("ActiveState") == "active" and not unit.find_number("NRestarts")
    if is_one_run and compute_version(unit, with_life=True) == planned_version:
        return True
    return any(entry.message_id == _RESTART_SCHEDULED for entry in tail.entries)


def _find_ordered_start(entries: tuple[JournalEntry, ...]) -> JournalEntry | None:
    """Return the latest start that somebody ordered: one that no `Scheduled restart` comes before."""
    found, is_scheduled = None, False
    for entry in entries:
        if entry.message_id == _RESTART_SCHEDULED:
            is_scheduled = True
        elif entry.message_id == _STOPPING:
            is_scheduled = False
        elif entry.message_id in (_STARTED, _START_FAILED):
            found, is_scheduled = (found if is_scheduled else entry), False
    return found
