"""One connection through the proxy: what a client sends goes to the server and back, and some of it feels the fault.

Calls are those of HTTP/1.1, one after the other, also where a client pipelines them. A connection that speaks anything
else, or is upgraded (WebSocket, CONNECT), is relayed byte by byte, and what arrives from its client at once counts as a
call. An HTTP error cannot be injected there: such calls are not affected, and not counted as if they were.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections import deque
from dataclasses import dataclass
from http import HTTPStatus

from fermata.domain.experiment import FaultKind
from fermata.integrations.faultproxy.framing import Framer, Head, NotHttp, Piece
from fermata.integrations.faultproxy.lease import Fault
from fermata.integrations.faultproxy.raw import RawRelay
from fermata.integrations.faultproxy.throttle import Throttle
from fermata.integrations.faultproxy.wire import SLOW, Wire, choose_delay_s

_MOST_WAITING = 256 * 1024
"""Bytes of a client that are kept while its call is held."""


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
        self._is_going = False
        self._is_full = False
        self._call: _Call | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._raw: RawRelay | None = None
        self._is_closed = False
        self._connecting: asyncio.Task[None] | None = None

    # The two ends.

    def open(self, client: asyncio.Transport) -> None:
        """Connect to the server. The client is read only then."""
        self._client = client
        if len(self._wire.connections) >= self._wire.most:
            self._is_closed = True
            client.abort()
            return
        self._wire.connections.add(self)
        client.pause_reading()
        self._connecting = self._wire.loop.create_task(self._connect())

    async def _connect(self) -> None:
        host, port = self._wire.upstream
        try:
            transport, _ = await self._wire.loop.create_connection(lambda: _Side(self, is_client=False), host, port)
        except OSError:
            self._wire.traffic.unreached += 1
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
        if self._waiting and sum(len(piece.data) for piece in self._waiting) > _MOST_WAITING:
            self.pause(is_client=False)
            self._is_full = True

    def _go_on(self) -> None:
        """Pass on what waits, as far as nothing holds it."""
        if self._is_going:
            return  # A call that ends at once calls this again from within: the loop below goes on with the next.
        self._is_going = True
        while self._waiting and not self._is_blocked:
            piece = self._waiting[0]
            if piece.head is not None:
                if self._call is not None:
                    break  # The one before has no answer yet: a fault must not overtake it.
                head, piece.head = piece.head, None
                self._begin_call(head)
                continue
            self._waiting.popleft()
            self._pass_request(piece)
        self._is_going = False
        if self._is_full and not self._waiting:
            self._is_full = False
            self.resume(is_client=False)

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
        elif kind in SLOW:
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
