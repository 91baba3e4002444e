"""The file systems without room that a process of this machine may write to. Format: proc(5), read 2026-11."""

from __future__ import annotations

import os
from pathlib import Path

PROC = Path("/proc")
_LOCAL = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "overlay", "tmpfs", "vfat"})


def list_full_mounts(pid: int, proc: Path = PROC) -> tuple[tuple[str, str], ...]:
    """Return path and what lacks, `space` or `inodes`; nothing where the process is gone, or is somebody else's.

    Those of other machines are left out: one whose server is gone answers nobody. So are single files, which an engine
    puts into every container.

    Args:
        proc: Where proc is mounted.
    """
    own = proc / str(pid)
    try:
        rows = [line.split() for line in (own / "mounts").read_bytes().decode(errors="surrogateescape").splitlines()]
    except OSError:
        return ()
    found = {}
    for row in rows:
        if len(row) > 3 and row[2] in _LOCAL and "rw" in row[3].split(","):
            path = row[1].replace("\\040", " ")
            if lacks := _find_lack(own / "root" / path.lstrip("/")):
                found[path] = lacks
    return tuple(found.items())


def _find_lack(place: Path) -> str:
    try:
        told = os.statvfs(place)
        if not place.is_dir():
            return ""
    except OSError:
        return ""
    if told.f_blocks and told.f_bavail * 100 < told.f_blocks:
        return "space"
    return "inodes" if told.f_files and not told.f_favail else ""
