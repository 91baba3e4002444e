"""The log stream of the Engine API, taken apart as it comes: frames of two streams, lines, and the last of them. Pure.

Source: Docker Engine API, "Attach to a container", stream format: 8 bytes of header (stream, three zeros, length as a
big-endian number), then that many bytes. A container with a terminal has no frames: everything is its one stream.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

_HEADER_BYTES = 8
_STREAMS = {0: "stdout", 1: "stdout", 2: "stderr"}
# Engines write a frame for each message, and cut messages at 16 KiB; a longer one is not a frame at all.
_LARGEST_FRAME_BYTES = 1024 * 1024
LONGEST_LINE_BYTES = 16 * 1024
"""What is kept of one line; evidence shows less."""


class BrokenStream(ValueError):
    """What came is not in the format."""


class FrameReader:
    """Splits bytes into frames, however they are cut on their way."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> Iterator[tuple[str, bytes]]:
        """Yield (stream, content) of each frame that is complete now.

        Raises:
            BrokenStream: A header is none.
        """
        data = self._rest + chunk if self._rest else chunk
        at, size = 0, len(data)
        while size - at >= _HEADER_BYTES:
            kind, length = data[at], int.from_bytes(data[at + 4 : at + 8], "big")
            if kind not in _STREAMS or data[at + 1 : at + 4] != b"\0\0\0" or length > _LARGEST_FRAME_BYTES:
                message = f"no frame begins with {data[at : at + 8].hex(' ')}"
                raise BrokenStream(message)
            end = at + _HEADER_BYTES + length
            if end > size:
                break
            yield _STREAMS[kind], data[at + _HEADER_BYTES : end]
            at = end
        self._rest = data[at:]

    @property
    def is_within_frame(self) -> bool:
        """Answer whether the stream stopped in the middle of a frame."""
        return bool(self._rest)


class LineTail:
    """Keeps the last bytes of a stream as whole lines, and counts all that went by.

    Args:
        size_bytes: Of the lines kept; the last line is kept in any case.
    """

    def __init__(self, size_bytes: int) -> None:
        self._size_bytes = size_bytes
        self._lines: deque[bytes] = deque()
        self._kept_bytes = 0
        self._open = b""
        self.total_lines = 0
        """Lines that went by, kept or not."""

    def add(self, content: bytes) -> None:
        """Take in the next bytes of the stream."""
        first, *others = content.split(b"\n")
        self._open = (self._open + first)[:LONGEST_LINE_BYTES] if self._open else first[:LONGEST_LINE_BYTES]
        for part in others:
            self._close_line()
            self._open = part[:LONGEST_LINE_BYTES]

    def finish(self) -> list[bytes]:
        """Return the lines kept, without their line breaks; a last one without a break counts as a line."""
        if self._open:
            self._close_line()
            self._open = b""
        return list(self._lines)

    def _close_line(self) -> None:
        self.total_lines += 1
        self._lines.append(self._open)
        self._kept_bytes += len(self._open) + 1
        while self._kept_bytes > self._size_bytes and len(self._lines) > 1:
            self._kept_bytes -= len(self._lines.popleft()) + 1
