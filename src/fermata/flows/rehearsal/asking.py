"""One question over HTTP, on a connection of its own, as cheaply as it can be asked two hundred times a second.

Not the client of the integrations: that one keeps connections, and a connection that was open before the fault answers
for a journey that nobody could begin now. Environment and redirects are not followed.
"""

from __future__ import annotations

import asyncio
import errno
import re
import ssl
from collections.abc import Mapping
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

_MOST_BYTES = 1024 * 1024
_PIECE = 64 * 1024
_ERRNO = re.compile(r"\[Errno (-?\d+)\]")


class Reply(NamedTuple):
    """An answer, whole."""

    status: int
    body: bytes = b""
    """Up to 1 MiB of it, without the frames of a chunked transfer."""


class Asker(Protocol):
    """What asks. A fake answers from a script."""

    async def ask(self, url: str, *, timeout_s: float, headers: Mapping[str, str] | None = None) -> Reply:
        """Return the answer to a GET, once it is there as a whole.

        Raises:
            OSError: There was no whole answer; `TimeoutError` is one.
        """
        ...


class HttpAsker:
    """Asks over HTTP/1.1, one connection a question."""

    def __init__(self) -> None:
        self._tls: ssl.SSLContext | None = None

    async def ask(self, url: str, *, timeout_s: float, headers: Mapping[str, str] | None = None) -> Reply:
        """Return the answer to a GET.

        Raises:
            OSError: There was no whole answer in time.
            ValueError: The URL is none for this.
        """
        async with asyncio.timeout(timeout_s):
            return await self._ask(url, headers or {})

    async def _ask(self, url: str, headers: Mapping[str, str]) -> Reply:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            message = "a question needs an http or https address without credentials"
            raise ValueError(message)
        is_safe = parts.scheme == "https"
        reader, writer = await _connect(
            parts.hostname, parts.port or (443 if is_safe else 80), self._find_tls() if is_safe else None
        )
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            lines = [f"GET {target} HTTP/1.1", f"Host: {parts.netloc}", "User-Agent: fermata", "Connection: close"]
            lines += [f"{name}: {value}" for name, value in headers.items()]
            writer.write("\r\n".join([*lines, "", ""]).encode())
            return await _read_reply(reader)
        finally:
            writer.close()

    def _find_tls(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls


async def _connect(
    host: str, port: int, tls: ssl.SSLContext | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    try:
        return await asyncio.open_connection(host, port, ssl=tls)
    except OSError as error:
        # A name with several addresses, as localhost is, refuses in a wording and without a type of its own.
        if set(_ERRNO.findall(str(error))) == {str(errno.ECONNREFUSED)}:
            message = f"nothing listens at {host}:{port}"
            raise ConnectionRefusedError(errno.ECONNREFUSED, message) from error
        raise


async def _read_reply(reader: asyncio.StreamReader) -> Reply:
    """Read the answer to its end; a head that breaks off, or a short body, is none."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        raise _break_off() from error
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if not first.startswith("HTTP/1.") or len(words) < 2 or not words[1].isdigit():
        message = "what came is no HTTP"
        raise ConnectionError(message)
    pairs = (line.partition(":") for line in lines)
    told = {name.strip().lower(): value.strip() for name, _, value in pairs}
    length = told.get("content-length", "")
    if told.get("transfer-encoding", "").lower() == "chunked":
        body = await _read_chunks(reader)
    else:
        body = await _read_body(reader, int(length) if length.isdigit() else None)
    return Reply(int(words[1]), body)


async def _read_body(reader: asyncio.StreamReader, length: int | None) -> bytes:
    body = bytearray()
    while (length is None or len(body) < length) and len(body) <= _MOST_BYTES:  # What else it says is not asked.
        piece = await reader.read(_PIECE)
        if not piece:
            break
        body += piece
    if length is not None and len(body) < min(length, _MOST_BYTES):
        raise _break_off()
    return bytes(body)


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    """Read a chunked body (RFC 9112, section 7.1) without its frames; what follows the last chunk is left."""
    body = bytearray()
    try:
        while len(body) <= _MOST_BYTES:
            size = int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16)
            if size <= 0:
                break
            if size > _MOST_BYTES:
                return bytes(body + await reader.readexactly(_MOST_BYTES))
            body += await reader.readexactly(size)
            await reader.readexactly(2)
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as error:
        raise _break_off() from error
    return bytes(body)


def _break_off() -> ConnectionError:
    return ConnectionError("the answer broke off")
