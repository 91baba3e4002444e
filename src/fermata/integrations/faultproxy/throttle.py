"""Bytes passed on at a rate, and all of the rest at once when the fault ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

_TICK_S = 0.1
"""Ten pieces a second look like a slow line, and cost nothing."""
_MOST_WAITING = 256 * 1024
"""As much as a socket's buffer holds."""


class Throttle:
    """A slow line for one connection, in one direction."""

    def __init__(self, loop: asyncio.AbstractEventLoop, write: Callable[[bytes], None], bytes_per_s: int) -> None:
        self._loop = loop
        self._write = write
        self._bytes_per_s = bytes_per_s
        self._queue = bytearray()
        self._debt = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._then: Callable[[], None] | None = None
        self._source: asyncio.ReadTransport | None = None
        self._is_released = False

    def push(self, data: bytes, source: asyncio.ReadTransport | None = None) -> None:
        """Take bytes in. The source is not read on while too much waits."""
        if self._is_released:
            self._write(data)
            return
        self._queue += data
        if source is not None and self._source is None and len(self._queue) > _MOST_WAITING:
            source.pause_reading()
            self._source = source
        if self._timer is None:
            self._tick()

    def finish(self, then: Callable[[], None]) -> None:
        """Call `then` once everything is out."""
        self._then = then
        if not self._queue:
            self._conclude()

    def release(self) -> None:
        """Pass on everything that waits, at once, and from now on what comes."""
        self._is_released = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._queue:
            data, self._queue = bytes(self._queue), bytearray()
            self._write(data)
        self._read_on()
        self._conclude()

    def drop(self) -> None:
        """Forget everything that waits: the connection is gone."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._then, self._source = None, None, None
        self._queue.clear()

    def _tick(self) -> None:
        self._timer = None
        # Fractions add up, so that ten bytes a second are ten and not none.
        self._debt += self._bytes_per_s * _TICK_S
        size = min(int(self._debt), len(self._queue))
        if size:
            self._debt -= size
            data = bytes(self._queue[:size])
            del self._queue[:size]
            self._write(data)
        if len(self._queue) <= _MOST_WAITING:
            self._read_on()
        if self._queue:
            self._timer = self._loop.call_later(_TICK_S, self._tick)
        else:
            self._debt = 0.0
            self._conclude()

    def _read_on(self) -> None:
        source, self._source = self._source, None
        if source is not None and not source.is_closing():
            source.resume_reading()

    def _conclude(self) -> None:
        then, self._then = self._then, None
        if then is not None:
            then()
