"""`postgres.drop_index_concurrently`: take back an index that Fermata built, and no other."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fermata.domain.action import ActionResult, ActionSpec, BlastRadius, DryRun, Outcome, PlannedAction, Risk
from fermata.domain.entity import Entity
from fermata.integrations.postgres.client import Session
from fermata.integrations.postgres.database import Database, Databases, refuse_foreign
from fermata.integrations.postgres.index_catalogue import MARK_PREFIX, describe_index, make_diff
from fermata.integrations.postgres.index_create import DROP_NAME
from fermata.integrations.postgres.index_target import quote, split_table
from fermata.kit.digest import compute_digest
from fermata.kit.errors import FermataError, OperationalError, UserError
from fermata.kit.redaction import redact
from fermata.kit.units import format_size
from fermata.ports.action import ExecutionKey

_SPEC = ActionSpec(
    name=DROP_NAME,
    summary="Drop one index that Fermata built, without blocking reads or writes (DROP INDEX CONCURRENTLY)",
    risk=Risk.MEDIUM,
    reversible=True,
    parameters_schema={
        "type": "object",
        "additionalProperties": False,
        "required": ["index"],
        "properties": {"index": {"type": "string", "description": "schema.index"}},
    },
)
_INDEX = """
SELECT c.oid::bigint AS oid, c.relname::text AS name, pg_get_indexdef(c.oid) AS definition, i.indisvalid AS valid,
       obj_description(c.oid, 'pg_class') AS comment, pg_relation_size(c.oid)::bigint AS size_bytes,
       i.indrelid::regclass::text AS on_table, pg_get_userbyid(c.relowner)::text AS owner, current_user::text AS role,
       pg_has_role(current_user, c.relowner, 'USAGE') AS is_owner, coalesce(s.idx_scan, 0)::bigint AS scans,
       EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = c.oid) AS backs_constraint
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_index i ON i.indexrelid = c.oid
LEFT JOIN pg_stat_user_indexes s ON s.indexrelid = c.oid
WHERE n.nspname = %(namespace)s AND c.relname = %(name)s
"""


class DropIndexAction:
    """Drop one index that carries Fermata's mark in its comment."""

    spec = _SPEC

    def __init__(self, databases: Databases) -> None:
        self._databases = databases

    def validate(self, target: Entity, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the index with its schema. Pure.

        Raises:
            UserError: The target is no database, or the parameter has a wrong form.
        """
        refuse_foreign(target)
        if set(parameters) != {"index"}:
            raise UserError(f"{DROP_NAME} takes one parameter, index", do="Write it like public.fermata_orders_idx")
        namespace, name = split_table(parameters["index"])
        return {"index": f"{namespace}.{name}"}

    async def dry_run(self, target: Entity, parameters: Mapping[str, Any]) -> DryRun:
        """Look at the index as the one who would drop it.

        Raises:
            UserError: There is no such index, it is not ours, or the role may not.
            OperationalError: The database cannot be asked.
        """
        statement = _write(self.validate(target, parameters))
        async with self._databases.get(target).rehearse() as session:
            index = await _get_index(session, self.validate(target, parameters))
        _refuse_unfit(index)
        lines = describe_index(index)
        return DryRun(
            possible=True,
            diff=make_diff(lines, [], f"index {index['name']}"),
            note=f"It runs: {statement}. It gives back {format_size(index['size_bytes'])}; the index was used "
            f"{index['scans']:,} times. Lock: SHARE UPDATE EXCLUSIVE on {index['on_table']}: reads and writes go on",
            observed_version=_digest(index),
            blast_radius=BlastRadius(
                count=1,
                entities=(target.ref,),
                text=f"1 index of {index['on_table']}: statements that used it slow down",
            ),
            undo_text=f"Build it again: {index['definition'].replace('INDEX ', 'INDEX CONCURRENTLY ', 1)}",
        )

    async def observe_version(self, target: Entity, parameters: Mapping[str, Any]) -> str:
        """Return a digest of the index's definition, comment and state.

        Raises:
            OperationalError: The database cannot be asked, or no longer has the index.
        """
        try:
            async with self._databases.get(target).rehearse() as session:
                return _digest(await _get_index(session, self.validate(target, parameters)))
        except UserError as error:
            raise OperationalError(error.what, why=error.why, do=error.do) from error

    async def execute(self, action: PlannedAction, key: ExecutionKey) -> ActionResult:
        """Drop the index. What is gone keeps no mark."""
        database = self._databases.get(action.target)
        try:
            async with database.act(key.mark, statement_s=database.build_timeout_s) as session:
                index = await _get_index(session, action.parameters)
                if _digest(index) != action.dry_run.observed_version:
                    words = f"Nothing was done: {index['name']} has changed since the dry run"
                    return self._result(database, Outcome.FAILED, words)
                failure = await _drop(session, action.parameters, database.build_timeout_s)
        except FermataError as error:
            return self._result(database, Outcome.FAILED, f"Nothing was done. {error}")
        if failure is None:
            return self._result(database, Outcome.DONE, f"{action.parameters['index']} is dropped")
        found = await self.probe(action, key, database.clock.now())
        return self._result(database, found.outcome, f"{found.detail} {failure}")

    async def probe(self, action: PlannedAction, key: ExecutionKey, intended_at: datetime) -> ActionResult:
        """Find out whether the index is gone."""
        del key, intended_at  # What is gone keeps no mark.
        database = self._databases.get(action.target)
        try:
            async with database.rehearse() as session:
                index = await _find_index(session, action.parameters)
        except FermataError as error:
            words = f"Whether {action.parameters['index']} was dropped is not known. {error}"
            return self._result(database, Outcome.UNKNOWN, words)
        if index is None:
            return self._result(database, Outcome.DONE, f"{action.parameters['index']} is not there any more.")
        if not index["valid"]:
            words = f"Dropping {index['name']} was interrupted: it is INVALID. Finish it: {_write(action.parameters)};"
            return self._result(database, Outcome.UNKNOWN, words)
        return self._result(database, Outcome.FAILED, f"{index['name']} is there and valid: it was not dropped.")

    def _result(self, database: Database, outcome: Outcome, detail: str) -> ActionResult:
        return ActionResult(outcome=outcome, detail=redact(detail).text, at=database.clock.now())


async def _drop(session: Session, parameters: Mapping[str, Any], within_s: float) -> OperationalError | None:
    try:
        await session.run(_write(parameters), doing=f"dropping {parameters['index']}", within_s=within_s)
    except OperationalError as error:
        return error
    return None


async def _find_index(session: Session, parameters: Mapping[str, Any]) -> dict[str, Any] | None:
    namespace, name = split_table(parameters["index"])
    rows = await session.fetch(_INDEX, {"namespace": namespace, "name": name}, doing="reading pg_index")
    return rows[0] if rows else None


async def _get_index(session: Session, parameters: Mapping[str, Any]) -> dict[str, Any]:
    found = await _find_index(session, parameters)
    if found is None:
        raise UserError(f"There is no index {parameters['index']}", do="Nothing needs to be dropped")
    return found


def _refuse_unfit(index: Mapping[str, Any]) -> None:
    if not (index["comment"] or "").startswith(MARK_PREFIX):
        raise UserError(
            f"{index['name']} was not built by Fermata",
            why="its comment does not carry the mark of an execution",
            do="Drop it by hand, if it has to go",
        )
    if index["backs_constraint"]:
        raise UserError(f"{index['name']} backs a constraint by now", do="Drop the constraint by hand")
    if not index["is_owner"]:
        raise UserError(
            f"The role {index['role']} may not drop {index['name']}",
            why="it takes the index's owner",
            do=f"GRANT {quote(index['owner'])} TO {quote(index['role'])}",
        )


def _write(parameters: Mapping[str, Any]) -> str:
    namespace, name = split_table(parameters["index"])
    return f"DROP INDEX CONCURRENTLY {quote(namespace)}.{quote(name)}"


def _digest(index: Mapping[str, Any]) -> str:
    return compute_digest({name: index[name] for name in ("oid", "definition", "valid", "comment")})
