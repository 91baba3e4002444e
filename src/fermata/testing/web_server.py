"""A web server on loopback that answers as a test tells it to: the outside of every integration that speaks HTTP.

A fake of a service is a function from what was asked to an answer. It checks each request strictly and refuses what it
does not model: an assertion that fails in it answers 500 and is kept in `complaints`, and an address it does not know
is answered 501, so that a client cannot pass by asking something else. Real connections, real HTTP/1.1, real TLS if a
certificate is given; no HTTP/2, no chunked requests.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import subprocess
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

LARGEST_REQUEST_BYTES = 4 * 1024 * 1024


class Fault(StrEnum):
    """A way not to answer."""

    HANG = "hang"
    """Read the request and say nothing, until the client goes."""
    HALF = "half"
    """Send the head and half of the body, then close."""
    STALL = "stall"
    """Send the head and half of the body, then say nothing, until the client goes."""
    DROP = "drop"
    """Close without a word; the request did arrive."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a client sent."""

    method: str
    path: str
    """Decoded, without the query."""
    query: Mapping[str, tuple[str, ...]]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    target: str = ""
    """As it was sent, still encoded: where a slash inside a name must not look like one between names."""

    def get_query(self, name: str) -> str:
        """Return the one value of a query parameter; empty without it.

        Raises:
            ValueError: It was given more than once.
        """
        values = self.query.get(name, ("",))
        if len(values) != 1:
            message = f"{name} was given {len(values)} times"
            raise ValueError(message)
        return values[0]

    def read(self) -> Any:
        """Return the JSON of the body.

        Raises:
            ValueError: It is not JSON.
        """
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server says."""

    body: Any = None
    """JSON value; bytes are sent as they are."""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: Fault | None = None
    delay_s: float = 0


Respond = Callable[[Request], "Answer | Awaitable[Answer]"]


class WebServer:
    """One service on a free port of loopback. Use it as an async context manager."""

    def __init__(self, respond: Respond, tls: ssl.SSLContext | None = None) -> None:
        self.respond = respond
        """May be exchanged while it runs."""
        self.requests: list[Request] = []
        """All that arrived whole, in order."""
        self.complaints: list[str] = []
        """What the fake did not accept; a test asserts that there is none."""
        self.connections = 0
        """Opened so far: fewer than the requests when the client keeps its connections."""
        self.url = ""
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"{'https' if self._tls else 'http'}://127.0.0.1:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening and close what is open."""
        if self._server is not None:
            self._server.close()
        for writer in tuple(self._writers):
            writer.close()
        if self._serving:
            # On a busy machine a connection takes some turns of the loop to end, and the loop is about to close.
            await asyncio.wait(self._serving, timeout=1)
        await asyncio.sleep(0)

    @property
    def open_connections(self) -> int:
        """Return how many connections clients hold now."""
        return len(self._writers)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        if (task := asyncio.current_task()) is not None:
            self._serving.add(task)
            task.add_done_callback(self._serving.discard)
        try:
            while (request := await _read_request(reader)) is not None:
                self.requests.append(request)
                if not await self._answer(request, reader, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass  # The client went; that is its right.
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _answer(self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; return whether the connection stays open."""
        answer = await self._ask(request)
        if answer.delay_s:
            await asyncio.sleep(answer.delay_s)
        if answer.fault is Fault.HANG:
            await reader.read()
            return False
        if answer.fault is Fault.DROP:
            return False
        whole = _write_answer(answer)
        is_cut = answer.fault in (Fault.HALF, Fault.STALL)
        writer.write(whole[: -(len(whole) // 4)] if is_cut else whole)
        await writer.drain()
        if answer.fault is Fault.STALL:
            await reader.read()
        return answer.fault is None

    async def _ask(self, request: Request) -> Answer:
        try:
            answer = self.respond(request)
            return await answer if isinstance(answer, Awaitable) else answer
        except NotImplementedError as error:
            self.complaints.append(f"{request.method} {request.path} is not modelled: {error}")
            return Answer({"message": "not modelled"}, status=501)
        except (AssertionError, ValueError, KeyError) as error:
            self.complaints.append(f"{request.method} {request.path}: {type(error).__name__}: {error}")
            return Answer({"message": f"refused by the fake: {error}"}, status=500)


def make_tls(directory: Path) -> ssl.SSLContext:
    """Return a server's TLS with a certificate that nobody trusts, which lies in `directory` as `certificate.pem`.

    Raises:
        CalledProcessError: openssl cannot make it.
        FileNotFoundError: There is no openssl.
    """
    key, certificate = directory / "key.pem", directory / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", "/CN=loopback", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    return tls


async def _read_request(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.strip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    length = int(headers.get("content-length", "0"))
    if length > LARGEST_REQUEST_BYTES:
        return None
    parts = urlsplit(target)
    query = {name: tuple(values) for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    return Request(method, unquote(parts.path), query, headers, await reader.readexactly(length), target)


def _write_answer(answer: Answer) -> bytes:
    body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
    if answer.body is None:
        body = b""
    headers = {"Content-Type": "application/json", **answer.headers, "Content-Length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {answer.status} x\r\n{head}\r\n".encode() + body
