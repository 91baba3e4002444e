"""`postgres.create_index_concurrently`: build one index while everybody goes on working.

Its statement cannot run in a transaction, so an interrupted build leaves an INVALID index behind. That is looked for
afterwards and told with the statement that removes it; nothing is removed unasked.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from fermata.domain.action import ActionResult, ActionSpec, BlastRadius, DryRun, Outcome, PlannedAction, Risk
from fermata.domain.diagnosis import ActionSuggestion
from fermata.domain.entity import Entity
from fermata.integrations.postgres.client import Session
from fermata.integrations.postgres.database import Database, Databases, refuse_foreign
from fermata.integrations.postgres.index_catalogue import (
    MARK_PREFIX,
    TableFacts,
    find_builder,
    find_oldest_transaction,
    find_table,
    make_diff,
)
from fermata.integrations.postgres.index_preview import preview_index
from fermata.integrations.postgres.index_target import METHODS, IndexTarget, parse_target, quote, quote_text
from fermata.kit.errors import FermataError, OperationalError, UserError
from fermata.kit.redaction import redact
from fermata.kit.units import format_duration, format_size
from fermata.ports.action import MARK_PLACEHOLDER, ExecutionKey

NAME = "postgres.create_index_concurrently"
DROP_NAME = "postgres.drop_index_concurrently"
_SPEC = ActionSpec(
    name=NAME,
    summary="Build one index without blocking reads or writes (CREATE INDEX CONCURRENTLY)",
    risk=Risk.MEDIUM,
    reversible=True,
    parameters_schema={
        "type": "object",
        "additionalProperties": False,
        "required": ["table", "columns"],
        "properties": {
            "table": {"type": "string", "description": "schema.table"},
            "columns": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 8},
            "method": {"type": "string", "enum": list(METHODS), "default": "btree"},
            "where": {"type": "string", "default": "", "description": "column comparisons with constants, by AND"},
        },
    },
)
_BYTES_PER_ENTRY = 16  # Tuple header (8), line pointer (4) and alignment (documentation, section 73.6 "Database Page").
_FILL = 0.9  # B-tree's fillfactor.
_BYTES_PER_SECOND = 50 * 1024**2
"""For the two passes over a table: a guess for a busy server; measured here at 60-250 MiB/s."""
_LONG_OPEN_S = 60


class CreateIndexAction:
    """Build one index, named and commented so that it is known as ours."""

    spec = _SPEC

    def __init__(self, databases: Databases) -> None:
        self._databases = databases

    def validate(self, target: Entity, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return table with its schema, columns, method and where. Pure.

        Raises:
            UserError: The target is no database, or a parameter has a wrong form.
        """
        refuse_foreign(target)
        index = parse_target(parameters)
        return {
            "table": index.full_name,
            "columns": list(index.columns),
            "method": index.method,
            # As it was given: the canonical form is quoted, and would not be read again.
            "where": str(parameters.get("where", "")).strip(),
        }

    async def dry_run(self, target: Entity, parameters: Mapping[str, Any]) -> DryRun:
        """Look at the table as the one who would build: that it can be done, and what it would cost.

        Raises:
            UserError: There is no such database, table or column, the index is there already, or the role may not.
            OperationalError: The database cannot be asked.
        """
        index = parse_target(self.validate(target, parameters))
        database = self._databases.get(target)
        async with database.rehearse() as session:
            table = await get_table(session, index.namespace, index.table, index.method)
            refuse_unfit(table, index)
            oldest = await find_oldest_transaction(session)
            preview = await preview_index(session, index)
        after = sorted([*table.list_lines(), *_list_new_lines(index)], key=_sort_key)
        size, took = _estimate(table, index)
        note = (
            f"It runs: {index.write()}; then COMMENT ON INDEX with the mark. "
            f"{index.full_name} has about {table.rows:,.0f} rows in {format_size(table.row['size_bytes'])}; the index "
            f"takes about {format_size(size)} and, by a rule of thumb, {format_duration(took)} "
            f"(at most {format_duration(timedelta(seconds=database.build_timeout_s))}, then it is given up). "
            f"Lock: SHARE UPDATE EXCLUSIVE: reads and writes go on, other DDL and VACUUM on the table wait. "
            f"{_tell_oldest(oldest)}{preview}"
        )
        return DryRun(
            possible=True,
            diff=make_diff(sorted(table.list_lines(), key=_sort_key), after, f"indexes of {index.full_name}"),
            note=note,
            observed_version=table.version,
            blast_radius=BlastRadius(
                count=1,
                entities=(target.ref,),
                text=f"1 table, {index.full_name}: reads and writes go on, the build takes I/O and one CPU, and every "
                f"later write keeps one index more",
            ),
            undo=ActionSuggestion(
                name=DROP_NAME, target=target, parameters={"index": f"{index.namespace}.{index.name}"}
            ),
            undo_text=f"DROP INDEX CONCURRENTLY {quote(index.namespace)}.{quote(index.name)}",
        )

    async def observe_version(self, target: Entity, parameters: Mapping[str, Any]) -> str:
        """Return a digest of the table's columns and indexes.

        Raises:
            OperationalError: The database cannot be asked, or no longer has the table.
        """
        index = parse_target(self.validate(target, parameters))
        try:
            async with self._databases.get(target).rehearse() as session:
                return (await get_table(session, index.namespace, index.table)).version
        except UserError as error:
            raise OperationalError(error.what, why=error.why, do=error.do) from error

    async def execute(self, action: PlannedAction, key: ExecutionKey) -> ActionResult:
        """Build the index and write the mark into its comment."""
        index = parse_target(action.parameters)
        database = self._databases.get(action.target)
        try:
            async with database.act(key.mark, statement_s=database.build_timeout_s) as session:
                table = await get_table(session, index.namespace, index.table)
                if table.version != action.dry_run.observed_version:
                    words = f"Nothing was done: columns or indexes of {index.full_name} have changed since the dry run"
                    return self._result(database, Outcome.FAILED, words)
                failure = await self._build(session, index, key, database.build_timeout_s)
        except FermataError as error:
            # Only what happens before the build gets here.
            return self._result(database, Outcome.FAILED, f"Nothing was done. {error}")
        if failure is None:
            return self._result(database, Outcome.DONE, f"{index.name} is built on {index.full_name} and valid")
        return await self._explain(database, index, key, failure)

    async def _build(
        self, session: Session, index: IndexTarget, key: ExecutionKey, within_s: float
    ) -> OperationalError | None:
        name = f"{quote(index.namespace)}.{quote(index.name)}"
        try:
            await session.run(index.write(), doing=f"building {index.name}", within_s=within_s)
            comment = quote_text(f"{MARK_PREFIX}{key.mark}")
            await session.run(f"COMMENT ON INDEX {name} IS {comment}", doing=f"marking {index.name}")
        except OperationalError as error:
            return error
        return None

    async def _explain(
        self, database: Database, index: IndexTarget, key: ExecutionKey, failure: OperationalError
    ) -> ActionResult:
        """Say what a build that did not end well left behind."""
        try:
            outcome, words = await self._look(database, index, key)
        except FermataError as error:
            words = f"Whether {index.name} was built is not known. {failure} {error}"
            return self._result(database, Outcome.UNKNOWN, words)
        return self._result(database, outcome, f"{words} {failure}")

    async def probe(self, action: PlannedAction, key: ExecutionKey, intended_at: datetime) -> ActionResult:
        """Find out whether the index is there, valid and ours."""
        del intended_at  # The index itself carries the mark.
        index = parse_target(action.parameters)
        database = self._databases.get(action.target)
        try:
            outcome, words = await self._look(database, index, key)
        except FermataError as error:
            outcome, words = Outcome.UNKNOWN, f"Whether {index.name} was built is not known. {error}"
        return self._result(database, outcome, words)

    async def _look(self, database: Database, index: IndexTarget, key: ExecutionKey) -> tuple[Outcome, str]:
        async with database.rehearse() as session:
            # First: a build that ends between the two looks is then seen as built.
            builder = await find_builder(session, key.mark)
            table = await find_table(session, index.namespace, index.table)
        found = table.find_index(index.name) if table else None
        drop = f"DROP INDEX CONCURRENTLY {quote(index.namespace)}.{quote(index.name)}"
        if builder is not None:
            return Outcome.UNKNOWN, f"{index.name} is still being built by pid {builder}: look again later."
        if found is None:
            return Outcome.FAILED, f"There is no index {index.name} on {index.full_name}: nothing is left of it."
        if not found["valid"]:
            words = (
                f"{index.name} was left INVALID by a build that was interrupted: it costs writes and serves nothing."
            )
            return Outcome.UNKNOWN, f"{words} Remove it: {drop};"
        if found["comment"] == f"{MARK_PREFIX}{key.mark}":
            return Outcome.DONE, f"{index.name} is there, valid, and carries the mark of this execution."
        words = f"{index.name} is there and valid, without the mark of this execution: it was built, by us or not."
        return Outcome.UNKNOWN, f"{words} Keep it, or remove it: {drop};"

    def _result(self, database: Database, outcome: Outcome, detail: str) -> ActionResult:
        return ActionResult(outcome=outcome, detail=redact(detail).text, at=database.clock.now())


async def get_table(session: Session, namespace: str, table: str, method: str = "btree") -> TableFacts:
    """Return what the catalogue says about a table.

    Raises:
        UserError: There is none.
        OperationalError: The database cannot be asked.
    """
    found = await find_table(session, namespace, table, method)
    if found is None:
        raise UserError(f"There is no table {namespace}.{table}", do="Correct the name, or the database")
    return found


def refuse_unfit(table: TableFacts, index: IndexTarget) -> None:
    """Refuse an index that cannot or need not be built. Pure.

    Raises:
        UserError: With what stands against it.
    """
    kind = table.row["relkind"]
    if kind == "p":
        raise UserError(
            f"{index.full_name} is partitioned",
            why="PostgreSQL builds no index concurrently on all partitions at once",
            do="Name a partition",
        )
    if kind not in ("r", "m"):
        raise UserError(f"{index.full_name} is no table", do="Name a table or a materialised view")
    if table.row["persistence"] == "t":
        raise UserError(f"{index.full_name} is temporary", do="Only its own session can build on it")
    for name in index.columns:
        column = next((column for column in table.columns if column["name"] == name), None)
        if column is None:
            raise UserError(f"{index.full_name} has no column {name}", do="Correct the name")
        if not column["indexable"]:
            raise UserError(f"{name} is of type {column['type']}, which {index.method} cannot index", do="Act by hand")
    equal = table.find_equal(index)
    if equal is not None:
        raise UserError(
            f"{index.full_name} has such an index already",
            why=equal["definition"],
            do="Look why it is not used (ANALYZE, types)",
        )
    if table.find_index(index.name) is not None:
        raise UserError(
            f"There is an index {index.name} already",
            why="it is invalid, or defined otherwise",
            do=f"Drop it first: DROP INDEX CONCURRENTLY {quote(index.namespace)}.{quote(index.name)}",
        )
    if not (table.row["is_owner"] and table.row["may_create"]):
        role, owner = table.row["role"], table.row["owner"]
        raise UserError(
            f"The role {role} may not build an index on {index.full_name}",
            why="it takes the table's owner, and CREATE on its schema",
            do=f"GRANT {quote(owner)} TO {quote(role)}; "
            f"GRANT CREATE ON SCHEMA {quote(index.namespace)} TO {quote(owner)}",
        )


def _list_new_lines(index: IndexTarget) -> list[str]:
    comment = f"COMMENT ON INDEX {index.name} IS '{MARK_PREFIX}{MARK_PLACEHOLDER}'"
    return [index.write(concurrently=False), comment]


def _sort_key(line: str) -> tuple[str, bool]:
    """Order the lines as the catalogue will: by the index's name, its comment after it."""
    words = line.split()
    is_comment = line.startswith("COMMENT")
    name = words[words.index("INDEX") + 1] if "INDEX" in words else line
    return name, is_comment


def _estimate(table: TableFacts, index: IndexTarget) -> tuple[int, timedelta]:
    """Return about how large the index gets, and about how long it takes."""
    width = sum(column["width"] for column in table.columns if column["name"] in index.columns)
    size = 128 * 1024 if index.method == "brin" else int(table.rows * (width + _BYTES_PER_ENTRY) / _FILL)
    return max(size, 8192), timedelta(seconds=max(1, round(2 * table.row["size_bytes"] / _BYTES_PER_SECOND)))


def _tell_oldest(oldest: Mapping[str, Any] | None) -> str:
    if oldest is None or oldest["age_s"] < _LONG_OPEN_S:
        return ""
    age = format_duration(timedelta(seconds=oldest["age_s"]))
    return f"A transaction of pid {oldest['pid']} has been open for {age}: the build waits until it ends. "
