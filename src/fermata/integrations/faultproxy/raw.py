"""The rest of a connection that is no HTTP/1.1: bytes in both directions, and what a fault does to them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from fermata.domain.experiment import FaultKind
from fermata.integrations.faultproxy.lease import Fault
from fermata.integrations.faultproxy.throttle import Throttle
from fermata.integrations.faultproxy.wire import SLOW, Wire, choose_delay_s


class Breakable(Protocol):
    """The connection that the bytes belong to."""

    def close(self) -> None:
        """End it at once."""
        ...

    def reset(self) -> None:
        """End it with a TCP reset."""
        ...


class RawRelay:
    """Passes bytes on. What arrives from the client at once counts as a call, until the first bytes come back."""

    def __init__(
        self, wire: Wire, owner: Breakable, send: Callable[[bytes], None], reply: Callable[[bytes], None]
    ) -> None:
        self._wire = wire
        self._owner = owner
        self._send = send
        self._reply = reply
        self._rolled: Fault | None = None
        self._feels = False
        self._held = bytearray()
        self._timer: asyncio.TimerHandle | None = None
        self._up: Throttle | None = None
        self._down: Throttle | None = None
        self._is_asked = False
        """A call is in flight: its bytes have come, and none came back."""

    def take_request(self, data: bytes) -> None:
        """Pass on what the client sent, or break it."""
        self._count(is_asked=True)
        if self._timer is not None:
            self._held += data
            return
        fault = self._find_fault()
        kind = fault.spec.kind if fault is not None else None
        if fault is None or kind is FaultKind.ERROR:
            self._send(data)
            return
        fault.affected += 1
        if kind is FaultKind.LATENCY:
            self._held += data
            self._timer = self._wire.loop.call_later(choose_delay_s(fault, self._wire.roll), self._release)
            fault.on_end.add(self._release)
        elif kind is FaultKind.BLACKHOLE:
            fault.on_end.add(self._owner.close)
        elif kind is FaultKind.RESET:
            self._owner.reset()
        elif self._up is not None:
            self._up.push(data)
        else:
            self._send(data)

    def take_response(self, data: bytes) -> None:
        """Pass on what the server sent, or break it."""
        fault = self._find_fault()
        if fault is not None and fault.spec.kind is FaultKind.BLACKHOLE:
            return
        self._count(is_asked=False)
        if self._down is not None and fault is not None:
            self._down.push(data)
        else:
            self._reply(data)

    def finish(self, then: Callable[[], None]) -> None:
        """Call `then` once what the server sent is out."""
        if self._down is not None:
            self._down.finish(then)
        else:
            then()

    def drop(self) -> None:
        """Forget everything: the connection is gone."""
        self._count(is_asked=False)
        if self._timer is not None:
            self._timer.cancel()
        lines = [line for line in (self._up, self._down) if line is not None]
        for line in lines:
            line.drop()
        if self._rolled is not None:
            held = (self._release, self._owner.close, *(line.release for line in lines))
            self._rolled.on_end.difference_update(held)

    def _count(self, *, is_asked: bool) -> None:
        if is_asked is not self._is_asked:
            self._is_asked = is_asked
            self._wire.traffic.plain += is_asked
            self._wire.traffic.count(1 if is_asked else -1, self._wire.loop.time())

    def _find_fault(self) -> Fault | None:
        """Return the fault that this connection feels. Which connections do is drawn once for each fault."""
        fault = self._wire.lease.find(self._wire.loop.time())
        if fault is None:
            return None
        if fault is not self._rolled:
            self._rolled = fault
            self._feels = self._wire.roll() * 100 < fault.spec.percent
            if self._feels and fault.spec.kind in SLOW:
                rate = fault.spec.bytes_per_s or 1
                self._down = Throttle(self._wire.loop, self._reply, rate)
                fault.on_end.add(self._down.release)
                if fault.spec.kind is FaultKind.BANDWIDTH:
                    self._up = Throttle(self._wire.loop, self._send, rate)
                    fault.on_end.add(self._up.release)
        return fault if self._feels else None

    def _release(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._rolled is not None:
            self._rolled.on_end.discard(self._release)
        data, self._held = bytes(self._held), bytearray()
        self._send(data)
