"""The one fault of a proxy: there while its lease runs, and no moment longer.

Time comes in as seconds of one monotonic clock. Nothing here waits: whoever relays asks `find` for every call, so that
a fault whose lease has run out is gone even when the timer that ends it comes late.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from fermata.domain.experiment import FaultSpec

SHORTEST_LEASE_S, LONGEST_LEASE_S = 1.0, 900.0


@dataclass(slots=True)
class Traffic:
    """Calls through the proxy, counted. `call_seconds` is the number in flight summed over time: Little's L times t."""

    begun: int = 0
    ended: int = 0
    in_flight: int = 0
    call_seconds: float = 0.0
    plain: int = 0
    """Of those that began: bytes of another protocol than HTTP, into which no HTTP error can be put."""
    unreached: int = 0
    """Connections that could not be passed on; none of the calls above was in one."""
    _at: float = 0.0

    def count(self, change: int, now: float) -> None:
        """Take in that a call began (1) or ended (-1)."""
        self.settle(now)
        self.in_flight += change
        if change > 0:
            self.begun += 1
        else:
            self.ended += 1

    @property
    def has_no_http(self) -> bool:
        """Answer whether calls were seen, and none was HTTP."""
        return 0 < self.plain == self.begun

    def settle(self, now: float) -> None:
        """Bring the sum up to this moment."""
        self.call_seconds += self.in_flight * (now - self._at)
        self._at = now


@dataclass(slots=True)
class Fault:
    """A fault that was asked for."""

    experiment_id: str
    spec: FaultSpec
    until: float
    """When the lease runs out."""
    deadline: float
    """When it ends however often it is renewed."""
    began: float
    affected: int = 0
    ended: str = ""
    """Why it is no longer there; empty while it is."""
    on_end: set[Callable[[], None]] = field(default_factory=set)
    """What holds something back because of it, to be called once when it ends."""


class Lease:
    """Keeps at most one fault, and the memory of the last."""

    def __init__(self) -> None:
        self.last: Fault | None = None
        """The one that is there, or the last that was."""

    def find(self, now: float) -> Fault | None:
        """Return the fault that is there now."""
        fault = self.last
        if fault is None or fault.ended:
            return None
        if now >= fault.until:
            self._end(fault, "its lease was not renewed" if fault.until < fault.deadline else "its time was over")
            return None
        return fault

    def begin(self, experiment_id: str, spec: FaultSpec, *, now: float, lease_s: float, longest_s: float) -> bool:
        """Begin a fault, or renew the same experiment's; false when another's is there."""
        fault = self.find(now)
        if fault is not None:
            return fault.spec == spec and self.renew(experiment_id, now=now, lease_s=lease_s)
        deadline = now + longest_s
        self.last = Fault(experiment_id, spec, min(now + lease_s, deadline), deadline, now)
        return True

    def renew(self, experiment_id: str, *, now: float, lease_s: float) -> bool:
        """Let it live on; false when it is not there."""
        fault = self.find(now)
        if fault is None or fault.experiment_id != experiment_id:
            return False
        fault.until = min(now + lease_s, fault.deadline)
        return True

    def withdraw(self, experiment_id: str, why: str, now: float) -> None:
        """End it, if it is there. An empty id means whichever it is."""
        fault = self.find(now)
        if fault is not None and experiment_id in ("", fault.experiment_id):
            self._end(fault, why)

    def _end(self, fault: Fault, why: str) -> None:
        fault.ended = why
        held, fault.on_end = fault.on_end, set()
        for release in held:
            release()
