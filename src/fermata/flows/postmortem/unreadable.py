"""Why a file cannot be read, in words: not in those of the operating system or of a codec."""

from __future__ import annotations


def explain_unreadable(error: OSError | UnicodeDecodeError) -> str:
    """Return the reason for which a text file could not be read."""
    if isinstance(error, UnicodeDecodeError):
        return "it is no text in UTF-8"
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, IsADirectoryError):
        return "it is a folder"
    return error.strerror or "the system gives no reason"
