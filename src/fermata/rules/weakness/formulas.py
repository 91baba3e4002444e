"""The arithmetic behind the predictions: numbers in, numbers out, each with its source."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from math import prod

MARGINAL_LOW, MARGINAL_HIGH = 0.9, 1.1
"""Need over pool between which nothing is claimed: Poisson arrivals touch the limit long before the mean does, and the
measured mean varied by that much around Little's law (20.06 needed of 20 queued without a single refusal)."""


class Fit(StrEnum):
    """Whether a pool is large enough."""

    FITS = "fits"
    MARGINAL = "marginal"
    EXHAUSTED = "exhausted"


@dataclass(frozen=True, slots=True)
class PoolUse:
    """What calls need of a pool."""

    need: float
    """Calls in flight on average."""
    pool: float
    fit: Fit
    breaks_at_added_ms: float
    """Latency on top of today's at which need equals pool; below 0 when it is exceeded already."""


def compute_pool_use(rate_rps: float, latency_ms: float, pool: float, *, measured_ms: float | None = None) -> PoolUse:
    """Compute how full a pool is at a latency.

    Little's law: L = lambda x W, for any arrival order and service order (J. D. C. Little, "A Proof for the Queuing
    Formula L = lambda W", Operations Research 9(3), 1961). The pool is exhausted where L exceeds it, so the added
    latency that breaks it is pool / lambda - W0.

    Args:
        rate_rps: Calls a second, above 0.
        latency_ms: W of the question: today's, or with a fault, or the timeout that caps it.
        pool: Slots of all replicas together, above 0.
        measured_ms: W0, today's mean, when it is not `latency_ms`.
    """
    need = rate_rps * latency_ms / 1000
    share = need / pool
    fit = Fit.FITS if share < MARGINAL_LOW else Fit.MARGINAL if share <= MARGINAL_HIGH else Fit.EXHAUSTED
    today = latency_ms if measured_ms is None else measured_ms
    return PoolUse(need, pool, fit, pool / rate_rps * 1000 - today)


def compute_attempts(retries: int, failing_share: float = 1.0) -> float:
    """Compute the attempts that one call becomes: the sum of p^i for i = 0..R, R + 1 when everything fails.

    Source: a truncated geometric series; that retries multiply the load of an overloaded callee is the point of
    M. Brooker, "Timeouts, retries, and backoff with jitter", Amazon Builders' Library.
    """
    return sum(failing_share**attempt for attempt in range(retries + 1))


def compute_amplification(retries: Iterable[int]) -> float:
    """Compute the attempts that reach the end of a chain whose every tier retries: the product of R + 1.

    Source: Brooker, as above, whose five tiers of three attempts multiply the load 243 times; that such load outlives
    its trigger: N. Bronson et al., "Metastable Failures in Distributed Systems", HotOS 2021.
    """
    return prod(compute_attempts(count) for count in retries)


def compute_slow_share(calls: int, slow_share: float = 0.01) -> float:
    """Compute the share of requests that meet at least one slow answer: 1 - (1 - q)^n.

    Source: J. Dean and L. A. Barroso, "The Tail at Scale", CACM 56(2), 2013. The default asks about each callee's p99.
    """
    return 1 - (1 - slow_share) ** calls


def compute_chain_availability(depth: int, each: float = 0.999) -> float:
    """Compute the availability of hard dependencies in series: the product of theirs.

    Source: B. Treynor et al., "The Calculus of Service Availability", ACM Queue 15(2), 2017. Three nines each is an
    assumption for comparing depths, not a claim about this system.
    """
    return each**depth
