"""A throw-away machine that systemd runs: PID 1 with a journal in namespaces and cgroups of its own, gone at the end.

It needs root, util-linux, and the hybrid control groups: `name=systemd` and `memory` of the first version, `unified`.
Units come from one folder of the test, the vendor's are a handful that read and mount nothing. Of the host it sees the
files, the network and the kernel's log; what systemd and its programs write under /etc/systemd, /run, /var/lib/systemd,
/dev and /proc/sys stays in the rig or is refused. The rig lives no longer than the process that started it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Self

from fermata.kit.errors import OperationalError

_PROGRAM = Path("/lib/systemd/systemd")
_CGROUPS = Path("/sys/fs/cgroup")
_HIERARCHIES = ("systemd", "memory", "unified")
_READY_WITHIN_S = 30.0
_GONE_WITHIN_S = 10.0
_COMMAND_TIMEOUT_S = 60.0

_VENDOR_UNITS = (
    "systemd-journald.service",
    "systemd-journald.socket",
    "systemd-journald-dev-log.socket",
)
# What ordinary units are ordered by (systemd.special(7)), without anything the distribution hangs there.
_TARGETS = ("basic", "multi-user", "network", "network-online", "paths", "shutdown", "sockets", "sysinit", "timers")

_MANAGER_CONF = "[Manager]\nDefaultTimeoutStopSec=5s\nDefaultMemoryAccounting=yes\n"
_JOURNAL_CONF = "[Journal]\nStorage=volatile\nRateLimitIntervalSec=0\nAudit=no\n"
# It would tell its own start to the kernel's log, which is the host's.
_QUIET_JOURNAL = "[Service]\nEnvironment=SYSTEMD_LOG_TARGET=null\n"

_OUTER = """\
set -e
for folder in "$@"; do echo $$ >"$folder/cgroup.procs"; done
exec setpriv --pdeathsig KILL unshare --mount --pid --uts --ipc --cgroup --fork --kill-child --propagation slave \\
    bash {root}/inner.sh
"""

# `container` keeps systemd from what it does to a whole machine. /proc/cgroups as it is would make it mount every
# hierarchy of the host.
_INNER = """\
set -e
mount -t proc proc /proc
mount --bind {root}/cgroups /proc/cgroups
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
mount -t tmpfs tmpfs /sys/fs/cgroup
mkdir /sys/fs/cgroup/systemd /sys/fs/cgroup/memory /sys/fs/cgroup/unified
mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd
mount -t cgroup -o memory cgroup /sys/fs/cgroup/memory
mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified
mount -o remount,bind,ro /sys
mount -t tmpfs -o mode=755 tmpfs {root}/dev
for name in null zero full random urandom tty kmsg; do
    touch {root}/dev/$name
    mount --bind /dev/$name {root}/dev/$name
done
mkdir {root}/dev/pts {root}/dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts {root}/dev/pts
ln -s pts/ptmx {root}/dev/ptmx
ln -s /proc/self/fd {root}/dev/fd
ln -s /proc/self/fd/0 {root}/dev/stdin
ln -s /proc/self/fd/1 {root}/dev/stdout
ln -s /proc/self/fd/2 {root}/dev/stderr
mount --rbind {root}/dev /dev
mount --bind {root}/etc /etc/systemd
mount --bind {root}/machine-id /etc/machine-id
mount --bind {root}/vendor /usr/lib/systemd/system
mount --bind {root}/empty /usr/lib/systemd/system-generators
mount --bind {root}/empty /usr/lib/systemd/system-environment-generators
mkdir -p /var/lib/systemd
mount -t tmpfs tmpfs /var/lib/systemd
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/lock
hostname fermata-rig
cd /
exec env -i container=fermata-rig PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \\
    {program} --system --log-target=journal --log-level=info --show-status=0 --unit=multi-user.target
"""


def find_obstacle() -> str | None:
    """Return why this machine cannot run the rig, or `None`."""
    if os.geteuid() != 0:
        return "only root may give systemd namespaces of its own"
    missing = [name for name in ("unshare", "nsenter", "setpriv", "systemctl", "journalctl") if not shutil.which(name)]
    if missing or not _PROGRAM.exists():
        return f"there is no {missing[0] if missing else _PROGRAM}"
    absent = [name for name in _HIERARCHIES if not (_CGROUPS / name / "cgroup.procs").exists()]
    return f"there is no control group hierarchy {absent[0]}" if absent else None


class SystemdRig:
    """One systemd with its journal. Use it as a context manager, or call `start` and `stop`.

    Args:
        root: An empty folder for units, settings and the log of PID 1; units lie in `root/etc/system`.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.units = root / "etc" / "system"
        """What the rig sees as /etc/systemd/system."""
        self._process: subprocess.Popen[bytes] | None = None
        self._groups: tuple[Path, ...] = ()
        self._pid = 0

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self.stop()

    @property
    def pid(self) -> int:
        """Return the host's number of PID 1; 0 when it does not run."""
        return self._pid

    @property
    def prefix(self) -> tuple[str, ...]:
        """Return the words before a command that run it inside."""
        return ("nsenter", "-t", str(self._pid), "-m", "-p", "-u", "-i", "-C", "--")

    def start(self) -> None:
        """Start systemd and wait until it answers.

        Raises:
            OperationalError: It did not; the message ends in what it said.
        """
        self._write_files()
        self._groups = tuple(_own_group(name) / f"fermata-rig-{os.getpid()}-{id(self):x}" for name in _HIERARCHIES)
        for group in self._groups:
            group.mkdir()
        with (self.root / "systemd.log").open("ab") as log:
            self._process = subprocess.Popen(
                ["bash", str(self.root / "outer.sh"), *map(str, self._groups)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._wait(self._is_up, _READY_WITHIN_S, "systemd to answer")
        except OperationalError:
            self.stop()
            raise

    def stop(self) -> None:
        """Kill PID 1 and all that it runs, and remove the control groups. Idempotent."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(_GONE_WITHIN_S)
            gone = Path(f"/proc/{self._pid or self._process.pid}")
            self._wait(lambda: not gone.exists(), _GONE_WITHIN_S, "the kernel to end the rig")
        self._process, self._pid = None, 0
        for group in self._groups:
            self._wait(partial(_is_removed, group), _GONE_WITHIN_S, f"{group} to be empty")
        self._groups = ()

    def run(self, *command: str, timeout_s: float = _COMMAND_TIMEOUT_S) -> subprocess.CompletedProcess[str]:
        """Run a command inside and return what it said, whatever its exit status."""
        return subprocess.run(
            [*self.prefix, *command], capture_output=True, text=True, check=False, timeout=timeout_s, env=_PLAIN
        )

    def systemctl(self, *arguments: str) -> str:
        """Run systemctl inside.

        Raises:
            OperationalError: It failed; with its own words.
        """
        done = self.run("systemctl", *arguments)
        if done.returncode:
            raise OperationalError(f"systemctl {' '.join(arguments)} failed", why=done.stderr.strip())
        return done.stdout

    def show(self, unit: str, name: str) -> str:
        """Return one property of a unit."""
        return self.systemctl("show", "--value", f"--property={name}", "--", unit).strip()

    def write_unit(self, name: str, text: str) -> Path:
        """Write a unit's file; systemd does not know of it before `daemon-reload`."""
        path = self.units / name
        path.write_text(text)
        return path

    def wait_property(self, unit: str, name: str, values: Sequence[str], within_s: float = 20) -> None:
        """Wait until a unit's property has one of the values."""
        self._wait(lambda: self.show(unit, name) in values, within_s, f"{unit} to have {name} {' or '.join(values)}")

    def _write_files(self) -> None:
        for name in ("dev", "empty", "vendor", "etc/system"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        for name in _VENDOR_UNITS:
            shutil.copy(Path("/usr/lib/systemd/system") / name, self.root / "vendor" / name)
        for name in _TARGETS:
            (self.root / "vendor" / f"{name}.target").write_text("[Unit]\nDefaultDependencies=no\n")
        (self.root / "vendor" / "sysinit.target").write_text(
            # The service too: what systemd says before it runs goes to the kernel's log and is lost here.
            f"[Unit]\nDefaultDependencies=no\nWants={' '.join(_VENDOR_UNITS)}\n"
        )
        (self.root / "vendor" / "multi-user.target").write_text("[Unit]\nRequires=basic.target\nAfter=basic.target\n")
        (self.root / "vendor" / "basic.target").write_text(
            "[Unit]\nDefaultDependencies=no\nRequires=sysinit.target\nAfter=sysinit.target\n"
        )
        (self.root / "vendor" / "systemd-journald.service.d").mkdir(exist_ok=True)
        (self.root / "vendor" / "systemd-journald.service.d" / "quiet.conf").write_text(_QUIET_JOURNAL)
        (self.root / "etc" / "system.conf").write_text(_MANAGER_CONF)
        (self.root / "etc" / "journald.conf").write_text(_JOURNAL_CONF)
        (self.root / "machine-id").write_text("f" * 31 + "1\n")
        columns = "#subsys_name\thierarchy\tnum_cgroups\tenabled\n"
        (self.root / "cgroups").write_text(f"{columns}memory\t1\t1\t1\n")
        (self.root / "outer.sh").write_text(_OUTER.format(root=self.root))
        (self.root / "inner.sh").write_text(_INNER.format(root=self.root, program=_PROGRAM))

    def _is_up(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise OperationalError("The rig's systemd did not start", why=self._read_log())
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        if not children or Path(f"/proc/{children[0]}/comm").read_text().strip() != "systemd":
            return False
        self._pid = int(children[0])
        state = self.run("systemctl", "is-system-running").stdout.strip()
        return state in ("running", "degraded")

    def _wait(self, check: Callable[[], bool], within_s: float, what: str) -> None:
        deadline = time.monotonic() + within_s
        while not check():
            if time.monotonic() > deadline:
                raise OperationalError(f"Waited {within_s:.0f} s for {what}", why=self._read_log())
            time.sleep(0.05)

    def _read_log(self) -> str:
        return (self.root / "systemd.log").read_text(errors="replace")[-2000:]


_PLAIN = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}


def _own_group(hierarchy: str) -> Path:
    """Return the control group this process is in: what limits it limits the rig."""
    wanted = {"systemd": "name=systemd", "unified": ""}.get(hierarchy, hierarchy)
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, names, path = line.split(":", 2)
        if wanted in names.split(","):
            return _CGROUPS / hierarchy / path.lstrip("/")
    return _CGROUPS / hierarchy


def _is_removed(group: Path) -> bool:
    """Remove a control group with all below it, if nothing is left in them."""
    for folder, _, _ in os.walk(group, topdown=False):
        with suppress(OSError):  # A process is still leaving.
            Path(folder).rmdir()
    return not group.exists()
