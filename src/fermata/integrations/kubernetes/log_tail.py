"""The end of a stream of bytes, in little memory: what a container wrote last. Pure but for the waiting.

The API server gives the last lines from the oldest to the newest, and `limitBytes` cuts off the newest. So the stream
is read to its end, and only its end is kept, whatever its length.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass

_CONTROL = dict.fromkeys((*range(9), *range(11, 32), 127))
"""Control characters but the tab: colours and bells are not for evidence."""


@dataclass(frozen=True, slots=True)
class Tail:
    """The last lines of a stream."""

    lines: tuple[str, ...]
    first_line: int
    """Number of the first one, counted from 1 at the beginning of what was received."""
    size_bytes: int
    """Of all that was received."""

    @property
    def is_whole(self) -> bool:
        """Answer whether nothing of what was received was let go."""
        return self.first_line == 1


class TailKeeper:
    """Takes chunks and keeps the last bytes of them.

    Args:
        keep_bytes: How much is kept, at least; never more than twice that and one chunk.
    """

    def __init__(self, keep_bytes: int) -> None:
        self._keep_bytes = keep_bytes
        self._chunks: deque[bytes] = deque()
        self._held = 0
        self._dropped_lines = 0
        self._has_dropped = False
        self.size_bytes = 0
        """Of all chunks so far."""

    def add(self, chunk: bytes) -> None:
        """Take a chunk in."""
        self._chunks.append(chunk)
        self._held += len(chunk)
        self.size_bytes += len(chunk)
        while self._chunks and self._held - len(self._chunks[0]) >= self._keep_bytes:
            gone = self._chunks.popleft()
            self._held -= len(gone)
            self._dropped_lines += gone.count(b"\n")
            self._has_dropped = True

    def finish(self) -> Tail:
        """Return the lines that are kept; a first one that the cut fell into is left out."""
        content = b"".join(self._chunks)
        over = len(content) - self._keep_bytes
        if over > 0:
            self._dropped_lines += content.count(b"\n", 0, over)
            self._has_dropped = True
            content = content[over:]
        first = self._dropped_lines + 1
        if self._has_dropped:
            start = content.find(b"\n") + 1
            content = content[start:]
            first += start > 0
        lines = content.decode("utf-8", "replace").split("\n")
        if not lines[-1]:
            lines.pop()
        return Tail(tuple(line.translate(_CONTROL) for line in lines), first, self.size_bytes)


async def read_tail(chunks: AsyncIterator[bytes], keeper: TailKeeper) -> Tail:
    """Return the end of a stream; what arrived before a failure stays in the keeper.

    Raises:
        OperationalError: The stream broke off.
    """
    async for chunk in chunks:
        keeper.add(chunk)
    return keeper.finish()
