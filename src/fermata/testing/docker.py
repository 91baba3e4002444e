"""A throw-away Docker engine for tests, measurements and the demo: in a temporary folder, on a socket, gone at the end.

It needs root, `dockerd` and a static busybox. It touches nothing of the machine's own engine or network: its storage,
its containerd and its socket lie in the folder, its bridge has a name of its own, and it writes no firewall rules.
"""

from __future__ import annotations

import fcntl
import hashlib
import http.client
import io
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

_START_TIMEOUT_S = 60
_STOP_TIMEOUT_S = 20
_API = "/v1.41"
# Requests of the kernel's network control (linux/sockios.h).
_ADD_BRIDGE, _REMOVE_BRIDGE, _SET_FLAGS = 0x89A0, 0x89A1, 0x8914
# ELF: program headers, of which one of type PT_INTERP names a dynamic loader (elf(5)).
_INTERPRETER = 3


def find_dockerd() -> str | None:
    """Return the engine's program, or `None`; Debian keeps it out of an ordinary user's PATH."""
    return shutil.which("dockerd") or shutil.which("dockerd", path="/usr/sbin:/usr/local/sbin")


def find_busybox() -> Path | None:
    """Return a busybox that needs no library: it can be the only file of an image."""
    found = shutil.which("busybox") or shutil.which("busybox", path="/bin:/usr/bin")
    return Path(found) if found and is_static(Path(found)) else None


def is_static(program: Path) -> bool:
    """Answer whether a 64-bit Linux program needs no dynamic loader."""
    with program.open("rb") as stream:
        head = stream.read(64)
        if len(head) < 64 or head[:5] != b"\x7fELF\x02":
            return False
        offset, size, count = struct.unpack_from("<Q", head, 32) + struct.unpack_from("<HH", head, 54)
        stream.seek(offset)
        table = stream.read(size * count)
    kinds = [struct.unpack_from("<I", table, size * index)[0] for index in range(count)]
    return _INTERPRETER not in kinds


def find_obstacle() -> str | None:
    """Return why no engine can be started here, in a few words; `None` when one can."""
    if not sys.platform.startswith("linux"):
        return f"it needs Linux, and this is {sys.platform}"
    if find_dockerd() is None:
        return "dockerd is not installed"
    return None if os.geteuid() == 0 else "only root can start dockerd"


class EngineApi:
    """An engine as its operator reaches it: plain calls, JSON in and out.

    Args:
        socket_path: Its unix socket.
    """

    def __init__(self, socket_path: Path) -> None:
        self.socket_path = socket_path

    def call(
        self, method: str, path: str, body: Any = None, params: Mapping[str, str] | None = None, *, expect: int = 0
    ) -> Any:
        """Make a call and return its JSON answer, or its bytes where it is no JSON.

        Args:
            body: Sent as JSON; bytes are sent as a tar archive.
            expect: A status beyond 2xx and 304 that is no failure.

        Raises:
            RuntimeError: The engine answered with an error.
            OSError: It cannot be reached.
        """
        connection = _UnixConnection(self.socket_path)
        kind = "application/x-tar" if isinstance(body, bytes) else "application/json"
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        try:
            query = f"?{urlencode(params)}" if params else ""
            connection.request(method, f"{_API}{path}{query}", data, {"Content-Type": kind})
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        if response.status >= http.HTTPStatus.BAD_REQUEST and response.status != expect:
            message = f"{method} {path} failed with {response.status}: {answer[:500].decode(errors='replace')}"
            raise RuntimeError(message)
        try:
            return json.loads(answer)
        except ValueError:
            return answer

    def import_image(self, name: str, files: Mapping[str, bytes], changes: Sequence[str] = ()) -> str:
        """Make an image of busybox and some files; return its id.

        Args:
            files: Content by path; all are executable.
            changes: Lines of a Dockerfile that need no build: `ENV A=1`, `CMD [...]`, `LABEL a=b`.

        Raises:
            RuntimeError: There is no static busybox.
        """
        busybox = find_busybox()
        if busybox is None:
            message = "there is no static busybox; on Debian: apt-get install busybox-static"
            raise RuntimeError(message)
        archive = build_archive({"bin/busybox": busybox.read_bytes(), **files})
        repository, _, tag = name.partition(":")
        query = [("fromSrc", "-"), ("repo", repository), ("tag", tag), *(("changes", change) for change in changes)]
        self.call("POST", f"/images/create?{urlencode(query)}", archive)
        return str(self.call("GET", f"/images/{name}/json")["Id"])

    def run(self, name: str, image: str, **config: Any) -> str:
        """Create and start a container; return its id.

        Args:
            config: As `POST /containers/create` takes it (`Cmd`, `Env`, `Labels`, `HostConfig`).
        """
        made = self.call("POST", "/containers/create", {"Image": image, **config}, {"name": name})
        self.call("POST", f"/containers/{made['Id']}/start")
        return str(made["Id"])

    def inspect(self, name: str) -> dict[str, Any]:
        """Return what the engine says of a container."""
        answer: dict[str, Any] = self.call("GET", f"/containers/{name}/json")
        return answer

    def list_names(self) -> list[str]:
        """Return the names of all containers, sorted."""
        listed = self.call("GET", "/containers/json", params={"all": "1"})
        return sorted(one["Names"][0].removeprefix("/") for one in listed)

    def remove(self, name: str) -> None:
        """Remove a container whatever it does, with its volumes; nothing when it is not there."""
        self.call("DELETE", f"/containers/{name}", params={"force": "1", "v": "1"}, expect=http.HTTPStatus.NOT_FOUND)

    def is_ready(self) -> bool:
        """Answer whether the engine answers."""
        try:
            self.call("GET", "/_ping")
        except (OSError, RuntimeError, http.client.HTTPException):
            return False
        return True


class DockerRig(EngineApi):
    """One engine of its own. Containers share the host's network, or are given one by the test.

    Args:
        storage: How it keeps layers. `vfs` works on any file system and leaves no mounts behind, and copies each layer
            whole; to build an image of some size, `overlay2`.
    """

    def __init__(
        self, env: Mapping[str, str] | None = None, folder: Path | None = None, *, storage: str = "vfs"
    ) -> None:
        obstacle = find_obstacle()
        if obstacle is not None:
            message = f"no Docker engine can be started: {obstacle}"
            raise RuntimeError(message)
        # Short, since a socket's path may have about 100 characters, and containerd's lies deeper.
        self.folder = folder or Path(tempfile.mkdtemp(prefix="fmdk-"))
        super().__init__(self.folder / "d.sock")
        # An engine that finds its containerd slow lets it dump its stacks where temporary files go.
        self._env = {**env, "TMPDIR": str(self.folder)} if env is not None else None
        self._bridge = _name_bridge(self.folder)
        self._storage = storage
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Return the socket as the settings take it."""
        return f"unix://{self.socket_path}"

    def start(self) -> None:
        """Start the engine and wait until it answers.

        Raises:
            RuntimeError: It did not; its last words are in the message.
        """
        log = self.folder / "log"
        try:
            _make_bridge(self._bridge)
        except OSError as error:
            self.close()
            message = (
                f"dockerd did not start: no bridge can be made ({error.strerror}); a container without privileges?"
            )
            raise RuntimeError(message) from error
        command = [
            str(find_dockerd()),
            f"--data-root={self.folder / 'data'}",
            f"--exec-root={self.folder / 'exec'}",
            f"--pidfile={self.folder / 'pid'}",
            f"--host={self.url}",
            f"--storage-driver={self._storage}",
            # `none` would delete docker0, which another engine of this machine may live by.
            f"--bridge={self._bridge}",
            "--iptables=false",
            "--ip6tables=false",
            "--ip-forward=false",
        ]
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env=self._env,
                start_new_session=True,
            )
        deadline = time.monotonic() + _START_TIMEOUT_S
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                words = log.read_text(errors="replace")[-1500:]
                self.close()
                message = f"dockerd did not start: {words}"
                raise RuntimeError(message)
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop the engine, and every container with it; what it stored stays."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(_STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def close(self) -> None:
        """Remove every container, stop the engine and delete its folder. Idempotent."""
        if self.process is not None and self.process.poll() is None:
            with suppress(OSError, RuntimeError, http.client.HTTPException):
                for name in self.list_names():
                    self.remove(name)
                # Their bridges would stay with the machine.
                self.call("POST", "/networks/prune")
        self.stop()
        _remove_traces(self.folder)


def clean_stale_rigs() -> int:
    """Remove what engines left whose owner was killed; return how many folders that were."""
    places = {Path(tempfile.gettempdir()), Path("/tmp")}  # noqa: S108 - where rigs lie
    stale = [folder for place in places for folder in place.glob("fmdk-*") if _is_stale(folder)]
    for folder in stale:
        _remove_traces(folder)
    return len(stale)


def _is_stale(folder: Path) -> bool:
    """Answer whether nobody uses a rig's folder: its engine has ended, or none was started in it for minutes."""
    try:
        return not _is_running((folder / "pid").read_text().strip())
    except OSError:
        with suppress(OSError):
            return folder.is_dir() and time.time() - folder.stat().st_mtime > _START_TIMEOUT_S * 2
    return False


def _is_running(pid: str) -> bool:
    """Answer whether a process runs; one that has ended and was not waited for does not."""
    try:
        # After the command's closing bracket, since the command may hold anything (proc(5)).
        state = Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def build_archive(files: Mapping[str, bytes]) -> bytes:
    """Return a tar archive with these files, with `/bin/sh` and an empty `/tmp`."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for folder in ("bin", "tmp"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(entry)
        link = tarfile.TarInfo("bin/sh")
        link.type, link.linkname = tarfile.SYMTYPE, "busybox"
        archive.addfile(link)
        for path, content in files.items():
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(content), 0o755
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _make_bridge(name: str) -> None:
    """Make a network bridge of the engine's own; nothing when it is there."""
    with socket.socket() as control, suppress(FileExistsError):
        fcntl.ioctl(control, _ADD_BRIDGE, name.encode() + b"\0")


def _remove_bridge(name: str) -> None:
    """Remove a bridge; nothing when it is not there."""
    with socket.socket() as control, suppress(OSError):
        # All flags off, "up" among them: only a bridge that is down can be removed.
        fcntl.ioctl(control, _SET_FLAGS, struct.pack("16sH14x", name.encode(), 0))
        fcntl.ioctl(control, _REMOVE_BRIDGE, name.encode() + b"\0")


def _name_bridge(folder: Path) -> str:
    """Return the bridge of the engine in a folder; an interface's name has 15 characters at most."""
    return f"fmdk{hashlib.sha256(str(folder).encode()).hexdigest()[:8]}"


def _remove_traces(folder: Path) -> None:
    _remove_bridge(_name_bridge(folder))
    for mount in _list_mounts(folder):
        subprocess.run(["umount", "--lazy", mount], check=False, capture_output=True)
    shutil.rmtree(folder, ignore_errors=True)


def _list_mounts(folder: Path) -> list[str]:
    """Return what is mounted below a folder, the deepest first."""
    with suppress(OSError):
        lines = Path("/proc/self/mounts").read_text().splitlines()
        places = [line.split(" ")[1] for line in lines]
        return sorted((place for place in places if place.startswith(f"{folder}/")), reverse=True)
    return []


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=60)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))
