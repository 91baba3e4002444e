"""Small named values: the halt flag, leases, login tokens."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, select

from fermata.kit.digest import canonical_json
from fermata.store.statements import insert_new, upsert
from fermata.store.tables import flags


@dataclass(frozen=True, slots=True)
class SqlFlagRows:
    """`ports.store.FlagRows` over SQL."""

    connection: Connection

    def put(self, name: str, value: dict[str, Any]) -> None:
        """Set a value."""
        upsert(self.connection, flags, {"name": name, "value": canonical_json(value)}, ["name"])

    def put_if_absent(self, name: str, value: dict[str, Any]) -> bool:
        """Set a value unless there is one; answer whether this call did it."""
        return insert_new(self.connection, flags, {"name": name, "value": canonical_json(value)}, ["name"])

    def find(self, name: str) -> dict[str, Any] | None:
        """Return a value, or `None`."""
        text = self.connection.execute(select(flags.c.value).where(flags.c.name == name)).scalar_one_or_none()
        return _read(text) if text is not None else None

    def remove(self, name: str) -> bool:
        """Remove a value; answer whether there was one: two that race for a one-time token, one wins."""
        return self.connection.execute(delete(flags).where(flags.c.name == name)).rowcount == 1

    def list_named(self, prefix: str, below: str | None = None, limit: int = 0) -> Sequence[tuple[str, dict[str, Any]]]:
        """Return names and values that start with a prefix, by name; those before `below`, at most `limit`."""
        # A range over the primary key, since this is asked twice a second. Not LIKE: SQLite ignores case in it. The
        # prefix is asked again because PostgreSQL's order may differ from that of code points.
        named = select(flags.c.name, flags.c.value).where(
            flags.c.name >= prefix,
            flags.c.name < (f"{prefix}\U0010ffff" if below is None else below),
            func.substr(flags.c.name, 1, len(prefix)) == prefix,
        )
        named = named.order_by(flags.c.name).limit(limit or None)
        return [(row.name, _read(row.value)) for row in self.connection.execute(named)]


def _read(text: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(text)
    return value
