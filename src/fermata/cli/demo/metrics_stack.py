"""Real Prometheus and Alertmanager over the shop, when the machine has them.

Three alerts watch checkout from outside, by the load generator's counters, because a dead service counts nothing:
`CheckoutDown` (no answer), `CheckoutErrors` (answers with errors) and `CheckoutSlow` (answers late). `alert_watch`
evaluates the same conditions where there is no Prometheus, and takes its limits from here.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx2

from fermata.cli.demo.processes import end_processes, spawn
from fermata.kit.errors import OperationalError

TOKEN_FILE = "webhook-token"  # noqa: S105 - a file name
"""Holds the bearer token for Alertmanager, readable by this user only; deleted when the stage ends."""
WINDOW_S = 4
"""Length of the rates. Four scrapes: short enough to clear soon after a fix, long enough to survive a late scrape."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One alert over checkout: fires when `ratio` of all requests stays above `limit` for a second."""

    name: str
    ratio: str
    """Which share is meant: `unanswered`, `failed` (answered with an error) or `slow` (whatever the answer)."""
    limit: float
    """Reached after about a second of trouble. A restart loses some 0.3 s of requests, a tenth of the window."""
    summary: str
    description: str

    @property
    def labels(self) -> dict[str, str]:
        """The alert's labels apart from its name."""
        return {"service": "checkout", "severity": "critical"}


RULES = (
    Rule(
        "CheckoutDown",
        "unanswered",
        0.3,
        "checkout does not answer",
        f"Three of ten requests to checkout or more got no answer at all within {WINDOW_S} s.",
    ),
    Rule(
        "CheckoutErrors",
        "failed",
        0.15,
        "checkout answers with errors",
        f"More than 15% of the requests to checkout were answered with an error within {WINDOW_S} s.",
    ),
    Rule(
        "CheckoutSlow",
        "slow",
        0.5,
        "checkout answers slowly",
        f"Half of the requests to checkout or more took longer than 0.5 s within {WINDOW_S} s.",
    ),
)
FOR_S = 1
"""How long a condition must hold before its alert fires."""

_RATE = f'sum(rate({{}}{{{{target="checkout"{{}}}}}}[{WINDOW_S}s]))'
_TOTAL = _RATE.format("shop_requests_total", "")
_ERRORS = _RATE.format("shop_requests_total", ',outcome="error"')
_UNANSWERED = _RATE.format("shop_requests_unanswered_total", "")
_SLOW = _RATE.format("shop_requests_slow_total", "")
_RATIOS = {
    "unanswered": f"{_UNANSWERED} / {_TOTAL}",
    "failed": f"({_ERRORS} - {_UNANSWERED}) / {_TOTAL}",
    "slow": f"{_SLOW} / {_TOTAL}",
}


@dataclass(frozen=True, slots=True)
class Programs:
    """Where the two servers are installed."""

    prometheus: str
    alertmanager: str


def find_programs() -> Programs | None:
    """Return both servers from PATH, or `None` when either is missing. Debian prefixes Alertmanager's name."""
    prometheus = shutil.which("prometheus")
    alertmanager = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    return Programs(prometheus, alertmanager) if prometheus and alertmanager else None


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who is told: the webhook and its bearer token."""

    url: str
    token: str


class MetricsStack:
    """Prometheus and Alertmanager, started and waited for.

    Args:
        root: The stage's root; configuration, storage and logs go below it.
        ports: `PROMETHEUS_PORT` and `ALERTMANAGER_PORT`, and `<PROGRAM>_PORT` of each program to scrape.
        env: Environment for both.
        started: The stage's processes; both servers are added to it as soon as they run, for the stage to end.
    """

    def __init__(
        self, root: Path, ports: Mapping[str, int], env: Mapping[str, str], started: list[subprocess.Popen[bytes]]
    ) -> None:
        self.root = root
        self.ports = ports
        self.env = env
        self._started = started
        self._servers: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def prometheus_url(self) -> str:
        """Base address of Prometheus, without a slash at the end."""
        return f"http://127.0.0.1:{self.ports['PROMETHEUS_PORT']}"

    @property
    def alertmanager_url(self) -> str:
        """Base address of Alertmanager, without a slash at the end."""
        return f"http://127.0.0.1:{self.ports['ALERTMANAGER_PORT']}"

    def spawn(self, programs: Programs, receiver: Receiver, targets: Mapping[str, int]) -> None:
        """Write the configuration and start both servers.

        Args:
            targets: Port by job name, each scraped every second.
        """
        folder = self.root / "metrics"
        folder.mkdir()
        token = folder / TOKEN_FILE
        token.touch(mode=0o600)
        token.write_text(receiver.token)
        config = folder / "prometheus.yml"
        config.write_text(json.dumps(self._configure_prometheus(targets), indent=1))
        (folder / "rules.yml").write_text(json.dumps(_configure_rules(), indent=1))
        routes = folder / "alertmanager.yml"
        routes.write_text(json.dumps(_configure_alertmanager(receiver, token), indent=1))
        self._spawn(
            "prometheus",
            programs.prometheus,
            f"--config.file={config}",
            f"--storage.tsdb.path={folder / 'prometheus-data'}",
            f"--web.listen-address=127.0.0.1:{self.ports['PROMETHEUS_PORT']}",
        )
        self._spawn(
            "alertmanager",
            programs.alertmanager,
            f"--config.file={routes}",
            f"--storage.path={folder / 'alertmanager-data'}",
            f"--web.listen-address=127.0.0.1:{self.ports['ALERTMANAGER_PORT']}",
            # Without this it joins a cluster and listens on every address.
            "--cluster.listen-address=",
        )

    async def wait(self, timeout_s: float = 15.0) -> str:
        """Wait until both are ready; return their names and versions.

        Raises:
            OperationalError: One ended, or was not ready in time; its last words are in the message.
        """
        deadline = time.monotonic() + timeout_s
        urls = {"prometheus": self.prometheus_url, "alertmanager": self.alertmanager_url}
        async with httpx2.AsyncClient(trust_env=False, timeout=1.0) as client:
            for name, url in urls.items():
                while not await _is_ready(client, url):
                    if self._servers[name].poll() is not None or time.monotonic() > deadline:
                        raise self._describe_failure(name)
                    await asyncio.sleep(0.05)
            build = (await client.get(f"{self.prometheus_url}/api/v1/status/buildinfo")).json()["data"]["version"]
            status = (await client.get(f"{self.alertmanager_url}/api/v2/status")).json()["versionInfo"]["version"]
        return f"Prometheus {_shorten(build)} + Alertmanager {_shorten(status)}"

    async def wait_until_watching(self, jobs: Sequence[str], timeout_s: float = 15.0) -> None:
        """Wait until Prometheus has scraped every job and knows its Alertmanager.

        Raises:
            OperationalError: It did not in time.
        """
        deadline = time.monotonic() + timeout_s
        async with httpx2.AsyncClient(base_url=self.prometheus_url, trust_env=False, timeout=2.0) as client:
            while True:
                up = (await client.get("/api/v1/query", params={"query": "up == 1"})).json()["data"]["result"]
                known = (await client.get("/api/v1/alertmanagers")).json()["data"]["activeAlertmanagers"]
                if known and set(jobs) <= {series["metric"]["job"] for series in up}:
                    return
                if time.monotonic() > deadline:
                    raise OperationalError(
                        "Prometheus does not scrape the shop",
                        why=f"Only {len(up)} of {len(jobs)} programs were up within {timeout_s:g} s",
                        do=f"Look at {self.root / 'logs'}",
                    )
                await asyncio.sleep(0.1)

    def end(self) -> None:
        """End both servers. Idempotent; the stage ends them too."""
        end_processes(list(self._servers.values()))

    def _spawn(self, name: str, program: str, *arguments: str) -> None:
        log = self.root / "logs" / f"{name}.log"
        self._servers[name] = spawn([program, *arguments], log=log, cwd=self.root, env=self.env)
        self._started.append(self._servers[name])

    def _describe_failure(self, name: str) -> OperationalError:
        log = self.root / "logs" / f"{name}.log"
        code = self._servers[name].poll()
        ended = f"It ended with {code}" if code is not None else "It was not ready in time"
        return OperationalError(
            f"{name} did not start",
            why=f"{ended}: {log.read_text(errors='replace')[-300:].strip()}",
            do=f"Look at {log}",
        )

    def _configure_prometheus(self, targets: Mapping[str, int]) -> dict[str, object]:
        """Return the configuration. JSON is YAML, so no writer is needed and nothing needs quoting."""
        return {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
            "rule_files": ["rules.yml"],
            "alerting": {
                "alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{self.ports['ALERTMANAGER_PORT']}"]}]}]
            },
            "scrape_configs": [
                {
                    "job_name": job,
                    "static_configs": [{"targets": [f"127.0.0.1:{port}"], "labels": {"service": job}}],
                }
                for job, port in targets.items()
            ],
        }


def _configure_rules() -> dict[str, object]:
    rules = [
        {
            "alert": rule.name,
            "expr": f"{_RATIOS[rule.ratio]} > {rule.limit}",
            "for": f"{FOR_S}s",
            "labels": rule.labels,
            "annotations": {"summary": rule.summary, "description": rule.description},
        }
        for rule in RULES
    ]
    return {"groups": [{"name": "shop", "rules": rules}]}


def _configure_alertmanager(receiver: Receiver, token: Path) -> dict[str, object]:
    webhook = {
        "url": receiver.url,
        "send_resolved": True,
        "http_config": {"authorization": {"type": "Bearer", "credentials_file": str(token)}},
    }
    return {
        "route": {
            "receiver": "fermata",
            "group_by": ["service"],
            "group_wait": "1s",
            "group_interval": "2s",
            "repeat_interval": "1h",
        },
        "receivers": [{"name": "fermata", "webhook_configs": [webhook]}],
    }


async def _is_ready(client: httpx2.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(f"{url}/-/ready")).is_success
    except httpx2.TransportError:
        return False


def _shorten(version: str) -> str:
    """Return `2.42.0` of `2.42.0+ds`."""
    match = re.match(r"\d+(\.\d+)*", version)
    return match[0] if match else version
