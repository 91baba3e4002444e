"""The closed list of faults a rehearsal may ask for, of predictions, and of kinds of weak points."""

from __future__ import annotations

from enum import StrEnum


class Fault(StrEnum):
    """What is done to a service or to one of its calls."""

    KILL = "kill"
    ERROR = "error"
    LATENCY = "latency"
    BLACKHOLE = "blackhole"
    """Latency without end: what is sent is taken, and never answered."""
    CPU = "cpu"
    MEMORY = "memory"
    RESET = "reset"
    """Every open connection is closed at once."""


class Predict(StrEnum):
    """What the fault is expected to do to the journeys it reaches."""

    COLLAPSE = "collapse"
    """At least one journey is no longer served."""
    DEGRADE = "degrade"
    """Slower, or without a part."""
    GRACEFUL = "graceful"
    """Handled: users see nothing, or a good substitute."""
    UNKNOWN = "unknown"
    """An input is missing that would change the answer."""


class Kind(StrEnum):
    """The weak points of bundle.md's closed list. A graph alone tells all of them but `lock_contention`."""

    HARD_DEPENDENCY = "hard_dependency"
    SPOF = "spof"
    SINGLE_REPLICA = "single_replica"
    NO_TIMEOUT = "no_timeout"
    LATENCY_PROPAGATION = "latency_propagation"
    SOFT_MADE_HARD = "soft_made_hard"
    DEADLINE_DROPPED = "deadline_dropped"
    TIMEOUT_BUDGET = "timeout_budget"
    TIMEOUT_INVERSION = "timeout_inversion"
    POOL_EXHAUSTION = "pool_exhaustion"
    THREAD_LEAK = "thread_leak"
    NO_BULKHEAD = "no_bulkhead"
    RETRY_STORM = "retry_storm"
    RETRY_AMPLIFICATION = "retry_amplification"
    FAN_OUT = "fan_out"
    DEEP_CHAIN = "deep_chain"
    SHARED_DEPENDENCY = "shared_dependency"
    CACHE_HARD_DEPENDENCY = "cache_hard_dependency"
    CYCLE = "cycle"
    DATA_LOSS = "data_loss"
    SILENT_LOSS = "silent_loss"
    PARTIAL_COMMIT = "partial_commit"
    CRASH_ON_ERROR = "crash_on_error"
    MISSING_PROBE = "missing_probe"
    SLOW_RECOVERY = "slow_recovery"
    MEMORY_LIMIT = "memory_limit"
    MEMORY_EXHAUSTION = "memory_exhaustion"
    CPU_EXHAUSTION = "cpu_exhaustion"
    QUEUE_LAG = "queue_lag"
    LOCK_CONTENTION = "lock_contention"
    CONNECTION_CHURN = "connection_churn"
    MISSING_CIRCUIT_BREAKER = "missing_circuit_breaker"
    NOISY_NEIGHBOUR = "noisy_neighbour"
