"""The service graph as rehearsals plan over it: who calls whom, with what care, and which journeys users take.

Slotted dataclasses and no validated models: a graph has ten thousand calls, and its reader has checked every field.
`None` is always "the source does not say", never "no".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ServiceKind(StrEnum):
    """What a node is, as far as it changes how the node fails."""

    APP = "app"
    GATEWAY = "gateway"
    DB = "db"
    CACHE = "cache"
    QUEUE = "queue"
    EXTERNAL = "external"
    """Somebody else's: it cannot be killed, but the calls to it can fail."""
    WORKER = "worker"
    JOB = "job"
    """Runs to its end, and is started anew by a schedule or by hand: between its runs there is nothing to break."""
    LOADGEN = "loadgen"
    """Stands for users; no part of the system."""
    UNKNOWN = ""


class OnError(StrEnum):
    """What a caller does when a call fails."""

    FAIL = "fail"
    IGNORE = "ignore"
    FALLBACK = "fallback"
    LOG = "log"
    CRASH = "crash"


@dataclass(frozen=True, slots=True)
class Service:
    """A node."""

    name: str
    kind: ServiceKind = ServiceKind.UNKNOWN
    replicas: int | None = None
    has_readiness_probe: bool | None = None
    has_liveness_probe: bool | None = None
    has_disruption_budget: bool | None = None
    has_persistent_storage: bool | None = None
    memory_limit_bytes: float | None = None
    """0 where the source says that there is none."""
    workers: int | None = None
    """Requests that one replica works on at once, whatever they ask for: threads or processes of its server."""

    @property
    def keeps_state(self) -> bool:
        """Return whether losing the node may lose data."""
        return self.kind in {ServiceKind.DB, ServiceKind.CACHE, ServiceKind.QUEUE}


@dataclass(frozen=True, slots=True)
class Call:
    """An edge: everything one service asks of another in one way."""

    caller: str
    callee: str
    is_async: bool = False
    """The caller does not wait for an answer."""
    rate_rps: float | None = None
    latency_ms: float | None = None
    """Mean, as measured."""
    is_code_read: bool = False
    """Whether somebody looked at the caller's code: a timeout nobody mentions is then likely absent."""
    timeout_ms: float | None = None
    """For one attempt; 0 where the source says that there is none."""
    retries: int | None = None
    """Attempts after the first."""
    pool_max: int | None = None
    """Connections or calls at once, of one replica of the caller; 0 where the source says that there is no pool."""
    on_error: OnError | None = None

    @property
    def target(self) -> str:
        """Return the edge as bundle.md writes it: `caller->callee`."""
        return f"{self.caller}->{self.callee}"

    @property
    def is_idle(self) -> bool:
        """Return whether it was measured and carries no requests: made at a start, say, or hardly ever."""
        return self.rate_rps == 0

    @property
    def attempts(self) -> int:
        """Return how often one call is tried at most; once when nobody says."""
        return 1 + (self.retries or 0)

    @property
    def longest_wait_ms(self) -> float | None:
        """Return timeout x attempts, without pauses between them; `None` when no timeout is known."""
        return self.timeout_ms * self.attempts if self.timeout_ms else None


@dataclass(frozen=True, slots=True)
class Journey:
    """Something users do."""

    name: str
    entry: str
    needs: tuple[str, ...] = ()
    """Services it is known to use; empty when the source does not say, and then all it can reach."""


@dataclass(frozen=True, slots=True)
class ServiceGraph:
    """The whole; every end of a call is among the services, and no name stands there twice."""

    services: tuple[Service, ...]
    calls: tuple[Call, ...]
    journeys: tuple[Journey, ...] = ()
