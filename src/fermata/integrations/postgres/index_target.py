"""What an index is to be built on, as parameters and as SQL. Pure.

The condition of a partial index is the only text that goes into a statement other than as a name. It is taken apart and
written anew from a small grammar, so that nothing else can stand in it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fermata.kit.errors import UserError

METHODS = ("btree", "brin", "hash")
LONGEST_NAME = 63
"""Bytes of a name (NAMEDATALEN - 1, documentation, section 4.1.1)."""
_MOST_COLUMNS = 8
_PLAIN = re.compile(r"[^\x00-\x1f\x7f\"\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]{1,63}")
_CONDITION = re.compile(
    r"""\s*(?P<column>[A-Za-z_][A-Za-z0-9_]*)\s*
        (?:(?P<null>IS\s+(?P<not>NOT\s+)?NULL)|(?P<operator>=|<>|<=|>=|<|>)\s*
        (?P<value>-?[0-9]{1,18}(?:\.[0-9]{1,18})?|'[^'\\\x00-\x1f]{0,200}'|true|false))\s*""",
    re.VERBOSE | re.IGNORECASE,
)
_SAFE_IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]*")
# Words that must be quoted to be a name; the list of those that PostgreSQL 15 reserves (pg_get_keywords, catcode R, T).
_RESERVED = frozenset(
    """
    all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation
    column concurrently constraint create cross current_catalog current_date current_role current_schema
    current_time current_timestamp current_user default deferrable desc distinct do else end except false fetch for
    foreign freeze from full grant group having ilike in initially inner intersect into is isnull join lateral
    leading left like limit localtime localtimestamp natural not notnull null offset on only or order outer overlaps
    placing primary references returning right select session_user similar some symmetric table tablesample then to
    trailing true union unique user using variadic verbose when where window with
    """.split()  # noqa: SIM905 - as a list it takes a hundred lines
)


@dataclass(frozen=True, slots=True)
class IndexTarget:
    """A table, its columns, and how they are indexed."""

    namespace: str
    table: str
    columns: tuple[str, ...]
    method: str
    where: str
    """In canonical form; empty for a whole index."""

    @property
    def full_name(self) -> str:
        """Return the table as people write it."""
        return f"{self.namespace}.{self.table}"

    @property
    def name(self) -> str:
        """Return the name of the index: the same for the same target, and clearly ours."""
        base = "_".join(["fermata", self.table, *self.columns, *(["part"] if self.where else []), self.method])
        plain = re.sub(r"[^A-Za-z0-9_]+", "_", base).lower()
        if len(plain) <= LONGEST_NAME:
            return plain
        # Two long names that begin alike stay two.
        return f"{plain[: LONGEST_NAME - 9]}_{hashlib.sha256(plain.encode()).hexdigest()[:8]}"

    def write(self, *, concurrently: bool = True) -> str:
        """Return the statement; without `CONCURRENTLY` as `pg_get_indexdef` prints what it made."""
        how = "CONCURRENTLY " if concurrently else ""
        columns = ", ".join(quote(column) for column in self.columns)
        where = f" WHERE {self.where}" if self.where else ""
        table = f"{quote(self.namespace)}.{quote(self.table)}"
        return f"CREATE INDEX {how}{quote(self.name)} ON {table} USING {self.method} ({columns}){where}"


def parse_target(parameters: Mapping[str, Any]) -> IndexTarget:
    """Return what the parameters of `create_index_concurrently` mean.

    Raises:
        UserError: One is missing, unknown, or of the wrong form.
    """
    unknown = set(parameters) - {"table", "columns", "method", "where"}
    if unknown:
        raise UserError(f"{min(unknown)!r} is no parameter of it", do="Give table, columns, method and where")
    namespace, table = split_table(parameters.get("table"))
    columns = parameters.get("columns")
    if not isinstance(columns, list | tuple) or not 1 <= len(columns) <= _MOST_COLUMNS:
        raise UserError(f"columns is no list of 1 to {_MOST_COLUMNS} names", do='Write it like ["order_id"]')
    names = tuple(_require_name(column, "a column") for column in columns)
    if len(set(names)) != len(names):
        raise UserError("A column stands twice in columns", do="Name each once")
    method = parameters.get("method", METHODS[0])
    if method not in METHODS:
        raise UserError(f"{method!r} is no method that can be asked for", do=f"Choose one of: {', '.join(METHODS)}")
    if method == "hash" and len(names) > 1:
        raise UserError("A hash index has one column", do="Name one column, or choose btree")
    return IndexTarget(namespace, table, names, method, parse_where(parameters.get("where", "")))


def split_table(value: object) -> tuple[str, str]:
    """Return schema and name of `schema.table`; `public` where no schema is named.

    Raises:
        UserError: It is neither.
    """
    if not isinstance(value, str) or value.count(".") > 1:
        raise UserError(f"{value!r} is no table", do="Write schema.table, without quotes")
    namespace, dot, table = value.partition(".")
    return (
        _require_name(namespace if dot else "public", "a schema"),
        _require_name(table if dot else namespace, "a table"),
    )


def parse_where(value: object) -> str:
    """Return the condition of a partial index in canonical form; empty for none.

    Raises:
        UserError: It is more than comparisons of columns with constants, joined by AND.
    """
    if not isinstance(value, str):
        raise UserError("where is no text", do="Write it like: status = 'open' AND deleted_at IS NULL")
    if not value.strip():
        return ""
    parts = []
    for part in re.split(r"\s+AND\s+", value.strip(), flags=re.IGNORECASE):
        match = _CONDITION.fullmatch(part)
        if match is None:
            raise UserError(
                f"where holds what cannot be checked: {part[:80]!r}",
                why="only comparisons of a column with a constant are taken, joined by AND",
                do="Write it like: status = 'open' AND deleted_at IS NULL",
            )
        column = quote(match["column"].lower())
        test = f"IS {'NOT ' if match['not'] else ''}NULL" if match["null"] else f"{match['operator']} {match['value']}"
        parts.append(f"({column} {test})")
    return parts[0] if len(parts) == 1 else f"({' AND '.join(parts)})"


def quote(name: str) -> str:
    """Return a name as `quote_ident` writes it."""
    if _SAFE_IDENTIFIER.fullmatch(name) and name not in _RESERVED:
        return name
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """Return a text constant, whatever `standard_conforming_strings` says."""
    escaped = text.replace("'", "''")
    return f"E'{escaped.replace(chr(92), chr(92) * 2)}'" if "\\" in text else f"'{escaped}'"


def _require_name(value: object, what: str) -> str:
    if not isinstance(value, str) or not _PLAIN.fullmatch(value) or len(value.encode()) > LONGEST_NAME:
        raise UserError(
            f"{value!r} cannot name {what}", do=f"Use the catalogue's own name, of {LONGEST_NAME} bytes at most"
        )
    return value
