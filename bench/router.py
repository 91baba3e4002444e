"""The router: what a decision costs, what it adds to the bare adapter, how soon the next target is asked, what is lost.

A server in a process of its own speaks OpenAI's chat completions from prepared bytes; each fault is a path of it.
Beside the router stand the bare adapter of pydantic-ai, in the same run, and litellm's Router where
ROUTER_LITELLM_PYTHON names an interpreter that has it: it cannot be installed beside pydantic-ai 2.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from harness import describe, percentile, rss_mib, write_rows

IN_FLIGHT = 50
CALLS = 1000
ROUNDS = 4
DECISIONS = 5000
HANG_S = 2.0
CHUNKS = 8
FAULTS = ("500", "503", "429", "401", "reset", "badbody", "nochoices")

LITELLM = """
import asyncio, json, statistics, sys, time, gc
began = time.process_time()
import litellm
from litellm import Router
imported = time.process_time() - began
litellm.suppress_debug_info = True
url, calls, flight, rounds = sys.argv[1], *map(int, sys.argv[2:])
router = Router(model_list=[{"model_name": "m", "litellm_params": {"model": "openai/x", "api_base": url + "/ok/v1",
    "api_key": "k"}}], num_retries=0, timeout=20, allowed_fails=0)
messages = [{"role": "system", "content": "Say what is wrong."}, {"role": "user", "content": "checkout was killed"}]
async def one(gate, stream):
    async with gate:
        if stream:
            async for _ in await router.acompletion("m", messages, max_tokens=200, stream=True):
                pass
        else:
            await router.acompletion("m", messages, max_tokens=200)
async def main():
    out = {"import": imported}
    for name, stream in (("stream", True), ("whole", False)):
        gate, best = asyncio.Semaphore(flight), []
        await asyncio.gather(*(one(gate, stream) for _ in range(100)))
        for _ in range(rounds):
            gc.collect(); before = time.process_time()
            await asyncio.gather(*(one(gate, stream) for _ in range(calls // 2)))
            best.append((time.process_time() - before) / (calls // 2) * 1000)
        out[name] = statistics.median(best)
    rss = [line for line in open("/proc/self/status") if line.startswith("VmRSS")][0].split()[1]
    out["rss"] = int(rss) / 1024
    print("RESULT " + json.dumps(out))
asyncio.run(main())
"""


# --- the server: prepared bytes, one process of its own ---------------------------------------------------------------


def _write(body: bytes, status: str = "200 OK", kind: str = "application/json", more: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body


def _prepare() -> dict[str, bytes]:
    head = {"id": "c", "created": 1_790_000_000, "model": "x"}
    usage = {"prompt_tokens": 60, "completion_tokens": CHUNKS, "total_tokens": 60 + CHUNKS}
    chunk = {**head, "object": "chat.completion.chunk"}
    deltas = [{"index": 0, "delta": {"content": "word "}, "finish_reason": None} for _ in range(CHUNKS)]
    events = [{**chunk, "choices": [delta]} for delta in deltas]
    events += [{**chunk, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}]
    events += [{**chunk, "choices": [], "usage": usage}]
    stream = "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"
    message = {"role": "assistant", "content": "word " * CHUNKS}
    whole = {**head, "object": "chat.completion", "usage": usage,
             "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}  # fmt: skip
    error = json.dumps({"error": {"message": "no", "type": "server_error", "code": None}}).encode()
    empty = f"data: {json.dumps({**chunk, 'choices': []})}\n\ndata: [DONE]\n\n".encode()
    return {
        "stream": _write(stream.encode(), kind="text/event-stream"),
        "whole": _write(json.dumps(whole).encode()),
        "500": _write(error, "500 x"),
        "503": _write(error, "503 x"),
        "401": _write(error, "401 x"),
        "429": _write(error, "429 x", more="Retry-After: 120\r\n"),
        "badbody": _write(b'data: {"choi\n\n', kind="text/event-stream"),
        "nochoices": _write(empty, kind="text/event-stream"),
    }


async def serve() -> None:
    """Answer until the parent closes the pipe."""
    prepared = _prepare()
    hits: list[tuple[str, float, float]] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                arrived = time.monotonic()
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
                body = await reader.readexactly(length)
                mode = head.split(b" ", 2)[1].split(b"/")[1].decode()
                if mode == "stats":
                    writer.write(_write(json.dumps(hits).encode()))
                    hits.clear()
                    continue
                if mode == "hang":
                    hits.append((mode, arrived, arrived))
                    await reader.read()
                    break
                if mode != "reset":
                    kind = "stream" if b'"stream": true' in body or b'"stream":true' in body else "whole"
                    writer.write(prepared[kind if mode == "ok" else mode])
                    await writer.drain()
                hits.append((mode, arrived, time.monotonic()))
                if mode == "reset":
                    break
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, sys.stdin.read)


@contextlib.contextmanager
def serving():
    """Give the address of a server of its own."""
    command = [sys.executable, __file__, "--serve"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.stdin.close()
        process.wait(10)


def take_hits(url: str) -> list[tuple[str, float, float]]:
    """What arrived since the last time: (mode, arrived, answered)."""
    with urllib.request.urlopen(f"{url}/stats") as response:
        return json.load(response)


# --- the router -------------------------------------------------------------------------------------------------------


class Book:
    """A ledger in memory with running sums, as the real one has them in its index."""

    def __init__(self) -> None:
        self.rows, self.total = {}, 0

    async def reserve(self, draft):
        self.rows[draft.id] = draft
        self.total += draft.cost_usd

    async def settle(self, attempt):
        self.total += attempt.cost_usd - self.rows[attempt.id].cost_usd
        self.rows[attempt.id] = attempt

    async def withdraw(self, attempt_id):
        self.total -= self.rows.pop(attempt_id).cost_usd


def build(*targets, book=None, **settings):
    """A gateway over targets, each with a price so that money is counted."""
    from fermata.kit.clock import SystemClock
    from fermata.models.gateway import Gateway
    from fermata.models.settings import ModelSettings

    price = {"input_per_mtok": 3, "output_per_mtok": 15}
    whole = {"targets": [{"model": "x", "price": price, **target} for target in targets], **settings}
    return Gateway(ModelSettings.model_validate(whole), book or Book(), SystemClock())


def make_request():
    """A short question: what the words themselves cost (counting, redaction) grows with them, not with the router."""
    from fermata.domain.model import ModelRequest, TaskKind

    return ModelRequest(
        kind=TaskKind.DIAGNOSE,
        prompt_name="p",
        prompt_digest="d",
        instructions="Say what is wrong.",
        content="checkout was killed",
    )


def measure_decision() -> tuple[float, float]:
    """Median and p99 CPU microseconds from asking to answer with a transport that does nothing."""
    from fermata.domain.model import TaskKind, Usage
    from fermata.models.calls import Reply, Task
    from fermata.rules.routing import Need

    gateway = build(*({"base_url": f"http://127.0.0.1:{port}", "name": str(port)} for port in range(1, 6)))
    task, reply = Task(TaskKind.DIAGNOSE, Need(2000, 500)), Reply("x", usage=Usage(input_tokens=1900, output_tokens=80))

    async def call(_):
        return reply

    async def run():
        taken = []
        for _ in range(DECISIONS):
            began = time.perf_counter_ns()
            await gateway.dispatcher.run(task, call)
            taken.append((time.perf_counter_ns() - began) / 1000)
        return taken

    best = min((asyncio.run(run()) for _ in range(5)), key=statistics.median)
    return statistics.median(best), percentile(best, 0.99)


async def measure_cpu(**ways) -> dict[str, float]:
    """CPU milliseconds of a call of each way, at fifty in flight: the median of rounds that take turns."""
    gate = asyncio.Semaphore(IN_FLIGHT)

    async def gated(one):
        async with gate:
            await one()

    taken = {name: [] for name in ways}
    for number in range(ROUNDS + 1):
        # What is measured first in a round must not decide; the first round warms up.
        order = list(ways.items())[:: -1 if number % 2 else 1]
        for name, one in order:
            gc.collect()
            before = time.process_time()
            await asyncio.gather(*(gated(one) for _ in range(CALLS // 2)))
            taken[name].append((time.process_time() - before) / (CALLS // 2) * 1000)
    return {name: statistics.median(rounds[1:]) for name, rounds in taken.items()}


async def compare_cpu(url: str) -> dict[str, float]:
    """CPU of a call through the bare adapter, the router and the whole gateway, streamed and not."""
    from pydantic_ai.messages import InstructionPart, UserPromptPart
    from pydantic_ai.messages import ModelRequest as Message
    from pydantic_ai.models import ModelRequestParameters

    from fermata.domain.model import Tier
    from fermata.models.calls import Order
    from fermata.models.settings import ModelSettings

    request = make_request()
    messages = [Message(parts=[UserPromptPart(content=request.content)])]
    found = {}
    for name, stream in (("stream", True), ("whole", False)):
        gateway = build({"base_url": f"{url}/ok/v1", "stream": stream})
        lane = gateway.switchboard.lanes[0]
        await gateway.warm()
        adapter = await gateway.adapters.get(Order(lane, None, ModelSettings().get_deadlines(Tier.HIGH), 200))
        # The same words as the gateway sends: its own work is what is measured.
        parameters = ModelRequestParameters(instruction_parts=[InstructionPart(content=request.instructions)])
        settings = {"max_tokens": request.max_output_tokens}

        async def bare(adapter=adapter, stream=stream, settings=settings, parameters=parameters):
            if not stream:
                return await adapter.request(messages, settings, parameters)
            async with adapter.request_stream(messages, settings, parameters) as streamed:
                async for _ in streamed:
                    pass
                return streamed.get()

        async def ask(gateway=gateway):
            await gateway.ask(request)

        measured = await measure_cpu(bare=bare, gateway=ask)
        found |= {f"{way} {name}": value for way, value in measured.items()}
        await gateway.close()
    return found


async def measure_failover(url: str) -> list[float]:
    """Seconds from the end of a failed answer to the next target's request, as the server saw them."""
    request = make_request()
    gaps = []
    for fault in FAULTS:
        for _ in range(20):
            gateway = build({"base_url": f"{url}/{fault}/v1", "name": "bad"}, {"base_url": f"{url}/ok/v1"})
            await gateway.warm()
            take_hits(url)
            await gateway.ask(request)
            hits = take_hits(url)
            assert [hit[0] for hit in hits] == [fault, "ok"], hits
            gaps.append(hits[1][1] - hits[0][2])
            await gateway.close()
    return gaps


async def measure_hang(url: str) -> float:
    """Seconds beyond the deadline until a hanging target is given up."""
    over = []
    for _ in range(3):
        deadlines = {"high": {"first_byte_s": HANG_S}}
        gateway = build(
            {"base_url": f"{url}/hang/v1", "name": "bad"}, {"base_url": f"{url}/ok/v1"}, deadlines=deadlines
        )
        await gateway.warm()
        take_hits(url)
        request = make_request()
        await gateway.ask(request)
        hits = take_hits(url)
        over.append(hits[1][1] - hits[0][1] - HANG_S)
        await gateway.close()
    return statistics.median(over)


async def measure_losses(url: str) -> tuple[int, dict[str, int]]:
    """How many of 1,000 calls at fifty in flight answer, with one healthy target behind seven broken ones."""
    modes = (*FAULTS, "ok")
    gateway = build(
        *({"base_url": f"{url}/{mode}/v1", "name": mode} for mode in modes),
        pauses={"circuit_s": 0.2, "circuit_most_s": 1},
    )
    await gateway.warm()
    take_hits(url)
    gate = asyncio.Semaphore(IN_FLIGHT)
    request = make_request()

    async def one():
        async with gate:
            return await gateway.ask(request)

    results = await asyncio.gather(*(one() for _ in range(CALLS)), return_exceptions=True)
    hits = [hit[0] for hit in take_hits(url)]
    await gateway.close()
    return sum(not isinstance(result, BaseException) for result in results), {mode: hits.count(mode) for mode in modes}


async def grow(url: str) -> None:
    """Resident MiB with one provider after 1,000 calls, and what 3,000 more add. In a process that did nothing else."""
    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    book = Book()
    gateway = build({"base_url": f"{url}/ok/v1"}, book=book)
    await asyncio.to_thread(gateway.preload)
    request = make_request()
    found = []
    for calls in (1000, 3000):
        for _ in range(calls // IN_FLIGHT):
            await asyncio.gather(*(gateway.ask(request) for _ in range(IN_FLIGHT)))
            book.rows.clear()
        gc.collect()
        found.append(rss_mib(os.getpid()))
    await gateway.close()
    print(json.dumps([found[0], found[1] - found[0]]))


def measure_growth(url: str) -> tuple[float, float]:
    """What `grow` found."""
    done = subprocess.run([sys.executable, __file__, "--grow", url], capture_output=True, text=True, check=True)
    before, growth = json.loads(done.stdout.splitlines()[-1])
    return before, growth


def measure_import() -> tuple[float, float]:
    """CPU seconds and resident MiB of the gateway built and explained, with no provider imported."""
    code = (
        "import resource, sys\n"
        "from fermata.kit.clock import SystemClock\nfrom fermata.models.gateway import Gateway\n"
        "from fermata.models.settings import ModelSettings\nfrom fermata.domain.model import TaskKind\n"
        "s = ModelSettings.model_validate({'targets': [{'base_url': 'http://127.0.0.1:1'}]})\n"
        "g = Gateway(s, None, SystemClock())\n"
        "g.explain(TaskKind.DIAGNOSE)\nassert 'pydantic_ai' not in sys.modules\n"
        "u = resource.getrusage(resource.RUSAGE_SELF)\nprint(u.ru_utime + u.ru_stime, u.ru_maxrss / 1024)\n"
    )
    rows = [
        [float(part) for part in subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                                                 check=True).stdout.split()]
        for _ in range(5)
    ]  # fmt: skip
    return min(row[0] for row in rows), min(row[1] for row in rows)


def measure_litellm(url: str) -> dict[str, float] | None:
    """The same calls through litellm's Router, in an environment of its own."""
    python = os.environ.get("ROUTER_LITELLM_PYTHON")
    if not python:
        return None
    arguments = [url, str(CALLS), str(IN_FLIGHT), str(ROUNDS)]
    done = subprocess.run([python, "-c", LITELLM, *arguments], capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if not lines:
        sys.stderr.write(done.stderr[-2000:])
        return None
    return json.loads(lines[0].removeprefix("RESULT "))


def main() -> None:
    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    core_s, core_mib = measure_import()
    median, p99 = measure_decision()
    # As a process that serves does a little after its start.
    build({"base_url": "http://127.0.0.1:1"}).preload()
    with serving() as url:
        cpu = asyncio.run(compare_cpu(url))
        gaps = asyncio.run(measure_failover(url))
        over = asyncio.run(measure_hang(url))
        answered, hits = asyncio.run(measure_losses(url))
        rss, growth = measure_growth(url)
        other = measure_litellm(url)
    added = {name: cpu[f"gateway {name}"] - cpu[f"bare {name}"] for name in ("stream", "whole")}
    absent = "litellm: not measured (ROUTER_LITELLM_PYTHON)"
    share = {
        name: f"{cpu[f'gateway {name}'] / other[name]:.0%} of its {other[name]:.2f} ms" if other else absent
        for name in ("stream", "whole")
    }
    rows = [
        ("decision: choose, reserve, settle, row", "<= 25 us median, 100 us p99", f"{median:.1f} us, p99 {p99:.1f} us",
         "5 targets, a transport that does nothing"),
        ("CPU added to the bare adapter, streamed, 50 in flight, medians", "<= 0.4 ms", f"{added['stream']:.2f} ms",
         f"bare {cpu['bare stream']:.2f} ms, gateway {cpu['gateway stream']:.2f} ms"),
        ("the same, not streamed", "<= 0.4 ms", f"{added['whole']:.2f} ms",
         f"bare {cpu['bare whole']:.2f} ms, gateway {cpu['gateway whole']:.2f} ms"),
        ("whole call, streamed", "<= 60 % of litellm Router", f"{cpu['gateway stream']:.2f} ms", share["stream"]),
        ("whole call, not streamed", "<= 60 % of litellm Router", f"{cpu['gateway whole']:.2f} ms", share["whole"]),
        ("next target asked after a failure", "<= 20 ms", describe(gaps), f"{len(gaps)} failures, {len(FAULTS)} kinds"),
        ("hanging target given up", "deadline + 100 ms", f"deadline {over * 1000:+.0f} ms", f"deadline {HANG_S:g} s"),
        ("calls answered, one healthy target of eight", f"{CALLS} of {CALLS}", f"{answered} of {CALLS}",
         ", ".join(f"{mode} {count}" for mode, count in hits.items())),
        ("gateway built, no provider", "<= 200 ms CPU, <= 45 MB", f"{core_s * 1000:.0f} ms, {core_mib:.0f} MiB",
         f"litellm import {other['import'] * 1000:.0f} ms, {other['rss']:.0f} MiB" if other else absent),
        ("one provider in use", "<= 100 MB", f"{rss:.0f} MiB", f"{growth:+.1f} MiB after 3,000 more calls"),
    ]  # fmt: skip
    write_rows("router", "ROUTER_LITELLM_PYTHON=... .venv/bin/python bench/router.py", rows)


if __name__ == "__main__":
    if sys.argv[1:] == ["--serve"]:
        asyncio.run(serve())
    elif sys.argv[1:2] == ["--grow"]:
        asyncio.run(grow(sys.argv[2]))
    else:
        sys.path.insert(0, str(Path(__file__).parent))
        main()
