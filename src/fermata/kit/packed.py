"""Tables that come with the program, too large for source text: packed, read when they are first needed."""

from __future__ import annotations

import lzma
from importlib.resources import files


def read_packed(package: str, name: str) -> str:
    """Return the text of a file of one of our own packages, which is kept packed (xz, UTF-8).

    Raises:
        FileNotFoundError: The package has no such file.
    """
    return lzma.decompress(files(package).joinpath(name).read_bytes()).decode()
