"""Files that a command was told to write: whole or not at all, so that a full disk takes nothing that was there."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
"""What the system says where a disk, or somebody's share of it, is full."""
_STREAMS: Final = {Path("/dev/stdout"): 1, Path("/dev/stderr"): 2}
"""Names of what is open already. Where the shell leads it into a file, they are links to that file, and to put another
in its place would take along what was written before."""
_NEW: Final = 0o666
"""What `open(2)` gives a new file, before the umask takes its part."""


def write_output(path: Path, text: str) -> None:
    """Write what `--output` asked for: a file that is there keeps its mode, and a link leads where it led.

    What is no file (`/dev/stdout`, a pipe) is written to as it is; so is a file in a folder that takes no other.

    Raises:
        OSError: It cannot be written; a file that was there is as it was.
    """
    if (number := _STREAMS.get(path)) is not None:
        with os.fdopen(os.dup(number), "w", encoding="utf-8") as stream:
            stream.write(text)
        return
    target = path.resolve()
    if target.exists() and not (target.is_file() and os.access(target.parent, os.W_OK)):
        path.write_text(text, encoding="utf-8")
        return
    mode = target.stat().st_mode & 0o777 if target.exists() else _NEW & ~_read_umask()
    if target.exists() and not os.access(target, os.W_OK):
        target.open("a").close()  # A file that may not be written may not be replaced either: this says so.
    replace_file(target, text, mode=mode)


def write_new(files: Mapping[Path, str]) -> None:
    """Write files that are not there yet, all of them or none: half of one would stand in the way of the next try.

    Raises:
        OSError: One is there already, or cannot be written.
    """
    made: list[Path] = []
    try:
        for path, text in files.items():
            with path.open("x", encoding="utf-8") as file:
                made.append(path)
                file.write(text)
    except OSError:
        for path in made:
            path.unlink(missing_ok=True)
        raise


def replace_file(path: Path, text: str, *, mode: int) -> None:
    """Put a text in place of a file in one step.

    Raises:
        OSError: The folder cannot be written, or has no room; a file that was there is as it was.
    """
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    draft = Path(name)
    try:
        with os.fdopen(number, "w", encoding="utf-8") as stream:
            stream.write(text)
            os.fchmod(stream.fileno(), mode)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)  # Still there only where something failed.


def _read_umask() -> int:
    mask = os.umask(0o077)  # It cannot be read without being set.
    os.umask(mask)
    return mask
