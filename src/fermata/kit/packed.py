"""Tables that come with the program, too large for source text: packed, read when they are first needed."""

from __future__ import annotations

from importlib.resources import files

from fermata.kit.log import get_log

_log = get_log("packed")


def read_packed(package: str, name: str) -> str:
    """Return the text of a file of one of our own packages, which is kept packed (xz, UTF-8).

    Empty where it is missing or broken, or where Python was built without what unpacks it. Each is a broken
    installation, of which the log tells; what can do without the table goes on.
    """
    try:
        from lzma import LZMAError, decompress  # Left out of a Python that was built where liblzma was not.
    except ImportError as error:
        return _miss(name, error)
    try:
        return decompress(files(package).joinpath(name).read_bytes()).decode()
    except (OSError, LZMAError, ValueError) as error:
        return _miss(name, error)


def _miss(name: str, error: Exception) -> str:
    _log.warning("table.not_read", table=name, error=str(error), do="Install Fermata again: a part of it is not usable")
    return ""
