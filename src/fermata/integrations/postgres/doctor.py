"""What is missing before a database can be read and acted on, and the GRANT that mends it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from fermata.integrations.postgres.client import Session
from fermata.integrations.postgres.database import Database, Databases
from fermata.integrations.postgres.grants import write_acting_grants, write_reading_grants
from fermata.kit.errors import FermataError
from fermata.ports.system import CheckResult

_OLDEST = 130000  # pg_stat_statements.total_exec_time is of PostgreSQL 13.
_ROLE = """
SELECT current_user::text AS role, current_database()::text AS database, current_setting('server_version') AS version,
       (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS is_super,
       pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS sees_statistics,
       pg_has_role(current_user, 'pg_signal_backend', 'USAGE') AS may_signal,
       EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'pg_stat_statements') AS has_statements
"""
_TABLES = """
SELECT n.nspname::text AS namespace, c.relname::text AS name, pg_get_userbyid(c.relowner)::text AS owner,
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
            tables = await session.fetch(_TABLES, doing="looking at the tables")
            statements = await _try_statements(session) if role["has_statements"] else None
    except FermataError as error:
        return [_say(database, "connection", ok=False, text=str(error))]
    text = f"PostgreSQL {role['version']}, database {role['database']}, reading as {role['role']}"
    if role["is_super"]:
        text += ", a superuser: everything is read in read-only transactions, but an ordinary role would do"
    if session.version < _OLDEST:
        return [_say(database, "connection", ok=False, text=f"{text}: Fermata reads PostgreSQL 13 and newer")]
    return [
        _say(database, "connection", ok=True, text=text),
        _tell_statistics(database, role, tables),
        _tell_statements(database, statements),
        _tell_plans(database, role, tables),
    ]


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


def _tell_statistics(database: Database, role: dict[str, Any], tables: Sequence[dict[str, Any]]) -> CheckResult:
    if role["sees_statistics"]:
        return _say(database, "statistics", ok=True, text=f"{role['role']} sees what all sessions do")
    text = f"{role['role']} does not see what other roles' sessions do. Grant it: {_write_reading(role, tables)}"
    return _say(database, "statistics", ok=False, text=text)


def _tell_statements(database: Database, why_not: str | None) -> CheckResult:
    if why_not == "":
        return _say(database, "pg_stat_statements", ok=True, text="it is there and can be read")
    text = (
        "not made in this database: slow statements are seen only while they run. "
        "Set shared_preload_libraries = 'pg_stat_statements', restart, and CREATE EXTENSION pg_stat_statements;"
        if why_not is None
        else f"made, and cannot be read: {why_not}. Set shared_preload_libraries = 'pg_stat_statements' and restart"
    )
    return _say(database, "pg_stat_statements", ok=False, text=text)


def _tell_plans(database: Database, role: dict[str, Any], tables: Sequence[dict[str, Any]]) -> CheckResult:
    closed = [f"{table['namespace']}.{table['name']}" for table in tables if not table["readable"]]
    if not closed:
        return _say(database, "plans", ok=True, text=f"statements on all {len(tables)} tables can be planned")
    text = (
        f"statements on {_count(closed)} cannot be planned: EXPLAIN takes the rights of the statement itself. "
        f"Grant them: {_write_reading(role, tables)}"
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
        return [_say(database, "actions", ok=False, text=str(error))]
    lacking = [table for table in tables if not table["owned"]]
    owners = sorted({table["owner"] for table in lacking})
    grants = write_acting_grants(role["role"], owners)
    findings = []
    if lacking:
        names = [f"{table['namespace']}.{table['name']}" for table in lacking]
        text = f"{role['role']} may not build indexes on {_count(names)}: it takes the owner. Grant it: {grants}"
        findings.append(_say(database, "index actions", ok=False, text=text))
    else:
        text = f"{role['role']} may build indexes on all {len(tables)} tables"
        findings.append(_say(database, "index actions", ok=True, text=text))
    may = role["may_signal"] or role["is_super"]
    text = "may end sessions of ordinary roles" if may else f"may end nobody's session. Grant it: {grants}"
    return [*findings, _say(database, "session actions", ok=may, text=f"{role['role']} {text}")]


def _write_reading(role: dict[str, Any], tables: Sequence[dict[str, Any]]) -> str:
    return write_reading_grants(role["role"], sorted({table["namespace"] for table in tables}))


def _count(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= len(names[:3]) else f"{shown} and {len(names) - 3} more tables"


def _say(database: Database, what: str, *, ok: bool, text: str) -> CheckResult:
    return CheckResult(name=f"postgres: {database.name}: {what}", ok=ok, text=text)
