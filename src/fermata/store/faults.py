"""What the database's own errors mean to a person: locked, full, gone, damaged."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from fermata.kit.errors import FermataError, InvariantBroken, OperationalError, StoreAway

# What is damaged, partial or refused as a right stays so. All else is `StoreAway`, though somebody may have to end it
# (a full disk): a step whose result could not be kept is done again then, and not taken for one that failed.
# Primary result codes of SQLite (sqlite.org/rescode.html, read 2026-11); extended ones carry these in their low byte.
_SQLITE_PRIMARY: Final = 0xFF
_SQLITE: Final[dict[int, tuple[type[OperationalError], str, str]]] = {
    sqlite3.SQLITE_BUSY: (StoreAway, "is locked", "Find who holds it open: `fuser <file>`; then try again"),
    sqlite3.SQLITE_LOCKED: (StoreAway, "is locked", "Find who holds it open: `fuser <file>`; then try again"),
    sqlite3.SQLITE_FULL: (StoreAway, "is full", "Free space on its disk; a Fermata that serves goes on by itself"),
    sqlite3.SQLITE_READONLY: (
        StoreAway,
        "is read-only",
        "Look whether its disk became read-only: `dmesg`; else make file and folder writable for this user",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        StoreAway,
        "cannot be opened",
        "Check that its folder exists and has inodes left, `df -i`, and that this user may write both it and the file",
    ),
    sqlite3.SQLITE_IOERR: (StoreAway, "cannot be read or written", "Look at the disk: `dmesg`; is it mounted?"),
    sqlite3.SQLITE_CORRUPT: (OperationalError, "is damaged", "Stop Fermata and restore the file from a backup"),
    sqlite3.SQLITE_NOTADB: (OperationalError, "is damaged", "Stop Fermata and restore the file from a backup"),
}
# Extended codes that mean something else than theirs: in WAL mode a full disk is met first where the -shm file grows
# ("may indicate that the underlying filesystem volume is out of space", ibid.).
_SQLITE_EXTENDED: Final[dict[int, tuple[type[OperationalError], str, str]]] = {
    sqlite3.SQLITE_IOERR_SHMSIZE: (
        StoreAway,
        "is full, as it seems",
        "Look at its disk, `df -h`, and free space; if there is some, `dmesg`. A Fermata that serves goes on by itself",
    ),
}
_REFUSED: Final = (
    StoreAway,
    "refused the connection",
    "Check the database's name, the user and the password in the settings",
)
_GONE: Final = (StoreAway, "cannot be reached", "Check that the server runs and accepts connections")
_CROWDED: Final = (StoreAway, "has no connection left", "Raise max_connections, or run fewer workers")
_BUSY_WITH_ITSELF: Final = (StoreAway, "cannot be reached yet", "Wait: the server starts, stops or recovers")
# It shares one connection between sessions: prepared statements are another's, and our time-outs are not set.
_POOLED: Final = (
    StoreAway,
    "is behind a pooler that Fermata cannot work with",
    "Put the server's own address into store.url: Fermata keeps a pool itself",
)
# Tables are made whole or not at all: one that is gone, or has no key, comes from a dump that was taken in part.
_PARTIAL: Final = (
    OperationalError,
    "is not whole",
    "Stop Fermata and restore all of a backup: this one was cut short",
)
# What FATAL says while connecting, in English: of another language the server's own words still tell.
_FATAL: Final = (
    ("too many", _CROWDED),  # `too many connections for role`, `sorry, too many clients already`
    ("connection slots", _CROWDED),  # `remaining connection slots are reserved`
    ("database system is", _BUSY_WITH_ITSELF),  # `... starting up`, `... shutting down`, `... in recovery mode`
    ("not yet accepting", _BUSY_WITH_ITSELF),
    ("unsupported startup parameter", _POOLED),  # PgBouncer, of our time-outs.
)
# Classes and codes of PostgreSQL errors (documentation of PostgreSQL 15, appendix A), the longest prefix first.
_POSTGRES: Final[dict[str, tuple[type[OperationalError], str, str]]] = {
    "26000": _POOLED,
    "42P05": _POOLED,
    "42P01": _PARTIAL,
    "42P10": _PARTIAL,
    "53100": (StoreAway, "is full", "Free space on the server's disk; a Fermata that serves goes on by itself"),
    "53300": _CROWDED,
    "53": (StoreAway, "is short of memory or of something else", "Look at the server's log, and at its machine"),
    "58": (
        StoreAway,
        "cannot read or write its files",
        "Look at the server's log and its disk: `dmesg`; is it mounted?",
    ),
    "55P03": (StoreAway, "is locked", "Find the transaction that waits: `select * from pg_stat_activity`"),
    "57014": (
        StoreAway,
        "cancelled a statement",
        "Look for a statement_timeout of its user, `\\drds`, and for what it waited: `select * from pg_stat_activity`",
    ),
    "25P03": (StoreAway, "ended a transaction that stood still", "Nothing; the work is done again"),
    "42501": (
        OperationalError,
        "refuses this user a right",
        "Grant it as the owner; to make schemas at the first start: `grant create on database <database> to <user>`",
    ),
    "25006": (StoreAway, "is read-only", "Connect to the primary server, not to a replica"),
    "40": (StoreAway, "refused two changes that crossed", "Nothing; the work is done again"),
    "28": _REFUSED,
    "3D": _REFUSED,
    "XX": (OperationalError, "is damaged", "Look at the server's log, and restore from a backup if it says so"),
    "57P": _GONE,
    "08": _GONE,
}


@contextmanager
def translate_faults(store: str) -> Iterator[None]:
    """Turn the driver's errors into ours; everything else passes untouched.

    Args:
        store: The store as people know it, without secrets: `the store at var/fermata.db`.

    Raises:
        OperationalError: Locked, full, gone, read-only or damaged; nothing of the transaction was written.
        InvariantBroken: A row would break a rule of the schema.
    """
    try:
        yield
    except IntegrityError as error:
        raise InvariantBroken(
            f"A row was refused by {store}",
            why=_first_line(error),
            do="Report this: Fermata tried to write what must not exist; nothing was written",
        ) from error
    except DBAPIError as error:
        fault = describe_fault(error, store)
        if fault is None:
            raise
        raise fault from error
    except PoolTimeout as error:
        raise StoreAway(
            f"No connection to {store} was free for 30 s", why="All of them are in use", do="Try again"
        ) from error


def describe_fault(error: DBAPIError, store: str) -> FermataError | None:
    """Return what a driver's error means, or `None` when it is a fault of our own SQL."""
    known = _find_sqlite(error) if isinstance(error.orig, sqlite3.Error) else _find_postgres(error)
    if known is None:
        return None
    family, words, advice = known
    return family(f"{store[0].upper()}{store[1:]} {words}", why=_first_line(error), do=advice)


def _find_sqlite(error: DBAPIError) -> tuple[type[OperationalError], str, str] | None:
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is None:
        return None
    return _SQLITE_EXTENDED.get(code) or _SQLITE.get(code & _SQLITE_PRIMARY)


def _find_postgres(error: DBAPIError) -> tuple[type[OperationalError], str, str] | None:
    state = getattr(error.orig, "sqlstate", None)
    if state is None:
        # Connecting gives no code, only libpq's words: FATAL is what the server answered, if it answered.
        if not error.connection_invalidated and type(error.orig).__name__ != "OperationalError":
            return None
        said = str(error.orig)
        if "FATAL:" not in said:
            return _GONE
        return next((known for words, known in _FATAL if words in said), _REFUSED)
    return next((known for prefix, known in _POSTGRES.items() if state.startswith(prefix)), None)


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().partition("\n")[0]
