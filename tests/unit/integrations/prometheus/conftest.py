"""A server on loopback that speaks HTTP as a test tells it to, right or wrong."""

import asyncio
import inspect
import json
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


class ScriptedServer:
    """Answers by `respond(request) -> bytes` or a coroutine `respond(request, reader, writer)`; keeps the requests."""

    def __init__(self):
        self.requests = []
        self.url = ""
        self._server = None

    @staticmethod
    def answer(data=None, *, status="200 OK", headers=(), body=None):
        """Give a whole HTTP answer; `data` goes into Prometheus' envelope, `body` as it is."""
        content = json.dumps({"status": "success", "data": data}).encode() if body is None else body
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", "Connection: close", *headers, "", ""]
        return "\r\n".join(lines).encode() + content

    async def start(self, respond):
        """Listen on a free port."""

        async def handle(reader, writer):
            try:
                request = await self._read(reader)
                self.requests.append(request)
                if inspect.iscoroutinefunction(respond):
                    await respond(request, reader, writer)
                else:
                    writer.write(respond(request))
                await writer.drain()
            except (ConnectionError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.close()

        self._server = await asyncio.start_server(handle, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def client(self, **settings):
        """Give the real client, pointed here."""
        return PrometheusClient(PrometheusSettings(url=self.url, **settings))

    def close(self):
        """Stop listening."""
        if self._server is not None:
            self._server.close()

    @staticmethod
    async def _read(reader):
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        method, target, _ = first.split(" ")
        body = (await reader.readexactly(int(headers.get("content-length", 0)))).decode()
        params = {name: values[0] for name, values in parse_qs(body or urlsplit(target).query).items()}
        return Request(method, urlsplit(target).path, params, headers)


@pytest.fixture
async def server():
    """Give a server that listens once it is told how to answer."""
    scripted = ScriptedServer()
    yield scripted
    scripted.close()
