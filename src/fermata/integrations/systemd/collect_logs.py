"""The end of the journal of the scope's units: what their processes wrote, run by run, and nothing of systemd's own.

journald gives a line of standard output the priority 6 unless the program says another one, so a priority is told only
where it says more than that and the line itself names no level.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.facts import LogFacts
from fermata.domain.scope import Scope
from fermata.integrations.systemd.client import JournalEntry, JournalTail, UnitInfo
from fermata.integrations.systemd.site import Site
from fermata.integrations.systemd.unit_log import SPAWN_FAILED
from fermata.integrations.systemd.units import find_entity, list_meant
from fermata.kit.hiding import hide_lines
from fermata.kit.listing import join_cuts
from fermata.ports.handing import read_all

_LEVELS = {0: "EMERG", 1: "ALERT", 2: "CRIT", 3: "ERROR", 4: "WARNING"}
_HAS_LEVEL = re.compile(
    r"\b(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERR|ERROR|SEVERE|CRIT|CRITICAL|FATAL|PANIC|ALERT|EMERG)\b"
    r"|\b(?:level|lvl|severity)\"?\s{0,3}[=:]|\[(?:warn|error|crit|alert|emerg|notice|info)\]"
)
_HEAD = 240  # Levels stand at the front of a line; the rest is payload.
_CONTROL = {code: None for code in range(0x20) if code != 0x09}


class LogCollector:
    """The last lines of the scope's units in the journal.

    Args:
        lines: How many of each unit are read.
    """

    name = "systemd.logs"

    def __init__(self, site: Site, lines: int) -> None:
        self._site = site
        self._lines = lines

    def wants(self, scope: Scope) -> bool:
        """Answer whether the scope names anything that could be a unit here."""
        return bool(list_meant(scope))

    async def collect(self, scope: Scope) -> Sequence[Evidence]:
        """Return one piece of evidence for each unit.

        Raises:
            OperationalError: systemd cannot be asked, or the journal cannot be read.
        """
        units = await self._site.find_targets(scope)
        pairs = [(unit, entity) for unit in units if (entity := find_entity(unit.id))]
        return await read_all({f"journal of {pair[0].id}": self._collect_one(scope, *pair) for pair in pairs})

    async def _collect_one(self, scope: Scope, unit: UnitInfo, entity: Entity) -> Evidence:
        tail = await self._site.client.fetch_journal(
            [f"_SYSTEMD_UNIT={unit.id}"], lines=self._lines, since=scope.window_start
        )
        self._site.refuse_blind(tail)
        # That the program could not be started is systemd's word, and stands in the state.
        own = tuple(entry for entry in tail.entries if entry.message_id != SPAWN_FAILED)
        tail = replace(tail, entries=own)
        return self._build(scope, unit, entity, tail)

    def _build(self, scope: Scope, unit: UnitInfo, entity: Entity, tail: JournalTail) -> Evidence:
        lines = list(_list_lines(tail.entries))
        oldest_at, newest_at = (lines[0][0], lines[-1][0]) if lines else (None, None)
        cut = [f"last {self._lines} entries of the journal"] if tail.is_cut else []
        runs = _describe_runs(tail.entries, unit)
        return self._site.build_evidence(
            scope,
            entity,
            hide_lines([text for _, text in lines]),
            LogFacts(
                stream="journal",
                first_line=1,
                total_lines=len(lines),
                oldest_at=oldest_at,
                newest_at=newest_at,
                seconds=tuple(int((at - oldest_at) / timedelta(seconds=1)) for at, _ in lines) if oldest_at else (),
            ),
            kind=EvidenceKind.LOGS,
            collector=self.name,
            title=f"{unit.id}: journal, " + (f"{len(lines)} lines{runs}" if lines else "silent in the window"),
            query=f"journalctl --unit={unit.id} --since='{scope.window_start:%Y-%m-%d %H:%M:%S} UTC' "
            f"--lines={self._lines}",
            cut=join_cuts(*cut),
        )


def _list_lines(entries: Sequence[JournalEntry]) -> Iterator[tuple[datetime, str]]:
    """Yield each line with its time; an entry of several lines (a stack that was logged at once) stays in order."""
    for entry in entries:
        for index, line in enumerate(entry.message.split("\n")):
            text = line.translate(_CONTROL)
            level = _LEVELS.get(entry.priority if entry.priority is not None else -1)
            if level and not index and not _HAS_LEVEL.search(text[:_HEAD]):
                text = f"{level}: {text}"
            yield entry.at, text


def _describe_runs(entries: Sequence[JournalEntry], unit: UnitInfo) -> str:
    """Say how much was written before the present run, which is told in whole seconds.

    By time and not by `_SYSTEMD_INVOCATION_ID`: journald puts the former run's on what a short run writes at once.
    """
    started_at = unit.find_instant("ExecMainStartTimestamp") if unit.pid else None
    before = sum(entry.at < started_at for entry in entries) if started_at is not None else 0
    return f", {before} entries of them before its present run" if before else ""
