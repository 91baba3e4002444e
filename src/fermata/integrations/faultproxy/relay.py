"""One connection through the proxy: what a client sends goes to the server and back, and some of it feels the fault.

Calls are those of HTTP/1.1, one after the other, also where a client pipelines them. A connection that speaks anything
else, or is upgraded (WebSocket, CONNECT), is relayed byte by byte, and what arrives from its client at once counts as a
call. An HTTP error cannot be injected there: such calls are not affected, and not counted as if they were.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

from fermata.domain.experiment import FaultKind
from fermata.integrations.faultproxy.framing import Framer, Head, NotHttp, Piece
from fermata.integrations.faultproxy.lease import Fault, Lease, Traffic
from fermata.integrations.faultproxy.throttle import Throttle

_MOST_WAITING = 256 * 1024
"""Bytes of a client that are kept while its call is held."""
_SLOW = (FaultKind.SLOW_BODY, FaultKind.BANDWIDTH)


@dataclass(slots=True)
class Wire:
    """What all connections of a proxy share."""

    loop: asyncio.AbstractEventLoop
    upstream: tuple[str, int]
    lease: Lease
    traffic: Traffic
    # Which calls feel a fault must not follow any pattern of the calls themselves; it guards nothing.
    roll: Callable[[], float] = random.random
    connections: set[Connection] = field(default_factory=set)
    """Those that are open."""


@dataclass(slots=True)
class _Call:
    """A request and its answer."""

    head: Head
    fault: Fault | None = None
    answers: bool = False
    """The proxy answers in the server's place."""
    resets: bool = False
    up: Throttle | None = None
    down: Throttle | None = None


class _Side(asyncio.Protocol):
    """One end of the connection, as asyncio calls it."""

    transport: asyncio.Transport

    def __init__(self, owner: Connection, *, is_client: bool) -> None:
        self._owner = owner
        self._is_client = is_client
        self.data_received = owner.take_request if is_client else owner.take_response  # type: ignore[method-assign]  # saves a call for each piece of data

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = transport  # type: ignore[assignment]  # create_server and create_connection give this kind
        if self._is_client:
            self._owner.open(self.transport)

    def eof_received(self) -> bool:
        """Pass the end on; keep the way back open for a client that waits for its answer."""
        return self._owner.end_request() if self._is_client else False

    def connection_lost(self, error: Exception | None) -> None:
        """Close the other end."""
        del error
        if self._is_client:
            self._owner.close()
        else:
            self._owner.end_response()

    def pause_writing(self) -> None:
        """Read no more than can be passed on."""
        self._owner.pause(is_client=self._is_client)

    def resume_writing(self) -> None:
        """Read on."""
        self._owner.resume(is_client=self._is_client)


class Connection:
    """A client's connection and the one to the server that belongs to it."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.client_side = _Side(self, is_client=True)
        self._client: asyncio.Transport | None = None
        self._server: asyncio.Transport | None = None
        self._requests = Framer(is_request=True)
        self._responses = Framer(is_request=False)
        self._waiting: deque[Piece] = deque()
        self._is_blocked = False
        self._call: _Call | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._raw: RawRelay | None = None
        self._is_closed = False
        self._connecting: asyncio.Task[None] | None = None

    # The two ends.

    def open(self, client: asyncio.Transport) -> None:
        """Connect to the server. The client is read only then."""
        self._client = client
        self._wire.connections.add(self)
        client.pause_reading()
        self._connecting = self._wire.loop.create_task(self._connect())

    async def _connect(self) -> None:
        host, port = self._wire.upstream
        try:
            transport, _ = await self._wire.loop.create_connection(lambda: _Side(self, is_client=False), host, port)
        except OSError:
            # What a client would see without the proxy, as near as it can be: a connection that ends at once.
            self.close()
            return
        self._server = transport
        if self._client is None or self._is_closed:
            transport.abort()
            return
        self._client.resume_reading()

    def pause(self, *, is_client: bool) -> None:
        """Stop reading from the other end: this one takes no more."""
        other = self._server if is_client else self._client
        if other is not None and not other.is_closing():
            other.pause_reading()

    def resume(self, *, is_client: bool) -> None:
        """Read from the other end again."""
        other = self._server if is_client else self._client
        if other is not None and not other.is_closing():
            other.resume_reading()

    def close(self) -> None:
        """End both ends at once. Idempotent."""
        if self._is_closed:
            return
        self._is_closed = True
        self._wire.connections.discard(self)
        if self._timer is not None:
            self._timer.cancel()
        if self._raw is not None:
            self._raw.drop()
        self._waiting.clear()
        self._end_call()
        for transport in (self._client, self._server):
            if transport is not None:
                transport.abort()

    def reset(self) -> None:
        """End the client's connection in the middle, as a crashed peer does: with a TCP reset."""
        raw = self._client.get_extra_info("socket") if self._client is not None else None
        if raw is not None:
            # On, and no time to linger: closing sends RST (socket(7), SO_LINGER).
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    # From the client.

    def take_request(self, data: bytes) -> None:
        """Take what the client sent."""
        if self._raw is not None:
            self._raw.take_request(data)
            return
        try:
            pieces = self._requests.feed(data)
        except NotHttp as other:
            self._become_raw().take_request(b"".join(piece.data for piece in self._waiting) + other.data)
            self._waiting.clear()
            return
        self._waiting.extend(pieces)
        self._go_on()
        if self._is_blocked and sum(len(piece.data) for piece in self._waiting) > _MOST_WAITING:
            self.pause(is_client=False)

    def _go_on(self) -> None:
        """Pass on what waits, as far as nothing holds it."""
        while self._waiting and not self._is_blocked:
            piece = self._waiting[0]
            if piece.head is not None:
                if self._call is not None:
                    return  # The one before has no answer yet: a fault must not overtake it.
                head, piece.head = piece.head, None
                self._begin_call(head)
                continue
            self._waiting.popleft()
            self._pass_request(piece)

    def _pass_request(self, piece: Piece) -> None:
        call = self._call
        if call is not None and call.answers:
            if piece.ends or call.head.expects:
                self._answer(call)
        elif call is not None and call.up is not None:
            call.up.push(piece.data, self._client)
        else:
            self._send(piece.data)

    def _send(self, data: bytes) -> None:
        if self._server is None or self._server.is_closing():
            self.close()  # It went away while we held the call.
        else:
            self._server.write(data)

    def _reply(self, data: bytes) -> None:
        if self._client is not None and not self._is_closed:
            self._client.write(data)

    def end_request(self) -> bool:
        """Take in that the client sends no more; true keeps the connection open for the answer."""
        if self._call is None and self._raw is None:
            return False
        if self._timer is not None or self._is_blocked:
            # Whoever hangs up while we hold the call does not wait for it, and a closed pipe looks the same.
            return False
        if self._server is not None and self._server.can_write_eof() and not self._server.is_closing():
            self._server.write_eof()
        return True

    # A call, and the fault in it.

    def _begin_call(self, head: Head) -> None:
        wire = self._wire
        now = wire.loop.time()
        if not head.is_probe:
            wire.traffic.count(1, now)
        self._responses.no_body = head.is_head_request
        self._call = call = _Call(head)
        fault = wire.lease.find(now)
        if fault is None or (fault.spec.percent < 100 and wire.roll() * 100 >= fault.spec.percent):
            return
        call.fault = fault
        if not head.is_probe:
            fault.affected += 1
        kind = fault.spec.kind
        if kind is FaultKind.LATENCY:
            self._is_blocked = True
            self._timer = wire.loop.call_later(choose_delay_s(fault, wire.roll), self._release, fault)
            fault.on_end.add(self._hasten)
        elif kind is FaultKind.BLACKHOLE:
            self._is_blocked = True
            fault.on_end.add(self.close)
        elif kind in _SLOW:
            self._slow_down(call, fault)
        call.answers = kind is FaultKind.ERROR
        call.resets = kind is FaultKind.RESET

    def _slow_down(self, call: _Call, fault: Fault) -> None:
        rate = fault.spec.bytes_per_s or 1
        call.down = Throttle(self._wire.loop, self._reply, rate)
        fault.on_end.add(call.down.release)
        if fault.spec.kind is FaultKind.BANDWIDTH:
            call.up = Throttle(self._wire.loop, self._send, rate)
            fault.on_end.add(call.up.release)

    def _release(self, fault: Fault | None) -> None:
        """Let the held call go; with a fault, some of those that waited fail."""
        self._timer = None
        call = self._call
        if call is None or self._is_closed:
            return
        if fault is not None:
            fault.on_end.discard(self._hasten)
            share = fault.spec.failing_percent
            call.answers = share is not None and self._wire.roll() * 100 < share
        self._is_blocked = False
        self._go_on()
        if self._client is not None and not self._client.is_closing():
            self._client.resume_reading()

    def _hasten(self) -> None:
        """The fault is gone: nothing waits any longer."""
        if self._timer is not None:
            self._timer.cancel()
        self._release(None)

    def _answer(self, call: _Call) -> None:
        """Answer in the server's place."""
        if call.fault is None:
            return
        status = call.fault.spec.status or 500
        try:
            phrase = HTTPStatus(status).phrase
        except ValueError:
            phrase = "Fault"
        body = json.dumps({"error": "injected on purpose", "experiment": call.fault.experiment_id}).encode()
        closes = call.head.closes or call.head.expects
        lines = (
            f"HTTP/1.1 {status} {phrase}", "Content-Type: application/json", f"Content-Length: {len(body)}",
            "X-Fermata-Fault: injected", *(["Connection: close"] if closes else []), "", "",
        )  # fmt: skip
        self._reply("\r\n".join(lines).encode("latin-1") + (b"" if call.head.is_head_request else body))
        self._end_call()
        if closes and self._client is not None:
            self._client.close()

    def _end_call(self) -> None:
        call, self._call = self._call, None
        if call is None:
            return
        if not call.head.is_probe:
            self._wire.traffic.count(-1, self._wire.loop.time())
        for throttle in (call.up, call.down):
            if throttle is not None:
                throttle.drop()
        if call.fault is not None:
            held = (self._hasten, self.close, *(line.release for line in (call.up, call.down) if line is not None))
            call.fault.on_end.difference_update(held)
        if self._waiting:
            self._go_on()

    # From the server.

    def take_response(self, data: bytes) -> None:
        """Take what the server sent."""
        if self._raw is not None:
            self._raw.take_response(data)
            return
        if self._call is None:
            # Servers that speak first (SMTP, MySQL), and goodbyes on an idle connection.
            self._become_raw().take_response(data)
            return
        try:
            pieces = self._responses.feed(data)
        except NotHttp as other:
            self._become_raw().take_response(other.data)
            return
        for piece in pieces:
            self._pass_response(piece)

    def _pass_response(self, piece: Piece) -> None:
        call = self._call
        if call is None:
            self._reply(piece.data)
            return
        if call.resets:
            self._reply(piece.data[: len(piece.data) // 2])
            self.reset()
            return
        status = piece.head.status if piece.head is not None else 0
        if call.down is not None:
            begun = piece.data.find(b"\r\n\r\n") + 4 if piece.head is not None else 0
            self._reply(piece.data[:begun])
            call.down.push(piece.data[begun:], self._server)
        else:
            self._reply(piece.data)
        if status == HTTPStatus.SWITCHING_PROTOCOLS or (call.head.upgrades and 200 <= status < 300):
            self._become_raw()
        elif piece.ends and not 100 <= status < 200:
            if call.down is not None:
                call.down.finish(self._end_call)
            else:
                self._end_call()

    def end_response(self) -> None:
        """Take in that the server has closed: the client's end follows, once what it was sent is out."""
        call = self._call
        if call is not None and call.down is not None:
            call.down.finish(self._close_client)
        elif self._raw is not None:
            self._raw.finish(self._close_client)
        elif call is None or not self._is_blocked:
            self._close_client()

    def _close_client(self) -> None:
        self._end_call()
        if self._client is not None:
            self._client.close()

    # No HTTP.

    def _become_raw(self) -> RawRelay:
        self._end_call()
        self._raw = RawRelay(self._wire, self, self._send, self._reply)
        return self._raw


class RawRelay:
    """The rest of a connection that is no HTTP/1.1: bytes, in both directions."""

    def __init__(
        self, wire: Wire, owner: Connection, send: Callable[[bytes], None], reply: Callable[[bytes], None]
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

    def take_request(self, data: bytes) -> None:
        """Pass on what the client sent, or break it."""
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
        if self._timer is not None:
            self._timer.cancel()
        lines = [line for line in (self._up, self._down) if line is not None]
        for line in lines:
            line.drop()
        if self._rolled is not None:
            held = (self._release, self._owner.close, *(line.release for line in lines))
            self._rolled.on_end.difference_update(held)

    def _find_fault(self) -> Fault | None:
        """Return the fault that this connection feels. Which connections do is drawn once for each fault."""
        fault = self._wire.lease.find(self._wire.loop.time())
        if fault is None:
            return None
        if fault is not self._rolled:
            self._rolled = fault
            self._feels = self._wire.roll() * 100 < fault.spec.percent
            if self._feels and fault.spec.kind in _SLOW:
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


def choose_delay_s(fault: Fault, roll: Callable[[], float]) -> float:
    """Return how long a call is held: the latency, give or take the jitter."""
    jitter = (fault.spec.jitter_ms or 0.0) * (2 * roll() - 1) if fault.spec.jitter_ms else 0.0
    return max(0.0, (fault.spec.latency_ms or 0.0) + jitter) / 1000
