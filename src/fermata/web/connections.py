"""Connections that must not be kept open for nothing: a caller who never ends a request's head holds a file for ever.

uvicorn bounds how long a connection may idle after an answer, and nothing before the first one. A thousand of those
would leave a process no file to open: no alert comes in, no journal is written.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from fermata.web.events import ENDLESS

HEAD_TIMEOUT_S = 10.0
"""For the head of a request. Callers on the same network need milliseconds."""
MOST_CONNECTIONS = 256
"""A quarter of the files a process may usually open (1,024): some more are taken before one is given up, and the store
and the log need theirs."""


class PatientProtocol(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it, with a limit on the wait for a head and on the connections at once."""

    head_timeout_s = HEAD_TIMEOUT_S
    most_connections = MOST_CONNECTIONS

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._opened_at = self.loop.time()
        self._answered: object = None
        """The request that was answered last when we looked; a head that is awaited since then is late."""
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection, at the cost of the one that has waited longest for nothing if there are too many."""
        super().connection_made(transport)  # type: ignore[arg-type]  # uvicorn narrows the standard library's type
        self._patience = self.loop.call_later(self.head_timeout_s, self._look)
        if len(self.connections) > self.most_connections:
            waiting = [other for other in self.connections if isinstance(other, PatientProtocol) and other.awaits_head]
            min(waiting, key=lambda other: other._opened_at, default=self).transport.abort()  # noqa: SLF001 - another of our own

    def shutdown(self) -> None:
        """Let what is under way end, but for an answer that has no end."""
        cycle: Any = self.cycle  # Typed as if there always were one.
        if cycle is not None and not cycle.response_complete and cycle.scope.get(ENDLESS):
            self.transport.close()
        super().shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let it go."""
        if self._patience is not None:
            self._patience.cancel()
        super().connection_lost(exc)

    @property
    def awaits_head(self) -> bool:
        """Answer whether no request is under way."""
        cycle: Any = self.cycle  # Typed as if there always were one.
        return cycle is None or bool(cycle.response_complete)

    def _look(self) -> None:
        if self.awaits_head and self.cycle is self._answered:
            self.transport.abort()
            return
        self._answered = self.cycle
        self._patience = self.loop.call_later(self.head_timeout_s, self._look)
