"""The alerts where there is no Prometheus: the same conditions, posted in Alertmanager's format.

The conditions are read from the load generator's counters. The watch keeps Alertmanager's habits that a receiver relies
on: version 4 of the webhook body, the same fingerprint for the same labels, one message per group that lists firing and
just resolved alerts, and another try after an error.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2

from fermata.cli.demo.metrics_stack import FOR_S, RULES, WINDOW_S, Receiver, Rule
from fermata.kit.clock import format_instant

POLL_S = 0.5
_NEVER = "0001-01-01T00:00:00Z"
_SERIES = re.compile(r"^(?P<series>shop_requests_\w+\{[^}]*\}) (?P<value>\S+)$", re.MULTILINE)
_FNV_OFFSET, _FNV_PRIME = 14695981039346656037, 1099511628211


@dataclass(frozen=True, slots=True)
class Counters:
    """The load generator's counters at one moment of the monotonic clock."""

    at: float
    total: float
    errors: float
    unanswered: float
    slow: float = 0


@dataclass(slots=True)
class _Active:
    """A condition that holds: since when, and since when it fires (`None` while it is pending)."""

    since: float
    fired_at: datetime | None = None


class AlertWatch:
    """Poll the counters, and post when an alert fires or resolves.

    Args:
        metrics_url: The load generator's /metrics.
        receiver: Who is told.
    """

    def __init__(self, metrics_url: str, receiver: Receiver) -> None:
        self.metrics_url = metrics_url
        self.receiver = receiver
        self._seen: deque[Counters] = deque()
        self._active: dict[str, _Active] = {}

    async def run(self) -> None:
        """Watch until cancelled. A load generator that does not answer is skipped, as a failed scrape is."""
        async with httpx2.AsyncClient(trust_env=False, timeout=2.0) as client:
            while True:
                try:
                    text = (await client.get(self.metrics_url)).text
                except httpx2.TransportError:
                    await asyncio.sleep(POLL_S)
                    continue
                counters = parse_counters(text, time.monotonic())
                changed = self._evaluate(counters, datetime.now(UTC))
                if changed:
                    await self._post(client, changed)
                await asyncio.sleep(POLL_S)

    def _evaluate(self, counters: Counters, now: datetime) -> list[dict[str, Any]]:
        """Take in one reading; return the group's alerts if any of them fired or resolved, else nothing."""
        self._seen.append(counters)
        while self._seen[0].at < counters.at - WINDOW_S:
            self._seen.popleft()
        resolved = []
        fired = False
        for rule in RULES:
            active = self._active.get(rule.name)
            if compute_ratio(rule.ratio, self._seen[0], counters) > rule.limit:
                active = self._active.setdefault(rule.name, _Active(counters.at))
                if active.fired_at is None and counters.at - active.since >= FOR_S:
                    active.fired_at = now
                    fired = True
            elif active is not None:
                del self._active[rule.name]
                if active.fired_at is not None:
                    resolved.append(self._describe(rule, active.fired_at, now))
        if not fired and not resolved:
            return []
        return [
            *(self._describe(rule, since, None) for rule in RULES if (since := self._find_firing(rule)) is not None),
            *resolved,
        ]

    def _find_firing(self, rule: Rule) -> datetime | None:
        active = self._active.get(rule.name)
        return active.fired_at if active else None

    def _describe(self, rule: Rule, since: datetime, until: datetime | None) -> dict[str, Any]:
        labels = {"alertname": rule.name, **rule.labels}
        return {
            "status": "firing" if until is None else "resolved",
            "labels": labels,
            "annotations": {"description": rule.description, "summary": rule.summary},
            "startsAt": format_instant(since),
            "endsAt": _NEVER if until is None else format_instant(until),
            "generatorURL": self.metrics_url,
            "fingerprint": compute_fingerprint(labels),
        }

    async def _post(self, client: httpx2.AsyncClient, alerts: list[dict[str, Any]]) -> None:
        body = build_message(alerts, self.metrics_url)
        headers = {"Authorization": f"Bearer {self.receiver.token}", "User-Agent": "fermata-demo"}
        while True:
            try:
                answer = await client.post(self.receiver.url, json=body, headers=headers)
            except httpx2.TransportError:
                await asyncio.sleep(POLL_S)
                continue
            # Alertmanager tries again on 5xx only (0.25.0, notify/webhook, observed 2026-11).
            if answer.status_code < httpx2.codes.INTERNAL_SERVER_ERROR:
                return
            await asyncio.sleep(POLL_S)


def parse_counters(text: str, at: float) -> Counters:
    """Read the load generator's page; a series that is not there counts as zero."""
    total = errors = unanswered = slow = 0.0
    for match in _SERIES.finditer(text):
        value = float(match["value"])
        if match["series"].startswith("shop_requests_unanswered_total"):
            unanswered += value
        elif match["series"].startswith("shop_requests_slow_total"):
            slow += value
        elif match["series"].startswith("shop_requests_total"):
            total += value
            errors += value if 'outcome="error"' in match["series"] else 0
    return Counters(at, total, errors, unanswered, slow)


def compute_ratio(ratio: str, first: Counters, last: Counters) -> float:
    """Return the share of requests between two readings that were `unanswered`, `failed` or `slow`; 0 without any."""
    total = last.total - first.total
    if total <= 0:
        return 0.0
    if ratio == "slow":
        return (last.slow - first.slow) / total
    unanswered = last.unanswered - first.unanswered
    if ratio == "unanswered":
        return unanswered / total
    return (last.errors - first.errors - unanswered) / total


def compute_fingerprint(labels: Mapping[str, str]) -> str:
    """Return Prometheus' fingerprint: 64-bit FNV-1a over the sorted labels, 255 after each name and value.

    Source: prometheus/common `model/signature.go`, `labelSetToFingerprint`.
    """
    digest = _FNV_OFFSET
    for name in sorted(labels):
        for byte in (*name.encode(), 255, *labels[name].encode(), 255):
            digest = (digest ^ byte) * _FNV_PRIME % 2**64
    return f"{digest:016x}"


def build_message(alerts: list[dict[str, Any]], url: str) -> dict[str, Any]:
    """Return the body of Alertmanager's webhook, version 4, for one group; it fires while any alert in it does."""
    common = {
        key: dict(set.intersection(*(set(alert[key].items()) for alert in alerts))) for key in ("labels", "annotations")
    }
    return {
        "receiver": "fermata",
        "status": "firing" if any(alert["status"] == "firing" for alert in alerts) else "resolved",
        "alerts": alerts,
        "groupLabels": {"service": "checkout"},
        "commonLabels": common["labels"],
        "commonAnnotations": common["annotations"],
        "externalURL": url,
        "version": "4",
        "groupKey": '{}:{service="checkout"}',
        "truncatedAlerts": 0,
    }
