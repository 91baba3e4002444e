"""What is missing before a database can be read and acted on, and the GRANT that mends it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from fermata.integrations.postgres.client import Session
from fermata.integrations.postgres.database import Database, Databases
from fermata.integrations.postgres.errors import NO_CONNECT
from fermata.integrations.postgres.grants import (
    write_connect_grant,
    write_create_grant,
    write_monitor_grant,
    write_owner_grants,
    write_reading_grants,
    write_signal_grants,
    write_table_grants,
)
from fermata.kit.errors import FermataError
from fermata.kit.units import format_duration
from fermata.ports.system import CheckResult

_LARGEST_SKEW = timedelta(seconds=30)
"""Sessions are put in order with alerts by their times; half a minute is what alert rules wait anyway."""
_MOST_NAMED = 20  # Tables in one GRANT; beyond, all of their schemas.
_OLDEST = 130000  # pg_stat_statements.total_exec_time is of PostgreSQL 13.
_ROLE = """
SELECT clock_timestamp() AS now,
       current_user::text AS role, current_database()::text AS database, current_setting('server_version') AS version,
       (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS is_super,
       pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS sees_statistics,
       pg_has_role(current_user, 'pg_signal_backend', 'USAGE') AS may_signal,
       EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'pg_stat_statements') AS has_statements,
       -- The library defines it only where the server loaded it at its start.
       EXISTS (SELECT 1 FROM pg_settings WHERE name = 'pg_stat_statements.max') AS loads_statements
"""
_TABLES = """
SELECT n.nspname::text AS namespace, c.relname::text AS name, pg_get_userbyid(c.relowner)::text AS owner,
       has_schema_privilege(current_user, n.oid, 'USAGE') AS usable,
       pg_has_role(current_user, c.relowner, 'USAGE') AS member,
       has_schema_privilege(current_user, n.oid, 'USAGE')
         AND has_table_privilege(current_user, c.oid, 'SELECT') AS readable,
       pg_has_role(current_user, c.relowner, 'USAGE') AND has_schema_privilege(current_user, n.oid, 'CREATE') AS owned
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_t'
ORDER BY 1, 2 LIMIT 1000
"""


async def check_databases(databases: Databases) -> Sequence[CheckResult]:
    """Return the findings about each database. Never raises for expected failures."""
    found = await asyncio.gather(*(_check(database) for database in databases.by_name.values()))
    return [result for results in found for result in results]


async def _check(database: Database) -> list[CheckResult]:
    return [*await _check_reading(database), *await _check_acting(database)]


async def _check_reading(database: Database) -> list[CheckResult]:
    try:
        async with database.read() as session:
            (role,) = await session.fetch(_ROLE, doing="looking at the reading role")
            asked = database.clock.now()
            tables = await session.fetch(_TABLES, doing="looking at the tables")
            statements = await _try_statements(session) if role["has_statements"] else None
    except FermataError as error:
        return [_say(database, "connection", ok=False, text=_tell_failure(error, database.dsn))]
    text = f"PostgreSQL {role['version']}, database {role['database']}, reading as {role['role']}"
    if role["is_super"]:
        text += ", a superuser, as whom no statement is planned: let an ordinary role read"
    if session.version < _OLDEST:
        return [_say(database, "connection", ok=False, text=f"{text}: Fermata reads PostgreSQL 13 and newer")]
    return [
        _say(database, "connection", ok=True, text=text),
        _tell_clock(database, asked, role["now"]),
        _tell_statistics(database, role),
        _tell_statements(database, statements, is_loaded=role["loads_statements"]),
        _tell_plans(database, role, tables),
    ]


def _tell_clock(database: Database, ours: datetime, theirs: datetime) -> CheckResult:
    skew = theirs - ours
    if abs(skew) <= _LARGEST_SKEW:
        return _say(database, "clock", ok=True, text="the clocks agree within 30s")
    side = "ahead of" if skew > timedelta() else "behind"
    text = f"its clock is {format_duration(abs(skew))} {side} this machine's: sessions would seem to begin before or "
    text += "after their causes. Set both by NTP"
    return _say(database, "clock", ok=False, text=text)


async def _try_statements(session: Session) -> str:
    """Return why pg_stat_statements cannot be read; empty when it can."""
    try:
        schema = await session.fetch(
            "SELECT quote_ident(n.nspname) AS name FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace "
            "WHERE e.extname = 'pg_stat_statements'",
            doing="looking for pg_stat_statements",
        )
        await session.run(
            f"SELECT 1 FROM {schema[0]['name']}.pg_stat_statements(false) LIMIT 1",  # noqa: S608 - quoted by the server
            doing="reading pg_stat_statements",
        )
    except FermataError as error:
        return error.why or error.what
    return ""


def _tell_statistics(database: Database, role: dict[str, Any]) -> CheckResult:
    if role["sees_statistics"]:
        return _say(database, "statistics", ok=True, text=f"{role['role']} sees what all sessions do")
    text = f"{role['role']} does not see what other roles' sessions do. Grant it: {write_monitor_grant(role['role'])}"
    return _say(database, "statistics", ok=False, text=text)


def _tell_statements(database: Database, why_not: str | None, *, is_loaded: bool) -> CheckResult:
    if why_not == "":
        return _say(database, "pg_stat_statements", ok=True, text="it is there and can be read")
    load = "" if is_loaded else "set shared_preload_libraries = 'pg_stat_statements', restart, and "
    text = (
        "not made in this database: slow statements are seen only while they run, and not what was slow before. "
        f"To see them: {load}CREATE EXTENSION pg_stat_statements;"
        if why_not is None
        else f"made, and cannot be read: {why_not}. Set shared_preload_libraries = 'pg_stat_statements' and restart"
    )
    is_absent = why_not is None
    found = _say(database, "pg_stat_statements", ok=is_absent, text=text)
    return found.model_copy(update={"is_partial": is_absent})


def _tell_plans(database: Database, role: dict[str, Any], tables: Sequence[dict[str, Any]]) -> CheckResult:
    lacking = [table for table in tables if not table["readable"]]
    closed = [f"{table['namespace']}.{table['name']}" for table in lacking]
    if not closed:
        return _say(
            database,
            "plans",
            ok=True,
            text=f"what reads its {len(tables)} tables can be planned; what writes them only by a role that may",
        )
    text = (
        f"statements on {_count(closed)} cannot be planned: EXPLAIN takes the rights of the statement itself. "
        f"Grant them: {_write_reading(role, tables, lacking)}"
    )
    return _say(database, "plans", ok=False, text=text)


async def _check_acting(database: Database) -> list[CheckResult]:
    if not database.write_dsn:
        text = "no write_dsn: read-only, every action refuses. Set it to a role that may act to allow them"
        return [_say(database, "actions", ok=True, text=text)]
    try:
        async with database.rehearse() as session:
            (role,) = await session.fetch(_ROLE, doing="looking at the acting role")
            tables = await session.fetch(_TABLES, doing="looking at the tables")
    except FermataError as error:
        return [_say(database, "actions", ok=False, text=_tell_failure(error, database.write_dsn))]
    lacking = [table for table in tables if not table["owned"]]
    findings = []
    if lacking:
        names = [f"{table['namespace']}.{table['name']}" for table in lacking]
        text = f"{role['role']} may not build indexes on {_count(names)}: it takes the owner. "
        text += f"Grant it: {_write_owning(role, lacking)}"
        findings.append(_say(database, "index actions", ok=False, text=text))
    else:
        text = f"{role['role']} may build indexes on all {len(tables)} tables"
        findings.append(_say(database, "index actions", ok=True, text=text))
    may = role["may_signal"] or role["is_super"]
    grant = write_signal_grants(role["role"], sees=role["sees_statistics"])
    text = "may end sessions of ordinary roles" if may else f"may end nobody's session. Grant it: {grant}"
    return [*findings, _say(database, "session actions", ok=may, text=f"{role['role']} {text}")]


def _tell_failure(error: FermataError, dsn: str) -> str:
    """Return what a failed connection means, with the role's and the database's names where a GRANT mends it."""
    if error.facts.get("code") != NO_CONNECT:
        return str(error)
    from psycopg.conninfo import conninfo_to_dict

    names = conninfo_to_dict(dsn)
    if not names.get("user"):
        return str(error)
    user = str(names["user"])
    grant = write_connect_grant(user, str(names.get("dbname") or user))
    return f"{error.what}: {error.why}. Grant it: {grant}"


def _write_reading(role: dict[str, Any], tables: Sequence[dict[str, Any]], lacking: Sequence[dict[str, Any]]) -> str:
    if len(lacking) == len(tables) or len(lacking) > _MOST_NAMED:
        return write_reading_grants(role["role"], sorted({table["namespace"] for table in tables}))
    return write_table_grants(role["role"], [(one["namespace"], one["name"], one["usable"]) for one in lacking])


def _write_owning(role: dict[str, Any], lacking: Sequence[dict[str, Any]]) -> str:
    """Return what is missing: to be one of the tables' owners and, where it is, room in the schema for an index."""
    owners = sorted({table["owner"] for table in lacking if not table["member"]})
    schemas = sorted({table["namespace"] for table in lacking if table["member"]})
    grants = [write_owner_grants(role["role"], owners)] if owners else []
    return " ".join([*grants, *(write_create_grant(role["role"], schema) for schema in schemas)])


def _count(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= len(names[:3]) else f"{shown} and {len(names) - 3} more tables"


def _say(database: Database, what: str, *, ok: bool, text: str) -> CheckResult:
    return CheckResult(name=f"postgres: {database.name}: {what}", ok=ok, text=text)
