"""Why a file could not be written, in words: of a folder that is not there, the folder's name."""

from __future__ import annotations

from pathlib import Path

from fermata.kit.errors import UserError


def describe_unwritable(path: Path, error: OSError) -> UserError:
    """Return the refusal for a file that could not be written."""
    what = f"{path} cannot be written"
    if isinstance(error, FileNotFoundError):
        return UserError(what, why=f"there is no folder {path.parent}", do="Create it, or name another file")
    return UserError(what, why=error.strerror or "", do="Name another file")
