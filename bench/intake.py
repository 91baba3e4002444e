"""Intake over real HTTP: one large webhook, a storm of three causes, and a sustained stream.

Beside it stands what the disk allows: bare SQLite commits (WAL, synchronous=FULL) in the same directory and run.
"""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx2
from harness import alert, body, describe, headers, serve, write_rows

SUSTAINED_S = 10
SENDERS = 8


def measure_disk(root: Path, seconds: float = 3.0) -> float:
    """Commits a second of bare SQLite, one row each: the limit of one-commit-per-webhook."""
    connection = sqlite3.connect(root / "disk.db", isolation_level=None)
    connection.execute("pragma journal_mode=wal")
    connection.execute("pragma synchronous=full")
    connection.execute("create table t (a)")
    count, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        connection.execute("insert into t values (?)", (b"x" * 1024,))
        count += 1
    connection.close()
    return count / seconds


def make_storm() -> tuple[list[dict[str, object]], dict[str, str]]:
    """A thousand alerts of three causes in random order; fingerprint -> cause."""
    causes = {
        "checkout": ("CheckoutDown", "CheckoutLatency", "CheckoutErrors"),
        "search": ("SearchDown", "SearchQueue"),
        "mailer": ("MailerBacklog", "MailerDown", "MailerRetries", "MailerErrors"),
    }
    alerts, truth = [], {}
    now = datetime.now(UTC)
    for number in range(1000):
        service = list(causes)[number % 3]
        name = causes[service][number % len(causes[service])]
        labels = {
            "service": service,
            "namespace": "shop",
            "cluster": "prod",
            "pod": f"{service}-7c9d8b6f54-{number:05x}",
        }
        item = alert(name, labels, starts_at=now)
        truth[str(item["fingerprint"])] = service
        alerts.append(item)
    random.Random(7).shuffle(alerts)
    return alerts, truth


async def post(client: httpx2.AsyncClient, url: str, payload: bytes) -> float:
    """Post one webhook; seconds until the 202."""
    began = time.monotonic()
    answer = await client.post(f"{url}/v1/alerts/alertmanager", content=payload, headers=headers(), timeout=60)
    if answer.status_code != 202:
        raise SystemExit(f"{answer.status_code}: {answer.text}")
    return time.monotonic() - began


async def large_webhook(url: str) -> float:
    """Two hundred alerts of ten services in one body."""
    alerts = [
        alert("PodDown", {"service": f"svc{n % 10}", "namespace": "big", "cluster": "prod", "pod": f"svc{n % 10}-{n}"})
        for n in range(200)
    ]
    async with httpx2.AsyncClient() as client:
        return await post(client, url, body(alerts))


async def storm(url: str, database: Path) -> tuple[float, dict[str, int]]:
    """Send the storm in ten webhooks at once, and read what became of it from the rows."""
    alerts, truth = make_storm()
    began = time.monotonic()
    async with httpx2.AsyncClient() as client:
        await asyncio.gather(*(post(client, url, body(alerts[n::10], f"g{n}")) for n in range(10)))
    took = time.monotonic() - began
    await asyncio.sleep(3)
    return took, judge_storm(database, truth)


def judge_storm(database: Path, truth: dict[str, str]) -> dict[str, int]:
    """Count incidents, mixed incidents, unexplained alerts and investigations of the storm."""
    connection = sqlite3.connect(database)
    fingerprints = dict(connection.execute("select id, fingerprint from alerts"))
    incidents = [json.loads(row[0]) for row in connection.execute("select record from incidents")]
    ours = [item for item in incidents if any(fingerprints.get(a) in truth for a in item["alert_ids"])]
    mixed = sum(len({truth.get(fingerprints[a]) for a in item["alert_ids"]}) > 1 for item in ours)
    reasons = {merge["alert_id"] for item in ours for merge in item["merges"] if merge["text"]}
    ids = {item["id"] for item in ours}
    started = connection.execute("select incident_id from journal where kind = 'investigation.enqueued'")
    return {
        "incidents": len(ours),
        "mixed": mixed,
        "alerts": sum(len(item["alert_ids"]) for item in ours),
        "explained": len(reasons),
        "investigations": sum(row[0] in ids for row in started),
    }


async def sustained(url: str, batch: int) -> tuple[float, list[float]]:
    """Eight senders, one small webhook after another: webhooks a second and latencies."""
    latencies: list[float] = []
    end = time.monotonic() + SUSTAINED_S

    async def send(sender: int) -> None:
        async with httpx2.AsyncClient() as client:
            number = 0
            while time.monotonic() < end:
                service = f"s{sender}-{number % 5}"
                alerts = [
                    alert("Flood", {"service": service, "namespace": f"n{sender}", "instance": f"{number}-{n}"})
                    for n in range(batch)
                ]
                latencies.append(await post(client, url, body(alerts)))
                number += 1

    await asyncio.gather(*(send(sender) for sender in range(SENDERS)))
    return len(latencies) / SUSTAINED_S, latencies


def main() -> None:
    """Measure and write the table."""
    with serve() as served:
        disk = measure_disk(served.root)
        large = asyncio.run(large_webhook(served.url))
        took, result = asyncio.run(storm(served.url, served.database))
    with serve() as served:
        rate, latencies = asyncio.run(sustained(served.url, 1))
        disk = min(disk, measure_disk(served.root))
    right = result["incidents"] == 3 and result["mixed"] == 0 and result["investigations"] == 3
    incidents = f"{result['incidents']} incidents ({result['mixed']} mixed), {result['investigations']} investigations"
    explained = f"{result['explained']} of {result['alerts']} explained; all accepted in {took:.2f} s"
    write_rows(
        "intake",
        "python bench/intake.py",
        [
            ("200 alerts in one webhook, until the 202", "<= 1 s", f"{large:.2f} s", "1 commit"),
            (
                "storm: 1,000 alerts of 3 causes in 10 webhooks at once",
                "3 incidents, 3 investigations, each merge explained",
                f"{incidents}, {explained}",
                "without grouping: 1,000 incidents",
            ),
            (
                f"sustained, {SENDERS} senders, 1 alert each, SQLite FULL",
                ">= 50 webhooks/s",
                f"{rate:.0f} webhooks/s; {describe(latencies)}",
                f"bare SQLite WAL FULL: {disk:.0f} commits/s",
            ),
        ],
    )
    sys.exit(0 if right and large <= 1 and rate >= 50 else 1)


if __name__ == "__main__":
    main()
