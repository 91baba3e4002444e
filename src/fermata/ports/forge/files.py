"""Files that were read before, by what they are: what is named by its content or its commit never changes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

from fermata.ports.forge.records import TreeFile

LARGEST_BYTES = 32 * 1024 * 1024
MOST_FILES = 2000
"""A search for a manifest reads hundreds of files, and a plan computes its change three times."""


class FileCache:
    """Keeps the files that were read last, up to a size. In memory only."""

    def __init__(self, largest_bytes: int = LARGEST_BYTES, most_files: int = MOST_FILES) -> None:
        self._largest_bytes = largest_bytes
        self._most_files = most_files
        self._files: OrderedDict[Hashable, TreeFile | None] = OrderedDict()
        self._size = 0

    def holds(self, key: Hashable) -> bool:
        """Answer whether a file, or its absence, is known."""
        return key in self._files

    def get(self, key: Hashable) -> TreeFile | None:
        """Return a file that is known; `None` when it is known not to be there.

        Raises:
            KeyError: Nothing is known.
        """
        self._files.move_to_end(key)
        return self._files[key]

    def put(self, key: Hashable, file: TreeFile | None) -> None:
        """Remember a file; what was not asked for the longest time goes for it."""
        if key in self._files:
            return
        self._files[key] = file
        self._size += len(file.content) if file else 0
        while self._size > self._largest_bytes or len(self._files) > self._most_files:
            _, gone = self._files.popitem(last=False)
            self._size -= len(gone.content) if gone else 0
