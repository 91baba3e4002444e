"""The fault proxy without a fault: how many calls it passes on, and how much later they arrive.

    python bench/faultproxy.py [--seconds 4]

Beside it, in the same run: the server itself, and the least a relay in Python can be, two asyncio streams copied into
each other, which knows nothing of calls. Requests are 80 bytes and answers 1 KiB, on kept connections. All share two
cores with whatever else runs, so the rate is given per second of the relay's own CPU too: that is what one core bears.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from harness import FERMATA, cpu_s, write_rows  # noqa: E402 - the path comes first

REQUEST = b"GET /pay HTTP/1.1\r\nHost: payment\r\nAccept: application/json\r\nX-Order: 0123456789\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1024\r\n\r\n" + b"x" * 1024


class Server(asyncio.Protocol):
    """Answers each request at once; requests come whole."""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(ANSWER * data.count(b"\r\n\r\n"))


async def copy(reader, writer):
    """Copy one direction, as every first proxy does."""
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def serve(role, port, to):
    """Run the server or the naive relay until killed."""
    loop = asyncio.get_running_loop()
    if role == "server":
        await (await loop.create_server(Server, "127.0.0.1", port, backlog=1024)).serve_forever()

    async def relay(reader, writer):
        upstream_reader, upstream = await asyncio.open_connection("127.0.0.1", to)
        await asyncio.gather(copy(reader, upstream), copy(upstream_reader, writer))

    await (await asyncio.start_server(relay, "127.0.0.1", port, backlog=1024)).serve_forever()


class Caller(asyncio.Protocol):
    """Asks again as soon as it is answered, and keeps how long each call took."""

    def __init__(self, took, until):
        self.took, self.until, self.left = took, until, 0
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        self.transport = transport
        self.ask()

    def ask(self):
        self.left = len(ANSWER)
        self.asked = time.perf_counter()
        self.transport.write(REQUEST)

    def data_received(self, data):
        self.left -= len(data)
        if self.left:
            return
        now = time.perf_counter()
        self.took.append(now - self.asked)
        if now < self.until:
            self.ask()
        else:
            self.transport.close()

    def connection_lost(self, error):
        if not self.done.done():
            self.done.set_result(error)


async def load(port, connections, seconds):
    """Return the times of all calls, in seconds."""
    loop, took = asyncio.get_running_loop(), []
    until = time.perf_counter() + seconds
    callers = [
        (await loop.create_connection(lambda: Caller(took, until), "127.0.0.1", port))[1] for _ in range(connections)
    ]
    for caller in callers:
        await caller.done
    return took


@contextmanager
def running(command, port):
    """Run a process until the block ends."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def wait_for(port):
    """Wait until something listens."""
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"nothing listens on {port}")


def measure(port, pid, seconds):
    """Return calls a second, calls a CPU second of the relay, and the p50 of a single caller in ms."""
    asyncio.run(load(port, 4, 0.5))
    alone = asyncio.run(load(port, 1, seconds / 2))
    before = cpu_s(pid)
    together = asyncio.run(load(port, 32, seconds))
    spent = cpu_s(pid) - before
    return len(together) / seconds, len(together) / max(spent, 0.01), statistics.median(alone) * 1000


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--role", choices=("server", "copier"))
    parser.add_argument("--port", type=int)
    parser.add_argument("--to", type=int, default=0)
    options = parser.parse_args()
    if options.role:
        asyncio.run(serve(options.role, options.port, options.to))
        return
    server, copier, proxy, control = range(28101, 28105)
    me = [sys.executable, __file__]
    with (
        tempfile.TemporaryDirectory() as folder,
        running([*me, "--role", "server", "--port", str(server)], server) as server_pid,
        running([*me, "--role", "copier", "--port", str(copier), "--to", str(server)], copier) as copier_pid,
        running(
            [
                FERMATA,
                "chaos",
                "proxy",
                "--listen",
                f"127.0.0.1:{proxy}",
                "--to",
                f"127.0.0.1:{server}",
                "--control",
                f"127.0.0.1:{control}",
                "--token-file",
                f"{folder}/token",
                "--halt-file",
                f"{folder}/HALT",
            ],
            proxy,
        ) as proxy_pid,
    ):
        direct = measure(server, server_pid, options.seconds)
        naive = measure(copier, copier_pid, options.seconds)
        ours = measure(proxy, proxy_pid, options.seconds)
    added = ours[2] - direct[2]
    write_rows(
        "faultproxy",
        "python bench/faultproxy.py",
        [
            (
                "calls passed on by one core (per CPU second of the relay)",
                ">= 3,000/s",
                f"{ours[1]:,.0f}/s ({ours[0]:,.0f}/s of wall time)",
                f"two streams copied: {naive[1]:,.0f}/s ({naive[0]:,.0f}/s); the server itself: {direct[0]:,.0f}/s",
            ),
            (
                "added to the p50 of a single caller",
                "<= 1 ms",
                f"{added:.3f} ms",
                f"two streams copied: {naive[2] - direct[2]:.3f} ms; the server itself takes {direct[2]:.3f} ms",
            ),
        ],
    )
    sys.exit(0 if ours[1] >= 3000 and added <= 1 else 1)


if __name__ == "__main__":
    main()
