"""Processes of `bench/rehearsal.py`: a runner that rehearses, a caller with a bounded pool, a wire that can be cut.

    python bench/rehearsal_roles.py ROLE JSON

They end when their standard input does.
"""

# ruff: noqa: ARG002, ASYNC110, ASYNC240 - files are the simplest switch between processes, and rules that judge nothing

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
from pydantic import SecretStr

from fermata.domain.experiment import (
    Expected,
    Experiment,
    FaultKind,
    FaultSpec,
    FaultTarget,
    Phase,
    Prediction,
    SteadyCheck,
)
from fermata.flows.rehearsal.asking import HttpAsker
from fermata.flows.rehearse import rehearse
from fermata.integrations.faultproxy.faults import FaultProxyInjector
from fermata.integrations.faultproxy.settings import FaultProxySettings, ProxySettings
from fermata.kit.clock import SystemClock


class Allowing:
    """Rules that allow everything: what is measured here is what happens then."""

    def write(self, experiment):
        return {}

    def check(self, document, definition=None):
        return ()

    def judge(self, facts, experiment):
        return ()


def tell(**what):
    """Print one line."""
    print(json.dumps({**what, "at": time.monotonic()}), flush=True)


async def run(options):
    """Rehearse a latency until told to stop; print each phase and the result."""
    proxy = ProxySettings(edge="checkout->payment", control=options["control"], token=SecretStr(options["token"]))
    injector = FaultProxyInjector(FaultProxySettings(proxies=(proxy,)), Allowing())
    checks = [SteadyCheck(journey="beside", url=options["beside"], max_p95_ms=400, rate_rps=40, timeout_s=2)]
    checks.append(SteadyCheck(journey="hit", url=options["hit"], max_p95_ms=400, rate_rps=20, timeout_s=2, is_hit=True))
    experiment = Experiment(
        id=options["id"],
        title="a latency",
        created_at=SystemClock().now(),
        target=FaultTarget(system="faultproxy", service="checkout", callee="payment"),
        fault=FaultSpec(kind=FaultKind.LATENCY, latency_ms=600),
        duration=timedelta(seconds=120),
        baseline=timedelta(seconds=1.5),
        recovery=timedelta(0),
        lease=timedelta(seconds=options["lease_s"]),
        checks=tuple(checks),
        prediction=Prediction(expected=Expected.UNKNOWN, why="not asked"),
        blast_radius="one process",
    )

    async def stop():
        return "stopped by a file" if Path(options["stop"]).exists() else ""

    async def on_phase(phase: Phase):
        tell(phase=phase.value)

    async def on_sample(sample):
        pass

    result = await rehearse(
        experiment, injector, clock=SystemClock(), http=HttpAsker(), stop=stop, on_phase=on_phase, on_sample=on_sample
    )
    tell(verdict=result.verdict.value, aborted=result.aborted, why=result.why)


class Caller:
    """Calls payment through the proxy, Poisson arrivals, never more at once than its pool holds."""

    def __init__(self, options):
        self.options = options
        self.pool = asyncio.Semaphore(options["pool"])
        self.arrived = self.waiting = 0

    async def call(self):
        self.waiting += 1
        async with self.pool:
            self.waiting -= 1
            reader, writer = await asyncio.open_connection("127.0.0.1", self.options["port"])
            writer.write(b"GET /charge HTTP/1.1\r\nHost: payment\r\nConnection: close\r\n\r\n")
            await reader.read()
            writer.close()

    async def arrive(self):
        tasks = set()
        due = time.monotonic()
        while True:
            due += random.expovariate(self.options["rate"])
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            self.arrived += 1
            task = asyncio.create_task(self.call())
            tasks.add(task)
            task.add_done_callback(tasks.discard)


async def call(options):
    """Be a caller; print the counts four times a second."""
    caller = Caller(options)
    task = asyncio.create_task(caller.arrive())
    while not task.done():
        tell(arrived=caller.arrived, waiting=caller.waiting)
        await asyncio.sleep(0.25)


async def relay(options):
    """Pass bytes on; while a file is there nothing goes through in either direction, and nobody is told."""
    cut = Path(options["cut"])

    async def copy(reader, writer):
        while data := await reader.read(65536):
            while cut.exists():
                await asyncio.sleep(0.02)
            writer.write(data)
            await writer.drain()
        writer.close()

    async def serve(reader, writer):
        host, port = options["to"].split(":")
        other_reader, other = await asyncio.open_connection(host, int(port))
        await asyncio.gather(copy(reader, other), copy(other_reader, writer), return_exceptions=True)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    tell(port=server.sockets[0].getsockname()[1])
    await asyncio.Event().wait()


async def serve(options):
    """Answer at once; badly while a file is there."""
    spoilt = Path(options["spoilt"])

    async def answer(reader, writer):
        if not await reader.read(4096):
            return  # Gone before it asked.
        status = 500 if spoilt.exists() else 200
        writer.write(b"HTTP/1.1 %d x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % status)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    tell(port=server.sockets[0].getsockname()[1])
    await asyncio.Event().wait()


async def main(role, options):
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    work = loop.create_task({"run": run, "call": call, "relay": relay, "serve": serve}[role](options))
    await asyncio.wait((work, loop.create_task(reader.read())), return_when=asyncio.FIRST_COMPLETED)
    if work.done():
        work.result()
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], json.loads(sys.argv[2])))
