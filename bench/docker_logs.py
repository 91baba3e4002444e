"""A container's log of 100 MB through the Engine API: memory and processor time of the reader.

    python bench/docker_logs.py

Needs root, dockerd and a static busybox (`fermata.testing.docker`); without them it says so and measures nothing. The
reader is a process of its own: once the collector as it is configured by default (the engine sends the end of the
log), once the same code asked for every line (the engine sends all 100 MB).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

from harness import write_rows

from fermata.domain.entity import Entity
from fermata.testing.docker import DockerRig, find_busybox, find_obstacle

LOG_BYTES = 100 * 1000 * 1000
# A common line: time, level, request id, path, duration. busybox repeats it until the log is full.
LINE = (
    "2026-11-25T20:00:00.000Z INFO request id=7f3a90c2 method=GET path=/products/1234 status=200 "
    "duration_ms=12 bytes=5120"
)
NAME = "checkout"
LARGEST_MB, LONGEST_CPU_S = 100, 10


async def collect(url: str) -> dict[str, float]:
    """Collect as an investigation does, with the default settings."""
    from fermata.integrations.docker.system import Docker, DockerSettings
    from fermata.kit.clock import SystemClock
    from fermata.testing.records import make_scope

    collectors = Docker(DockerSettings(socket=url), SystemClock()).list_collectors()
    logs = next(collector for collector in collectors if collector.name == "docker.logs")
    began = time.monotonic()
    evidence = await logs.collect(make_scope(f"service/{NAME}", at=datetime.now(UTC) + timedelta(minutes=1)))
    return {"wall_s": time.monotonic() - began, "lines": len(evidence[0].lines), "seen": len(evidence[0].lines)}


async def read_all(url: str) -> dict[str, float]:
    """Read every line with the collector's own reader, and keep as much as it keeps by default."""
    from fermata.integrations.docker.client import EngineClient
    from fermata.integrations.docker.collect_logs import read_tails
    from fermata.integrations.docker.site import Site
    from fermata.kit.clock import SystemClock

    client = EngineClient(url, timeout_s=120)
    site = Site(client, SystemClock())
    began = time.monotonic()
    async with client.connect() as session:
        target = await site.fetch_target(session, Entity.parse(f"docker:container/{NAME}"))
        tail = (await read_tails(session, target, lines=0, size_bytes=256 * 1024, since_s=0))["stdout"]
    return {"wall_s": time.monotonic() - began, "lines": len(tail.lines), "seen": tail.seen}


def measure(way: str, url: str) -> dict[str, float]:
    """Run one way in a process of its own; return its figures."""
    done = subprocess.run(
        [sys.executable, __file__, "--reader", way, "--url", url], check=True, capture_output=True, text=True
    )
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def report(way: str, url: str) -> None:
    """Be the reader: do it once, and write down what this process used."""
    figures = asyncio.run(collect(url) if way == "tail" else read_all(url))
    used = resource.getrusage(resource.RUSAGE_SELF)
    figures |= {"rss_mb": used.ru_maxrss * 1024 / 1e6, "cpu_s": used.ru_utime + used.ru_stime}
    sys.stdout.write(json.dumps(figures))


def write_log(rig: DockerRig) -> None:
    """Have a container write the log, and wait until the engine has it all."""
    count = LOG_BYTES // (len(LINE) + 1)
    script = f"yes '{LINE}' | head -n {count}; echo end of the log; sleep 3600"
    rig.import_image("bench/log:1", {})
    rig.run(NAME, "bench/log:1", Cmd=["/bin/sh", "-c", script], HostConfig={"NetworkMode": "none"})
    while b"end of the log" not in rig.call("GET", f"/containers/{NAME}/logs?stdout=1&tail=1"):
        time.sleep(0.2)


def main() -> None:
    """Start an engine, write the log, and print what reading it takes."""
    obstacle = find_obstacle() or ("no static busybox" if find_busybox() is None else None)
    if obstacle:
        sys.stdout.write(f"not measured: {obstacle}\n")
        return
    rig = DockerRig()
    rig.start()
    try:
        write_log(rig)
        ways = {"tail": "the collector, as configured by default", "all": "every line, by the collector's reader"}
        measured = {words: measure(way, rig.url) for way, words in ways.items()}
    finally:
        rig.close()
    rows = []
    for words, figures in measured.items():
        told = f"{figures['seen']:,.0f} lines came, {figures['lines']:,.0f} kept, {figures['wall_s']:.1f} s"
        what = f"100 MB container log, {words}"
        rows.append((f"{what}: peak RSS", f"<= {LARGEST_MB} MB", f"{figures['rss_mb']:.0f} MB", told))
        rows.append((f"{what}: CPU", f"<= {LONGEST_CPU_S} s", f"{figures['cpu_s']:.1f} s", told))
    write_rows("docker_logs", "python bench/docker_logs.py", rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--reader", choices=("tail", "all"))
    parser.add_argument("--url", default="")
    chosen = parser.parse_args()
    report(chosen.reader, chosen.url) if chosen.reader else main()
