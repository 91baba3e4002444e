"""`postgres.tables`: sizes, scans, dead rows and indexes."""

from __future__ import annotations

from collections.abc import Sequence

from fermata.domain.evidence import Evidence
from fermata.domain.facts import DatabaseLoadFacts, DatabaseTable
from fermata.domain.scope import Scope
from fermata.integrations.postgres.client import Session
from fermata.integrations.postgres.collect import DatabaseCollector, build_evidence
from fermata.integrations.postgres.database import Database
from fermata.integrations.postgres.relations import build_table, describe_table, fetch_tables


class TableCollector(DatabaseCollector):
    """The tables that are read most from end to end, and the largest ones."""

    name = "postgres.tables"

    async def _look(self, session: Session, database: Database, scope: Scope) -> Sequence[Evidence]:
        tables = await fetch_tables(session)
        lines: list[str] = []
        records: list[DatabaseTable] = []
        for table in tables:
            records.append(build_table(table, len(lines) + 1))
            lines += describe_table(table)
        invalid = sum(not index.is_valid for record in records for index in record.indexes)
        broken = f", {invalid} invalid indexes" if invalid else ""
        return (
            build_evidence(
                database,
                scope,
                lines or ["the database has no table of its own"],
                DatabaseLoadFacts(database=database.name, tables=tuple(records)),
                collector=self.name,
                title=f"{database.name}: {len(records)} tables{broken}",
                query="SELECT * FROM pg_stat_user_tables ORDER BY seq_tup_read DESC; SELECT * FROM pg_indexes",
            ),
        )
