"""Opens a store by its URL: SQLite in one file, or PostgreSQL."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from fermata.kit.errors import NotFoundError, OperationalError, UserError
from fermata.kit.lacks import choose_advice
from fermata.store.migrate import migrate
from fermata.store.unit_of_work import SqlStore

BUSY_TIMEOUT_MS = 30_000
"""How long a writer waits for another process: longer than any transaction of ours, by far."""
# A frozen worker must not keep the others from writing for ever; ours hold a transaction for milliseconds.
_POSTGRES_OPTIONS = f"-c idle_in_transaction_session_timeout=10000 -c lock_timeout={BUSY_TIMEOUT_MS}"
_POOL_SIZE = 20  # As many as dbos would take for itself; it shares this engine.
_OWNER_ONLY = 0o600


def open_store(url: str, *, create: bool = True) -> SqlStore:
    """Open the store and bring its tables up to date.

    Args:
        url: `sqlite:///var/fermata.db` (three slashes and a relative path, four and an absolute one), or
            `postgresql://user:password@host/database`.
        create: Make the SQLite file, and its folder, when there is none.

    Raises:
        UserError: The URL names no store Fermata knows, or a newer Fermata has changed the tables.
        NotFoundError: There is no file and `create` is false.
        OperationalError: The store is full, locked, gone or damaged.
    """
    address = _parse(url)
    if address.get_backend_name() == "sqlite":
        _ensure_file(Path(address.database or ""), create=create)
    engine = connect(address)
    name = _describe(address)
    with ExitStack() as undo:
        undo.callback(engine.dispose)
        migrate(engine, name)
        undo.pop_all()
    return SqlStore(engine, name)


def connect(address: URL) -> Engine:
    """Return a connection pool with the settings the store relies on; opens nothing yet."""
    if address.get_backend_name() != "sqlite":
        return create_engine(
            address,
            hide_parameters=True,
            pool_size=_POOL_SIZE,
            pool_pre_ping=True,
            connect_args={
                "options": _POSTGRES_OPTIONS,
                "connect_timeout": 10,
                "application_name": "fermata",
                # Of a database without an encoding the driver would give bytes, also to what is about to refuse it.
                "client_encoding": "utf8",
            },
        )
    # Hidden: a statement's values are alerts and cards, and its error goes to the log with its trace.
    engine = create_engine(address, hide_parameters=True, pool_size=_POOL_SIZE)
    event.listen(engine, "connect", _prepare_sqlite)
    _SameFile(Path(address.database or "")).guard(engine)
    return engine


class _SameFile:
    """Refuses connections once another file, or none, lies where the first of them was opened.

    A file that is moved or replaced stays open: what is written to it then is in no place that anybody will look at,
    and a new connection beside it would make an empty one.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._first: tuple[int, int] | None = None

    def guard(self, engine: Engine) -> None:
        """Look before each connection is made, and before each one is used again."""
        event.listen(engine, "do_connect", self._refuse)
        event.listen(engine, "checkout", self._refuse)

    def _refuse(self, *_: Any) -> None:
        found = self._identify()
        if self._first is None:
            self._first = found
        elif found != self._first:
            raise OperationalError(
                f"The store at {self._path} was {'moved or deleted' if found is None else 'replaced'} under Fermata",
                why="The file that it opened is not there any more, and what it wrote there would be lost",
                do="Put that file back, or start Fermata anew to work with what is there now",
            )

    def _identify(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """Set up one SQLite connection.

    WAL with synchronous=FULL: readers never block the writer, and what was committed survives a power loss. dbos sets
    neither, and sets the other three only on engines it made itself. `isolation_level` makes Python begin a
    transaction with BEGIN IMMEDIATE at the first change, which is how dbos writes; ours begin explicitly.
    """
    if isinstance(connection, sqlite3.Connection):
        connection.isolation_level = "IMMEDIATE"
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    _switch_to_wal(connection)
    # Deleted words are overwritten where they stood. Many builds do so by themselves; not all.
    for setting in ("synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {setting}")


def _switch_to_wal(connection: Any) -> None:
    """Turn write-ahead logging on, which SQLite refuses at once while another connection does the same."""
    patience = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            # SQLite does not wait here, whatever its timeout is: two that wait for each other would do so for ever.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > patience:
                raise
            time.sleep(0.01)
        else:
            return


def _parse(url: str) -> URL:
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise UserError(
            "The store's URL cannot be read",
            why="It has not the form `kind://place`",
            do="Write sqlite:///path/to/file or postgresql://user:password@host/database",
        ) from error
    kind = address.get_backend_name()
    if kind == "sqlite" and address.database not in (None, "", ":memory:"):
        return address
    if kind in ("postgresql", "postgres"):
        return address.set(drivername="postgresql+psycopg")
    raise UserError(
        f"{address.drivername!r} is no store Fermata knows" if kind != "sqlite" else "The store's URL names no file",
        why="Fermata keeps its rows in a SQLite file or in PostgreSQL",
        do="Write sqlite:///path/to/file or postgresql://user:password@host/database",
    )


def _ensure_file(path: Path, *, create: bool) -> None:
    """Make the file readable for its owner only, before SQLite would make it readable for everyone."""
    try:
        if path.exists():
            return
        if create:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=_OWNER_ONLY, exist_ok=True)
            return
    except PermissionError as error:
        raise OperationalError(
            f"The store at {path} cannot be opened",
            why="This user may not enter its folder, or make a file there",
            do="Run it as the user that Fermata runs as: `sudo -u fermata ...`",
        ) from error
    except OSError as error:
        raise OperationalError(
            f"The store at {path} cannot be made",
            why=os.strerror(error.errno or 0),
            do=choose_advice(error, "Check that its folder exists and is writable for this user"),
        ) from error
    raise NotFoundError(
        f"There is no store at {path}", why="Nothing was recorded there yet", do="Start Fermata: `fermata up`"
    )


def _describe(address: URL) -> str:
    if address.get_backend_name() == "sqlite":
        return f"the store at {address.database}"
    return f"the store {address.database} on {address.host or 'localhost'}"
