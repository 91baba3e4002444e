"""Connections that bring no request: they are given up, and never keep one out that does."""

import asyncio
import socket
from contextlib import asynccontextmanager

import httpx2
import pytest
import uvicorn

from fermata.web.app import create_app
from fermata.web.connections import PatientProtocol

HALF_A_HEAD = b"POST /v1/alerts/alertmanager HTTP/1.1\r\nHost: localhost\r\nX-Slow: "


class HastyProtocol(PatientProtocol):
    """The same with limits a test can reach."""

    head_timeout_s = 0.1
    most_connections = 8


@asynccontextmanager
async def serving(house, clock):
    """Serve with hasty connections; yields the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(create_app(house, clock), lifespan="on", log_config=None, http=HastyProtocol)
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listener])
    try:
        yield listener.getsockname()[1]
    finally:
        await asyncio.sleep(0.01)
        await server.shutdown(sockets=[listener])
        listener.close()


async def is_alive(port):
    """Answer whether the server answers."""
    async with httpx2.AsyncClient(timeout=5, verify=False, trust_env=False) as client:
        return (await client.get(f"http://127.0.0.1:{port}/healthz")).status_code == 200


@pytest.mark.parametrize("first", [b"", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"])
async def test_head_that_never_ends_is_given_up(house, clock, first):
    """A caller who does not end a head loses the connection, be it their first request or a later one."""
    async with serving(house, clock) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(first + HALF_A_HEAD)

        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await asyncio.wait_for(reader.readexactly(1_000_000), timeout=3)

        writer.close()


async def test_callers_that_bring_nothing_keep_nobody_out(house, clock):
    """However many connections wait for nothing, one that brings a request is answered."""
    async with serving(house, clock) as port:
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3 * HastyProtocol.most_connections)]
        for _, writer in idle:
            writer.write(HALF_A_HEAD)

        assert await is_alive(port)

        for _, writer in idle:
            writer.close()
