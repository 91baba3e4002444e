"""The steady state of a database: it answers, and no client's statement runs for long."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta

from fermata.domain.entity import Entity
from fermata.domain.execution import HealthReading
from fermata.integrations.postgres.client import Session
from fermata.integrations.postgres.database import KIND, SYSTEM, Database, Databases
from fermata.integrations.postgres.load import read_load
from fermata.integrations.postgres.query_text import show_statement
from fermata.kit.errors import OperationalError
from fermata.kit.units import format_duration

_TOO_YOUNG = 1
_SLOW = 2
_FORGET_AFTER_S = 60.0
_MOST_SHOWN = 100
_LONGEST = """
SELECT coalesce(max(extract(epoch FROM clock_timestamp() - query_start)), 0)::float8 AS longest_s,
       count(*) FILTER (WHERE wait_event_type = 'Lock')::int AS waiting
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
  AND state = 'active' AND application_name NOT LIKE 'fermata%%'
"""


async def _tell_costliest(session: Session, database: Database) -> str:
    """Return what the costliest statement takes now, so that two readings tell what came in between; empty if unknown.

    Only what pg_stat_statements counted while it was watched is told: totals still hold what was slow before.
    """
    if not database.sample_s:
        return ""
    try:
        load = await read_load(session, database)
    except OperationalError:
        return ""  # Whether it is well does not hang on it.
    top = next((one for one in load.statements if one.recent_mean_s is not None), None)
    if top is None or top.recent_mean_s is None:
        return ""
    shown = show_statement(top.raw, with_values=database.show_values).text
    return f"; what costs most now takes {top.recent_mean_s * 1000:.1f} ms a call: {shown[:_MOST_SHOWN]}"


@dataclass(slots=True)
class _Steady:
    """Since when every look found it well, by the monotonic clock."""

    since: float
    seen: float


class DatabaseHealthProbe:
    """Read whether a database is in its steady state.

    Severity: 0 healthy; 1 well, but not seen so for long enough; 2 a statement runs for too long. A database that does
    not answer is an error, which counts as worse than all of these.

    Args:
        slow_s: The longest that a client's statement may have run.
    """

    def __init__(self, databases: Databases, slow_s: float) -> None:
        self._databases = databases
        self._slow_s = slow_s
        # One look tells nothing of the time before it: what this probe saw itself is all it goes by.
        self._steady: dict[str, _Steady] = {}

    def handles(self, entity: Entity) -> bool:
        """Answer whether the entity is a database of the settings."""
        return entity.system == SYSTEM and entity.kind == KIND and entity.name in self._databases.by_name

    async def read(self, entity: Entity, stable_for: timedelta) -> HealthReading:
        """Return one reading; healthy once all looks of the last `stable_for` found it well.

        Raises:
            OperationalError: The database cannot be asked.
        """
        database = self._databases.get(entity)
        try:
            async with database.read() as session:
                (row,) = await session.fetch(_LONGEST, {}, doing="reading pg_stat_activity")
                costly = await _tell_costliest(session, database)
        except OperationalError:
            self._steady.pop(entity.name, None)
            raise
        text = (
            f"answers; the longest statement runs for {row['longest_s']:.1f} s, {row['waiting']} wait for locks{costly}"
        )
        if row["longest_s"] > self._slow_s:
            self._steady.pop(entity.name, None)
            return self._reading(entity, _SLOW, f"{text}; more than {self._slow_s:g} s is too long")
        held = timedelta(seconds=self._remember(entity.name))
        if held < stable_for:
            words = f"seen well for {format_duration(held)}, less than {format_duration(stable_for)}"
            return self._reading(entity, _TOO_YOUNG, f"{text}; {words}")
        return self._reading(entity, 0, f"{text}; seen well for {format_duration(held)}")

    def _remember(self, name: str) -> float:
        """Return the seconds since the first of the looks that found it well without a break."""
        now = time.monotonic()
        steady = self._steady.get(name)
        if steady is None or now - steady.seen > _FORGET_AFTER_S:
            steady = self._steady[name] = _Steady(now, now)
        steady.seen = now
        return now - steady.since

    def _reading(self, entity: Entity, severity: int, text: str) -> HealthReading:
        at = self._databases.by_name[entity.name].clock.now()
        return HealthReading(entity=entity, healthy=severity == 0, text=text, severity=severity, at=at)
