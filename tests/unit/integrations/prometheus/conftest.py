"""A server on loopback that speaks HTTP as a test tells it to, right or wrong."""

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import pytest

from fermata.integrations.prometheus.client import PrometheusClient
from fermata.integrations.prometheus.settings import PrometheusSettings


@dataclass(frozen=True)
class Request:
    """What a client sent."""

    method: str
    path: str
    params: dict
    headers: dict
    body: bytes


def answer(data=None, *, status="200 OK", headers=(), body=None):
    """Give a whole HTTP answer; `data` goes into Prometheus' envelope, `body` as it is."""
    content = json.dumps({"status": "success", "data": data}).encode() if body is None else body
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + content


@pytest.fixture
async def serve():
    """Start servers from functions `respond(request) -> bytes`, or coroutines `respond(request, writer)`."""
    servers = []

    async def start(respond):
        requests = []

        async def handle(reader, writer):
            try:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                first, *lines = head.strip().split("\r\n")
                headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
                method, target, _ = first.split(" ")
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                query = body.decode() if method == "POST" else urlsplit(target).query
                params = {name: values[0] for name, values in parse_qs(query).items()}
                request = Request(method, urlsplit(target).path, params, headers, body)
                requests.append(request)
                if asyncio.iscoroutinefunction(respond):
                    await respond(request, writer)
                else:
                    writer.write(respond(request))
                await writer.drain()
            except (ConnectionError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        servers.append(server)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", requests

    yield start
    for server in servers:
        server.close()


@asynccontextmanager
async def connect(url, **settings):
    """Open a session of the real client to a server."""
    async with PrometheusClient(PrometheusSettings(url=url, **settings)).connect() as session:
        yield session
