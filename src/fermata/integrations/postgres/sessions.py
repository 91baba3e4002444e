"""Who is connected, what they run, and who waits for whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fermata.domain.facts import DatabaseSession
from fermata.integrations.postgres.client import APPLICATION, Session
from fermata.integrations.postgres.collect import since
from fermata.integrations.postgres.query_text import ShownStatement, show_statement
from fermata.kit.redaction import redact
from fermata.kit.units import format_duration

_HIDDEN = "<insufficient privilege>"
# pg_blocking_pids takes every partition of the lock table for a moment: only for those who wait.
_SESSIONS = """
SELECT a.pid, backend_start, backend_type, usename::text AS usename, application_name, state,
       wait_event_type, wait_event, xact_start, query_start, state_change, coalesce(query, '') AS query,
       encode(sha256(convert_to(coalesce(query, ''), 'UTF8')), 'hex') AS digest, clock_timestamp() AS now,
       CASE WHEN wait_event_type = 'Lock' THEN pg_blocking_pids(a.pid) ELSE '{}'::int[] END AS blocked_by,
       CASE WHEN wait_event_type = 'Lock' THEN (
         SELECT l.relation::regclass::text FROM pg_locks l
         WHERE l.pid = a.pid AND l.relation IS NOT NULL ORDER BY l.granted, l.mode DESC LIMIT 1) END AS waits_on
FROM pg_stat_activity a
WHERE datname = current_database() AND a.pid <> pg_backend_pid()
  AND NOT (usename = current_user AND application_name = %(application)s)
  AND backend_type IS DISTINCT FROM 'parallel worker'
ORDER BY (wait_event_type = 'Lock') DESC NULLS LAST, (state = 'idle') ASC NULLS LAST, xact_start ASC NULLS LAST
LIMIT 500
"""
_COUNTS = """
SELECT count(*)::int AS taken,
       current_setting('max_connections')::int
         - current_setting('superuser_reserved_connections')::int
         - coalesce(current_setting('reserved_connections', true), '0')::int AS most
FROM pg_stat_activity WHERE backend_type = 'client backend'
"""
_HOLDERS = """
SELECT host(client_addr) AS address, count(*)::int AS connections,
       (count(*) FILTER (WHERE state = 'idle'))::int AS idle
FROM pg_stat_activity WHERE backend_type = 'client backend' AND client_addr IS NOT NULL
GROUP BY client_addr ORDER BY connections DESC, address LIMIT 8
"""


@dataclass(frozen=True, slots=True)
class Sessions:
    """The sessions of one database, those that matter first."""

    rows: tuple[dict[str, Any], ...]
    connections: int
    """Of the whole server."""
    most: int
    """That it takes in, without those kept for administrators."""

    @property
    def hidden(self) -> int:
        """Return how many sessions we may not look into."""
        return sum(1 for row in self.rows if row["query"] == _HIDDEN)


async def fetch_sessions(session: Session) -> Sessions:
    """Return all sessions of this database but our own.

    Raises:
        OperationalError: The database cannot be asked.
    """
    rows = await session.fetch(_SESSIONS, {"application": APPLICATION}, doing="reading pg_stat_activity")
    (counts,) = await session.fetch(_COUNTS, doing="counting connections")
    return Sessions(tuple(_sort(rows)), counts["taken"], counts["most"])


async def fetch_holders(session: Session) -> tuple[dict[str, Any], ...]:
    """Return from which addresses the server's connections come: `address`, `connections`, `idle`; the most first.

    Without `pg_monitor` the server hides the address of other roles' sessions: those are left out.

    Raises:
        OperationalError: The database cannot be asked.
    """
    return tuple(await session.fetch(_HOLDERS, doing="counting connections by address"))


def _sort(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put those first that others wait for and who wait for nobody; the server has put those next who wait."""
    blockers = {pid for row in rows for pid in row["blocked_by"]}
    return sorted(rows, key=lambda row: row["pid"] not in blockers or bool(row["blocked_by"]))


def describe_session(row: dict[str, Any], waiting: Sequence[int], *, with_values: bool) -> tuple[str, ShownStatement]:
    """Return one line for people, and the statement in it.

    Args:
        waiting: Pids of those who wait for this session.
    """
    shown = show_statement("" if row["query"] == _HIDDEN else row["query"], with_values=with_values)
    who = f"pid {row['pid']}"
    who += f" ({', '.join(filter(None, [row['usename'], row['application_name'] or row['backend_type']]))})"
    parts = [f"{who} is {row['state'] or 'in a state we may not see'}{_tell_since(row)}"]
    if row["wait_event_type"] and row["state"] == "active":
        where = f" on {row['waits_on']}" if row["waits_on"] else ""
        parts.append(f"waits for {row['wait_event_type']}:{row['wait_event']}{where}")
    if row["blocked_by"]:
        parts.append(f"blocked by {', '.join(_name_blocker(pid) for pid in row['blocked_by'])}")
    if waiting:
        parts.append(f"blocks {', '.join(f'pid {pid}' for pid in waiting)}")
    if row["xact_start"]:
        parts.append(f"transaction open for {format_duration(since(row['now'], row['xact_start']))}")
    if shown.text:
        parts.append(f"{'runs' if row['state'] == 'active' else 'last ran'}: {shown.text}")
    return ", ".join(parts), shown


def _tell_since(row: dict[str, Any]) -> str:
    then: datetime | None = row["query_start"] if row["state"] == "active" else row["state_change"]
    return f" for {format_duration(since(row['now'], then))}" if then else ""


def _name_blocker(pid: int) -> str:
    return f"pid {pid}" if pid else "a prepared transaction"


def build_session(row: dict[str, Any], line: int, shown: ShownStatement) -> DatabaseSession:
    """Return the typed form of one session."""
    waits = f"{row['wait_event_type']}:{row['wait_event']}" if row["wait_event_type"] else ""
    return DatabaseSession(
        line=line,
        pid=row["pid"],
        backend_started_at=row["backend_start"],
        kind=row["backend_type"] or "",
        user=row["usename"] or "",
        application=redact(row["application_name"] or "").text,
        state=row["state"] or "",
        # An idle session waits for its client, which is no wait of the database.
        wait=waits if row["state"] == "active" else "",
        transaction_started_at=row["xact_start"],
        statement_started_at=row["query_start"],
        state_changed_at=row["state_change"],
        statement=shown.text,
        statement_digest=row["digest"],
        blocked_by=tuple(row["blocked_by"]),
    )
