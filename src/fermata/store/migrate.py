"""Brings a store's tables to the form this version of Fermata works with. No alembic.ini: all of it is in here."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from fermata.kit.errors import UserError
from fermata.store.faults import translate_faults

VERSION_TABLE = "fermata_version"
"""Holds the id of the last migration; named, since dbos and others may keep tables beside ours."""
# Any constant: it only has to be the same in every worker that starts at the same time.
_ADVISORY_LOCK = 7_307_118


def migrate(database: Engine, name: str) -> None:
    """Run the migrations that are missing, in one transaction. Idempotent; several processes may start at once.

    Args:
        name: The store as people know it, for messages.

    Raises:
        UserError: A newer Fermata has changed the tables.
        OperationalError: The store is full, locked, gone or damaged.
    """
    config = make_config()
    scripts = ScriptDirectory.from_config(config)
    with translate_faults(name), database.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")
        current = find_revision(connection)
        _refuse_newer(current, scripts, name)
        if current != scripts.get_current_head():
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def make_config() -> Config:
    """Return alembic's settings, pointing into this package."""
    config = Config()
    config.set_main_option("script_location", "fermata.store:migrations")
    return config


def find_revision(connection: Connection) -> str | None:
    """Return the last migration that ran, or `None` in an empty store."""
    return MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()


def _refuse_newer(current: str | None, scripts: ScriptDirectory, name: str) -> None:
    known = {script.revision for script in scripts.walk_revisions()}
    if current is not None and current not in known:
        raise UserError(
            f"{name[0].upper()}{name[1:]} belongs to a newer Fermata",
            why=f"Its tables are at version {current}, and this one knows versions up to {scripts.get_current_head()}",
            do="Install the newer Fermata again, or restore the backup from before the upgrade",
            found=current,
        )
