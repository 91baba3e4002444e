"""What all connections of a proxy share: where to, the fault, the counts, and the draw of who feels it."""

from __future__ import annotations

import asyncio
import random
import resource
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from fermata.domain.experiment import FaultKind
from fermata.integrations.faultproxy.lease import Fault, Lease, Traffic

SLOW = (FaultKind.SLOW_BODY, FaultKind.BANDWIDTH)
"""Kinds that pass everything on, at a rate."""

_KEPT_FILES = 64
_MOST = 10_000


class Closable(Protocol):
    """A connection, as far as all of them are ended together."""

    def close(self) -> None:
        """End it at once."""
        ...


@dataclass(slots=True)
class Wire:
    """What all connections of a proxy share."""

    loop: asyncio.AbstractEventLoop
    upstream: tuple[str, int]
    lease: Lease
    traffic: Traffic
    # Which calls feel a fault must not follow any pattern of the calls themselves; it guards nothing.
    roll: Callable[[], float] = random.random
    connections: set[Closable] = field(default_factory=set)
    """Those that are open."""
    most: int = field(default_factory=lambda: count_most_connections(resource.getrlimit(resource.RLIMIT_NOFILE)[0]))
    """Connections at once; one more is closed as it comes."""


def count_most_connections(files: int) -> int:
    """Return how many connections a process may have that may open so many files: each takes one at either end.

    Some are left for the control port, which must answer whatever goes through. A process that has no file left to
    accept with is told so again and again, and does nothing else.
    """
    return min(_MOST, max(1, (files - _KEPT_FILES) // 2)) if files > 0 else _MOST


def choose_delay_s(fault: Fault, roll: Callable[[], float]) -> float:
    """Return how long a call is held: the latency, give or take the jitter."""
    jitter = (fault.spec.jitter_ms or 0.0) * (2 * roll() - 1) if fault.spec.jitter_ms else 0.0
    return max(0.0, (fault.spec.latency_ms or 0.0) + jitter) / 1000
