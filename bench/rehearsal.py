"""Rehearsals on real processes: is the fault gone whoever dies, is the prediction right, is the verdict.

    python bench/rehearsal.py [--trials 100] [--points 48] [--demos 7]

Undo: a runner injects 600 ms on the calls through a real proxy, with a lease of one second, and then the runner, or its
whole group, is killed with SIGKILL, the wire between it and the proxy is cut, or it is told to stop; the clock runs
until a call through the proxy is fast again. Prediction: a caller with a bounded pool and Poisson arrivals; exhausted
means that calls pile up faster than 5 % of the rate, and the prediction knows rate, pool and the latency measured
without the fault. Verdicts: `fermata chaos demo`, every second time with busy loops beside it, two for each core.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import secrets
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]
from harness import FERMATA, write_rows  # noqa: E402 - the path comes first
from pydantic import SecretStr  # noqa: E402 - as above

from fermata.cli.pool_demo.service import HERE as LOOPBACK  # noqa: E402 - as above
from fermata.integrations.faultproxy.client import ProxyClient  # noqa: E402 - as above
from fermata.integrations.faultproxy.settings import ProxySettings  # noqa: E402 - as above
from fermata.rules.weakness.formulas import Fit, compute_pool_use  # noqa: E402 - as above

LEASE_S = 1.0
AT_ONCE = 6
GROWS = 0.05
WAYS = ("runner killed", "all of its group killed", "wire cut", "told to stop")


async def start(stack, command):
    """Start a process that ends with the stack; return it."""
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, start_new_session=True
    )

    async def end():
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()

    stack.push_async_callback(end)
    return process


def role(name, **options):
    return [sys.executable, str(HERE / "rehearsal_roles.py"), name, json.dumps(options)]


async def read_line(process):
    return json.loads(await asyncio.wait_for(process.stdout.readline(), 30))


async def open_proxy(stack):
    """Start payment and a proxy before it; return the proxy's port, its control address and its token."""
    token = secrets.token_urlsafe(24)
    ports = ()
    for name in ("payment", "proxy"):
        command = [sys.executable, "-m", "fermata.cli.pool_demo.service", name, str(ports[0] if ports else 0)]
        process = await start(stack, command)
        process.stdin.write(f"{token}\n".encode())
        ports = tuple(int(word) for word in (await process.stdout.readline()).split())
    return ports[0], f"{LOOPBACK}:{ports[1]}", token


async def is_slow(port):
    """Ask once through the proxy; tell whether it felt the fault."""
    began = time.monotonic()
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    writer.write(b"GET /charge HTTP/1.1\r\nX-Fermata-Probe: bench\r\nConnection: close\r\n\r\n")
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(reader.read(), 0.5)
    writer.close()
    return time.monotonic() - began > 0.3


async def wait_until_fast(port, began, limit_s=30):
    """Return the seconds until the fault is gone: when the first fast call was answered."""
    while time.monotonic() - began < limit_s:
        if not await is_slow(port):
            return time.monotonic() - began
    return limit_s


async def try_undo(way, number, folder):
    """One trial; return the seconds until the fault was gone."""
    async with contextlib.AsyncExitStack() as stack:
        port, control, token = await open_proxy(stack)
        stop, cut = folder / f"stop{number}", folder / f"cut{number}"
        if way == "wire cut":
            wire = await start(stack, role("relay", to=control, cut=str(cut)))
            control = f"{LOOPBACK}:{(await read_line(wire))['port']}"
        beside = await start(stack, role("serve", spoilt=str(folder / "never")))
        runner = await start(
            stack,
            role(
                "run", id=f"exp-{number}", control=control, token=token, lease_s=LEASE_S, stop=str(stop),
                beside=f"http://{LOOPBACK}:{(await read_line(beside))['port']}/", hit=f"http://{LOOPBACK}:{port}/charge",
            ),
        )  # fmt: skip
        line = {}
        while line.get("phase") != "fault":
            line = await read_line(runner)
            if "verdict" in line:
                return None  # The machine was too busy for a steady baseline: nothing was injected, nothing is shown.
        await asyncio.sleep(0.5 + number % 7 / 7 * LEASE_S)
        if not await is_slow(port):
            raise SystemExit(f"trial {number}: the fault was not there")
        began = time.monotonic()
        if way == "runner killed":
            os.kill(runner.pid, signal.SIGKILL)
        elif way == "all of its group killed":
            os.killpg(runner.pid, signal.SIGKILL)
        else:
            (cut if way == "wire cut" else stop).touch()
        return await wait_until_fast(port, began)


async def try_abort(number, folder):
    """A journey beside the fault breaks; return the seconds until the fault was off."""
    async with contextlib.AsyncExitStack() as stack:
        port, control, token = await open_proxy(stack)
        spoilt = folder / f"spoilt{number}"
        beside = await start(stack, role("serve", spoilt=str(spoilt)))
        runner = await start(
            stack,
            role(
                "run", id=f"exp-{number}", control=control, token=token, lease_s=3.0, stop=str(folder / "never"),
                beside=f"http://{LOOPBACK}:{(await read_line(beside))['port']}/", hit=f"http://{LOOPBACK}:{port}/charge",
            ),
        )  # fmt: skip
        line = {}
        while line.get("phase") != "fault":
            line = await read_line(runner)
            if "verdict" in line:
                return None
        await asyncio.sleep(2.2 + number % 10 / 10)
        spoilt.touch()
        return await wait_until_fast(port, time.monotonic())


async def try_point(rate, pool, share):
    """Hold calls so long that the need is `share` of the pool; return what was predicted and what was measured."""
    async with contextlib.AsyncExitStack() as stack:
        port, control, token = await open_proxy(stack)
        client = ProxyClient(ProxySettings(edge="x", control=control, token=SecretStr(token)), 5)
        caller = await start(stack, role("call", port=port, rate=rate, pool=pool))
        before = await client.fetch_state()
        await asyncio.sleep(3)
        after = await client.fetch_state()
        calls = after["calls"] - before["calls"]
        today_ms = (after["call_seconds"] - before["call_seconds"]) / max(calls, 1) * 1000
        added_ms = max(10.0, pool / rate * 1000 * share - today_ms)
        spec = {"kind": "latency", "latency_ms": added_ms}
        await client.post("begin", {"experiment": "exp", "ttl_s": 300, "longest_s": 300, "fault": spec})
        use = compute_pool_use(rate, today_ms + added_ms, pool, measured_ms=today_ms)
        wait_s = (today_ms + added_ms) / 1000
        await asyncio.sleep(wait_s * 1.5 + 1)
        first = await client.fetch_state()
        counts = [json.loads(line) for line in await drain(caller)]
        began = time.monotonic()
        await asyncio.sleep(max(20.0 if 0.8 < share < 1.2 else 10.0, 4 * wait_s))
        last, took = await client.fetch_state(), time.monotonic() - began
        later = [json.loads(line) for line in await drain(caller)]
        # Those that wait come and go with each bunch: their mean over thirds of the time says whether they pile up.
        third = len(later) // 3
        ends = [statistics.mean(line["waiting"] for line in part) for part in (later[:third], later[-third:])]
        growth = (ends[1] - ends[0]) / (took * 2 / 3)
        in_flight = (last["call_seconds"] - first["call_seconds"]) / took
        arrived = (later[-1]["arrived"] - counts[-1]["arrived"]) / took
        as_arrived = compute_pool_use(arrived, today_ms + added_ms, pool)
        return {
            "share": use.need / pool,
            "share_as_arrived": as_arrived.need / pool,
            "predicted": use.fit is Fit.EXHAUSTED,
            "predicted_as_arrived": as_arrived.fit,
            "measured": growth > GROWS * rate,
            "in_flight": (min(use.need, pool), in_flight, min(arrived * wait_s, pool)),
        }


async def drain(process):
    """Return the whole lines that are there by now."""
    lines = []
    with contextlib.suppress(TimeoutError):
        while True:
            lines.append(await asyncio.wait_for(process.stdout.readline(), 0.3 if not lines else 0.02))
    return lines


async def gather(jobs):
    """Run jobs, a few at once, in order of their results."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(job):
        async with gate:
            return await job()

    return await asyncio.gather(*(one(job) for job in jobs))


def choose_points(count):
    """Rates, pools and shares of the pool: from an idle pool to four times one, without the margin."""
    shares = (0.3, 0.5, 0.7, 0.85, 1.15, 1.3, 2.0, 4.0)
    loads = ((8, 5), (15, 10), (25, 20), (40, 20), (30, 8), (12, 16))
    points = [(rate, pool, share) for rate, pool in loads for share in shares]
    return points[:count]


async def play_demos(count):
    """Run the demo; return (design, right verdict, verdict, noise, seconds) of each rehearsal."""
    found = []
    for number in range(count):
        async with contextlib.AsyncExitStack() as stack:
            is_noisy = number % 2 == 1
            for _ in range(2 * (os.cpu_count() or 1) if is_noisy else 0):
                await start(stack, [sys.executable, "-c", "while True: pass"])
            demo = await start(stack, [FERMATA, "chaos", "demo", "--json"])
            output, _ = await demo.communicate()
            for item in json.loads(output)["rehearsals"]:
                found.append((item["design"], item["known_to"], item["verdict"], is_noisy, item["seconds_from_start"]))
                print(*found[-1], file=sys.stderr, flush=True)
    return found


async def measure(options):
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.trials:
            jobs = [
                lambda way=WAYS[number % 4], number=number: try_undo(way, number, folder)
                for number in range(options.trials)
            ]
            times = await gather(jobs)
            for index, way in enumerate(WAYS):
                limit = 1.0 if way == "told to stop" else LEASE_S + 1
                took = [item for item in times[index::4] if item is not None]
                rows.append(tell_times(f"undo, {way}: fault gone", limit, took, len(times[index::4])))
            aborts = await gather([lambda number=number: try_abort(number, folder) for number in range(20)])
            took = [item for item in aborts if item is not None]
            rows.append(tell_times("abort: from the first bad answer beside the fault until it is off", 3.0, took, 20))
    if options.points:
        rows += tell_points(
            await gather([lambda point=point: try_point(*point) for point in choose_points(options.points)])
        )
    if options.demos:
        rows += tell_demos(await play_demos(options.demos))
    return rows


def tell_times(what, limit_s, took, asked):
    good = sum(item <= limit_s for item in took)
    skipped = f", {asked - len(took)} not injected (busy machine)" if len(took) < asked else ""
    return (
        what,
        f"<= {limit_s:g} s in all",
        f"{good} of {len(took)}; p50 {statistics.median(took):.2f} s, worst {max(took):.2f} s{skipped}",
        f"lease {LEASE_S:g} s" if "undo" in what else "two whole seconds must be bad",
    )


def tell_points(points):
    # Poisson arrivals of 8 a second over ten seconds vary by a tenth: the law speaks of the rate that there was.
    clear = [point for point in points if point["predicted_as_arrived"] is not Fit.MARGINAL]
    right = [(point["predicted_as_arrived"] is Fit.EXHAUSTED) == point["measured"] for point in clear]
    nominal = sum(point["predicted"] == point["measured"] for point in points)
    near = [is_right for point, is_right in zip(clear, right, strict=True) if 0.8 < point["share"] < 1.2]
    errors = [abs(point["in_flight"][1] / point["in_flight"][0] - 1) for point in points]
    law = [abs(point["in_flight"][1] / point["in_flight"][2] - 1) for point in points]
    for point in points:
        if point["predicted"] != point["measured"]:
            print("not by the nominal rate:", point, file=sys.stderr)
    return [
        (
            f"pool exhaustion called right, {len(points)} points outside need/pool 0.9..1.1",
            ">= 95 %",
            f"{sum(right)} of {len(right)} by the rate as it arrived ({len(points) - len(clear)} fell into the margin)",
            f"by the nominal rate {nominal} of {len(points)}; always 'exhausted': {sum(p['measured'] for p in points)}",
        ),
        (
            "break-point latency: right at 0.85 and at 1.15 of it, so within 15 %",
            ">= 95 %",
            f"{sum(near)} of {len(near)}",
            "",
        ),
        (
            "calls in flight against rate x latency (capped at the pool)",
            "within 10 %",
            f"by the rate as it arrived: median {statistics.median(law):.1%}, worst {max(law):.1%}",
            f"by the nominal rate: median {statistics.median(errors):.1%}, worst {max(errors):.1%}",
        ),
    ]


def tell_demos(found):
    rows = []
    for is_noisy in (False, True):
        ours = [item for item in found if item[3] is is_noisy]
        right = sum(item[1] == item[2] for item in ours)
        open_ones = sum(item[2] == "inconclusive" for item in ours)
        first = max((item[4] for item in ours if item[0] == "naive"), default=0.0)
        whole = max((item[4] for item in ours), default=0.0)
        rows.append(
            (
                f"verdicts of three known designs, {'two busy loops a core' if is_noisy else 'nothing beside it'}",
                "none wrong" if is_noisy else ">= 19 of 20, none wrong",
                f"right {right} of {len(ours)}, inconclusive {open_ones}, wrong {len(ours) - right - open_ones}",
                f"first verdict after {first:.0f} s at worst, all three after {whole:.0f} s",
            )
        )
    return rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--points", type=int, default=48)
    parser.add_argument("--demos", type=int, default=7)
    rows = asyncio.run(measure(parser.parse_args()))
    write_rows("rehearsal", "python bench/rehearsal.py", rows)


if __name__ == "__main__":
    main()
