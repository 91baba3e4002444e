"""A file that says something by being there, as a halt and a request to stop do; its words only say whose it is."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def write_or_touch(path: Path, text: str) -> bool:
    """Write the file, on disk before this returns; where its words find no room, make it without them.

    A full disk often has room for a name.

    Returns:
        Whether the words stand in the file.

    Raises:
        OSError: Not even that could be done.
    """
    partial = path.with_suffix(".partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with partial.open("w") as handle:
            handle.write(text)
            handle.flush()
            os.fsync(handle.fileno())
        partial.replace(path)
    except OSError:
        with suppress(OSError):
            partial.unlink()
        with suppress(OSError):
            path.touch()
        if not is_there(path):
            raise
        return False
    return True


def is_there(path: Path) -> bool:
    """Answer whether the file is certainly there; of a folder that may not be entered nobody can say it."""
    with suppress(OSError):
        return path.exists()
    return False
