"""Who listens at a port of this machine, as the kernel tells: an engine lists no ports of what shares the machine's."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from fermata.kit.full_mounts import PROC

_LISTENS = "0A"
_STATE, _INODE = 3, 9


def list_listener_groups(port: int, proc: Path = PROC) -> tuple[str, ...] | None:
    """Return the control groups of the processes that listen at a port, as `/proc/PID/cgroup` writes them.

    Empty where nobody listens there. `None` where somebody does, and whose processes these are may not be looked at.

    Source: proc(5), `/proc/net/tcp`.

    Args:
        proc: Where proc is mounted.
    """
    sockets = {f"socket:[{inode}]" for name in ("tcp", "tcp6") for inode in _list_inodes(proc / "net" / name, port)}
    if not sockets:
        return ()
    groups = [_read(one / "cgroup") for one in proc.glob("[0-9]*") if not sockets.isdisjoint(_list_open(one / "fd"))]
    return tuple(groups) or None


def _list_inodes(table: Path, port: int) -> Iterator[str]:
    for line in _read(table).splitlines()[1:]:
        row = line.split()
        if len(row) > _INODE and row[_STATE] == _LISTENS and int(row[1].rpartition(":")[2], 16) == port:
            yield row[_INODE]


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
