"""The least that a role needs, as statements to copy. `docs/systems/postgres.md` explains them."""

from __future__ import annotations

from collections.abc import Sequence

from fermata.integrations.postgres.index_target import quote


def write_reading_grants(role: str, schemas: Sequence[str]) -> str:
    """Return what the reading role needs: statistics, and the right to plan statements on the tables.

    Args:
        schemas: Those that hold tables; `public` when none is known.
    """
    names = ", ".join(quote(schema) for schema in schemas or ("public",))
    return (
        f"GRANT pg_monitor TO {quote(role)}; GRANT USAGE ON SCHEMA {names} TO {quote(role)}; "
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {names} TO {quote(role)};"
    )


def write_monitor_grant(role: str) -> str:
    """Return what the reading role needs to see the statistics."""
    return f"GRANT pg_monitor TO {quote(role)};"


def write_table_grants(role: str, tables: Sequence[tuple[str, str, bool]]) -> str:
    """Return what the reading role needs to plan statements on these tables, and on no others.

    Args:
        tables: Schema, name, and whether the role may use the schema.
    """
    schemas = dict.fromkeys(quote(schema) for schema, _, usable in tables if not usable)
    names = ", ".join(f"{quote(schema)}.{quote(name)}" for schema, name, _ in tables)
    usage = f"GRANT USAGE ON SCHEMA {', '.join(schemas)} TO {quote(role)}; " if schemas else ""
    return f"{usage}GRANT SELECT ON {names} TO {quote(role)};"


def write_connect_grant(role: str, database: str) -> str:
    """Return what any role needs to be let in."""
    return f"GRANT CONNECT ON DATABASE {quote(database)} TO {quote(role)};"


def write_signal_grants(role: str, *, sees: bool) -> str:
    """Return what the acting role needs to end sessions.

    Args:
        sees: Whether it sees what sessions do already.
    """
    return f"GRANT {'' if sees else 'pg_monitor, '}pg_signal_backend TO {quote(role)};"


def write_create_grant(role: str, schema: str) -> str:
    """Return what a member of the tables' owner needs to put an index beside them."""
    return f"GRANT CREATE ON SCHEMA {quote(schema)} TO {quote(role)};"


def write_owner_grants(role: str, owners: Sequence[str]) -> str:
    """Return what the acting role needs to build indexes: to be a member of the tables' owners. At least one."""
    return f"GRANT {', '.join(quote(owner) for owner in owners)} TO {quote(role)};"
