"""The systemd of a machine as the integration reaches it: what collectors, actions and the probe share."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceLine
from fermata.domain.record import Record
from fermata.domain.scope import Scope
from fermata.integrations.systemd.client import SUFFIX, JournalTail, SystemdClient, SystemdFault, UnitInfo
from fermata.integrations.systemd.unit_log import SPAWN_FAILED, UnitLog, read_unit_log
from fermata.integrations.systemd.units import (
    OWN_FOLDERS,
    complete,
    get_unit,
    is_called,
    is_own,
    is_service_name,
    list_meant,
    list_names,
    match_units,
)
from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError, UserError
from fermata.kit.hiding import LONGEST_LINE, Hidden
from fermata.kit.listing import join_cuts

FRESH_FOR = timedelta(hours=1)
"""Twice as long as an approval is valid by default, so that one given at the last minute still stands on its evidence.
What changes in the target meanwhile is the drift check's business."""
MOST_TARGETS = 20
"""Units of one scope that are looked at in full. More is a scope that means half of the machine."""
_MOST_MESSAGES = 300
"""Of systemd about one unit: a crash loop writes six for each end (systemd 252)."""
_MOST_KERNEL_LINES = 300
_KERNEL = "_TRANSPORT=kernel"
_KILLS = "--grep=oom-kill:|Killed process"


@dataclass(frozen=True, slots=True)
class Site:
    """One systemd. Holds no state and no connection."""

    client: SystemdClient
    clock: Clock
    units: tuple[str, ...] = ()
    """Full names of services that are looked after beside those of the machine's own folders."""

    async def list_own(self) -> tuple[UnitInfo, ...]:
        """Return, with little of each, the services that are looked after: own ones, and those that are named.

        Raises:
            OperationalError: systemd cannot be asked.
        """
        loaded = await self.client.fetch_services()
        named = set(self.units)
        found = [unit for unit in loaded if unit.is_loaded and (is_own(unit) or unit.id in named)]
        # systemd forgets what is down and has not failed: the files are there all the same.
        files = await asyncio.to_thread(self._list_files)
        missing = sorted((named | files) - {unit.id for unit in found})
        return (*found, *(unit for unit in await self.client.fetch_units(missing) if unit.is_loaded))

    def _list_files(self) -> set[str]:
        """Return the names of the services whose files lie in the machine's own folders; blocking.

        A link there is another name of a unit, or a mask; a template is run as its instances.
        """
        found: set[str] = set()
        for folder in OWN_FOLDERS:
            with suppress(OSError):
                files = [path for path in self.place(folder).glob(f"*{SUFFIX}") if not path.is_symlink()]
                found.update(path.name for path in files if is_service_name(path.name))
        return found

    async def find_targets(self, scope: Scope) -> tuple[UnitInfo, ...]:
        """Return the units a scope means, in its order, each once.

        Raises:
            OperationalError: systemd cannot be asked.
        """
        meant = list_meant(scope)
        if not meant:
            return ()
        loaded = [unit for unit in await self.client.fetch_services() if unit.is_loaded]
        names: dict[str, None] = {}
        for entity in meant:
            names.update(dict.fromkeys(await self._find_names(loaded, entity)))
        found: dict[str, UnitInfo] = {}
        for name in list(names)[:MOST_TARGETS]:
            unit = await self._find_unit(name)
            if unit is not None:
                found.setdefault(unit.id, unit)
        return tuple(found.values())

    async def _find_names(self, loaded: Sequence[UnitInfo], entity: Entity) -> tuple[str, ...]:
        """Return the units that an entity means: one of its very name before any that is only called after it.

        Without either, own ones that are described so: monitors are named by people (`Nightly report`).
        """
        matched, name = match_units(loaded, entity), complete(entity.name)
        if is_called(matched, entity) or entity.name.startswith("-"):
            return matched
        # systemctl lists nothing that was stopped, and tells of it when it is asked for by name.
        if await self._find_unit(name) is not None:
            return (name,)
        return matched or tuple(unit.id for unit in await self.list_own() if entity.name.lower() in list_names(unit))

    async def _find_unit(self, name: str) -> UnitInfo | None:
        try:
            unit = await self.client.fetch_unit(name)
        except OperationalError as error:
            if "invocation ID nor unit name" in error.why or "missing the instance name" in error.why:
                return None  # What the alert names cannot be a unit.
            raise
        return unit if unit.get("LoadState") not in ("not-found", "") else None

    async def fetch_target(self, target: Entity) -> UnitInfo:
        """Return the unit that an action acts on.

        Raises:
            UserError: The entity is no unit, or systemd has none of that name.
            OperationalError: systemd cannot be asked.
        """
        name = get_unit(target)
        unit = await self._find_unit(name)
        if unit is None:
            raise UserError(f"systemd has no unit {name}", do="systemctl list-units --type=service shows what there is")
        return unit

    async def fetch_log(self, unit: UnitInfo, since: datetime) -> UnitLog:
        """Return what systemd and the kernel wrote of a unit's life since an instant.

        Raises:
            OperationalError: The journal cannot be read.
        """
        # By the number of the process that wrote it, which journald itself puts there: `UNIT=` anybody can write. That
        # a program could not be started says the process that was to become it; it counts beside systemd's exit code.
        name = f"UNIT={unit.id}"
        matches = ["_PID=1", name, "+", f"MESSAGE_ID={SPAWN_FAILED}", name]
        own, kernel = await asyncio.gather(
            self.client.fetch_journal(matches, lines=_MOST_MESSAGES, since=since),
            self._fetch_kills(since),
        )
        self.refuse_blind(own)
        return read_unit_log(own.entries, kernel.entries, unit.id)

    async def _fetch_kills(self, since: datetime) -> JournalTail:
        """Return what the kernel wrote of what it killed for memory; of each it writes fifty lines more."""
        try:
            return await self.client.fetch_journal([_KERNEL, _KILLS], lines=_MOST_KERNEL_LINES, since=since)
        except SystemdFault:
            # A journalctl that was built without patterns: the newest of all that the kernel wrote.
            return await self.client.fetch_journal([_KERNEL], lines=_MOST_KERNEL_LINES, since=since)

    def refuse_blind(self, tail: JournalTail) -> None:
        """Refuse an empty answer of a journal that is not readable: that is not silence.

        Raises:
            OperationalError: It says that it shows only the caller's own messages, and there are none.
        """
        if tail.hint and not tail.entries:
            raise OperationalError(
                "The journal cannot be read",
                why=tail.hint,
                do="Add the user that Fermata runs as to the group systemd-journal, and start Fermata anew",
            )

    def build_evidence(self, scope: Scope, entity: Entity, hidden: Hidden, facts: Record, **about: Any) -> Evidence:
        """Return one piece of evidence observed now.

        Args:
            about: `kind`, `collector`, `title`, `query`, and optionally `cut` of the evidence.
        """
        now = self.clock.now()
        cut = about.pop("cut", "")
        if hidden.shortened:
            cut = join_cuts(cut, f"{hidden.shortened} lines cut to {LONGEST_LINE} characters")
        return Evidence(
            incident_id=scope.incident_id,
            entity=entity,
            observed_at=now,
            fresh_until=now + FRESH_FOR,
            lines=tuple(EvidenceLine(number=index, text=text) for index, text in enumerate(hidden.lines, start=1)),
            facts=facts.to_json(),
            redactions=hidden.redactions,
            cut=cut,
            **about,
        )

    def place(self, path: str) -> Path:
        """Return where a file of that machine is seen from here."""
        return self.client.root / path.lstrip("/")
