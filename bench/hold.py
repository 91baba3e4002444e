"""Ten thousand plans that wait for a person: what they cost, and how soon a click becomes an execution.

The peer in the same run is the engine's own way to wait: workflows parked on `recv` (a smaller number, scaled), since
that is what the hold as a row replaces.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from harness import cpu_s, describe, percentile, rss_mib, write_rows

OPEN = 10_000
CLICKS = 200
PARKED = 500
IDLE_S = 10

PARKED_PROGRAM = textwrap.dedent(
    """
    import asyncio, sys, time
    from dbos import DBOS, DBOSConfig, SetWorkflowID
    import sqlalchemy as sa
    engine = sa.create_engine(f"sqlite:///{sys.argv[1]}/parked.db")
    @sa.event.listens_for(engine, "connect")
    def _prepare(connection, _):
        connection.execute("pragma journal_mode=wal"); connection.execute("pragma synchronous=full")
        connection.execute("pragma busy_timeout=30000")
    DBOS(config={"name": "parked", "system_database_engine": engine, "application_version": "1", "log_level": "ERROR",
                 "max_executor_threads": 32})
    @DBOS.workflow()
    async def wait(): return await DBOS.recv_async("go", timeout_seconds=86400)
    DBOS.launch()
    def rss():
        return int(next(l for l in open("/proc/self/status") if l.startswith("VmRSS")).split()[1]) / 1024
    async def main():
        before = rss()
        for n in range(int(sys.argv[2])):
            with SetWorkflowID(f"w{n}"): await DBOS.start_workflow_async(wait)
        await asyncio.sleep(2)
        cpu, began = time.process_time(), time.monotonic()
        await asyncio.sleep(5)
        print((rss() - before), (time.process_time() - cpu) / (time.monotonic() - began) * 100, flush=True)
    asyncio.run(main())
    import os; os._exit(0)
    """
)


def measure_parked(root: Path) -> tuple[float, float]:
    """MiB and CPU percent of `PARKED` workflows that wait on `recv`."""
    ran = subprocess.run(
        [sys.executable, "-c", PARKED_PROGRAM, root, str(PARKED)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    if ran.returncode != 0:
        raise SystemExit(ran.stderr[-2000:])
    memory, cpu = ran.stdout.split()[-2:]
    return float(memory), float(cpu)


def seed(root: Path, count: int) -> list[tuple[str, str, str]]:
    """Fill a store with incidents that hold a plan each; (proposal, digest, workload) of those to be clicked."""
    from scenery import build_held

    from fermata.domain.evidence import Gathering
    from fermata.kit.clock import SystemClock
    from fermata.store.connect import open_store

    store = open_store(f"sqlite:///{root}/state/fermata.db")
    wanted, now = [], SystemClock().now()
    for start in range(0, count, 500):
        with store.begin() as transaction:
            for number in range(start, min(start + 500, count)):
                held = build_held(f"svc{number}", now)
                transaction.alerts.record(held.alert)
                transaction.incidents.save(held.incident)
                gathering = Gathering(evidence=(held.evidence,), gaps=(), took=timedelta(0))
                transaction.findings.add_gathering(held.incident.id, gathering)
                transaction.proposals.open(held.plan, held.proposal)
                if number % (max(count, CLICKS) // CLICKS) == 0:
                    wanted.append((held.proposal.id, held.proposal.plan_digest, f"svc{number}"))
    store.close()
    return wanted


async def measure(root: Path, wanted: list[tuple[str, str, str]]) -> dict[str, object]:
    """Serve the store in this process; idle cost first, then one click after another until its intent is written."""
    from scenery import open_rehearsal

    from fermata.domain.ids import ProposalId
    from fermata.domain.proposal import Ruling

    house = open_rehearsal(root)
    house.start()
    await asyncio.sleep(2)
    memory = rss_mib(os.getpid())
    busy, began = cpu_s(os.getpid()), time.monotonic()
    await asyncio.sleep(IDLE_S)
    idle = (cpu_s(os.getpid()) - busy) / (time.monotonic() - began) * 100
    latencies = []
    for proposal_id, digest, _ in wanted:
        clicked = datetime.now(UTC)
        answer = await house.decisions.decide(
            ProposalId(proposal_id), Ruling.APPROVE, channel="console", handle="dana", shown_digest=digest
        )
        if not answer.execution_enqueued:
            raise SystemExit(answer.text)
        await asyncio.sleep(0.25)
        latencies.append(clicked.isoformat())
    await asyncio.sleep(3)
    await house.close()
    return {"memory": memory, "idle": idle, "clicks": latencies}


def read_starts(database: Path, clicks: list[datetime], wanted: list[tuple[str, str, str]]) -> list[float]:
    """Seconds from each click to the journal's `action.intended` of its plan."""
    connection = sqlite3.connect(database)
    intended = {}
    for at, event in connection.execute("select at, event from journal where kind = 'action.intended'"):
        intended[json.loads(event)["data"]["target"].rsplit("/", 1)[1]] = datetime.fromisoformat(at)
    return [
        (intended[name] - click).total_seconds()
        for click, (_, _, name) in zip(clicks, wanted, strict=True)
        if name in intended
    ]


def run_child(count: int) -> None:
    """Measure one number of open proposals in a process of its own, and print JSON."""
    with tempfile.TemporaryDirectory(prefix="fermata-bench-") as temporary:
        root = Path(temporary)
        (root / "state").mkdir()
        wanted = seed(root, count) if count else []
        subprocess_measure = subprocess.run(
            [sys.executable, __file__, "--serve", str(root), json.dumps(wanted)],
            capture_output=True,
            text=True,
            check=False,
        )
        if subprocess_measure.returncode != 0:
            raise SystemExit(subprocess_measure.stderr[-3000:])
        found = json.loads(subprocess_measure.stdout.splitlines()[-1])
        clicks = [datetime.fromisoformat(item) for item in found.pop("clicks")]
        found["starts"] = read_starts(root / "state" / "fermata.db", clicks, wanted)
        found["disk"] = (root / "state" / "fermata.db").stat().st_size / 1024**2
        print(json.dumps(found))


def main() -> None:
    """Measure none and many, and write the table."""
    results = {}
    for count in (0, OPEN):
        ran = subprocess.run(
            [sys.executable, __file__, "--child", str(count)], capture_output=True, text=True, check=False
        )
        if ran.returncode != 0:
            raise SystemExit(ran.stderr[-3000:])
        results[count] = json.loads(ran.stdout.splitlines()[-1])
    with tempfile.TemporaryDirectory() as temporary:
        parked_memory, parked_cpu = measure_parked(Path(temporary))
    none, many = results[0], results[OPEN]
    starts = many["starts"]
    added = many["memory"] - none["memory"]
    p50, p99 = statistics.median(starts), percentile(starts, 0.99)
    scaled = parked_memory * OPEN / PARKED
    rows = [
        (
            f"click -> intent written, {OPEN:,} open proposals, {len(starts)} clicks",
            "p50 <= 150 ms, p99 <= 1 s",
            describe(starts),
            "queue poll 100 ms: 50 ms of it on average",
        ),
        (
            f"memory of {OPEN:,} open proposals",
            "<= 10 MB",
            f"{added:+.1f} MiB ({many['memory']:.0f} against {none['memory']:.0f})",
            f"{PARKED} workflows parked on recv: {parked_memory:+.1f} MiB; {OPEN:,} would be about {scaled:.0f}",
        ),
        (
            f"CPU of {OPEN:,} open proposals, idle {IDLE_S} s",
            "<= 1 %",
            f"{many['idle'] - none['idle']:+.1f} points ({many['idle']:.1f} % against {none['idle']:.1f} %)",
            f"{PARKED} parked: {parked_cpu:.1f} %",
        ),
    ]
    write_rows("hold", "python bench/hold.py", rows)
    sys.exit(0 if p50 <= 0.15 and p99 <= 1 and added <= 10 else 1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--child", type=int)
    parser.add_argument("--serve", nargs=2)
    arguments = parser.parse_args()
    if arguments.serve:
        outcome = asyncio.run(measure(Path(arguments.serve[0]), json.loads(arguments.serve[1])))
        print(json.dumps(outcome))
    elif arguments.child is not None:
        run_child(arguments.child)
    else:
        main()
