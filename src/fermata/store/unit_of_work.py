"""Transactions: everything in one happens, or nothing."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from typing import TypeVar

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from fermata.kit.errors import InvariantBroken, StoreAway
from fermata.store.alerts import SqlAlertRows
from fermata.store.audit import Head
from fermata.store.deliveries import SqlDeliveryRows
from fermata.store.erasing import Eraser
from fermata.store.experiments import SqlExperimentRows
from fermata.store.faults import translate_faults
from fermata.store.findings import SqlFindingRows
from fermata.store.flags import SqlFlagRows
from fermata.store.incidents import SqlIncidentRows
from fermata.store.journal import SqlJournalRows, lock_head
from fermata.store.ledger import SqlLedgerRows
from fermata.store.outbox import SqlOutboxRows
from fermata.store.postmortems import SqlPostmortemRows
from fermata.store.proposals import SqlProposalRows
from fermata.store.spending import SqlSpendRows
from fermata.store.trail import SqlTrailRows

T = TypeVar("T")

OnLoss = Callable[[int, int], None]
"""Given the number of the journal's last entry that was seen, and the one that it ends with now."""
_LOCK_TIMEOUT_S = 30.0
# Sorted in next to no memory: the server's file for it lies where tables do, leaves no dead row, and is gone at once.
_FILL_DISK = text("""
    SELECT count(t) FROM (
        SELECT repeat('x', 65536) AS t FROM generate_series(1, :pieces) AS n ORDER BY n OFFSET 0
    ) AS filled
""")
_SORT_THERE = text("SELECT set_config('work_mem', '64kB', true), set_config('temp_tablespaces', '', true)")
_PIECE_BYTES = 65536
_OVER_ITS_LIMIT = "53400"  # `configuration_limit_exceeded`: of the user's temp_file_limit.
_READERS = 4  # Readers of SQLite run beside the writer; more of them than cores gain nothing.


class SqlTransaction:
    """`ports.store.Transaction` over one connection."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @cached_property
    def alerts(self) -> SqlAlertRows:
        """Return the alerts."""
        return SqlAlertRows(self.connection)

    @cached_property
    def incidents(self) -> SqlIncidentRows:
        """Return the incidents."""
        return SqlIncidentRows(self.connection)

    @cached_property
    def findings(self) -> SqlFindingRows:
        """Return evidence and diagnoses."""
        return SqlFindingRows(self.connection)

    @cached_property
    def proposals(self) -> SqlProposalRows:
        """Return plans and holds."""
        return SqlProposalRows(self.connection)

    @cached_property
    def ledger(self) -> SqlLedgerRows:
        """Return the intent ledger."""
        return SqlLedgerRows(self.connection)

    @cached_property
    def outbox(self) -> SqlOutboxRows:
        """Return the outbox."""
        return SqlOutboxRows(self.connection)

    @cached_property
    def deliveries(self) -> SqlDeliveryRows:
        """Return what channels brought."""
        return SqlDeliveryRows(self.connection)

    @cached_property
    def journal(self) -> SqlJournalRows:
        """Return the journal."""
        return SqlJournalRows(self.connection)

    @cached_property
    def spending(self) -> SqlSpendRows:
        """Return the ledger of calls to models."""
        return SqlSpendRows(self.connection)

    @cached_property
    def trail(self) -> SqlTrailRows:
        """Return what the observer heard."""
        return SqlTrailRows(self.connection)

    @cached_property
    def postmortems(self) -> SqlPostmortemRows:
        """Return the post-mortems."""
        return SqlPostmortemRows(self.connection)

    @cached_property
    def experiments(self) -> SqlExperimentRows:
        """Return the rehearsals."""
        return SqlExperimentRows(self.connection)

    @cached_property
    def flags(self) -> SqlFlagRows:
        """Return small named values."""
        return SqlFlagRows(self.connection)


class SqlStore:
    """`ports.store.Store` over SQLite or PostgreSQL. Made by `connect.open_store`; close it at the end.

    Writers are serialised: in this process by a lock, between processes by SQLite's file lock or by the journal's
    head row, which each write transaction locks first. So transactions never cross each other and never deadlock.
    """

    def __init__(self, database: Engine, name: str) -> None:
        self.database = database
        """The connection pool, for the engine to keep its own rows in the same database."""
        self.name = name
        """The store as people know it, without secrets."""
        self._is_sqlite = database.dialect.name == "sqlite"
        self._reader = (
            database
            if self._is_sqlite
            else database.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        )
        self._eraser = Eraser(database)
        self._head: Head | None = None  # The journal's, as this process saw it last.
        self._on_loss: OnLoss | None = None
        self._lock = threading.Lock()
        self._writing_thread: int | None = None
        # One thread for writers: they would only wait for the lock, and a queue is fair where a lock is not.
        self._write_threads = ThreadPoolExecutor(1, thread_name_prefix="store-write")
        self._read_threads = ThreadPoolExecutor(_READERS, thread_name_prefix="store-read")

    @contextmanager
    def begin(self) -> Iterator[SqlTransaction]:
        """Open a write transaction: commits at the end, rolls back on an exception. Writers are serialised.

        Raises:
            OperationalError: The store is full, locked or gone; nothing was written.
            InvariantBroken: This thread has a write transaction open already, and would wait for itself.
        """
        with self._take_turn(), translate_faults(self.name):
            with self.database.begin() as connection:
                if self._is_sqlite:
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                else:
                    self._refuse_loss(lock_head(connection))
                transaction = SqlTransaction(connection)
                yield transaction
                self._eraser.hear(connection)
                written = lock_head(connection) if not self._is_sqlite and "journal" in vars(transaction) else None
            self._head = written or self._head
            self._eraser.finish()

    @contextmanager
    def begin_read(self) -> Iterator[SqlTransaction]:
        """Open a transaction that only reads: one consistent view, never blocks a writer.

        Raises:
            OperationalError: The store is gone or damaged, or `work` tried to write.
        """
        with translate_faults(self.name), self._reader.connect() as connection:
            if not self._is_sqlite:
                yield SqlTransaction(connection)
                return
            connection.exec_driver_sql("PRAGMA query_only=ON")
            connection.exec_driver_sql("BEGIN")
            try:
                yield SqlTransaction(connection)
            finally:
                connection.rollback()
                connection.exec_driver_sql("PRAGMA query_only=OFF")

    def watch_loss(self, on_loss: OnLoss) -> None:
        """Have it called when a server lost what this process saw in it, before anything is written to what is left.

        A standby that was promoted before it had everything, or an older backup, knows nothing of what was done since.
        Nothing is written as long as it raises. A SQLite file that is replaced is refused as a whole.
        """
        self._on_loss = on_loss

    def _refuse_loss(self, found: Head) -> None:
        seen = self._head
        is_lost = seen is not None and (
            found.sequence < seen.sequence or (found.sequence == seen.sequence and found.hash != seen.hash)
        )
        if is_lost and seen is not None and self._on_loss is not None:
            self._on_loss(seen.sequence, found.sequence)
        self._head = found

    async def write(self, work: Callable[[SqlTransaction], T]) -> T:
        """Run `work` in a write transaction in a worker thread.

        A caller that is cancelled stops waiting; the transaction still ends by itself, whole.

        Raises:
            OperationalError: The store is full, locked or gone; nothing was written.
        """

        def run() -> T:
            with self.begin() as transaction:
                return work(transaction)

        return await _run_in(self._write_threads, run)

    async def read(self, work: Callable[[SqlTransaction], T]) -> T:
        """Run `work` in a read transaction in a worker thread."""

        def run() -> T:
            with self.begin_read() as transaction:
                return work(transaction)

        return await _run_in(self._read_threads, run)

    async def prove_room(self, size_bytes: int) -> None:
        """Do nothing, or raise because a server's disk has less room. Of SQLite nothing is asked: its disk is here.

        A small row fits a page that is there already long after no table can grow any more.

        Raises:
            OperationalError: The disk is full, or the server is gone.
        """
        if self._is_sqlite:
            return

        def fill(transaction: SqlTransaction) -> None:
            connection = transaction.connection
            # Where the tables are, and not on a disk of its own that the server may have for what it sorts.
            connection.execute(_SORT_THERE)
            try:
                connection.execute(_FILL_DISK, {"pieces": -(-size_bytes // _PIECE_BYTES)})
            except DBAPIError as error:
                # Whom the server allows no such file: nothing is known, and nothing is wrong.
                if getattr(error.orig, "sqlstate", "") != _OVER_ITS_LIMIT:
                    raise

        await self.read(fill)

    def close(self) -> None:
        """Wait for transactions that run, and give the connections back."""
        self._write_threads.shutdown()
        self._read_threads.shutdown()
        self.database.dispose()

    @contextmanager
    def _take_turn(self) -> Iterator[None]:
        if self._writing_thread == threading.get_ident():
            raise InvariantBroken(
                "A write transaction was opened inside another",
                why="It would wait for the outer one, which waits for it",
                do="Pass the open transaction on instead",
            )
        if not self._lock.acquire(timeout=_LOCK_TIMEOUT_S):
            raise StoreAway(
                f"{self.name[0].upper()}{self.name[1:]} is busy",
                why=f"Another write in this process took longer than {_LOCK_TIMEOUT_S:.0f} s",
                do="Try again",
            )
        self._writing_thread = threading.get_ident()
        try:
            yield
        finally:
            self._writing_thread = None
            self._lock.release()


async def _run_in(threads: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    context = contextvars.copy_context()  # So that log lines keep their bound ids.
    return await asyncio.get_running_loop().run_in_executor(threads, context.run, work)
