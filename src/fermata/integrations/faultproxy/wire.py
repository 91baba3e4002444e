"""What all connections of a proxy share: where to, the fault, the counts, and the draw of who feels it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from fermata.domain.experiment import FaultKind
from fermata.integrations.faultproxy.lease import Fault, Lease, Traffic

SLOW = (FaultKind.SLOW_BODY, FaultKind.BANDWIDTH)
"""Kinds that pass everything on, at a rate."""


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


def choose_delay_s(fault: Fault, roll: Callable[[], float]) -> float:
    """Return how long a call is held: the latency, give or take the jitter."""
    jitter = (fault.spec.jitter_ms or 0.0) * (2 * roll() - 1) if fault.spec.jitter_ms else 0.0
    return max(0.0, (fault.spec.latency_ms or 0.0) + jitter) / 1000
