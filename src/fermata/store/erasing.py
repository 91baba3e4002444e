"""Words that were deleted leave the store's files, too, and not only its rows.

SQLite overwrites what is deleted (`secure_delete`, see `connect`), but in the write-ahead log the page as it was stands
on until the log is begun anew, which an idle store may not do for days. So whoever removes words notes it in their
transaction, and once that is committed the log is emptied. PostgreSQL has no such order: its pages are reused by
VACUUM, and its log goes as its administrator keeps it.
"""

from __future__ import annotations

import time

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from fermata.kit.log import get_log

_log = get_log("store")
_NOTED = "fermata_erased"
_PATIENCE_MS = 1_000
"""For readers to end: they take milliseconds, and writers wait meanwhile."""
_REST_S = 5.0
"""Before it is tried again when a reader did not end in time."""


def note_erased(connection: Connection) -> None:
    """Note that this transaction took words out of the store."""
    connection.info[_NOTED] = True


class Eraser:
    """Empties a SQLite store's log after words were taken out. Called by whoever has the turn to write."""

    def __init__(self, database: Engine) -> None:
        self._database = database
        self._is_due = False
        self._next_at = 0.0

    def hear(self, connection: Connection) -> None:
        """Take up what a transaction noted."""
        self._is_due = connection.info.pop(_NOTED, False) or self._is_due

    def finish(self) -> None:
        """Empty the log, if there is a reason. What fails, or finds a reader at work, is tried after a later write.

        Raises nothing: what was written before is committed.
        """
        if not self._is_due or self._database.dialect.name != "sqlite" or time.monotonic() < self._next_at:
            return
        try:
            self._is_due = not self._empty()
        except SQLAlchemyError as error:
            _log.warning("store.log_not_emptied", reason=type(error).__name__)
        if self._is_due:
            self._next_at = time.monotonic() + _REST_S

    def _empty(self) -> bool:
        """Answer whether nothing is left in the log."""
        with self._database.connect() as connection:
            patience_ms = connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one()
            connection.exec_driver_sql(f"PRAGMA busy_timeout={_PATIENCE_MS}")
            try:
                is_busy, *_ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
            finally:
                connection.exec_driver_sql(f"PRAGMA busy_timeout={patience_ms}")
        return not is_busy
