"""How often each kind of weak point proved real to experts who had not seen the list: what comes first of it."""

from __future__ import annotations

from collections.abc import Mapping

from fermata.rules.weakness.faults import Kind

_PROVEN: Mapping[Kind, float] = {
    Kind.CACHE_HARD_DEPENDENCY: 1.42,
    Kind.CRASH_ON_ERROR: 1.42,
    Kind.DATA_LOSS: 1.42,
    Kind.FAN_OUT: 1.42,
    Kind.SINGLE_REPLICA: 1.42,
    Kind.SPOF: 1.42,
    Kind.CYCLE: 1.4,
    Kind.SOFT_MADE_HARD: 1.09,
    Kind.SHARED_DEPENDENCY: 1.04,
    Kind.RETRY_AMPLIFICATION: 0.96,
    Kind.TIMEOUT_BUDGET: 0.89,
    Kind.MISSING_PROBE: 0.88,
    Kind.NO_TIMEOUT: 0.88,
    Kind.MEMORY_LIMIT: 0.87,
    Kind.LATENCY_PROPAGATION: 0.81,
    Kind.RETRY_STORM: 0.8,
    Kind.QUEUE_LAG: 0.79,
    Kind.HARD_DEPENDENCY: 0.71,
    Kind.CPU_EXHAUSTION: 0.7,
    Kind.NO_BULKHEAD: 0.7,
    Kind.PARTIAL_COMMIT: 0.7,
    Kind.POOL_EXHAUSTION: 0.7,
    Kind.TIMEOUT_INVERSION: 0.7,
}
"""What is left of a likelihood. Fitted by `bench/weakness_weights.py` to the lists that the rules made of 30 systems by
six hands before anybody had read what is true of those; the fit holds all of them between 0.7 and 1.42."""


def weigh_kind(kind: Kind) -> float:
    """Return what is left of the likelihood of such a weak point; 1 where too few were listed to tell."""
    return _PROVEN.get(kind, 1.0)
