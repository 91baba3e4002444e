"""`postgres.plan`: how the costly statements are planned, without running any of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from fermata.domain.evidence import Evidence
from fermata.domain.facts import DatabaseLoadFacts, DatabaseScan, DatabaseTable
from fermata.domain.scope import Scope
from fermata.integrations.postgres.client import Session
from fermata.integrations.postgres.collect import DatabaseCollector, build_evidence
from fermata.integrations.postgres.database import Database
from fermata.integrations.postgres.errors import INSUFFICIENT_PRIVILEGE
from fermata.integrations.postgres.load import Load, Statement, read_load
from fermata.integrations.postgres.mighty_role import refuse_mighty_role
from fermata.integrations.postgres.plan_reading import Scan, list_scans
from fermata.integrations.postgres.query_text import ShownStatement, has_parameters, is_plannable, show_statement
from fermata.integrations.postgres.relations import build_table, describe_table, fetch_tables
from fermata.kit.errors import OperationalError, TransientError
from fermata.ports.handing import hand_over

_MOST_PLANS = 4
_MOST_SCANS = 6
_QUICK_S = 0.002  # What takes less has nothing to gain from an index.
_CATALOGUE = ("pg_catalog", "information_schema", "")
_GENERIC_SINCE = 160000  # EXPLAIN (GENERIC_PLAN): PostgreSQL 16, release notes.
_PREPARED = "fermata_plan"
_PLANNING = "planning a statement"
_UNTYPED = ("42725", "42P18")
"""Without its value nobody can tell which function is meant, or of what type a parameter is (its error codes)."""
_READS = ("SELECT", "WITH", "VALUES", "TABLE")


@dataclass(frozen=True, slots=True)
class _Planned:
    shown: ShownStatement
    cost: float
    scans: tuple[Scan, ...]


def advise_planning(error: OperationalError, statement: str) -> str:
    """Return what would let a statement be planned: EXPLAIN takes the rights of the statement itself."""
    if error.facts.get("mighty_role"):
        return error.do
    code = error.facts.get("code")
    if code == INSUFFICIENT_PRIVILEGE and not statement.lstrip(" (\n\t").upper().startswith(_READS):
        return (
            "To plan what writes, the reading role would need the right to write: leave it out, and EXPLAIN it by hand "
            "as the application's role"
        )
    if code in (INSUFFICIENT_PRIVILEGE, "42P01"):
        return "GRANT SELECT on the tables to the reading role, and set its search_path like the application's"
    if isinstance(error, TransientError):
        return "Ask again: it may pass by itself"
    return "EXPLAIN it by hand with a value for each parameter: without them the server cannot tell their types"


def can_be_mended(error: OperationalError, statement: str) -> bool:
    """Answer whether anything could be set so that a statement is planned: no grant tells a type, or should write."""
    code = error.facts.get("code")
    is_write = not statement.lstrip(" (\n\t").upper().startswith(_READS)
    return code not in _UNTYPED and not (code == INSUFFICIENT_PRIVILEGE and is_write)


class PlanCollector(DatabaseCollector):
    """The plans of the statements that take the most time, and the tables they read from end to end.

    EXPLAIN without ANALYZE plans a statement and does not run it. Parameters stay unknown: the plan is the one the
    server would make for any value.
    """

    name = "postgres.plan"

    async def _look(self, session: Session, database: Database, scope: Scope) -> Sequence[Evidence]:
        load = await read_load(session, database)
        chosen = choose(load)
        planned: list[_Planned] = []
        failed: list[str] = []
        advice: dict[str, None] = {}
        for position, statement in enumerate(chosen, start=1):
            try:
                planned.append(await self._plan(session, database, statement))
            except OperationalError as error:
                await session.begin_anew()
                if statement.recent_calls == 0 and not can_be_mended(error, statement.raw):
                    continue  # What somebody once ran by hand, and nobody calls now, is no gap.
                failed.append(f"{show_statement(statement.raw).text[:80]}: {error.why or error.what}")
                advice[advise_planning(error, statement.raw)] = None
                continue
            if len(planned) == 1 and position < len(chosen):
                # What costs most comes first: where a deadline cuts the others off, that one is there.
                rest = f"{len(chosen) - position} further statements: there was no time"
                first = await self._read_tables(session, planned)
                part = _leave_partial(planned, first)
                hand_over(database.name, self._tell(database, scope, part, first, [*failed, rest]))
        if not planned:
            if failed:
                raise OperationalError(
                    f"No statement of {database.name} could be planned",
                    why="; ".join(failed),
                    do=". ".join(advice),
                )
            return ()
        tables = await self._read_tables(session, planned)
        return (self._tell(database, scope, _leave_partial(planned, tables), tables, failed),)

    async def _plan(self, session: Session, database: Database, statement: Statement) -> _Planned:
        plan = await explain_statement(session, statement.raw)
        scans = tuple(scan for scan in list_scans(plan) if scan.namespace not in _CATALOGUE)[:_MOST_SCANS]
        shown = show_statement(statement.raw, with_values=database.show_values)
        return _Planned(shown, float(plan.get("Total Cost", 0)), scans)

    async def _read_tables(self, session: Session, planned: Sequence[_Planned]) -> list[dict[str, Any]]:
        names = sorted({f"{scan.namespace}.{scan.table}" for one in planned for scan in one.scans})
        return await fetch_tables(session, names) if names else []

    def _tell(
        self,
        database: Database,
        scope: Scope,
        planned: Sequence[_Planned],
        tables: Sequence[dict[str, Any]],
        failed: Sequence[str],
    ) -> Evidence:
        lines: list[str] = []
        records: list[DatabaseScan] = []
        rows = {(table["namespace"], table["name"]): float(table["rows"]) for table in tables}
        for one in planned:
            lines.append(f"planned at cost {one.cost:,.0f}: {one.shown.text}")
            for scan in one.scans:
                total = rows.get((scan.namespace, scan.table), 0.0)
                lines.append(_describe_scan(scan, total, with_values=database.show_values))
                records.append(_build_scan(one, scan, len(lines), total))
        known: list[DatabaseTable] = []
        for table in tables:
            known.append(build_table(table, len(lines) + 1))
            lines += describe_table(table)
        facts = DatabaseLoadFacts(database=database.name, scans=tuple(records), tables=tuple(known))
        return build_evidence(
            database,
            scope,
            lines,
            facts,
            redactions=sum(one.shown.redactions for one in planned),
            collector=self.name,
            title=f"{database.name}: {len(planned)} plans, {len(records)} tables read from end to end",
            query="EXPLAIN (FORMAT JSON, VERBOSE) of each, parameters left open",
            cut="; ".join(f"not planned: {words}" for words in failed),
        )


def _leave_partial(planned: Sequence[_Planned], tables: Sequence[dict[str, Any]]) -> list[_Planned]:
    """Leave out what a partial index gives in its order: that is not the whole table."""
    partial = {
        (table["namespace"], index["name"]) for table in tables for index in table["indexes"] if index["partial"]
    }
    return [
        replace(one, scans=tuple(scan for scan in one.scans if (scan.namespace, scan.index) not in partial))
        for one in planned
    ]


def choose(load: Load) -> list[Statement]:
    """Return the statements worth planning: those that take the most time now, else on the whole."""
    plannable = [one for one in load.statements if is_plannable(one.raw) and _get_mean(one) >= _QUICK_S]
    return plannable[:_MOST_PLANS]


def _get_mean(statement: Statement) -> float:
    recent = statement.recent_mean_s
    return statement.mean_s if recent is None else recent


async def explain_statement(session: Session, raw: str) -> dict[str, Any]:
    """Return the plan of a statement, without running it.

    Raises:
        OperationalError: It cannot be planned: a table is not readable, a parameter's type cannot be told, the role
            may do more than read, ...
    """
    await refuse_mighty_role(session)
    await session.resolve_as_role()
    if not has_parameters(raw):
        rows = await session.run(f"EXPLAIN (FORMAT JSON, VERBOSE) {raw}", doing=_PLANNING)
    elif session.version >= _GENERIC_SINCE:
        rows = await _explain_generic(session, raw)
    else:
        rows = await _explain_prepared(session, raw)
    await session.resolve_as_catalogue()
    (row,) = rows
    (answer,) = row.values()
    plan: dict[str, Any] = answer[0]["Plan"]
    return plan


async def _explain_generic(session: Session, raw: str) -> list[dict[str, Any]]:
    try:
        return await session.run(f"EXPLAIN (FORMAT JSON, VERBOSE, GENERIC_PLAN) {raw}", doing=_PLANNING)
    except OperationalError:
        # Not tried on a PostgreSQL of 16 or newer (2026-11): what works on all of them is there to fall back on.
        await session.begin_anew()
        await session.resolve_as_role()
        return await _explain_prepared(session, raw)


async def _explain_prepared(session: Session, raw: str) -> list[dict[str, Any]]:
    """Plan it as a prepared statement, for all values alike: what GENERIC_PLAN does since PostgreSQL 16."""
    # The one before is still there: neither its use nor a rollback takes it away.
    await session.run("DEALLOCATE ALL", doing=_PLANNING)
    await session.run(f"PREPARE {_PREPARED} AS {raw}", doing=_PLANNING)
    await session.run("SET LOCAL plan_cache_mode = force_generic_plan", doing=_PLANNING)
    await session.resolve_as_catalogue()
    (types,) = await session.fetch(
        "SELECT cardinality(parameter_types) AS number FROM pg_prepared_statements WHERE name = %(name)s",
        {"name": _PREPARED},
        doing=_PLANNING,
    )
    values = ", ".join(["NULL"] * types["number"])
    # Planned with another path than it was prepared with, a statement is read anew.
    await session.resolve_as_role()
    return await session.run(f"EXPLAIN (FORMAT JSON, VERBOSE) EXECUTE {_PREPARED}({values})", doing=_PLANNING)


def _describe_scan(scan: Scan, total: float, *, with_values: bool) -> str:
    condition = show_statement(scan.condition, with_values=with_values).text
    columns = ", ".join((*scan.equal_columns, *scan.range_columns)) or "none that could be read"
    how = f"scan in the order of index {scan.index} of all" if scan.index else "sequential scan of"
    return (
        f"{how} {scan.namespace}.{scan.table} ({total:,.0f} rows) at cost {scan.cost:,.0f}, keeps "
        f"{scan.rows_kept:,.0f} by {condition}; columns: {columns}"
    )


def _build_scan(one: _Planned, scan: Scan, line: int, total: float) -> DatabaseScan:
    return DatabaseScan(
        line=line,
        statement_digest=one.shown.digest,
        statement=one.shown.text,
        namespace=scan.namespace,
        table=scan.table,
        equal_columns=scan.equal_columns,
        range_columns=scan.range_columns,
        is_simple=scan.is_simple,
        rows_read=total,
        rows_kept=scan.rows_kept,
        cost=scan.cost,
        index=scan.index,
    )
