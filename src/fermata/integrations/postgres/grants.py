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


def write_acting_grants(role: str, owners: Sequence[str]) -> str:
    """Return what the acting role needs: to see and end sessions, and to build indexes as the tables' owner."""
    names = ", ".join(quote(owner) for owner in owners) or "<owner of the tables>"
    return f"GRANT pg_monitor, pg_signal_backend, {names} TO {quote(role)};"
