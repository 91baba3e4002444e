"""What the benchmarks share: a served Fermata of its own, webhook bodies, and how figures are taken and written."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
FERMATA = ROOT / ".venv" / "bin" / "fermata"
TOKEN = "bench"
_TICKS = os.sysconf("SC_CLK_TCK")

SETTINGS = """\
state_dir: state
server: {{port: {port}, alert_token: env:BENCH_TOKEN}}
log: {{level: error}}
people: [{{id: dana, name: Dana, roles: [oncall], handles: {{console: {user}}}}}]
limits: {{investigations_per_hour: 100000}}
{extra}
systems: {{alertmanager: {{}}{systems}}}
"""


@dataclass(frozen=True)
class Served:
    """A running `fermata up`."""

    url: str
    pid: int
    root: Path
    ready_s: float
    """Wall seconds from the process's start until `/readyz` answered 200."""

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.root / "state" / "fermata.db"


def environment() -> dict[str, str]:
    """The environment of a served Fermata.

    As an installation has it, whose modules are compiled: a shell that keeps Python from writing them down would have
    each start compile all of Fermata's again, which is 0.7 s of CPU and some megabytes.
    """
    return {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | {
        "BENCH_TOKEN": TOKEN
    }


@contextlib.contextmanager
def serve(*, extra: str = "", systems: str = "", root: Path | None = None) -> Iterator[Served]:
    """Run `fermata up` on a directory of its own until the block ends."""
    with tempfile.TemporaryDirectory(prefix="fermata-bench-") as temporary:
        base = root or Path(temporary)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
        (base / "fermata.yaml").write_text(SETTINGS.format(port=port, user=user, extra=extra, systems=systems))
        began = time.monotonic()
        process = subprocess.Popen(
            [FERMATA, "-c", base / "fermata.yaml", "up"],
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        try:
            _wait_ready(port, process)
            yield Served(f"http://127.0.0.1:{port}", process.pid, base, time.monotonic() - began)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def _wait_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    import httpx2

    while True:
        with contextlib.suppress(httpx2.TransportError):
            if httpx2.get(f"http://127.0.0.1:{port}/readyz", timeout=2).status_code == 200:
                return
        if process.poll() is not None:
            raise SystemExit(f"fermata up ended: {process.stderr.read().decode() if process.stderr else ''}")
        time.sleep(0.02)


def alert(
    name: str, labels: dict[str, str], *, starts_at: datetime | None = None, status: str = "firing"
) -> dict[str, Any]:
    """One alert as Alertmanager writes it."""
    full = {"alertname": name, "severity": "critical", **labels}
    started = starts_at or datetime.now(UTC)
    ended = "0001-01-01T00:00:00Z" if status == "firing" else (started + timedelta(minutes=5)).isoformat()
    return {
        "status": status,
        "labels": full,
        "annotations": {"summary": f"{name} on {labels.get('service', 'a service')}"},
        "startsAt": started.isoformat(),
        "endsAt": ended,
        "generatorURL": "http://prometheus.example/graph",
        "fingerprint": hashlib.sha256(json.dumps(full, sort_keys=True).encode()).hexdigest()[:16],
    }


def body(alerts: Sequence[dict[str, Any]], key: str = "{}:{}") -> bytes:
    """A webhook body as Alertmanager writes it."""
    return json.dumps(
        {
            "receiver": "fermata",
            "status": "firing",
            "alerts": alerts,
            "groupLabels": {},
            "commonLabels": {},
            "commonAnnotations": {},
            "externalURL": "http://alertmanager.example",
            "version": "4",
            "groupKey": key,
            "truncatedAlerts": 0,
        }
    ).encode()


def headers() -> dict[str, str]:
    """The headers of an authentic webhook."""
    return {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}


def rss_mib(pid: int) -> float:
    """Resident memory of a process now."""
    match = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(match[1]) / 1024 if match else 0.0


def cpu_s(pid: int) -> float:
    """User and system seconds a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which that share lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def describe(values: Sequence[float], unit: str = "ms", scale: float = 1000) -> str:
    """Median, p99 and maximum, for a table."""
    return (
        f"p50 {statistics.median(values) * scale:.1f} {unit}, p99 {percentile(values, 0.99) * scale:.1f} {unit}, "
        f"max {max(values) * scale:.1f} {unit}"
    )


def write_rows(name: str, command: str, rows: Sequence[tuple[str, str, str, str]]) -> None:
    """Print a table and keep it in `bench/results/<name>.md`, which `bench/report.py` puts together.

    Args:
        rows: (what, goal, measured, beside it: baseline or limit in the same run).
    """
    lines = [
        f"## {name}",
        "",
        f"`{command}`",
        "",
        "| what | goal | measured | beside it, same run |",
        "|---|---|---|---|",
    ]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    text = "\n".join(lines) + "\n"
    target = Path(__file__).parent / "results"
    target.mkdir(exist_ok=True)
    (target / f"{name}.md").write_text(text)
    sys.stdout.write(text)
