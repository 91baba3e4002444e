"""What a metric's name says about it: its kind, its statistic, and whether more of it is worse.

Names follow conventions rather than a standard: Prometheus and OpenMetrics (`_seconds`, `_total`), OpenTelemetry's
semantic conventions (`http.server.request.duration`), Istio (`istio_requests_total`), CloudWatch (`Throttles`), and the
short forms of dashboards (`p95latency`, `rps`, `cpu_cfs`). Reading words, not lists of full names, covers them alike.
A name that says nothing stays `OTHER`: it may shift, and is never taken for slowness or failure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache


class Kind(StrEnum):
    """What a metric measures, as far as its name says so."""

    LATENCY = "latency"
    ERRORS = "errors"
    SUCCESS = "success"
    TRAFFIC = "traffic"
    CPU = "cpu"
    MEMORY = "memory"
    SATURATION = "saturation"
    NETWORK = "network"
    PACKET_LOSS = "packet_loss"
    OTHER = "other"


RESOURCES = frozenset({Kind.CPU, Kind.MEMORY, Kind.SATURATION, Kind.PACKET_LOSS})
"""Kinds that tell of the node itself, whatever its callers and callees do."""
_WORSE = {Kind.SUCCESS: -1, Kind.TRAFFIC: 0, Kind.NETWORK: 0, Kind.OTHER: 0}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a name says."""

    kind: Kind
    statistic: str = ""
    """`avg`, `p50`, `p75`, `p90`, `p95`, `p99`, `max`, or empty when the name does not say."""

    @property
    def worse(self) -> int:
        """Return the direction that hurts: 1 up, -1 down, 0 either."""
        return _WORSE.get(self.kind, 1)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# First match wins, so the order is part of the meaning: `cpu_throttled_seconds` is saturation and not CPU,
# `http_request_errors` is errors and not traffic, `request_duration` is latency and not traffic.
_KINDS: tuple[tuple[Kind, frozenset[str]], ...] = (
    (Kind.SUCCESS, _words("success successes successful availability apdex")),
    (Kind.PACKET_LOSS, _words("retrans retans retransmit retransmits retransmission retransmissions loss lost")),
    (
        Kind.SATURATION,
        _words("""
            cfs throttle throttled throttles throttling saturation queue queued backlog pending waiting waiters lag pool
            inflight concurrency concurrent load load1 load5 pressure psi stall iowait utilization utilisation disk
            inodes threads goroutines fds descriptors connections conns evictions
        """),
    ),
    (
        Kind.ERRORS,
        _words("""
            error errors err errs fail fails failed failure failures fault faults exception exceptions rejected refused
            aborted timeouts 5xx 4xx unavailable dropped drops restarts restart oomkilled
        """),
    ),
    (Kind.LATENCY, _words("latency latencies duration durations delay rtt ttfb elapsed response lat")),
    (Kind.CPU, _words("cpu cores")),
    (Kind.MEMORY, _words("memory mem rss heap oom working swap")),
    (Kind.NETWORK, _words("network net receive transmit received transmitted bytes rx tx throughput")),
    (
        Kind.TRAFFIC,
        _words("""
            request requests req reqs rps qps tps rpm traffic calls call hits invocations count visits messages ops
            operations transactions queries
        """),
    ),
)
_BUCKET = "bucket"
_COUNT = "count"
_TIME_WORDS = _words("seconds ms milliseconds time")
_AGES = _words("age uptime since expiry expires expiration until remaining silent silence stale staleness timestamp")
"""How long ago something was, or until when it is: that grows or falls with the clock, and nobody waits for it."""
_STATISTICS = {"avg": "avg", "average": "avg", "mean": "avg", "median": "p50", "max": "max", "maximum": "max"}
_PERCENTILES = {"50": "p50", "75": "p75", "90": "p90", "95": "p95", "99": "p99", "999": "p99"}
_FILLERS = _words("""
    rate ratio total sum per second seconds ms milliseconds time percent percentage pct usage used current in out number
    num of bucket size depth length min avg average mean max maximum median tcp udp http grpc server client s sec io
    read write reads writes limit workingset set code status active idle open
""")
_METRIC_WORDS = frozenset(word for _, words in _KINDS for word in words) | _FILLERS
_PERCENTILE = re.compile(
    r"(?<![a-z0-9])(?:p|q|pct|quantile|percentile)[_.\- =]{0,2}(?:0?\.)?(\d{2,3})(?!\d)", re.IGNORECASE
)
_GLUED = re.compile(r"(?<![a-z])([pq]\d{2,3})(?=[a-z])", re.IGNORECASE)
# `p95latency` is two words.
_WORD = re.compile(r"[45][xX]{2}|[A-Z]+(?![a-z])|[A-Z]?[a-z]+\d?")


@lru_cache(maxsize=4096)
def split_words(name: str) -> tuple[str, ...]:
    """Return the lower-case words of a name, percentiles left out: `p95latency` is one word, `RequestCount` two."""
    return tuple(word.lower() for word in _WORD.findall(_PERCENTILE.sub(" ", _GLUED.sub(r"\1 ", name))))


@lru_cache(maxsize=4096)
def read_meaning(metric: str, unit: str = "") -> Meaning:
    """Return what a metric's name, and its unit where there is one, say about it."""
    words = split_words(metric)
    statistic = _find_statistic(metric, words)
    if words and words[-1] == _BUCKET:
        # What one bucket of a histogram counts is neither a time nor a failure, whatever the histogram measures.
        return Meaning(Kind.OTHER, statistic)
    known = set(words)
    for kind, vocabulary in _KINDS:
        if known & vocabulary:
            # What a histogram or a summary has observed is how often it was asked, whatever it measures.
            is_count = kind is Kind.LATENCY and words[-1] == _COUNT
            return Meaning(Kind.TRAFFIC if is_count else kind, statistic)
    if known & _AGES:
        return Meaning(Kind.OTHER, statistic)
    if statistic.startswith("p") or known & _TIME_WORDS or unit in ("s", "ms", "seconds", "milliseconds"):
        return Meaning(Kind.LATENCY, statistic)
    return Meaning(Kind.OTHER, statistic)


def is_metric(text: str) -> bool:
    """Tell whether every word of a text is known from metrics' names, and one of them says what is measured."""
    words = split_words(text)
    if not _METRIC_WORDS.issuperset(words):
        return False
    return read_meaning(text).kind is not Kind.OTHER


def _find_statistic(metric: str, words: tuple[str, ...]) -> str:
    found = _PERCENTILE.search(_GLUED.sub(r"\1 ", metric))
    if found:
        return _PERCENTILES.get(found[1], "p90")
    return next((_STATISTICS[word] for word in words if word in _STATISTICS), "")
