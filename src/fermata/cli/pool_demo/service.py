"""The demo's processes: `payment`, the fault proxy before it, and `checkout` in one of three designs.

    python -m fermata.cli.pool_demo.service ROLE PORT [TO_PORT]

Each ends when its standard input does: whoever started it may be killed, and nothing is left. A role that listens on a
port of its own choice prints it.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from fermata.integrations.faultproxy.serve import Address, FaultProxy, ProxyOptions

HERE = "127.0.0.1"
POOL = 20
"""Connections to payment at once."""
WORKERS = 64
"""Requests that checkout handles at once, whatever they are."""
TIMEOUT_S = 0.3
_PAYMENT_S = 0.005
_BREAKS_AFTER = 5
_RESTS_S = 1.0

Answer = tuple[int, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Design:
    """How checkout treats its calls to payment."""

    timeout_s: float | None = None
    has_fallback: bool = False
    """With a breaker before it: what fails again and again is not tried each time."""

    def describe(self) -> dict[str, Any]:
        """Return what a reader of the code would say of the calls, as `graph.json` has it."""
        return {
            "pool_max": POOL,
            "timeout_ms": (self.timeout_s or 0.0) * 1000,
            "retries": 0,
            "on_error": "fallback" if self.has_fallback else "fail",
        }


DESIGNS = {
    "naive": Design(),
    "timeout": Design(TIMEOUT_S),
    "fallback": Design(TIMEOUT_S, has_fallback=True),
}


class Checkout:
    """Takes payments, which need payment, and refunds, which do not. Both need a worker."""

    def __init__(self, design: Design, payment_port: int) -> None:
        self._design = design
        self._payment_port = payment_port
        self._workers = asyncio.Semaphore(WORKERS)
        self._pool = asyncio.Semaphore(POOL)
        self._failures = 0
        self._rests_until = 0.0

    async def handle(self, path: str) -> Answer:
        """Answer one request."""
        if path == "/facts":
            return 200, self._design.describe()
        async with self._workers:
            if path == "/pay":
                return await self._pay()
            if path == "/refund":
                await asyncio.sleep(_PAYMENT_S)
                return 200, {"refunded": True}
        return 404, {"error": "not found"}

    async def _pay(self) -> Answer:
        if self._failures >= _BREAKS_AFTER and asyncio.get_running_loop().time() < self._rests_until:
            return 200, {"paid": "later"}
        try:
            async with asyncio.timeout(self._design.timeout_s), self._pool:
                status = await call(self._payment_port, "/charge")
        except (OSError, ValueError):
            status = 504
        if status == 200:
            self._failures = 0
            return 200, {"paid": True}
        if self._design.has_fallback:
            self._failures += 1
            self._rests_until = asyncio.get_running_loop().time() + _RESTS_S
            return 200, {"paid": "later"}
        return 502, {"error": f"payment: {status}"}


async def charge(path: str) -> Answer:
    """Be payment: a little work."""
    del path
    await asyncio.sleep(_PAYMENT_S)
    return 200, {"charged": True}


async def call(port: int, path: str) -> int:
    """Return the status of a GET on loopback.

    Raises:
        OSError: There was no answer.
        ValueError: What came is no HTTP.
    """
    reader, writer = await asyncio.open_connection(HERE, port)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: payment\r\nConnection: close\r\n\r\n".encode())
        line = await reader.readline()
        await reader.read()
        return int(line.split(b" ")[1]) if line.startswith(b"HTTP/1.1 ") else 0
    finally:
        writer.close()


async def serve(port: int, handle: Callable[[str], Awaitable[Answer]]) -> int:
    """Listen, and return the port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Who hung up is not waited for, and not an error.
        with suppress(OSError, asyncio.IncompleteReadError, IndexError):
            head = await reader.readuntil(b"\r\n\r\n")
            status, body = await handle(head.split(b" ")[1].decode())
            text = json.dumps(body).encode()
            writer.write(
                f"HTTP/1.1 {status} x\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n"
                "Connection: close\r\n\r\n".encode()
                + text
            )
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, HERE, port, backlog=1024)
    port_taken: int = server.sockets[0].getsockname()[1]
    return port_taken


async def run(role: str, to_port: int) -> None:
    """Be a role until standard input ends. Its first line is the control token."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    token = (await reader.readline()).decode().strip()
    if role == "proxy":
        options = ProxyOptions(Address(HERE, 0), Address(HERE, to_port), Address(HERE, 0), token)
        async with FaultProxy(options) as proxy:
            tell(proxy.listen.port, proxy.control.port)
            await reader.read()
    else:
        handle = charge if role == "payment" else Checkout(DESIGNS[role], to_port).handle
        tell(await serve(0, handle))
        await reader.read()
    # Nothing here is worth putting away, and hundreds of requests that wait would each complain.
    os._exit(0)


def tell(*ports: int) -> None:
    """Print the ports on one line."""
    sys.stdout.write(" ".join(map(str, ports)) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], int(sys.argv[2])))
