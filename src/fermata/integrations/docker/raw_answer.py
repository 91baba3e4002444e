"""One long answer read straight from the connection: the log of a container.

An engine sends every log line as a chunk of its own. The HTTP library takes some ten microseconds for each, which is
ten seconds for a log of 100 MB; taking the chunks out of large reads takes a tenth of it. Everything else goes through
the library.

Source: RFC 9112 (HTTP/1.1), sections 2.1, 6 and 7.1, read 2026-11.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

READ_BYTES = 256 * 1024
_BREAK_BYTES = 2
_LONGEST_SIZE = 64
"""Of a chunk's size line, extensions included: engines write a bare hexadecimal number."""


class BrokenAnswer(ValueError):
    """What came is not HTTP, or ended in the middle."""


@dataclass(frozen=True, slots=True)
class Dial:
    """How the engine is connected to."""

    socket_path: str = ""
    """Of a unix socket; empty for TCP."""
    host: str = ""
    port: int = 0
    tls: ssl.SSLContext | None = None

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect.

        Raises:
            OSError: It cannot be reached, or its certificate does not hold.
        """
        if self.socket_path:
            return await asyncio.open_unix_connection(self.socket_path, limit=READ_BYTES)
        return await asyncio.open_connection(self.host, self.port, ssl=self.tls, limit=READ_BYTES)


class RawAnswer:
    """An answer whose head was read.

    Args:
        head: Status line and headers, without the empty line.
    """

    def __init__(self, reader: asyncio.StreamReader, head: bytes) -> None:
        self._reader = reader
        first, *lines = head.decode("latin-1").split("\r\n")
        version, _, rest = first.partition(" ")
        code = rest[:3]
        if not version.startswith("HTTP/1.") or not code.isdecimal():
            message = f"no HTTP answer begins with {first[:60]!r}"
            raise BrokenAnswer(message)
        self.status = int(code)
        """The HTTP status."""
        pairs = (line.partition(":") for line in lines)
        self.headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        """By lower-case name."""

    async def read(self) -> AsyncIterator[bytes]:
        """Yield the body in large pieces.

        Raises:
            BrokenAnswer: It ended in the middle, or a chunk is none.
            OSError: The connection broke.
        """
        if "chunked" in self.headers.get("transfer-encoding", "").lower():
            chunks = Dechunker()
            while not chunks.is_finished:
                data = await self._reader.read(READ_BYTES)
                if not data:
                    message = "the answer ended in the middle"
                    raise BrokenAnswer(message)
                yield chunks.feed(data)
            return
        length = self.headers.get("content-length", "")
        left = int(length) if length.isdecimal() else None
        while left is None or left > 0:
            data = await self._reader.read(READ_BYTES)
            if not data:
                if left is not None:
                    message = f"the answer ended {left} bytes early"
                    raise BrokenAnswer(message)
                return
            left = None if left is None else left - len(data)
            yield data


@asynccontextmanager
async def open_answer(dial: Dial, target: str) -> AsyncIterator[RawAnswer]:
    """Ask, and yield the answer once its head is there.

    Args:
        target: Path and query, encoded.

    Raises:
        OSError: The engine cannot be reached, or the connection broke.
        BrokenAnswer: What answers is not HTTP.
    """
    reader, writer = await dial.open()
    try:
        host = dial.host or "docker"
        writer.write(
            f"GET {target} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: fermata\r\nConnection: close\r\n\r\n".encode()
        )
        await writer.drain()
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            message = "no HTTP answer came"
            raise BrokenAnswer(message) from error
        yield RawAnswer(reader, head[:-4])
    finally:
        writer.close()
        # Only to have it closed: what it says of that matters to nobody.
        with suppress(OSError):
            await asyncio.wait_for(writer.wait_closed(), 1)


class Dechunker:
    """Takes the content out of chunked bytes, however they are cut on their way."""

    def __init__(self) -> None:
        self._rest = b""
        self._left = 0
        """Bytes of the present chunk that are still to come, its line break included."""
        self.is_finished = False
        """Whether the last chunk has been seen; trailers after it are not read."""

    def feed(self, data: bytes) -> bytes:
        """Return the content that these bytes bring.

        Raises:
            BrokenAnswer: A chunk has no size.
        """
        buffer = self._rest + data if self._rest else data
        content: list[bytes] = []
        at, size = 0, len(buffer)
        while at < size and not self.is_finished:
            if self._left:
                taken = min(self._left, size - at)
                # The two bytes of the line break are no content; either of them may come later.
                content.append(buffer[at : at + max(0, min(taken, self._left - _BREAK_BYTES))])
                self._left -= taken
                at += taken
                continue
            end = buffer.find(b"\r\n", at, at + _LONGEST_SIZE)
            if end < 0:
                if size - at >= _LONGEST_SIZE:
                    raise BrokenAnswer(_describe_size(buffer[at : at + _LONGEST_SIZE]))
                break
            length = _parse_size(buffer[at:end])
            at = end + _BREAK_BYTES
            self.is_finished = length == 0
            self._left = length + _BREAK_BYTES
        self._rest = buffer[at:] if not self.is_finished else b""
        return b"".join(content)


def _parse_size(line: bytes) -> int:
    digits = line.partition(b";")[0].strip()
    # Python's own reading of numbers would let signs and underscores through.
    if not digits or digits.strip(b"0123456789abcdefABCDEF"):
        raise BrokenAnswer(_describe_size(line))
    return int(digits, 16)


def _describe_size(line: bytes) -> str:
    return f"no chunk begins with {line[:20]!r}"
