"""`postgres.migrations`: which migrations the database says were applied to it, and when.

What a migration did stands in its file, which the repository's integration reads; here is the database's own word that
it came into effect. Tables: `alembic_version` (one row, no time), `django_migrations`, `flyway_schema_history`,
`_prisma_migrations`, `databasechangelog` (Liquibase) and `schema_migrations` (no time; Rails and others keep each
version, golang-migrate the last one and whether it failed).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.facts import ChangeFacts
from fermata.domain.scope import Scope
from fermata.integrations.postgres.client import Session
from fermata.integrations.postgres.collect import DatabaseCollector, build_evidence
from fermata.integrations.postgres.database import Database
from fermata.kit.clock import format_instant

MOST = 20
_TABLES = """
SELECT c.relname::text AS tool, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name,
       has_table_privilege(c.oid, 'SELECT') AS readable, current_setting('track_commit_timestamp') = 'on' AS dated,
       EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'dirty') AS keeps_failures
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relname IN ('alembic_version', 'django_migrations', 'flyway_schema_history',
                                       'schema_migrations', '_prisma_migrations', 'databasechangelog')
ORDER BY 2 LIMIT 20
"""
# A commit's time is kept only where track_commit_timestamp is on; alembic's row has no other.
_ALEMBIC = (
    "SELECT version_num::text AS id, '' AS title, '' AS author, '' AS state, {dated} AS at, false AS is_first "
    "FROM {table}"
)
# The first run on an empty database takes all that there is, one after the other.
_DJANGO = (
    "SELECT app || '.' || name AS id, name::text AS title, '' AS author, '' AS state, applied AS at, "
    "applied < min(applied) OVER () + interval '10 minutes' AS is_first "
    "FROM {table} ORDER BY applied DESC LIMIT 20"
)
_FLYWAY = (
    "SELECT coalesce('V' || version, script) AS id, description || ' (' || script || ')' AS title, "
    "installed_by::text AS author, CASE WHEN success THEN 'success' ELSE 'failure' END AS state, "
    "installed_on AT TIME ZONE current_setting('TimeZone') AS at, "
    "success AND installed_on < min(installed_on) OVER () + interval '10 minutes' AS is_first "
    "FROM {table} ORDER BY installed_rank DESC LIMIT 20"
)

_RAILS = (
    "SELECT version::text AS id, '' AS title, '' AS author, '' AS state, {dated} AS at, "
    "coalesce({dated} < min({dated}) OVER () + interval '10 minutes', false) AS is_first "
    "FROM {table} ORDER BY 5 DESC, version DESC LIMIT 20"
)
_GOLANG = (
    "SELECT version::text AS id, '' AS title, '' AS author, "
    "CASE WHEN dirty THEN 'failure' ELSE 'success' END AS state, {dated} AS at, false AS is_first FROM {table}"
)
# One that was not finished failed, or runs still; what a person marked as rolled back is over.
_PRISMA = (
    "SELECT migration_name::text AS id, migration_name::text AS title, '' AS author, "
    "CASE WHEN finished_at IS NULL THEN 'not finished' ELSE 'success' END AS state, started_at AS at, "
    "finished_at IS NOT NULL AND started_at < min(started_at) OVER () + interval '10 minutes' AS is_first "
    "FROM {table} WHERE rolled_back_at IS NULL ORDER BY started_at DESC LIMIT 20"
)
_LIQUIBASE = (
    "SELECT id::text AS id, id || ' (' || filename || ')' AS title, author::text AS author, "
    "CASE exectype WHEN 'FAILED' THEN 'failure' WHEN 'MARK_RAN' THEN 'skipped' ELSE 'success' END AS state, "
    "dateexecuted AT TIME ZONE current_setting('TimeZone') AS at, "
    "dateexecuted < min(dateexecuted) OVER () + interval '10 minutes' AS is_first "
    "FROM {table} ORDER BY orderexecuted DESC LIMIT 20"
)
_TOOLS = {
    "alembic_version": ("alembic", _ALEMBIC),
    "django_migrations": ("django", _DJANGO),
    "flyway_schema_history": ("flyway", _FLYWAY),
    "_prisma_migrations": ("prisma", _PRISMA),
    "databasechangelog": ("liquibase", _LIQUIBASE),
    "schema_migrations": ("schema_migrations", _RAILS),
}


@dataclass(frozen=True, slots=True)
class Migration:
    """One applied migration."""

    tool: str
    id: str
    title: str
    author: str
    state: str
    at: datetime | None
    """`None` when the database does not know."""
    is_first: bool
    """Whether it is of the run that made the schema: nothing ran on this database before."""


class MigrationCollector(DatabaseCollector):
    """Applied migrations: those of the window as changes, but for the run that set the database up.

    And where the schema stands when no time is known.
    """

    name = "postgres.migrations"

    async def _look(self, session: Session, database: Database, scope: Scope) -> Sequence[Evidence]:
        found = await session.fetch(_TABLES, doing="looking for tables of migrations")
        migrations = [item for row in found if row["readable"] for item in await _read(session, row)]
        dated = [item for item in migrations if item.at and scope.window_start <= item.at <= scope.window_end]
        first = {item.tool: item.at for item in dated if item.is_first}
        dated = [item for item in dated if not item.is_first]
        undated = [item for item in migrations if item.at is None]
        evidence = [self._tell_change(database, scope, item) for item in dated[:MOST]]
        unreadable = [row["name"] for row in found if not row["readable"]]
        words = [
            f"{item.tool} stands at {item.id}{', which failed half way' if item.state == 'failure' else ''}; "
            "when it came there the database does not say"
            for item in undated
        ]
        words += [
            f"{tool}'s migrations begin at {format_instant(at)}: this database was set up then, and no change of it"
            for tool, at in first.items()
            if at is not None
        ]
        words += [f"{name} may not be read: GRANT SELECT ON {name} to the reading role" for name in unreadable]
        if words:
            evidence.append(
                build_evidence(
                    database,
                    scope,
                    words,
                    None,
                    kind=EvidenceKind.TEXT,
                    collector=self.name,
                    title=f"{database.name}: where its schema stands",
                    query="the last rows of the tables of migrations",
                    cut="track_commit_timestamp is off, so that these rows have no time" if undated else "",
                )
            )
        return evidence

    def _tell_change(self, database: Database, scope: Scope, item: Migration) -> Evidence:
        at = item.at or scope.onset
        title = f"migration {item.id}" + (f" ({item.title})" if item.title else "")
        return build_evidence(
            database,
            scope,
            [f"{item.tool}: {title} was applied at {format_instant(at)}" + (f": {item.state}" if item.state else "")],
            ChangeFacts(
                id=f"{database.name}:{item.id}",
                kind="migration",
                title=item.title or item.id,
                author=item.author,
                changed_at=at,
                state=item.state,
                ref=item.id,
            ),
            kind=EvidenceKind.CHANGE,
            collector=self.name,
            title=f"{database.name}: {title}"[:200],
            query=f"the last rows of the table of {item.tool}",
        )


async def _read(session: Session, row: dict[str, Any]) -> list[Migration]:
    tool, template = ("golang-migrate", _GOLANG) if row["keeps_failures"] else _TOOLS[row["tool"]]
    dated = "pg_xact_commit_timestamp(xmin)" if row["dated"] else "NULL::timestamptz"
    rows = await session.run(template.format(table=row["name"], dated=dated), doing=f"reading {row['name']}")
    # Without times only where it stands is told.
    return [Migration(tool=tool, **item) for item in (rows if row["dated"] or "dated" not in template else rows[:1])]
