"""What the catalogue says about a table before an index is built on it, or dropped from it."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fermata.integrations.postgres.client import Session
from fermata.integrations.postgres.index_target import IndexTarget
from fermata.kit.digest import compute_digest

MARK_PREFIX = "fermata: "
_TABLE = """
SELECT c.oid::bigint AS oid, c.relkind::text AS relkind, c.relpersistence::text AS persistence,
       greatest(c.reltuples, 0)::float8 AS planned_rows,
       coalesce(pg_stat_get_live_tuples(c.oid), 0)::bigint AS live_rows,
       pg_table_size(c.oid)::bigint AS size_bytes,
       pg_has_role(current_user, c.relowner, 'USAGE') AS is_owner, pg_get_userbyid(c.relowner)::text AS owner,
       has_schema_privilege(current_user, n.oid, 'CREATE') AS may_create, current_user::text AS role
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %(namespace)s AND c.relname = %(table)s
"""
_COLUMNS = """
SELECT a.attname::text AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS not_null,
       coalesce(s.avg_width, 8)::int AS width,
       (t.typcategory IN ('A', 'E', 'R') OR EXISTS (
         SELECT 1 FROM pg_opclass o JOIN pg_am m ON m.oid = o.opcmethod WHERE m.amname = %(method)s AND o.opcdefault
           AND (o.opcintype = coalesce(nullif(t.typbasetype, 0), t.oid) OR EXISTS (
             SELECT 1 FROM pg_cast k WHERE k.castmethod = 'b' AND k.castcontext = 'i'
               AND k.castsource = coalesce(nullif(t.typbasetype, 0), t.oid) AND k.casttarget = o.opcintype))
       )) AS indexable
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_stats s ON s.schemaname = %(namespace)s AND s.tablename = %(table)s AND s.attname = a.attname
  AND NOT s.inherited
WHERE a.attrelid = %(oid)s::bigint::oid AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""
_INDEXES = """
SELECT c.relname::text AS name, i.indisvalid AS valid, i.indisunique AS is_unique, m.amname::text AS method,
       i.indpred IS NOT NULL AS partial, pg_get_indexdef(i.indexrelid) AS definition,
       obj_description(i.indexrelid, 'pg_class') AS comment, pg_relation_size(i.indexrelid)::bigint AS size_bytes,
       EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid) AS backs_constraint,
       ARRAY(SELECT coalesce(a.attname::text, '') FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(number, position)
             LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number AND k.number > 0
             WHERE k.position <= i.indnkeyatts ORDER BY k.position) AS columns
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
WHERE i.indrelid = %(oid)s::bigint::oid ORDER BY c.relname
"""
_OLDEST = """
SELECT pid, extract(epoch FROM clock_timestamp() - xact_start)::float8 AS age_s
FROM pg_stat_activity WHERE xact_start IS NOT NULL AND pid <> pg_backend_pid() AND backend_type <> 'walsender'
  AND application_name NOT LIKE 'fermata%%' ORDER BY xact_start LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class TableFacts:
    """One table as the catalogue has it. `None` nowhere: a table that is not there has no facts."""

    row: dict[str, Any]
    columns: tuple[dict[str, Any], ...]
    indexes: tuple[dict[str, Any], ...]

    @property
    def rows(self) -> float:
        """Return how many rows it has, as far as anybody knows."""
        return float(self.row["live_rows"]) or float(self.row["planned_rows"])

    @property
    def version(self) -> str:
        """Return a digest of its shape: columns and indexes, not its rows."""
        return compute_digest(
            {
                "oid": self.row["oid"],
                "columns": [[column["name"], column["type"]] for column in self.columns],
                "indexes": [[index["definition"], index["valid"], index["comment"]] for index in self.indexes],
            }
        )

    def find_index(self, name: str) -> dict[str, Any] | None:
        """Return the index of that name on this table, or `None`."""
        return next((index for index in self.indexes if index["name"] == name), None)

    def find_equal(self, target: IndexTarget) -> dict[str, Any] | None:
        """Return a valid index that already does what the target would, or `None`.

        One that begins with the same columns in the same order serves every statement that the new one would.
        """
        if target.where:
            return next(
                (one for one in self.indexes if one["valid"] and _same_body(one["definition"], target.write())), None
            )
        wanted = list(target.columns)
        for index in self.indexes:
            begins = index["columns"][: len(wanted)] == wanted
            if begins and index["method"] == target.method and index["valid"] and not index["partial"]:
                return index
        return None

    def list_lines(self) -> list[str]:
        """Return a line for each index, and one for each comment on it: what a dry run's diff is made of."""
        return [line for index in self.indexes for line in describe_index(index)]


def describe_index(index: dict[str, Any]) -> list[str]:
    """Return the definition of an index, and its comment, as statements."""
    lines = [index["definition"] + ("" if index["valid"] else " -- INVALID")]
    if index["comment"]:
        lines.append(f"COMMENT ON INDEX {index['name']} IS '{index['comment']}'")
    return lines


def make_diff(before: Sequence[str], after: Sequence[str], what: str) -> str:
    """Return the unified diff between two lists of index definitions."""
    return "\n".join(difflib.unified_diff(before, after, f"{what} (now)", f"{what} (after)", lineterm="", n=20))


def _same_body(definition: str, statement: str) -> bool:
    """Answer whether two definitions differ in nothing but the index's name."""
    return definition.partition(" ON ")[2].replace(" ", "") == statement.partition(" ON ")[2].replace(" ", "")


async def find_table(session: Session, namespace: str, table: str, method: str = "btree") -> TableFacts | None:
    """Return what the catalogue says about a table, or `None` when there is none of that name.

    Raises:
        OperationalError: The database cannot be asked.
    """
    names = {"namespace": namespace, "table": table}
    rows = await session.fetch(_TABLE, names, doing="reading pg_class")
    if not rows:
        return None
    about = {**names, "oid": rows[0]["oid"], "method": method}
    columns = await session.fetch(_COLUMNS, about, doing="reading pg_attribute")
    indexes = await session.fetch(_INDEXES, about, doing="reading pg_index")
    return TableFacts(rows[0], tuple(columns), tuple(indexes))


async def find_oldest_transaction(session: Session) -> dict[str, Any] | None:
    """Return the session whose transaction has been open for longest, or `None` when none is.

    Raises:
        OperationalError: The database cannot be asked.
    """
    rows = await session.fetch(_OLDEST, {}, doing="reading pg_stat_activity")
    return rows[0] if rows else None


async def find_builder(session: Session, mark: str) -> int | None:
    """Return the pid of a session that carries the execution's mark, or `None`.

    Raises:
        OperationalError: The database cannot be asked.
    """
    rows = await session.fetch(
        "SELECT pid FROM pg_stat_activity WHERE application_name = %(name)s AND pid <> pg_backend_pid()",
        {"name": f"fermata {mark}"[:63]},
        doing="reading pg_stat_activity",
    )
    return rows[0]["pid"] if rows else None
