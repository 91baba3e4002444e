"""A payment, a fault proxy before it and a runner, each a real process that a test may kill."""

import asyncio
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr

from fermata.integrations.faultproxy.client import ProxyClient
from fermata.integrations.faultproxy.settings import ProxySettings

DRIVER = Path(__file__).with_name("driver.py")


@dataclass
class Ring:
    """Where the fault is, and the processes around it."""

    port: int
    """Of the proxy, for callers."""
    control: str
    token: str
    folder: Path
    started: list

    def start(self, *command):
        """Start a process whose first line is waited for by whoever needs it."""
        process = subprocess.Popen(
            [sys.executable, *map(str, command)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        self.started.append(process)
        return process

    def start_runner(self, control=None):
        """Start a rehearsal, and return its process once the fault is there."""
        options = {
            "control": control or self.control,
            "token": self.token,
            "url": f"http://127.0.0.1:{self.port}/charge",
            "stop": str(self.folder / "stop"),
        }
        runner = self.start(DRIVER, json.dumps(options))
        for line in runner.stdout:
            if line == "fault\n":
                break
        assert self.fetch()["active"]
        return runner

    def fetch(self):
        """Give the proxy's state."""
        proxy = ProxySettings(edge="payment", control=self.control, token=SecretStr(self.token))
        return asyncio.run(ProxyClient(proxy, 2.0).fetch_state())

    def wait_until_gone(self):
        """Return the seconds until the fault is gone, and why it ended."""
        began = time.monotonic()
        while (state := self.fetch())["active"]:
            assert time.monotonic() - began < 30
        return time.monotonic() - began, state["ended"]


@pytest.fixture
def ring(tmp_path):
    """Give a proxy before a payment; whatever a test starts ends with it."""
    it = Ring(0, "", "a-token-of-the-kill-tests", tmp_path, [])
    port = 0
    for role in ("payment", "proxy"):
        process = it.start("-m", "fermata.cli.pool_demo.service", role, port)
        process.stdin.write(f"{it.token}\n")
        process.stdin.flush()
        port, *others = map(int, process.stdout.readline().split())
    it.port, it.control = port, f"127.0.0.1:{others[0]}"
    yield it
    for process in it.started:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


@pytest.fixture
def relay():
    """Give a function that starts a wire to a port, and a way to cut it: bytes wait, and nobody is told."""

    def start(ring, to):
        script = (
            "import asyncio, sys\n"
            "async def copy(a, b):\n"
            "    while data := await a.read(65536): b.write(data); await b.drain()\n"
            "    b.close()\n"
            "async def serve(a, b):\n"
            "    c, d = await asyncio.open_connection('127.0.0.1', int(sys.argv[1]))\n"
            "    await asyncio.gather(copy(a, d), copy(c, b), return_exceptions=True)\n"
            "async def main():\n"
            "    server = await asyncio.start_server(serve, '127.0.0.1', 0)\n"
            "    print(server.sockets[0].getsockname()[1], flush=True)\n"
            "    await server.serve_forever()\n"
            "asyncio.run(main())\n"
        )
        process = ring.start("-c", script, to)
        return process, f"127.0.0.1:{int(process.stdout.readline())}"

    return start
