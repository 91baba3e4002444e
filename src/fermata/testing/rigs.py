"""Real servers for tests and benches: Prometheus and Alertmanager on free loopback ports, with nothing left behind.

A rig writes the configuration it is given into its own folder, starts the distribution's binary, waits until it says
that it is ready, and stops it. Where a binary is missing, `find_binaries` says so and the caller skips.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import ClassVar, Self

from fermata.kit.errors import OperationalError, UserError
from fermata.kit.loopback import bind_free_port

# Half a second on an idle machine; generous, since a bench may keep both cores busy.
READY_WITHIN_S = 30.0
STOPPED_WITHIN_S = 10.0
# Another process may take a free port between finding and using it.
STARTS = 3


@dataclass(frozen=True, slots=True)
class Binaries:
    """The servers of this machine; `None` where there is none."""

    prometheus: Path | None
    alertmanager: Path | None


def find_binaries() -> Binaries:
    """Return the binaries on PATH. Debian calls the second one `prometheus-alertmanager`."""
    return Binaries(_find("prometheus"), _find("prometheus-alertmanager", "alertmanager"))


def _find(*names: str) -> Path | None:
    return next((Path(found) for name in names if (found := shutil.which(name))), None)


def find_free_port() -> int:
    """Return a loopback port that was free a moment ago."""
    with bind_free_port() as probe:
        port: int = probe.getsockname()[1]
        return port


def _listens(pid: int, port: int) -> bool:
    """Answer whether it is this process that listens: after a lost race for a port another server answers there.

    Where there is no /proc, whoever answers is taken for it.
    """
    table = Path("/proc/net/tcp")
    if not table.exists():
        return True
    # Columns as in Linux, Documentation/networking/proc_net_tcp.rst; 0A is LISTEN.
    rows = [line.split() for line in table.read_text().splitlines()[1:]]
    sockets = {f"socket:[{row[9]}]" for row in rows if row[3] == "0A" and int(row[1].rpartition(":")[2], 16) == port}
    held = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):  # Closed between listing and reading.
            held.add(str(descriptor.readlink()))
    return bool(sockets & held)


class ServerRig:
    """One server process. Use it as a context manager, or call `start` and `stop`.

    Args:
        config: Text of the server's configuration file.
        root: Folder for configuration, data and log; a temporary one, removed at `stop`, when not given.
        binary: The executable; found on PATH when not given.
    """

    _title: ClassVar[str]
    _config_name: ClassVar[str]

    def __init__(self, config: str, *, root: Path | None = None, binary: Path | None = None) -> None:
        self._config = config
        self._root = root
        self._binary = binary
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0
        """The port it listens on; 0 before `start`."""

    @property
    def url(self) -> str:
        """Return its base address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """Return the process id, for tests that stop it by a signal; `None` when it does not run."""
        return self._process.pid if self._process is not None else None

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self.stop()

    def start(self) -> None:
        """Start the server and wait until it is ready.

        Raises:
            UserError: The binary is not on this machine.
            OperationalError: It did not become ready; the message ends in the last lines of its log.
        """
        binary = self._binary or self._locate()
        if binary is None:
            raise UserError(f"There is no {self._title}", why="No such program is on PATH", do="Install it")
        if self._root is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="fermata-rig-")
        folder = self.folder
        folder.mkdir(parents=True, exist_ok=True)
        self._write_files(folder)
        ready, said = False, [""]
        try:
            for left in reversed(range(STARTS)):
                self.port = find_free_port()
                self._spawn(binary, folder)
                ready = self._wait_ready()
                said = self.read_log().splitlines()[-5:]
                if ready or not (left and any("address already in use" in line for line in said)):
                    break
                self._end_process()
        finally:  # Also after Ctrl-C while it starts.
            if not ready:
                self.stop()
        if not ready:
            raise OperationalError(f"{self._title} did not become ready", why=" | ".join(said) or "it wrote nothing")

    def stop(self) -> None:
        """End the server and remove its temporary folder. Idempotent."""
        self._end_process()
        if self._temporary is not None:
            self._temporary.cleanup()
            self._temporary = None

    def read_log(self) -> str:
        """Return what the server wrote since its start."""
        return (self.folder / "log").read_text(errors="replace")

    @property
    def folder(self) -> Path:
        """Return where its configuration, data and log are, while it runs."""
        if self._root is not None:
            return self._root
        if self._temporary is None:
            raise UserError("The rig has no folder", why="It does not run", do="Start it, or give it a root to keep")
        return Path(self._temporary.name)

    def _locate(self) -> Path | None:
        raise NotImplementedError

    def _list_arguments(self, folder: Path) -> Sequence[str]:
        raise NotImplementedError

    def _write_files(self, folder: Path) -> None:
        (folder / self._config_name).write_text(self._config)

    def _spawn(self, binary: Path, folder: Path) -> None:
        with (folder / "log").open("wb") as log:
            # In a session of its own: Ctrl-C goes to the tests, which stop it in their own order.
            self._process = subprocess.Popen(
                [str(binary), *self._list_arguments(folder)],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _end_process(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOPPED_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _wait_ready(self) -> bool:
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline and self._process is not None and self._process.poll() is None:
            connection = HTTPConnection("127.0.0.1", self.port, timeout=1)
            try:
                connection.request("GET", "/-/ready")
                if connection.getresponse().status == 200 and _listens(self._process.pid, self.port):
                    return True
            except (OSError, HTTPException):
                pass
            finally:
                connection.close()
            time.sleep(0.05)
        return False


class PrometheusRig(ServerRig):
    """A Prometheus. Its configuration may name `rule_files: [rules.yml]`, which holds the text given as `rules`."""

    _title = "Prometheus"
    _config_name = "prometheus.yml"

    def __init__(self, config: str, rules: str = "", *, root: Path | None = None, binary: Path | None = None) -> None:
        super().__init__(config, root=root, binary=binary)
        self._rules = rules

    def _locate(self) -> Path | None:
        return find_binaries().prometheus

    def _write_files(self, folder: Path) -> None:
        super()._write_files(folder)
        (folder / "rules.yml").write_text(self._rules)

    def _list_arguments(self, folder: Path) -> Sequence[str]:
        return (
            f"--config.file={folder / self._config_name}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--log.level=warn",
        )


class AlertmanagerRig(ServerRig):
    """An Alertmanager that is alone: it looks for no peers."""

    _title = "Alertmanager"
    _config_name = "alertmanager.yml"

    def _locate(self) -> Path | None:
        return find_binaries().alertmanager

    def _list_arguments(self, folder: Path) -> Sequence[str]:
        return (
            f"--config.file={folder / self._config_name}",
            f"--storage.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--cluster.listen-address=",
            "--log.level=warn",
        )
