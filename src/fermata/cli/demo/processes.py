"""The stage's processes: started so that each can be found again, and ended so that none is left.

Every process of a stage inherits one environment variable with the stage's own random token. Process groups are not
enough: supervisord puts each program into a group of its own, and a killed supervisord leaves them behind. The token
finds them all, and never somebody else's process that was given a recycled id. `stage.pid` keeps it for the next run.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from fermata.kit.errors import OperationalError, UserError
from fermata.kit.loopback import bind_free_port

MARKER = "FERMATA_DEMO_STAGE"
PID_FILE = "stage.pid"
_SOCKET_PREFIX = "fermata-"
_PROC = Path("/proc")
_PATIENCE_S = 3.0
"""For processes that were asked to stop."""
# Kept from the caller's environment. The rest stays out: tokens are not the shop's business, and a proxy would
# stand between the shop's services.
_KEPT = ("HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "TMPDIR", "TZ")


@dataclass(frozen=True, slots=True)
class StageRecord:
    """What `stage.pid` holds: enough to clean up after a stage whose owner was killed."""

    token: str
    """Value of `FERMATA_DEMO_STAGE` in every process of the stage."""
    owner_pid: int
    """The process that runs the stage."""
    owner_started: str
    """When the owner started, as the system tells it; a recycled id has another start."""
    socket_dir: str
    """Short directory of supervisord's socket, outside the root."""
    leaders: tuple[tuple[int, str], ...] = ()
    """Id and start of each process the owner started itself."""

    def save(self, root: Path) -> None:
        """Write `stage.pid` in one step, so that a reader never sees half of it."""
        draft = root / f"{PID_FILE}.new"
        draft.write_text(json.dumps(asdict(self)))
        draft.replace(root / PID_FILE)


def make_record() -> StageRecord:
    """Return the record of a stage owned by this process, with a fresh token and socket directory.

    The directory is short because a unix socket's path holds 107 bytes at most (unix(7), read 2026-11), and
    supervisord adds its process id to the name while it binds.
    """
    return StageRecord(
        token=secrets.token_hex(16),
        owner_pid=os.getpid(),
        owner_started=find_start(os.getpid()) or "",
        socket_dir=tempfile.mkdtemp(prefix=_SOCKET_PREFIX),
    )


def build_environment(token: str) -> dict[str, str]:
    """Return the environment of the stage's processes: a few harmless variables and the marker."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | {MARKER: token, "PYTHONDONTWRITEBYTECODE": "1"}


def spawn(command: Sequence[str | Path], *, log: Path, cwd: Path, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own, output appended to `log`; Ctrl-C in the terminal does not reach it."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=dict(env),
            start_new_session=True,
        )


def find_start(pid: int) -> str | None:
    """Return when a process started, in the system's own words; `None` when there is no such process."""
    if _PROC.joinpath("self/stat").exists():
        try:
            # Field 22, counted after the command's closing bracket; the command itself may hold spaces (proc(5)).
            fields = _PROC.joinpath(str(pid), "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return None if fields[0] in "ZX" else fields[19]
    shown = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return shown.stdout.strip() or None


def list_members(token: str) -> list[int]:
    """Return the ids of all running processes that carry the token. Empty where there is no /proc."""
    needle = f"{MARKER}={token}".encode()
    members = []
    for entry in _PROC.glob("[0-9]*/environ"):
        try:
            variables = entry.read_bytes().split(b"\0")
        except OSError:
            # Gone meanwhile, or somebody else's: not ours either way.
            continue
        if needle in variables and int(entry.parent.name) != os.getpid():
            members.append(int(entry.parent.name))
    return members


def end_stage(started: Sequence[subprocess.Popen[bytes]], token: str) -> None:
    """Ask the stage's own processes to stop, wait, then kill whatever still carries the token. Idempotent.

    Raises:
        OperationalError: A process outlived SIGKILL.
    """
    end_processes(started)
    _kill_members(token)


def end_processes(started: Sequence[subprocess.Popen[bytes]]) -> None:
    """Terminate children of this process, wait for them together, then kill what is left. Idempotent."""
    for process in started:
        process.terminate()
    deadline = time.monotonic() + _PATIENCE_S
    for process in started:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _kill_members(token: str) -> None:
    """Kill every process with the token, until none is left."""
    deadline = time.monotonic() + 5
    while members := list_members(token):
        if time.monotonic() > deadline:
            raise OperationalError(
                "Processes of the demo are still there",
                why="They did not end within 5 s of SIGKILL",
                do=f"End them by hand: kill -9 {' '.join(map(str, members))}",
                pids=members,
            )
        for pid in members:
            _send(pid, signal.SIGKILL)
        time.sleep(0.02)


def clean_stale(root: Path) -> int:
    """End what a killed run left in `root` and in its sibling directories; return how many processes that were.

    Siblings count because the demo's usual root is a fresh directory beside the last one. Only files of this user are
    believed, and a stage whose owner lives is left alone.

    Raises:
        UserError: A living process owns a stage in `root` itself.
    """
    ended = 0
    for pid_file in sorted({root / PID_FILE, *root.parent.glob(f"*/{PID_FILE}")}):
        record = _read_record(pid_file)
        if record is None:
            continue
        if find_start(record.owner_pid) == record.owner_started:
            if pid_file.parent == root:
                raise UserError(
                    f"The demo cannot use {root}",
                    why=f"Process {record.owner_pid} runs a demo there",
                    do="End that one, or name another directory",
                    pid=record.owner_pid,
                )
            continue
        leaders = {pid for pid, started in record.leaders if find_start(pid) == started}
        ended += len(leaders.union(list_members(record.token)))
        for pid in leaders:
            _send(pid, signal.SIGTERM)
        _kill_members(record.token)
        remove_socket_dir(record.socket_dir)
        pid_file.unlink(missing_ok=True)
    return ended


def remove_socket_dir(path: str) -> None:
    """Delete the socket's directory, if it is one that `make_record` could have made."""
    place = Path(path)
    if place.parent == Path(tempfile.gettempdir()) and place.name.startswith(_SOCKET_PREFIX):
        shutil.rmtree(place, ignore_errors=True)


class HeldPorts:
    """Free loopback ports, kept from everybody else until a server of the stage listens on them.

    None of them may be taken by a shopper's own connection while the service on it is down, or the service would never
    come back.

    A server that reuses addresses, as all of the stage's do, listens on a held port; whoever looks for a free one, as
    another demo that starts at the same moment, passes it by.
    """

    def __init__(self, count: int) -> None:
        self._sockets = [bind_free_port() for _ in range(count)]
        for held in self._sockets:
            # Only after the bind, or two demos could still be given the same port.
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.numbers: tuple[int, ...] = tuple(held.getsockname()[1] for held in self._sockets)
        if sys.platform != "linux":
            # There a bound socket keeps even those away that reuse addresses.
            self.release()

    def release(self, number: int | None = None) -> None:
        """Keep one port, or all of them, no longer. Idempotent."""
        for held in self._sockets:
            if held.fileno() >= 0 and number in {None, held.getsockname()[1]}:
                held.close()


def _read_record(path: Path) -> StageRecord | None:
    try:
        if path.stat().st_uid != os.getuid():
            return None
        values = json.loads(path.read_text())
        values["leaders"] = tuple((int(pid), str(started)) for pid, started in values["leaders"])
        return StageRecord(**values)
    except (OSError, ValueError, TypeError, KeyError):
        # Not a stage's file, or not for us to read: then there is nothing we may end.
        return None


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
