#!/usr/bin/env python3
"""Build `.venv` from the hash-locked requirements, with nothing but Python's standard library.

`make setup`, `make demo` and `make test` call this first, so it must be quick when there is nothing to do (a stamp file
says so) and plain when there is something it cannot do. It installs only what the lock files name, each file checked
against its hash, and refuses a Python it cannot use. It never touches anything outside `.venv`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

OLDEST_PYTHON = (3, 11)  # `requires-python` in pyproject.toml; httpx2 and the domain's typing need it.
# Each set holds all of those before it, so a `dev` environment also serves `make demo`.
SETS = ("core", "demo", "dev")
STAMP = ".fermata-setup.json"
# A change in one of these files makes the environment out of date.
INPUTS = ("pyproject.toml", "src/fermata/__init__.py", "requirements/uv.txt", "tools/setup_env.py")


class SetupFailed(Exception):
    """The environment was not built; the message says what happened, why, and what to do next."""


def say(words: str) -> None:
    """Print progress to stderr: stdout belongs to what is set up for (`make demo ARGS=--json` prints JSON there)."""
    print(f"setup: {words}", file=sys.stderr, flush=True)


def main(argv: list[str] | None = None) -> int:
    """Build or refresh the environment and report what was done.

    Returns:
        0 when the environment is ready, 2 when it could not be built.
    """
    parser = argparse.ArgumentParser(description="Build .venv from the hash-locked requirements.")
    parser.add_argument("set", nargs="?", choices=SETS, default="demo", help="which lock to install (default: demo)")
    parser.add_argument("--tree", type=Path, default=Path(__file__).resolve().parent.parent, help="the source tree")
    arguments = parser.parse_args(argv)
    try:
        build(arguments.tree.resolve(), arguments.set)
    except SetupFailed as error:
        print(f"setup: {error}", file=sys.stderr)
        return 2
    return 0


def build(tree: Path, wanted: str) -> None:
    """Make `.venv` in the tree hold the wanted set and the project itself, editable.

    Idempotent: an environment whose stamp matches is left alone. One made by hand for this tree is kept and brought up
    to the lock; packages the lock does not name stay in it.

    Raises:
        SetupFailed: Python is too old or incomplete, a lock is missing, or an installation failed.
    """
    check_python(sys.version_info[:3])
    venv = tree / ".venv"
    if is_current(tree, wanted):
        return
    began = time.monotonic()
    make_venv(venv)
    (venv / STAMP).unlink(missing_ok=True)  # An interrupted run must not look like a finished one.
    python = str(venv_python(venv))
    pip_install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run("install uv", [*pip_install, "--no-deps", "--require-hashes", "-r", "requirements/uv.txt"], tree)
    # Compiled here, once: a first start that compiles 50 packages takes seconds longer.
    uv_install = [python, "-m", "uv", "pip", "install", "--python", python, "--compile-bytecode"]
    _run(f"install the {wanted} set", [*uv_install, "--require-hashes", "-r", f"requirements/{wanted}.txt"], tree)
    _run("install fermata", [*uv_install, "--no-build-isolation", "--no-deps", "--editable", "."], tree)
    (venv / STAMP).write_text(json.dumps({"set": wanted, "digest": compute_digest(tree, wanted)}), encoding="utf-8")
    say(f".venv holds the {wanted} set ({time.monotonic() - began:.0f} s)")


def check_python(version: tuple[int, ...]) -> None:
    """Refuse a Python that is too old, or one whose venv module cannot install pip.

    Raises:
        SetupFailed: With the command that mends it, as far as one can be named.
    """
    if version[:2] < OLDEST_PYTHON:
        found, oldest = ".".join(map(str, version)), ".".join(map(str, OLDEST_PYTHON))
        msg = (
            f"nothing was installed. Fermata needs Python {oldest} or newer; {sys.executable} is {found}. "
            f"Name a newer one: make setup PYTHON=python{oldest}"
        )
        raise SetupFailed(msg)
    missing = [name for name in ("venv", "ensurepip") if find_spec(name) is None]
    if missing:
        msg = (
            f"nothing was installed. {sys.executable} comes without {' and '.join(missing)} (Debian and Ubuntu package "
            "them apart). Install it, then run this again: sudo apt install python3-venv"
        )
        raise SetupFailed(msg)


def is_current(tree: Path, wanted: str) -> bool:
    """Answer whether `.venv` already holds the wanted set, or a larger one, from exactly these inputs."""
    venv = tree / ".venv"
    try:
        stamp = json.loads((venv / STAMP).read_text(encoding="utf-8"))
        installed, digest = stamp["set"], stamp["digest"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    if installed not in SETS or SETS.index(installed) < SETS.index(wanted):
        return False
    return bool(digest == compute_digest(tree, installed)) and venv_python(venv).exists()


def compute_digest(tree: Path, installed: str) -> str:
    """Digest what an environment depends on: its lock, the project's metadata, this script, Python, the tree's path.

    Raises:
        SetupFailed: A lock file is missing.
    """
    digest = hashlib.sha256()
    # Scripts in a venv name their interpreter by absolute path, so a moved tree needs a new one.
    for text in (str(tree), sys.version, sys.base_prefix):
        digest.update(text.encode() + b"\0")
    for name in (*INPUTS, f"requirements/{installed}.txt"):
        try:
            digest.update((tree / name).read_bytes() + b"\0")
        except OSError as error:
            msg = f"nothing was installed. {name} cannot be read ({error.strerror}). Restore it: git checkout {name}"
            raise SetupFailed(msg) from error
    return digest.hexdigest()


def make_venv(venv: Path) -> None:
    """Make the virtual environment, or keep one that was made for this very path by this Python.

    A foreign one (copied, moved, or of another Python) is replaced: its scripts would start the wrong interpreter.

    Raises:
        SetupFailed: `python -m venv` failed, or `.venv` is a link to somewhere else.
    """
    if is_usable(venv):
        return
    if venv.is_symlink():
        msg = (
            f"nothing was installed. {venv} is a link, and replacing it could hurt what it points to. Remove it first."
        )
        raise SetupFailed(msg)
    if venv.exists():
        say("replacing .venv: it was made for another path or another Python")
        shutil.rmtree(venv)
    # `python3` may be the one inside the .venv just removed, when that was activated.
    inside = sys.prefix != sys.base_prefix
    python = str(Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}")) if inside else sys.executable
    _run("make .venv", [python, "-m", "venv", str(venv)], venv.parent)


def is_usable(venv: Path) -> bool:
    """Answer whether the environment was made at this path by the running Python, and has pip."""
    try:
        lines = (venv / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    config = {key.strip(): value.strip() for key, _, value in (line.partition("=") for line in lines)}
    made_here = config.get("command", "").endswith(f" {venv}")
    same_python = config.get("version", "") == ".".join(map(str, sys.version_info[:3]))
    return made_here and same_python and any((venv / "lib").glob("python*/site-packages/pip"))


def venv_python(venv: Path) -> Path:
    """Return the path of the environment's interpreter (Linux and macOS: Windows is reached through WSL)."""
    return venv / "bin" / "python"


def _run(purpose: str, command: list[str], directory: Path) -> None:
    say(purpose)
    try:
        subprocess.run(command, cwd=directory, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        msg = (
            f"could not {purpose}. The command above said why ({error.__class__.__name__}). "
            "Mend that and run this again; it takes up where it stopped."
        )
        raise SetupFailed(msg) from error


if __name__ == "__main__":
    sys.exit(main())
