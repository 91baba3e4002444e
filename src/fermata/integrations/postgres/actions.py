"""The catalogue entries of PostgreSQL: one index more or one less, one statement or one session ended."""

from __future__ import annotations

from fermata.integrations.postgres.database import Databases
from fermata.integrations.postgres.index_create import CreateIndexAction
from fermata.integrations.postgres.index_drop import DropIndexAction
from fermata.integrations.postgres.session_action import cancel_backend, terminate_backend
from fermata.ports.action import CatalogueAction


def list_actions(databases: Databases) -> tuple[CatalogueAction, ...]:
    """Return all actions on the databases of the settings."""
    return (
        CreateIndexAction(databases),
        DropIndexAction(databases),
        cancel_backend(databases),
        terminate_backend(databases),
    )
