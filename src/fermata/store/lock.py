"""One engine per SQLite store: a file lock that the kernel releases when its holder dies, however it dies."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from fermata.kit.errors import OperationalError
from fermata.kit.lacks import choose_advice

_OWNER_ONLY = 0o600
_ASKED_S = 0.1
"""A command that only asks whether somebody serves holds the lock for an instant."""


def list_lock_paths(state_dir: Path, database: Path) -> tuple[Path, ...]:
    """Return the locks of whoever serves a SQLite file: its state directory's, and the file's own beside it.

    The file has one of its own because two settings may name one file and a state directory each. Of the default, which
    lies in the state directory, both are one.

    Args:
        database: The file, wherever links to it lead.
    """
    file = database.resolve()
    own = file.with_suffix(".lock") if file.suffix == ".db" else file.with_name(f"{file.name}.lock")
    return tuple(dict.fromkeys((state_dir.resolve() / "fermata.lock", own)))


def _lock(descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        time.sleep(_ASKED_S)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class ProcessLock:
    """Keeps a second server from running on the same store. Short-lived commands may open the store beside it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock and write our process id into the file. Taking it again changes nothing.

        Raises:
            OperationalError: Another process holds it, or the file cannot be opened.
        """
        if self._descriptor is not None:
            return
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _OWNER_ONLY)
        except OSError as error:
            raise OperationalError(
                f"The lock {self._path} cannot be opened",
                why=os.strerror(error.errno or 0),
                do=choose_advice(error, "Check that its folder exists and is writable for this user"),
            ) from error
        try:
            _lock(descriptor)
        except OSError as error:
            found = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
            holder = found if found.isdecimal() else "unknown"
            os.close(descriptor)
            raise OperationalError(
                f"Fermata is running on this store already, as process {holder}",
                why=f"It holds the lock {self._path}",
                do="Use that one, or stop it first" + (f": `kill {holder}`" if holder != "unknown" else ""),
                pid=holder,
            ) from error
        # The lock holds without it: on a full disk whoever comes second is told "unknown".
        with suppress(OSError):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor

    def is_held(self) -> bool:
        """Answer whether a process holds the lock; whoever wants it meanwhile tries twice. A lack of rights is no."""
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(descriptor)
        return False

    def release(self) -> None:
        """Give the lock back. The file stays: removing it could take it from under the next holder."""
        if self._descriptor is not None:
            with suppress(OSError):
                os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.release()
