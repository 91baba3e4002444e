"""Who listens at a port of this machine, as the kernel tells: an engine lists no ports of what shares the machine's."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from fermata.kit.full_mounts import PROC

_LISTENS = "0A"
_STATE, _USER, _INODE = 3, 7, 9
_ROOT = "0"


def list_listener_groups(port: int, proc: Path = PROC) -> tuple[str, ...] | None:
    """Return the control groups of the processes that listen at a port, as `/proc/PID/cgroup` writes them.

    Empty where nobody listens there. Where it may not be looked at whose sockets these are, all processes of the same
    user may be it: only what root has opened can be another's since. `None` where that cannot be told either.

    Source: proc(5), `/proc/net/tcp` and `/proc/PID/status`.

    Args:
        proc: Where proc is mounted.
    """
    rows = [row for name in ("tcp", "tcp6") for row in _list_rows(proc / "net" / name, port)]
    if not rows:
        return ()
    sockets, users = {f"socket:[{row[_INODE]}]" for row in rows}, {row[_USER] for row in rows}
    processes = list(proc.glob("[0-9]*"))
    found = [one for one in processes if not sockets.isdisjoint(_list_open(one / "fd"))]
    if not found and _ROOT not in users:
        found = [one for one in processes if not users.isdisjoint(_list_users(one / "status"))]
    return tuple(_read(one / "cgroup") for one in found) or None


def _list_rows(table: Path, port: int) -> Iterator[list[str]]:
    for line in _read(table).splitlines()[1:]:
        row = line.split()
        if len(row) > _INODE and row[_STATE] == _LISTENS and int(row[1].rpartition(":")[2], 16) == port:
            yield row


def _list_users(status: Path) -> list[str]:
    return next((line.split()[1:] for line in _read(status).splitlines() if line.startswith("Uid:")), [])


def _list_open(folder: Path) -> Iterator[str]:
    # Another user's process, or one that has ended meanwhile.
    with contextlib.suppress(OSError):
        for descriptor in folder.iterdir():
            with contextlib.suppress(OSError):
                yield str(descriptor.readlink())


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
