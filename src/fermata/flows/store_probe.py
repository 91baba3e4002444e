"""Whether alerts and decisions could be kept now: asked by `/readyz` and `fermata check`.

A store that can be read tells nothing about that: on a full disk, and on one that was mounted read-only after an error,
every page is served and every alert is refused. So a small row is written, and the room beside it is looked at: of a
database server by a file of its own that is gone at once, since a row fits where no table can grow. Asking is cheap
for whoever asks often: once in ten seconds, and never two that wait at once.
"""

from __future__ import annotations

import asyncio
import shutil
from datetime import datetime, timedelta
from pathlib import Path

from fermata.kit.clock import Clock, format_instant
from fermata.kit.errors import FermataError, OperationalError, TransientError
from fermata.ports.store import Store, Transaction
from fermata.ports.system import CheckResult

_FLAG = "ready"
EVERY = timedelta(seconds=10)
"""Between two rows: probes come every few seconds, and each row is an fsync."""
ROOM_EVERY = timedelta(minutes=1)
"""Between two looks at a server's disk: it counts each file, and logs it where it logs temporary files."""
PATIENCE_S = 2.0
"""How long one row may take: as long as people who probe set their timeouts."""
LEAST_ROOM_BYTES = 8 * 1024 * 1024
"""Beside the store: a body of 4 MiB, twice, since what is committed stands in the log first."""


class StoreProbe:
    """Looks whether a store can be read and written.

    Args:
        folder: Where the SQLite file is; `None` for a server, whose disk only the server itself can look at.
    """

    def __init__(self, store: Store, clock: Clock, folder: Path | None) -> None:
        self._store = store
        self._clock = clock
        self._folder = folder
        self._writing: asyncio.Task[None] | None = None
        self._began_at: datetime | None = None
        self._proved_at: datetime | None = None

    async def look(self) -> CheckResult:
        """Return what is found; a fault is a finding, never raised."""
        try:
            await self._store.read(refuse_unguarded)
            await self._write()
            fault = self._find_shortage()
        except FermataError as error:
            fault = str(error)
        return CheckResult(name="store", ok=not fault, text=fault or "answers")

    async def _write(self) -> None:
        """Write a row, and fill a little of a server's disk, unless that was done just now.

        Raises:
            FermataError: It cannot be written, or not in time.
        """
        now = self._clock.now()
        writing = self._writing
        if writing is None or (writing.done() and not self._is_fresh(writing, now)):
            writing = asyncio.ensure_future(self._prove(now))
            writing.add_done_callback(_take_note)
            self._writing, self._began_at = writing, now
        done, _ = await asyncio.wait([writing], timeout=PATIENCE_S)
        if not done:
            raise TransientError(
                "The store does not take a small row in time",
                why=f"one has waited since {format_instant(self._began_at or now)}: another write is under way",
                do="Wait for it, or find who holds the store",
            )
        writing.result()

    async def _prove(self, now: datetime) -> None:
        value = {"at": format_instant(now)}
        await self._store.write(lambda transaction: transaction.flags.put(_FLAG, value))
        if self._folder is None and not _is_recent(self._proved_at, now, ROOM_EVERY):
            await self._store.prove_room(LEAST_ROOM_BYTES)
            self._proved_at = now

    def _is_fresh(self, writing: asyncio.Task[None], now: datetime) -> bool:
        # What failed is tried at once: whoever made room wants to see it.
        succeeded = not writing.cancelled() and writing.exception() is None
        return succeeded and _is_recent(self._began_at, now, EVERY)

    def _find_shortage(self) -> str:
        if self._folder is None:
            return ""
        try:
            free = shutil.disk_usage(self._folder).free
        except OSError as error:
            return f"{self._folder} cannot be looked at: {error.strerror}"
        if free >= LEAST_ROOM_BYTES:
            return ""
        return (
            f"only {free / 1024**2:.1f} MiB are free at {self._folder}: alerts are refused once it is full. "
            "Free space on its disk"
        )


def _is_recent(at: datetime | None, now: datetime, span: timedelta) -> bool:
    # A clock that was set back must not keep what it saw then for hours.
    return at is not None and timedelta() <= now - at < span


def refuse_unguarded(transaction: Transaction) -> None:
    """Do nothing, or refuse a store that lets its journal be changed: one that was restored in part.

    Raises:
        OperationalError: Triggers of the journal are gone or switched off.
    """
    if lost := transaction.journal.list_lost_guards():
        raise OperationalError(
            "The journal in this store is not protected",
            why=f"{', '.join(lost)} should refuse changes of it, and {'is' if len(lost) == 1 else 'are'} missing",
            do="Stop Fermata, run `fermata audit verify`, and restore all of a backup, triggers too",
        )


def _take_note(task: asyncio.Task[None]) -> None:
    """Look at how it ended, so that nobody is warned of a fault that was never asked for."""
    if not task.cancelled():
        task.exception()
