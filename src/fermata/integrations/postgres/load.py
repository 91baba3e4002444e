"""What takes the database's time: pg_stat_statements watched for a moment, or what runs right now without it."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from fermata.integrations.postgres.client import SIGN, Session
from fermata.integrations.postgres.database import Database
from fermata.integrations.postgres.query_text import show_statement
from fermata.kit.errors import OperationalError

MOST = 15
"""Statements that are told of: the rest of the time hides in none of them."""
_NEAREST_S = 0.002  # Below this a running statement is not worth an EXPLAIN.
_LOOK_EVERY_S = 0.05
_RUNNING = """
SELECT pid, query_start, query, extract(epoch FROM clock_timestamp() - query_start)::float8 AS age_s
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'active' AND query_start IS NOT NULL
  AND backend_type = 'client backend' AND application_name NOT LIKE 'fermata%%'
  AND query <> '<insufficient privilege>'
ORDER BY query_start LIMIT 200
"""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement with what it costs. Times in seconds."""

    raw: str
    """As the server has it: never leaves the integration."""
    calls: int
    mean_s: float
    total_s: float
    recent_calls: int | None = None
    recent_s: float = 0.0
    """Time taken by the recent calls together."""

    @property
    def recent_mean_s(self) -> float | None:
        """Return the mean of the recent calls; `None` without any."""
        return self.recent_s / self.recent_calls if self.recent_calls else None


@dataclass(frozen=True, slots=True)
class Load:
    """The statements that take the most time, the most costly right now first."""

    statements: tuple[Statement, ...]
    source: str
    """`pg_stat_statements`, or `pg_stat_activity` where that is not there."""
    watched_s: float = 0
    """How long it was watched; 0 when not at all."""
    missing: str = ""
    """Why the better source could not be used; empty when it was."""


@dataclass(frozen=True, slots=True)
class _Counter:
    calls: int
    total_ms: float


async def read_load(session: Session, database: Database) -> Load:
    """Return what takes the database's time.

    Raises:
        OperationalError: The database cannot be asked.
    """
    schema = await _find_schema(session)
    if schema is None:
        missing = "the extension pg_stat_statements is not there: CREATE EXTENSION pg_stat_statements"
        return await _look_at_running(session, database.sample_s, missing)
    try:
        return await _watch(session, schema, database.sample_s)
    except OperationalError as error:
        # Made but not loaded by the server, or nobody lets us in: what runs now can still be seen.
        await session.begin_anew()
        return await _look_at_running(session, database.sample_s, error.why or error.what)


async def _look_at_running(session: Session, sample_s: float, missing: str) -> Load:
    return Load(await _list_running(session, sample_s), "pg_stat_activity", sample_s, missing)


async def _find_schema(session: Session) -> str | None:
    rows = await session.fetch(
        "SELECT quote_ident(n.nspname) AS name FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace "
        "WHERE e.extname = 'pg_stat_statements'",
        doing="looking for pg_stat_statements",
    )
    return rows[0]["name"] if rows else None


async def _watch(session: Session, schema: str, sample_s: float) -> Load:
    before = await _count(session, schema)
    if sample_s:
        await asyncio.sleep(sample_s)
    after = await _count(session, schema) if sample_s else before
    recent = {
        key: _Counter(now.calls - then.calls, now.total_ms - then.total_ms)
        for key, now in after.items()
        # A counter that went back was reset meanwhile.
        if (then := before.get(key, _Counter(0, 0.0))).calls <= now.calls
    }
    busiest = sorted(after, key=lambda key: after[key].total_ms, reverse=True)
    hottest = sorted(recent, key=lambda key: recent[key].total_ms, reverse=True)
    chosen = list(dict.fromkeys([*(key for key in hottest if recent[key].calls), *busiest]))[: 4 * MOST]
    texts = await _fetch_texts(session, schema, [queryid for queryid, _ in chosen])
    shown = [key for key in chosen if key in texts][:MOST]
    statements = tuple(_build(texts[key], after[key], recent.get(key) if sample_s else None) for key in shown)
    missing = "" if statements or not after else "the reading role may not see other roles' statements"
    return Load(statements, "pg_stat_statements", sample_s, missing)


async def _count(session: Session, schema: str) -> dict[tuple[int, int], _Counter]:
    # Without the texts, which lie in a file.
    rows = await session.run(
        f"SELECT queryid, userid::bigint AS userid, sum(calls)::bigint AS calls, "  # noqa: S608 - the schema is quoted by the server
        f"sum(total_exec_time)::float8 AS total_ms FROM {schema}.pg_stat_statements(false) WHERE queryid IS NOT NULL "
        f"AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) "
        f"GROUP BY queryid, userid ORDER BY 4 DESC LIMIT 2000",
        doing="reading pg_stat_statements",
    )
    return {(row["queryid"], row["userid"]): _Counter(row["calls"], row["total_ms"]) for row in rows}


async def _fetch_texts(session: Session, schema: str, queryids: list[int]) -> dict[tuple[int, int], str]:
    if not queryids:
        return {}
    wanted = ", ".join(str(int(queryid)) for queryid in queryids)
    rows = await session.run(
        f"SELECT queryid, userid::bigint AS userid, min(query) AS query FROM {schema}.pg_stat_statements "  # noqa: S608 - numbers, and a schema quoted by the server
        f"WHERE queryid IN ({wanted}) GROUP BY queryid, userid",
        doing="reading pg_stat_statements",
    )
    return {
        (row["queryid"], row["userid"]): row["query"]
        for row in rows
        if row["query"] and not row["query"].startswith(SIGN)
    }


def _build(raw: str, counter: _Counter, recent: _Counter | None) -> Statement:
    return Statement(
        raw=raw,
        calls=counter.calls,
        mean_s=counter.total_ms / 1000 / counter.calls if counter.calls else 0.0,
        total_s=counter.total_ms / 1000,
        recent_calls=recent.calls if recent else None,
        recent_s=recent.total_ms / 1000 if recent else 0.0,
    )


async def _list_running(session: Session, sample_s: float) -> tuple[Statement, ...]:
    """Return what was seen running, what was seen most first: looked at again and again for as long as allowed.

    Times are those seen, so a call that began before the last look counts with what it took until then.
    """
    looks = max(1, round(sample_s / _LOOK_EVERY_S))
    seen: dict[str, dict[tuple[int, datetime], float]] = {}
    raws: dict[str, str] = {}
    times: Counter[str] = Counter()
    for number in range(looks):
        if number:
            await asyncio.sleep(_LOOK_EVERY_S)
        # Within a transaction the server shows the sessions as they were at the first look, unless told otherwise.
        await session.fetch("SELECT pg_stat_clear_snapshot()", doing="reading pg_stat_activity")
        for row in await session.fetch(_RUNNING, {}, doing="reading pg_stat_activity"):
            digest = show_statement(row["query"]).digest
            raws[digest] = row["query"]
            times[digest] += 1
            call = (row["pid"], row["query_start"])
            calls = seen.setdefault(digest, {})
            calls[call] = max(calls.get(call, 0.0), row["age_s"])
    statements = [
        Statement(
            raw=raws[digest],
            calls=len(seen[digest]),
            mean_s=sum(seen[digest].values()) / len(seen[digest]),
            total_s=times[digest] * _LOOK_EVERY_S,
        )
        for digest, _ in times.most_common()
    ]
    return tuple([one for one in statements if one.mean_s >= _NEAREST_S][:MOST])
