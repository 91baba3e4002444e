"""What `init` writes: settings, a token for the intake, a schema for editors. Nothing is overwritten unasked."""

from __future__ import annotations

import difflib
import json
import os
import re
import secrets
import shlex
import shutil
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fermata.cli.replacing import NO_ROOM, replace_file
from fermata.kit.diffs import hide_diff
from fermata.kit.errors import OperationalError

STATE_DIR = ".fermata"
TOKEN = "alert_token"  # noqa: S105 - the name of the file that holds it
_REFERENCE = re.compile(r"\+\s*\w+: (?:env:[A-Z][A-Z0-9_]*|file:[\w./-]+)(?:\s+#.*)?")
SCHEMA = "settings.schema.json"


@dataclass(frozen=True, slots=True)
class Written:
    """What became of the settings file."""

    is_new: bool
    backup: Path | None = None
    """Where the file that stood there before is kept."""


def compare(file: Path, text: str) -> list[str] | None:
    """Return how the file would change, as the lines of a diff without secrets; `None` when there is no file yet.

    Empty: it says the same already.

    Raises:
        OperationalError: The file cannot be read.
    """
    try:
        before = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise OperationalError(f"{file} cannot be read", why=str(error), do="Move it out of the way") from error
    lines = difflib.unified_diff(
        before.splitlines(), text.splitlines(), f"{file} (now)", f"{file} (by init)", lineterm=""
    )
    told = list(lines)
    hidden = hide_diff(told, declared={f"{file} (now)", f"{file} (by init)"}).lines
    # Where a secret is read from is no secret, and the very thing to look at; only in what init itself would write.
    return [line if _REFERENCE.fullmatch(line) else shown for line, shown in zip(told, hidden, strict=True)]


def write_settings(file: Path, text: str) -> Written:
    """Put the settings in place in one step; a file that stood there is kept under another name.

    Where a link stood, what it leads to is written; the mode of a file that was there stays.

    Raises:
        OperationalError: The folder cannot be written.
    """
    is_new = not file.exists()
    backup = None if is_new else _choose_backup(file)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if backup is not None:
            shutil.copy2(file, backup)
        replace_settings(file, text)
    except OSError as error:
        raise _refuse(file, error) from error
    return Written(is_new, backup)


def replace_settings(file: Path, text: str) -> None:
    """Put another text in place of the one that was written a moment ago; that one is not kept.

    Raises:
        OperationalError: The folder cannot be written.
    """
    try:
        target = file.resolve()
        replace_file(target, text, mode=target.stat().st_mode & 0o777 if target.exists() else 0o644)
    except OSError as error:
        raise _refuse(file, error) from error


def ensure_token(folder: Path) -> Path:
    """Return the file with the intake's token, readable by this user alone; one that is there stays as it is.

    Raises:
        OperationalError: It cannot be written.
    """
    state = folder / STATE_DIR
    path = state / TOKEN
    try:
        state.mkdir(mode=0o700, exist_ok=True)
        # The store and the token must not end in a repository because somebody adds everything.
        _create(state / ".gitignore", lambda: "*\n", 0o600)
        _create(path, lambda: secrets.token_urlsafe(32) + "\n", 0o600)
    except OSError as error:
        raise _refuse(path, error) from error
    return path


def write_schema(folder: Path) -> Path:
    """Write the JSON Schema of these settings beside the token, for editors; again makes it current.

    Raises:
        OperationalError: It cannot be written.
    """
    from fermata.settings.schema import export_schema

    path = folder / STATE_DIR / SCHEMA
    try:
        replace_file(path, json.dumps(export_schema(), indent=1) + "\n", mode=0o600)
    except OSError as error:
        raise _refuse(path, error) from error
    return path


def _create(path: Path, compose: Callable[[], str], mode: int) -> None:
    """Write a file that is not there yet, whole or not at all. Exclusive: nobody's link is followed."""
    if _is_empty_file(path):
        replace_file(path, compose(), mode=mode)  # What a full disk left: no word of anybody's is in it.
        return
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        return
    try:
        with os.fdopen(number, "w", encoding="utf-8") as stream:
            stream.write(compose())
    except OSError:
        path.unlink(missing_ok=True)  # Made a moment ago by this very call; empty, it would count as written.
        raise


def _is_empty_file(path: Path) -> bool:
    try:
        found = path.lstat()
    except OSError:
        return False  # Not there, or not to be looked at: making it says why.
    return stat.S_ISREG(found.st_mode) and found.st_size == 0


def _choose_backup(file: Path) -> Path:
    number = 0
    while (path := file.with_name(f"{file.name}.bak{number or ''}")).exists():
        number += 1
    return path


def _refuse(path: Path, error: OSError) -> OperationalError:
    do = "Run it in a folder of your own, or name the file: fermata --config FILE init"
    if error.errno in NO_ROOM:
        do = f"Free space on its disk (`df -h {shlex.quote(str(path.parent))}`), then run it again"
    return OperationalError(f"{path} cannot be written", why=error.strerror or str(error), do=do)
