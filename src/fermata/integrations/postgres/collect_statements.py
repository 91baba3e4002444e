"""`postgres.statements`: what takes the database's time, now and on the whole."""

from __future__ import annotations

from collections.abc import Sequence

from fermata.domain.evidence import Evidence
from fermata.domain.facts import DatabaseLoadFacts, DatabaseStatement
from fermata.domain.scope import Scope
from fermata.integrations.postgres.client import Session
from fermata.integrations.postgres.collect import DatabaseCollector, build_evidence
from fermata.integrations.postgres.database import Database
from fermata.integrations.postgres.load import Load, Statement, read_load
from fermata.integrations.postgres.query_text import show_statement


class StatementCollector(DatabaseCollector):
    """The statements that take the most time; without pg_stat_statements, those that run right now."""

    name = "postgres.statements"

    async def _look(self, session: Session, database: Database, scope: Scope) -> Sequence[Evidence]:
        load = await read_load(session, database)
        lines: list[str] = []
        records: list[DatabaseStatement] = []
        redactions = 0
        for statement in load.statements:
            shown = show_statement(statement.raw, with_values=database.show_values)
            redactions += shown.redactions
            lines.append(f"{_tell_cost(statement, load)}: {shown.text}")
            records.append(
                DatabaseStatement(
                    line=len(lines),
                    digest=shown.digest,
                    text=shown.text,
                    calls=statement.calls,
                    mean_s=statement.mean_s,
                    total_s=statement.total_s,
                    recent_calls=statement.recent_calls,
                    recent_mean_s=statement.recent_mean_s,
                )
            )
        return (
            build_evidence(
                database,
                scope,
                lines or [f"no statement to tell of in {load.source}"],
                DatabaseLoadFacts(database=database.name, statements=tuple(records)),
                redactions=redactions,
                collector=self.name,
                title=f"{database.name}: {len(records)} statements from {load.source}",
                query=_tell_query(load),
                cut=load.missing,
            ),
        )


def _tell_cost(statement: Statement, load: Load) -> str:
    if load.source == "pg_stat_activity":
        within = f" within {load.watched_s:g} s" if load.watched_s else ""
        return f"seen running {statement.calls} times{within}, for {_ms(statement.mean_s)} so far on average"
    total = f"{statement.calls:,} calls, {_ms(statement.mean_s)} each, {statement.total_s:.1f} s in all"
    if statement.recent_calls is None:
        return total
    mean = statement.recent_mean_s
    recent = f"{statement.recent_calls} calls" + (f", {_ms(mean)} each" if mean is not None else "")
    return f"in the last {load.watched_s:g} s {recent}; on the whole {total}"


def _tell_query(load: Load) -> str:
    if load.source == "pg_stat_activity":
        return "SELECT query, now() - query_start FROM pg_stat_activity WHERE state = 'active', again and again"
    twice = f", twice, {load.watched_s:g} s apart" if load.watched_s else ""
    return f"SELECT calls, total_exec_time, query FROM pg_stat_statements ORDER BY total_exec_time DESC{twice}"  # noqa: S608 - words for people


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.1f} s"
