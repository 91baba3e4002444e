"""Tables with their indexes, as the catalogue and the statistics have them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fermata.domain.facts import DatabaseIndex, DatabaseTable
from fermata.integrations.postgres.client import Session
from fermata.kit.redaction import redact
from fermata.kit.units import format_size

_MOST = 25
_TABLES = """
SELECT c.oid::bigint AS oid, n.nspname::text AS namespace, c.relname::text AS name,
       coalesce(s.n_live_tup, 0)::bigint AS live, greatest(c.reltuples, 0)::float8 AS planned,
       coalesce(s.n_dead_tup, 0)::bigint AS dead, pg_table_size(c.oid)::bigint AS size_bytes,
       coalesce(s.seq_scan, 0)::bigint AS seq_scan, coalesce(s.idx_scan, 0)::bigint AS idx_scan
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_stat_user_tables s ON s.relid = c.oid
WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_t'
  AND (%(names)s::text[] IS NULL OR (n.nspname || '.' || c.relname) = ANY (%(names)s::text[]))
ORDER BY coalesce(s.seq_tup_read, 0) DESC, c.relpages DESC LIMIT %(most)s
"""
_INDEXES = """
SELECT i.indrelid::bigint AS oid, c.relname::text AS name, i.indisvalid AS valid, i.indpred IS NOT NULL AS partial,
       pg_get_indexdef(i.indexrelid) AS definition, pg_relation_size(i.indexrelid)::bigint AS size_bytes,
       obj_description(i.indexrelid, 'pg_class') AS comment,
       ARRAY(SELECT coalesce(a.attname::text, '') FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(number, position)
             LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number AND k.number > 0
             WHERE k.position <= i.indnkeyatts ORDER BY k.position) AS columns
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = ANY (%(oids)s::bigint[]::oid[]) ORDER BY c.relname
"""


async def fetch_tables(session: Session, names: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Return tables, those read most from end to end first, each with its indexes under `indexes`.

    Args:
        names: `schema.table` of those that are wanted; `None`: the ones that matter most.

    Raises:
        OperationalError: The database cannot be asked.
    """
    asked = {"names": list(names) if names is not None else None, "most": _MOST}
    tables = await session.fetch(_TABLES, asked, doing="reading pg_stat_user_tables")
    oids = [table["oid"] for table in tables]
    indexes = await session.fetch(_INDEXES, {"oids": oids}, doing="reading pg_index") if oids else []
    for table in tables:
        table["indexes"] = [index for index in indexes if index["oid"] == table["oid"]]
        # Whichever is known: statistics are lost in a crash, the planner's number waits for the first ANALYZE.
        table["rows"] = float(table["live"]) or table["planned"]
    return tables


def describe_table(table: dict[str, Any]) -> list[str]:
    """Return a line about the table, and one about each of its indexes."""
    name = f"{table['namespace']}.{table['name']}"
    size, scans = format_size(table["size_bytes"]), f"{table['seq_scan']:,} sequential scans"
    others = f"{table['idx_scan']:,} index scans"
    lines = [f"table {name}: {table['rows']:,.0f} rows, {size}, {scans}, {others}, {table['dead']:,} dead rows"]
    for index in table["indexes"]:
        state = "" if index["valid"] else "INVALID, left behind by an interrupted build: "
        lines.append(f"{name} has {state}{index['definition']} ({format_size(index['size_bytes'])})")
    return lines if table["indexes"] else [*lines, f"{name} has no index"]


def build_table(table: dict[str, Any], line: int) -> DatabaseTable:
    """Return the typed form of a table."""
    return DatabaseTable(
        line=line,
        namespace=table["namespace"],
        name=table["name"],
        rows=table["rows"],
        dead_rows=table["dead"],
        size_bytes=table["size_bytes"],
        sequential_scans=table["seq_scan"],
        index_scans=table["idx_scan"],
        indexes=tuple(
            DatabaseIndex(
                name=index["name"],
                columns=tuple(index["columns"]),
                is_valid=index["valid"],
                is_partial=index["partial"],
                definition=redact(index["definition"]).text,
            )
            for index in table["indexes"]
        ),
    )
