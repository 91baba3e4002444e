"""What the planner would make of an index that does not exist yet: by hypopg, where the extension is there.

A hypothetical index lives in one session's memory: nothing is built or written, and it is gone with the session.
"""

from __future__ import annotations

from typing import Any

from fermata.integrations.postgres.client import Session
from fermata.integrations.postgres.index_target import IndexTarget, quote, quote_text
from fermata.integrations.postgres.mighty_role import refuse_mighty_role
from fermata.kit.errors import OperationalError

_PREPARED = "fermata_preview"
_ABSENT = "The planner's new cost is not computed: the extension hypopg is not there"


async def preview_index(session: Session, index: IndexTarget) -> str:
    """Return a sentence about the cost of a look-up by the index's columns, now and with the index.

    The session's transaction may be spoilt afterwards: ask nothing more of it.
    """
    schema = await session.fetch(
        "SELECT quote_ident(n.nspname) AS name FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace "
        "WHERE e.extname = 'hypopg'",
        doing="looking for hypopg",
    )
    if not schema:
        return _ABSENT
    try:
        await refuse_mighty_role(session)
        before, after = await _compare(session, index, schema[0]["name"])
    except OperationalError as error:
        return f"The planner's new cost is not computed: {error.why or error.what}"
    columns = ", ".join(index.columns)
    return f"By hypopg, a look-up by {columns} costs {before:,.0f} now and {after:,.0f} with it (the planner's units)"


async def _compare(session: Session, index: IndexTarget, schema: str) -> tuple[float, float]:
    table = f"{quote(index.namespace)}.{quote(index.table)}"
    tests = [f"{quote(column)} = ${number}" for number, column in enumerate(index.columns, start=1)]
    where = " AND ".join([*tests, *([index.where] if index.where else [])])
    doing = "planning with a hypothetical index"
    await session.run(f"PREPARE {_PREPARED} AS SELECT 1 FROM {table} WHERE {where}", doing=doing)  # noqa: S608 - all of it is quoted
    await session.run("SET LOCAL plan_cache_mode = force_generic_plan", doing=doing)
    values = ", ".join(["NULL"] * len(index.columns))
    explain = f"EXPLAIN (FORMAT JSON) EXECUTE {_PREPARED}({values})"
    before = _read_cost(await session.run(explain, doing=doing))
    # The cached plan knows nothing of an index that no catalogue holds: prepared anew, it is planned anew.
    await session.run(f"DEALLOCATE {_PREPARED}", doing=doing)
    # Named in full: with its schema ahead of the catalogue, whoever may make operators there would say what `=` is.
    statement = quote_text(index.write(concurrently=False))
    await session.run(f"SELECT * FROM {schema}.hypopg_create_index({statement}::text)", doing=doing)  # noqa: S608 - as above
    await session.run(f"PREPARE {_PREPARED} AS SELECT 1 FROM {table} WHERE {where}", doing=doing)  # noqa: S608 - as above
    return before, _read_cost(await session.run(explain, doing=doing))


def _read_cost(rows: list[dict[str, Any]]) -> float:
    (row,) = rows
    (answer,) = row.values()
    return float(answer[0]["Plan"]["Total Cost"])
