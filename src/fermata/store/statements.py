"""The few statements every row class needs: insert unless there, insert or replace, and reading a record back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError
from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

from fermata.domain.record import Record
from fermata.kit.digest import canonical_json
from fermata.kit.errors import InvariantBroken

R = TypeVar("R", bound=Record)


def write_record(record: Record) -> str:
    """Return the stored form of a record: its canonical JSON, the text its digest is computed over."""
    return canonical_json(record.to_json())


def read_record(kind: type[R], text: str, name: str) -> R:
    """Build a record from its stored form.

    Args:
        name: The row, for the message: `plan pl-123`.

    Raises:
        InvariantBroken: The text is no valid record: it was changed outside Fermata, or the disk lost something.
    """
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        raise InvariantBroken(
            f"The stored {name} cannot be read",
            why=f"Its text is no valid {kind.__name__} any more ({error.error_count()} faults)",
            do="Run `fermata audit verify`, and restore the store from a backup if it was damaged",
            row=name,
        ) from error


def _insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    # Both dialects spell ON CONFLICT alike, but SQLAlchemy has no common form of it.
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def insert_new(connection: Connection, table: Table, values: Mapping[str, Any], key: Sequence[str]) -> bool:
    """Insert a row unless one with the same `key` columns is there; answer whether this call inserted it."""
    statement = _insert(connection, table).on_conflict_do_nothing(index_elements=list(key))
    # Not rowcount: PostgreSQL's is not kept for inserts.
    return connection.execute(statement.returning(table.c[key[0]]), dict(values)).first() is not None


def upsert(connection: Connection, table: Table, values: Mapping[str, Any], key: Sequence[str]) -> None:
    """Insert a row, or replace the other columns of the one with the same `key` columns."""
    statement = _insert(connection, table)
    changed = {name: statement.excluded[name] for name in values if name not in key}
    connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=changed), dict(values))


def insert_all_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], key: Sequence[str]) -> None:
    """Insert rows, without those whose `key` columns are there."""
    if rows:
        statement = _insert(connection, table).on_conflict_do_nothing(index_elements=list(key))
        connection.execute(statement, [dict(row) for row in rows])


def upsert_all(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], key: Sequence[str]) -> None:
    """Insert rows, or replace the other columns of those with the same `key` columns. All name the same columns."""
    if rows:
        statement = _insert(connection, table)
        changed = {name: statement.excluded[name] for name in rows[0] if name not in key}
        connection.execute(
            statement.on_conflict_do_update(index_elements=list(key), set_=changed), [dict(row) for row in rows]
        )
