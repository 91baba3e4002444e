"""The files that a process's command names, and when each was changed last: not every change is a commit.

Only settings and programs count, by how they are called: data, logs and locks are written all the time.
"""

from __future__ import annotations

import re
import shlex
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from fermata.domain.facts import NamedFile

_MOST = 10
_SUFFIXES = frozenset(
    {
        *(".yml", ".yaml", ".toml", ".ini", ".conf", ".cfg", ".cnf", ".json", ".xml", ".properties", ".env", ".hcl"),
        *(".py", ".rb", ".js", ".mjs", ".cjs", ".ts", ".php", ".pl", ".exs", ".lua", ".java", ".jar", ".war", ".rules"),
    }
)
_OPTION = re.compile(r"--?[\w-]*(?:conf|cfg|settings|properties|env-?file|ini)[\w-]*", re.IGNORECASE)
"""What names a file of settings, whatever that is called."""


def list_named_files(command: str, folder: Path | None, *, root: Path = Path("/")) -> tuple[NamedFile, ...]:
    """Return the settings and programs that a command names and that are there, in its order, each once. Blocking.

    Args:
        folder: Where the process was started; names that are no whole paths are left out without it.
        root: Where the files of the process's machine are seen from here.
    """
    found: dict[str, NamedFile] = {}
    for path in _list_paths(command, folder):
        try:
            status = (root / str(path).lstrip("/")).stat()
        except (OSError, ValueError):
            continue
        if stat.S_ISREG(status.st_mode) and len(found) < _MOST:
            changed_at = datetime.fromtimestamp(int(status.st_mtime), UTC)
            found.setdefault(str(path), NamedFile(path=str(path), changed_at=changed_at))
    return tuple(found.values())


def _list_paths(command: str, folder: Path | None) -> Iterator[Path]:
    before = ""
    for word in _split(command):
        option, _, value = word.rpartition("=")
        name = value.removeprefix("@").removeprefix("file:").rstrip(";")
        is_meant = any(_OPTION.fullmatch(one) for one in (before, option))
        if name and (is_meant or Path(name).suffix.lower() in _SUFFIXES):
            if name.startswith("/"):
                yield Path(name)
            elif folder is not None:
                yield folder / name
        before = word


def _split(command: str) -> list[str]:
    """Return the words of a command, those of a shell's script among them."""
    try:
        words = shlex.split(command)
        return [part for word in words for part in ((word, *shlex.split(word)) if " " in word else (word,))]
    except ValueError:
        return command.split()
