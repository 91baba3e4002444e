"""A server on a unix socket that speaks HTTP as a test tells it to, right or wrong: for answers no engine gives."""

import asyncio
import inspect
import json
import tempfile
from pathlib import Path

import pytest

from fermata.integrations.docker.client import EngineClient
from fermata.integrations.docker.system import Docker, DockerSettings
from fermata.kit.clock import SystemClock

LIST = [{"Names": ["/shop-checkout-1"], "State": "running", "Labels": {"com.docker.compose.service": "checkout"}}]
CONTAINER_ID = "c0ffee" * 10 + "c0de"
INSPECTED = {
    "Id": CONTAINER_ID,
    "Name": "/shop-checkout-1",
    "Created": "2026-11-23T10:00:00.123456789Z",
    "Image": "sha256:" + "1" * 64,
    "State": {"Status": "running", "StartedAt": "2026-11-23T10:00:00.2Z", "FinishedAt": "0001-01-01T00:00:00Z"},
    "HostConfig": {"Memory": 32 * 1024**2},
    "Config": {"Image": "shop/checkout:1", "Env": None, "Labels": {"com.docker.compose.service": "checkout"}},
}


class ScriptedEngine:
    """Answers by `respond(path) -> bytes` or a coroutine `respond(path, reader, writer)`; keeps the requests."""

    INSPECTED, CONTAINER_ID = INSPECTED, CONTAINER_ID

    def __init__(self, folder):
        self.socket = folder / "e.sock"
        self.requests = []
        self._server = None

    @staticmethod
    def answer(data=None, *, status="200 OK", headers=(), body=None):
        """Give a whole HTTP answer."""
        content = json.dumps(data).encode() if body is None else body
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", "Connection: close", *headers, "", ""]
        return "\r\n".join(lines).encode() + content

    async def start(self, respond, *, version="1.43", date=""):
        """Listen; `/_ping` is answered as an engine does, everything else by `respond`."""
        headers = [f"Api-Version: {version}"] * bool(version) + [f"Date: {date}"] * bool(date)

        async def handle(reader, writer):
            try:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                path = head.split(" ")[1]
                self.requests.append(head.partition("\r\n")[0])
                if path == "/_ping":
                    writer.write(self.answer(body=b"OK", headers=headers))
                elif inspect.iscoroutinefunction(respond):
                    await respond(path, reader, writer)
                else:
                    writer.write(respond(path))
                await writer.drain()
            except (ConnectionError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.close()

        self._server = await asyncio.start_unix_server(handle, self.socket)

    def client(self, timeout_s=2.0):
        """Give the real client, pointed here."""
        return EngineClient(f"unix://{self.socket}", timeout_s=timeout_s)

    def close(self):
        """Stop listening."""
        if self._server is not None:
            self._server.close()


@pytest.fixture
async def engine():
    """Give a server that is started by the test."""
    # A unix socket's path is short by necessity, and tmp_path is long.
    with tempfile.TemporaryDirectory(prefix="fmdk-unit-") as folder:
        server = ScriptedEngine(Path(folder))
        yield server
        server.close()


@pytest.fixture
def serve(engine):
    """Give a function that starts an engine with one container and some answers replaced; it returns the system."""

    async def start(*, date="", **replaced):
        answers = {
            "events": engine.answer(body=b""),
            "list": engine.answer([LIST[0] | {"Id": engine.CONTAINER_ID}]),
            "stats": engine.answer({"memory_stats": {"usage": 1000}}),
            "inspect": engine.answer(engine.INSPECTED),
            "info": engine.answer({"MemTotal": 2**40, "MemoryLimit": True}),
            "update": engine.answer({"Warnings": None}),
        } | replaced

        def respond(path):
            if "/images/json" in path and "image_list" in answers:
                return answers["image_list"]
            if "/images/" in path and "images" in answers:
                return answers["images"]
            words = path.partition("?")[0].split("/")
            if words[-1] == "json" and words[-2] not in ("containers", engine.CONTAINER_ID):
                return answers.get("other", engine.answer({"message": "no such container"}, status="404 Not Found"))
            name = {"json": "list" if words[-2] == "containers" else "inspect"}.get(words[-1], words[-1])
            return answers[name]

        await engine.start(respond, date=date)
        return Docker(DockerSettings(socket=f"unix://{engine.socket}", timeout_s=2), SystemClock())

    return start
