"""What `/proc` tells of a unit's main process. Blocking: files."""

from __future__ import annotations

import re
from pathlib import Path

_OPEN_FILES = re.compile(r"^Max open files\s+(\d+|unlimited)\s", re.MULTILINE)
_AVAILABLE, _TOTAL = (re.compile(rf"^{name}:\s+(\d+) kB$", re.MULTILINE) for name in ("MemAvailable", "MemTotal"))


def find_environment(proc: Path, pid: int, control_group: str) -> dict[str, str] | None:
    """Return the variables a process has; `None` when it is gone, another unit's by now, or somebody else's to read."""
    try:
        # Read first: a number that was given anew meanwhile shows in what is read after it.
        raw = (proc / str(pid) / "environ").read_bytes()
        if not _is_in(proc, pid, control_group):
            return None
    except OSError:
        return None
    pairs = (part.partition("=") for part in raw.decode(errors="replace").split("\0") if "=" in part)
    return {name: value for name, _, value in pairs}


def count_open_files(proc: Path, pid: int, control_group: str) -> int | None:
    """Return how many files, sockets and pipes a process has open; `None` when nobody may look."""
    try:
        count = sum(1 for _ in (proc / str(pid) / "fd").iterdir())
        return count if _is_in(proc, pid, control_group) else None
    except OSError:
        return None


def find_open_files_limit(proc: Path, pid: int, control_group: str) -> int | None:
    """Return at how many open files the process is refused the next one; `None` when that is not known."""
    try:
        match = _OPEN_FILES.search((proc / str(pid) / "limits").read_text())
        is_it = _is_in(proc, pid, control_group)
    except OSError:
        return None
    return int(match[1]) if match and is_it and match[1].isdecimal() else None


def find_host_available(proc: Path) -> int | None:
    """Return how many bytes of memory the machine has left."""
    return _read_memory(proc, _AVAILABLE)


def find_host_total(proc: Path) -> int | None:
    """Return how many bytes of memory the machine has."""
    return _read_memory(proc, _TOTAL)


def _read_memory(proc: Path, row: re.Pattern[str]) -> int | None:
    try:
        match = row.search((proc / "meminfo").read_text())
    except OSError:
        return None
    return int(match[1]) * 1024 if match else None


def _is_in(proc: Path, pid: int, control_group: str) -> bool:
    lines = (proc / str(pid) / "cgroup").read_text().splitlines()
    return bool(control_group) and any(line.endswith(control_group) for line in lines)
