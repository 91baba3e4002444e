"""What Linux itself says of a process: `/proc`. Absent on other systems, and then nothing is said.

Every answer may be missing: the process is gone, or is somebody else's. Format: proc(5), read 2026-11.
"""

from __future__ import annotations

import os
import re
import stat
import time
from dataclasses import dataclass
from pathlib import Path

from fermata.kit.full_mounts import list_full_mounts

_SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh"})
_LOG_NAME = re.compile(r"(?:^|[._-])(?:log|err|out)(?=$|[._-])[^/]*$|/logs?/[^/]*$", re.IGNORECASE)
_ROTATED = re.compile(r"[.-]\d{1,8}$")
_ASIDE = re.compile(r"\.(?:log|err|out)\.\d{1,3}$")
"""What nothing but a rotation calls a file: `error.log.1`."""
_DELETED = " (deleted)"
_START_SLACK_S = 2.0  # supervisord's times are whole seconds, and it notes the start before it forks.


@dataclass(frozen=True, slots=True)
class LiveProcess:
    """One process as it runs now. Sizes in bytes."""

    pid: int
    parent_pid: int
    command_name: str
    started_at: float
    """Epoch seconds, to about 10 ms."""
    cpu_seconds: float
    memory_bytes: int | None
    memory_peak_bytes: int | None
    is_halted: bool = False
    """Whether a signal (SIGSTOP) or a tracer holds it: it keeps its sockets, and answers nobody."""


@dataclass(frozen=True, slots=True)
class OpenLog:
    """A log file that a process appends to."""

    path: str
    """Its name now; of one that was deleted, the last one."""
    handle: Path
    """Where it is read, also when nothing else leads to it any more."""
    is_deleted: bool
    is_rotated: bool
    """Whether it has the name of a log that was put aside: another file may stand where this one stood."""


class ProcReader:
    """Read `/proc`; blocking, but each file is a page or less.

    Args:
        root: Where proc is mounted.
    """

    def __init__(self, root: Path = Path("/proc")) -> None:
        self._root = root

    def find_process(self, pid: int) -> LiveProcess | None:
        """Return the process, or `None` when it is gone, a zombie, or not to be read."""
        told = self._read(pid, "stat")
        status = self._read(pid, "status")
        if not told or not status:
            return None
        head, _, rest = told.rpartition(")")  # The command's name may hold spaces and brackets itself.
        fields = rest.split()
        if fields[0] in "ZX":
            return None
        ticks = os.sysconf("SC_CLK_TCK")
        booted_at = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
        return LiveProcess(
            pid=pid,
            parent_pid=int(fields[1]),
            command_name=head.partition("(")[2],
            started_at=booted_at + int(fields[19]) / ticks,
            cpu_seconds=(int(fields[11]) + int(fields[12])) / ticks,
            memory_bytes=_find_kib(status, "VmRSS"),
            memory_peak_bytes=_find_kib(status, "VmHWM"),
            is_halted=fields[0] in "Tt",
        )

    def find_child_of_supervisord(self, pid: int, supervisord_pid: int, start: int) -> LiveProcess | None:
        """Return the process if it is surely the one supervisord means; ids are reused, and machines may differ.

        Args:
            start: Its start as supervisord tells it, in whole epoch seconds.
        """
        found = self.find_process(pid) if pid else None
        if found is None or found.parent_pid != supervisord_pid:
            return None
        # Epoch seconds come from the wall clock now and then: a clock that was set in between moves one of them.
        return found if abs(found.started_at - start) <= _START_SLACK_S else None

    def measure_age(self, process: LiveProcess) -> float:
        """Return for how many seconds the process has run until now."""
        return time.time() - process.started_at

    def is_supervisord(self, pid: int) -> bool:
        """Answer whether the process of that id on this machine is a supervisord."""
        return "supervisord" in self._read(pid, "cmdline")

    def follow_shell(self, process: LiveProcess) -> LiveProcess:
        """Return the only child of a shell that wraps it (`sh -c "...; app"`), else the process itself."""
        while process.command_name in _SHELLS:
            children = self._read(process.pid, f"task/{process.pid}/children").split()
            child = self.find_process(int(children[0])) if len(children) == 1 else None
            if child is None:
                break
            process = child
        return process

    def list_open_logs(self, pid: int) -> tuple[OpenLog, ...]:
        """Return the log files that the process has open to append to, each once, by name; empty where none are told.

        A file counts by its name (`error.log`) or its folder (`/var/log/shop/error`): databases append to files, too.
        """
        try:
            handles = sorted((self._root / str(pid) / "fd").iterdir())
        except OSError:
            return ()
        found = {log.path: log for handle in handles if (log := self._find_log(pid, handle)) is not None}
        return tuple(found[path] for path in sorted(found))

    def _find_log(self, pid: int, handle: Path) -> OpenLog | None:
        try:
            target = str(handle.readlink())
            path = target.removesuffix(_DELETED)
            # By its name first: a busy server has thousands of sockets, and each look at one costs a call.
            if not _LOG_NAME.search(path) or not stat.S_ISREG(handle.stat().st_mode):
                return None
        except OSError:
            return None
        info = self._read(pid, f"fdinfo/{handle.name}")
        flags = next((int(line.split()[1], 8) for line in info.splitlines() if line.startswith("flags:")), 0)
        if flags & os.O_APPEND == 0 or flags & os.O_ACCMODE == os.O_RDONLY:
            return None
        return OpenLog(path, handle, target != path, _is_put_aside(path))

    def find_folder(self, pid: int) -> Path | None:
        """Return the folder that the process is in; `None` where that may not be read."""
        try:
            return (self._root / str(pid) / "cwd").readlink()
        except OSError:
            return None

    def count_open_files(self, pid: int) -> int | None:
        """Return how many files, sockets and pipes the process has open; `None` where that may not be read."""
        try:
            return sum(1 for _ in (self._root / str(pid) / "fd").iterdir())
        except OSError:
            return None

    def find_environment(self, pid: int) -> dict[str, str] | None:
        """Return the variables the process was started with; `None` when they cannot be read."""
        content = self._read(pid, "environ")
        if not content:
            return None
        pairs = (item.partition("=") for item in content.split("\0") if "=" in item)
        return {name: value for name, _, value in pairs}

    def list_full_mounts(self, pid: int) -> tuple[tuple[str, str], ...]:
        """Return the file systems without room that the process may write to: path and what lacks."""
        return list_full_mounts(pid, self._root)

    def find_limit(self, pid: int, resource: str) -> int | None:
        """Return a soft limit, such as of `Max data size` in bytes; `None` when there is none."""
        for line in self._read(pid, "limits").splitlines():
            if line.startswith(resource):
                soft = line[len(resource) :].split()[0]
                return int(soft) if soft.isdigit() else None
        return None

    def find_host_available(self) -> int | None:
        """Return the memory the kernel could still give out, in bytes."""
        try:
            return _find_kib((self._root / "meminfo").read_text(), "MemAvailable")
        except OSError:
            return None

    def _read(self, pid: int, name: str) -> str:
        try:
            return (self._root / str(pid) / name).read_bytes().decode(errors="surrogateescape")
        except OSError:
            return ""


def _find_kib(text: str, key: str) -> int | None:
    for line in text.splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) * 1024
    return None


def _is_put_aside(path: str) -> bool:
    """Answer whether a file was put aside: others number or date the file that they write to (`worker-1`)."""
    suffix = _ROTATED.search(path)
    if suffix is None or _ASIDE.search(path) is not None:
        return suffix is not None
    return os.path.isfile(path[: suffix.start()])  # noqa: PTH113 - behind a closed door it is not there, and no error.
