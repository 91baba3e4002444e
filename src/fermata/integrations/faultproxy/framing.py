"""Where the messages of HTTP/1.1 begin and end, in bytes that are passed on as they are.

Only what a relay needs is read of a head: how long the body is, and whether the connection becomes something else. What
is no HTTP/1.1 (TLS, HTTP/2, a database's protocol) is told as such, and from then on every byte is just a byte.

Source: RFC 9112, sections 6 and 7, read 2026-11.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST_HEAD = 64 * 1024
"""A head beyond this is no HTTP that we would know."""
_REQUEST = re.compile(rb"(?!PRI )[A-Z][A-Z-]{1,19} [^\r\n ]+ HTTP/1\.[01]\r\n")
_RESPONSE = re.compile(rb"HTTP/1\.[01] ([1-9][0-9]{2})(?: [^\r\n]*)?\r\n")
_HEADER = re.compile(
    rb"\r\n(content-length|transfer-encoding|upgrade|expect|connection|x-fermata-probe)[ \t]*:[ \t]*([^\r\n]*)",
    re.IGNORECASE,
)
_START = re.compile(rb"[A-Z][A-Z-]{0,19}( .*)?\Z", re.DOTALL)
_CHUNK_SIZE = re.compile(rb"[0-9a-fA-F]{1,15}(?=[; \t]|\Z)")
_END = b"\r\n\r\n"
_SIZE_LINE, _TRAILER = -1, -2
"""What comes next of a chunked body, where it is no chunk."""


class NotHttp(Exception):
    """The bytes are no HTTP/1.1 message; `data` are all that were not handed out yet, in order."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.data = data


@dataclass(slots=True)
class Head:
    """What was read of a message's first lines."""

    status: int = 0
    """Of a response; 0 for a request."""
    is_head_request: bool = False
    """Its response has no body."""
    upgrades: bool = False
    expects: bool = False
    """The sender waits for leave before it sends the body."""
    closes: bool = False
    """The sender wants the connection to end with the answer."""
    is_probe: bool = False
    """Sent by a rehearsal's own runner."""


@dataclass(slots=True)
class Piece:
    """Bytes of one message: as many as came at once."""

    data: bytes
    head: Head | None
    """With the first piece of a message."""
    ends: bool
    """The message is whole."""


class Framer:
    """Cuts one direction of a connection into pieces of messages. Raises `NotHttp` once and is not fed again."""

    __slots__ = ("_buffer", "_is_request", "_left", "_mode", "no_body")

    def __init__(self, *, is_request: bool) -> None:
        self._is_request = is_request
        self._buffer = b""
        self._mode = "head"
        self._left = 0
        self.no_body = False
        """For responses: the next one answers a HEAD request."""

    def feed(self, data: bytes) -> list[Piece]:
        """Take bytes in; return what can be passed on, in order. A head is kept until it is whole.

        Raises:
            NotHttp: From here on it is something else.
        """
        if self._buffer:
            data = self._buffer + data
            self._buffer = b""
        pieces: list[Piece] = []
        while data:
            head, begun = None, 0
            try:
                if self._mode == "head":
                    begun = self._find_body(data)
                    if not begun:
                        break
                    head = self._read_head(data[:begun])
                end, ends = self._find_end(data, begun)
            except ValueError:
                raise NotHttp(b"".join(piece.data for piece in pieces) + data) from None
            if end:
                pieces.append(Piece(data if end == len(data) else data[:end], head, ends))
            if not ends:
                break
            self._mode = "head"
            data = data[end:]
        return pieces

    def _find_body(self, data: bytes) -> int:
        """Return where the body begins; 0 keeps the beginning of a head until the rest comes."""
        end = data.find(_END) + 4
        if end < 4:
            if len(data) > LONGEST_HEAD or not self._may_begin(data):
                raise ValueError
            self._buffer = data
            return 0
        return end

    def _find_end(self, data: bytes, begun: int) -> tuple[int, bool]:
        """Return how many bytes belong to the present message, and whether it ends there."""
        if self._mode == "none":
            return begun, True
        if self._mode == "length":
            size = min(self._left, len(data) - begun)
            self._left -= size
            return begun + size, self._left == 0
        return (len(data), False) if self._mode == "rest" else self._find_last_chunk(data, begun)

    def _may_begin(self, data: bytes) -> bool:
        """Answer whether the beginning of a head could still become one."""
        line, found, _ = data.partition(b"\r\n")
        if found:
            pattern = _REQUEST if self._is_request else _RESPONSE
            return pattern.match(line + found) is not None
        if self._is_request:
            return _START.match(line) is not None and not line.startswith(b"PRI ")
        return b"HTTP/1.".startswith(line[:7])

    def _read_head(self, text: bytes) -> Head:
        """Read a whole head and set how its body is cut; `ValueError` when it is none."""
        first = (_REQUEST if self._is_request else _RESPONSE).match(text)
        if first is None:
            raise ValueError
        head = Head(is_head_request=text.startswith(b"HEAD ")) if self._is_request else Head(status=int(first[1]))
        head.closes = self._is_request and text[: first.end()].endswith(b"HTTP/1.0\r\n")
        length, coding = b"", b""
        for name, value in _HEADER.findall(text):
            match name.lower():
                case b"content-length":
                    length = value.strip()
                case b"transfer-encoding":
                    coding = value.strip().lower()
                case b"upgrade":
                    head.upgrades = True
                case b"expect":
                    head.expects = True
                case b"connection":
                    head.closes = b"close" in value.lower()
                case _:
                    head.is_probe = True
        if text.startswith(b"CONNECT "):
            head.upgrades = True
        self._set_body(head, length, coding)
        return head

    def _set_body(self, head: Head, length: bytes, coding: bytes) -> None:
        """Set how the body is cut; `ValueError` when its length is no number."""
        if 100 <= head.status < 200 or head.status in (204, 304) or (head.status and self.no_body):
            self._mode = "none"
        elif coding.endswith(b"chunked"):
            self._mode, self._left = "chunks", _SIZE_LINE
        elif length and not coding:
            # Sent twice with one value it is one value (RFC 9112, section 6.3).
            (value,) = {part.strip() for part in length.split(b",")}
            if not value.isdigit() or len(value) > 18:
                raise ValueError
            self._left = int(value)
            self._mode = "length" if self._left else "none"
        else:
            self._mode = "none" if self._is_request else "rest"

    def _find_last_chunk(self, data: bytes, begun: int) -> tuple[int, bool]:
        """Return how many bytes belong to the message, and whether it ends there.

        `_left` counts down the present chunk with its line end. A line that is not whole is kept in the buffer.
        """
        at = begun
        while at < len(data):
            if self._left > 0:
                step = min(self._left, len(data) - at)
                at += step
                self._left = self._left - step or _SIZE_LINE
                continue
            line_end = data.find(b"\r\n", at)
            if line_end < 0:
                if len(data) - at > LONGEST_HEAD:
                    raise ValueError
                self._buffer = data[at:]
                return at, False
            if self._left == _SIZE_LINE:
                size = _CHUNK_SIZE.match(data, at, line_end)
                if size is None:
                    raise ValueError
                number = int(size[0], 16)
                self._left = number + 2 if number else _TRAILER
            elif line_end == at:
                return line_end + 2, True
            at = line_end + 2
        return at, False
