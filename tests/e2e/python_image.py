"""A base image of this machine's own Python, for where no registry can be asked; building on it needs no network."""

import re
import shutil
import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path

from fermata.testing.docker import find_busybox

ROOT = Path(__file__).resolve().parents[2]
NAMES = "sh", "cat", "chmod", "chown", "id", "ls", "mkdir", "rm", "sleep", "touch"
# Python's own tests and windows are half of it. Its compiled files stay: on a read-only root each command would compile
# what it imports, at every start.
LEFT_OUT = {"test", "tests", "idlelib", "tkinter", "turtledemo", "site-packages", "dist-packages"}
PIP = b"[global]\nno-index = true\nfind-links = /wheels\n"
UV = b'no-index = true\nfind-links = ["/wheels"]\n'


def download_wheels(folder):
    """Fetch what the image is built from, each file checked against its hash.

    Raises:
        RuntimeError: They cannot be had.
    """
    locks = [word for name in ("demo", "uv") for word in ("--requirement", f"requirements/{name}.txt")]
    command = ["pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes", "--dest", folder]
    done = subprocess.run([sys.executable, "-m", *command, *locks], cwd=ROOT, capture_output=True, check=False)
    if done.returncode:  # pip's own words name the place it asked.
        message = "the locked packages cannot be downloaded"
        raise RuntimeError(message)


def list_libraries(programs):
    """Return the shared libraries outside the environment that the programs load, the loader among them."""
    listed = subprocess.run(["ldd", *programs], capture_output=True, text=True, check=False).stdout
    found = {Path(path) for path in re.findall(r"(?:=> |^\s+)(/\S+) \(0x", listed, re.MULTILINE)}
    return sorted(path for path in found if not path.is_relative_to(sys.prefix))


def write_archive(path, wheels):
    """Write the image's files as a tar archive: Python in /usr/local, a shell, and the wheels."""
    name = f"python3.{sys.version_info.minor}"
    library = Path(sys.base_prefix, "lib", name)
    program = Path(sys.base_prefix, "bin", name)
    own = [path for path in library.glob("lib-dynload/*.so") if "tkinter" not in path.name]
    extensions = [*own, *Path(sys.prefix).rglob("*.so"), Path(sys.prefix, "bin", "uv")]
    with tarfile.open(path, "w", dereference=True) as archive:
        archive.add(program, "usr/local/bin/python3")
        archive.add(library, f"usr/local/lib/{name}", filter=keep)
        for shared in list_libraries([program, *extensions]):
            archive.add(shared, str(shared).lstrip("/"))
        archive.add(find_busybox(), "bin/busybox")
        archive.add(wheels, "wheels")
        for link in NAMES:
            entry = tarfile.TarInfo(f"bin/{link}")
            entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(entry)
        folder = tarfile.TarInfo("tmp")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o1777
        archive.addfile(folder)
        passwd = b"root:x:0:0:root:/root:/bin/sh\n"
        for place, content in (("pip.conf", PIP), ("uv/uv.toml", UV), ("passwd", passwd), ("group", b"root:x:0:\n")):
            entry = tarfile.TarInfo(f"etc/{place}")
            entry.size = len(content)
            archive.addfile(entry, BytesIO(content))


def keep(entry):
    """Leave out what no program needs."""
    parts = Path(entry.name).parts
    return None if LEFT_OUT & set(parts) or any(part.startswith("config-") for part in parts) else entry


def find_obstacle():
    """Return why no such image can be made here; `None` when one can."""
    if shutil.which("docker") is None:
        return "the docker command is not installed"
    if find_busybox() is None:
        return "no static busybox"
    if not Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}").exists():
        return "this Python lies in no prefix of its own"
    return None
