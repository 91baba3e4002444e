"""Connections to PostgreSQL: bounded in time, told apart by purpose, closed at once when nobody waits any more.

psycopg is imported on first use: it takes 0.15 s, and most commands never ask a database.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Awaitable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, LiteralString, TypeVar

from fermata.integrations.postgres.errors import CONNECTING, explain
from fermata.kit.errors import TransientError

if TYPE_CHECKING:
    import psycopg
    from psycopg.rows import DictRow

T = TypeVar("T")

APPLICATION = "fermata"
_CATALOGUE = "pg_catalog"
SIGN = "/* fermata */"
"""Begins every statement of ours, so that we do not take ourselves for the application's load."""
MOST_ROWS = 2000
"""Rows taken of one answer; every query of ours asks for fewer."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long things may take, in seconds."""

    connect_s: float
    statement_s: float
    lock_s: float

    @property
    def call_s(self) -> float:
        """Return how long one statement is waited for here: the server is to give up first."""
        return self.statement_s + 1


class Session:
    """One open connection."""

    def __init__(self, connection: psycopg.AsyncConnection[DictRow], database: str, limits: Limits) -> None:
        self._connection = connection
        self._database = database
        self._limits = limits
        self.version = connection.info.server_version
        """The server's version as PostgreSQL counts it: 150018 for 15.18."""
        self._path = ""

    async def begin(self) -> None:
        """Begin a read-only transaction with its timeouts.

        Raises:
            OperationalError: The server does not answer.
        """
        await self.run("BEGIN TRANSACTION ISOLATION LEVEL READ COMMITTED READ ONLY", doing="beginning")
        self._path = await _set_up(self, self._limits, is_local=True)

    async def begin_anew(self) -> None:
        """Begin another read-only transaction after a statement failed: the one it was in takes no more.

        Raises:
            OperationalError: The server does not answer, or the connection is gone.
        """
        await self.run("ROLLBACK", doing="going on after a failure")
        await self.begin()

    async def resolve_as_role(self) -> None:
        """Let names be looked up where the role's own settings say, for a statement that is not ours.

        Raises:
            OperationalError: The server does not answer.
        """
        await self._set_path(self._path)

    async def resolve_as_catalogue(self) -> None:
        """Let names be looked up in the catalogue alone again, as all of our own statements need it.

        Raises:
            OperationalError: The server does not answer.
        """
        await self._set_path(_CATALOGUE)

    async def _set_path(self, path: str) -> None:
        # Named in full: the path that it is called by may lead anywhere.
        query: LiteralString = "SELECT pg_catalog.set_config('search_path', %(path)s, true)"
        await self.fetch(query, {"path": path}, doing="setting the search path")

    async def fetch(
        self, query: LiteralString, parameters: Mapping[str, Any] | None = None, *, doing: str
    ) -> list[dict[str, Any]]:
        """Run one of our own statements and return its rows, at most `MOST_ROWS`.

        Raises:
            OperationalError: It failed, was refused, or took too long.
        """
        return await self._run(self._fetch(query, parameters, binary=False), doing)

    async def run(self, statement: str, *, doing: str, within_s: float | None = None) -> list[dict[str, Any]]:
        """Run one statement that was put together from names and texts; two in one are refused by the server.

        Args:
            within_s: How long it may take by the server's clock; `None`: as long as any other.

        Raises:
            OperationalError: As `fetch`.
        """
        # The binary format brings the extended protocol, which takes one statement and no more.
        return await self._run(self._fetch(statement, None, binary=True), doing, within_s)

    async def _fetch(self, query: str, parameters: Mapping[str, Any] | None, *, binary: bool) -> list[dict[str, Any]]:
        cursor = await self._connection.execute(f"{SIGN} {query}".encode(), parameters, binary=binary)
        return await cursor.fetchmany(MOST_ROWS) if cursor.description is not None else []

    async def _run(self, work: Awaitable[T], doing: str, within_s: float | None = None) -> T:
        import psycopg

        patience_s = self._limits.call_s if within_s is None else within_s + 1
        try:
            return await _bound(work, self._connection, patience_s)
        except psycopg.Error as error:
            raise explain(error, self._database, doing) from error
        except TimeoutError as error:
            raise TransientError(
                f"PostgreSQL database {self._database} did not answer within {patience_s:g} s ({doing})",
                why="The server or the network hangs",
                do="Look at the server; the connection was dropped",
            ) from error


async def _bound(work: Awaitable[T], connection: psycopg.AsyncConnection[DictRow], within_s: float) -> T:
    """Await work on a connection; whoever stops waiting drops the connection.

    psycopg would ask the server to cancel and wait for its word, for up to ten seconds when the server hangs. The
    statement's own timeout ends it there.
    """
    task = asyncio.ensure_future(work)
    try:
        async with asyncio.timeout(within_s):
            return await asyncio.shield(task)
    finally:
        if not task.done():
            connection.pgconn.finish()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def _connect(dsn: str, database: str, limits: Limits, application: str) -> psycopg.AsyncConnection[DictRow]:
    if "psycopg" not in sys.modules:
        # In a thread: the other collectors of a first gathering must not wait for it.
        await asyncio.to_thread(import_module, "psycopg")
    import psycopg
    from psycopg.rows import dict_row

    try:
        async with asyncio.timeout(limits.connect_s):
            connection = await psycopg.AsyncConnection.connect(
                dsn,
                autocommit=True,
                row_factory=dict_row,
                prepare_threshold=None,  # Prepared statements break behind pgbouncer.
                application_name=application[:63],
                # A database of the encoding SQL_ASCII (what initdb makes in the locale C) would otherwise give bytes.
                client_encoding="utf8",
                connect_timeout=max(2, round(limits.connect_s)),  # libpq takes no less; ours is the one above.
            )
    except psycopg.Error as error:
        raise explain(error, database, CONNECTING) from error
    except TimeoutError as error:
        raise TransientError(
            f"PostgreSQL database {database} did not take the connection within {limits.connect_s:g} s",
            why="The server or the network hangs",
            do="Look whether the address in its DSN answers",
        ) from error
    _read_any_text(connection)
    return connection


def _read_any_text(connection: psycopg.AsyncConnection[DictRow]) -> None:
    """Read text that is no UTF-8 as well: PostgreSQL checks nothing of what SQL_ASCII holds, statements included."""
    from psycopg.adapt import Buffer, Loader
    from psycopg.pq import Format

    class _Text(Loader):
        format = Format.TEXT

        def load(self, data: Buffer) -> str:
            return bytes(data).decode("utf-8", "replace")

    class _BinaryText(_Text):
        format = Format.BINARY

    for kind in ("text", "name", "varchar", "bpchar"):
        connection.adapters.register_loader(kind, _Text)
        connection.adapters.register_loader(kind, _BinaryText)


@contextlib.asynccontextmanager
async def open_reader(dsn: str, database: str, limits: Limits) -> AsyncIterator[Session]:
    """Give a session inside one read-only transaction, with its timeouts set in the server.

    Raises:
        OperationalError: The server cannot be reached, or refuses the login.
    """
    connection = await _connect(dsn, database, limits, APPLICATION)
    try:
        session = Session(connection, database, limits)
        await session.begin()
        yield session
    finally:
        # Ends the transaction too. Not `close` in a block of its own: that one would commit first, and wait.
        connection.pgconn.finish()
        await connection.close()


@contextlib.asynccontextmanager
async def open_writer(
    dsn: str, database: str, limits: Limits, application: str, statement_s: float | None = None
) -> AsyncIterator[Session]:
    """Give a session outside of any transaction: each statement is its own.

    Args:
        statement_s: How long the server lets a statement take; `None`: as long as a reading one.
        application: Shown in pg_stat_activity; an execution puts its mark there.

    Raises:
        OperationalError: The server cannot be reached, or refuses the login.
    """
    connection = await _connect(dsn, database, limits, application)
    try:
        session = Session(connection, database, limits)
        long_s = statement_s or limits.statement_s
        # Waiting for a lock is a part of building an index without blocking anybody.
        await _set_up(session, Limits(limits.connect_s, long_s, long_s), is_local=False)
        yield session
    finally:
        connection.pgconn.finish()
        await connection.close()


async def _set_up(session: Session, limits: Limits, *, is_local: bool) -> str:
    """Set timeouts, and the catalogue as what names are looked up in; return the search path that was there.

    With the role's own path, `quote_ident(nspname)` would be the function of that name and type that somebody put into
    a schema of it, and would run with the rights of our role (CVE-2018-1058).
    """
    (row,) = await session.fetch(
        "SELECT pg_catalog.current_setting('search_path') AS path, "
        "pg_catalog.set_config('statement_timeout', %(statement)s, %(local)s), "
        "pg_catalog.set_config('lock_timeout', %(lock)s, %(local)s), "
        "pg_catalog.set_config('search_path', %(catalogue)s, %(local)s)",
        {
            "statement": f"{round(limits.statement_s * 1000)}ms",
            "lock": f"{round(limits.lock_s * 1000)}ms",
            "catalogue": _CATALOGUE,
            "local": is_local,
        },
        doing="setting timeouts",
    )
    return str(row["path"])
