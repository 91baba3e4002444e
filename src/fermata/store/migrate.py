"""Brings a store's tables to the form this version of Fermata works with. No alembic.ini: all of it is in here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, Engine, String, column, inspect, select, table

from fermata.kit.errors import UserError
from fermata.store.faults import translate_faults

if TYPE_CHECKING:
    from alembic.config import Config

CURRENT: Final = "0006"
"""The last migration in `migrations/versions`; a test compares them."""
VERSION_TABLE: Final = "fermata_version"
"""Holds the id of the last migration that ran; named, since dbos keeps its own beside ours."""
# Any constant: it only has to be the same in every worker that starts at the same time.
_ADVISORY_LOCK: Final = 7_307_118


def migrate(database: Engine, name: str) -> None:
    """Run the migrations that are missing, in one transaction. Idempotent; several processes may start at once.

    A store that is up to date is only read, without alembic, whose import alone takes a tenth of a second.

    Args:
        name: The store as people know it, for messages.

    Raises:
        UserError: A newer Fermata has changed the tables, or an empty database cannot hold every character.
        OperationalError: The store is full, locked, gone or damaged.
    """
    with translate_faults(name):
        with database.connect() as connection:
            if find_revision(connection) == CURRENT:
                return
        with database.begin() as connection:
            _upgrade(connection, name)


def find_revision(connection: Connection) -> str | None:
    """Return the last migration that ran, or `None` in an empty store."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    version = select(column("version_num", String)).select_from(table(VERSION_TABLE))
    return connection.execute(version).scalar_one_or_none()


def make_config() -> Config:
    """Return alembic's settings, pointing into this package."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "fermata.store:migrations")
    return config


def _upgrade(connection: Connection, name: str) -> None:
    from alembic import command
    from alembic.script import ScriptDirectory

    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")
    config = make_config()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    found = find_revision(connection)
    if found is not None and found not in known:
        raise UserError(
            f"{name[0].upper()}{name[1:]} belongs to a newer Fermata",
            why=f"Its tables are at version {found}, and this one knows versions up to {CURRENT}",
            do="Install the newer Fermata again, or restore the backup from before the upgrade",
            found=found,
        )
    if found is None and connection.dialect.name == "postgresql":
        _refuse_other_encodings(connection, name)
    if found != CURRENT:  # Another process may have been faster.
        config.attributes["connection"] = connection
        command.upgrade(config, CURRENT)


def _refuse_other_encodings(connection: Connection, name: str) -> None:
    """Refuse a database that would refuse the first arrow or umlaut of an alert, before there are tables in it.

    A server set up where the locale is C makes databases without an encoding.
    """
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
    if encoding != "UTF8":
        raise UserError(
            f"{name[0].upper()}{name[1:]} cannot hold what Fermata keeps",
            why=f"Its encoding is {encoding}, and alerts, logs and names may hold any character",
            do="Make the database anew: CREATE DATABASE ... ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0",
            encoding=encoding,
        )
