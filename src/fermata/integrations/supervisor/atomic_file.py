"""Replacing a configuration file in one step: whoever reads it sees the old text or the new, never half of one."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path


class ChangedMeanwhile(Exception):
    """The file no longer holds what the new content was computed from."""


def replace_file(path: Path, expected: bytes, content: bytes) -> None:
    """Replace the file's content, keeping mode and owner; on disk when this returns.

    A hard link elsewhere keeps the old content: the file is replaced, not written into.

    Args:
        expected: What the file must hold now.

    Raises:
        ChangedMeanwhile: It holds something else; nothing was changed.
        OSError: It could not be written; nothing was changed.
    """
    before = path.stat()
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".fermata")
    draft = Path(name)
    try:
        with os.fdopen(number, "wb") as stream:
            stream.write(content)
            stream.flush()
            if (before.st_uid, before.st_gid) != (os.geteuid(), os.getegid()):
                os.fchown(stream.fileno(), before.st_uid, before.st_gid)
            os.fchmod(stream.fileno(), stat.S_IMODE(before.st_mode))
            os.fsync(stream.fileno())
        # Read last, so that the moment in which somebody else's edit could be lost is as short as it can be.
        if path.read_bytes() != expected:
            raise ChangedMeanwhile
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
