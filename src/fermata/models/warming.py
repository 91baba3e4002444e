"""Brings in pydantic-ai and the SDKs while a serving process is idle, so that the first incident does not wait for it.

They are imported and nothing else: connections belong to the loop that asks. Nothing happens without targets.
"""

from __future__ import annotations

import asyncio
import threading

from fermata.ports.model import ModelGateway

# A start takes about a second; imports hold the interpreter's lock most of the time and would slow it down.
_AFTER_S = 2.0


class WarmUp:
    """Imports in a thread, a little after a process has begun to serve. Never delays it, nor its end."""

    def __init__(self, gateway: ModelGateway | None, after_s: float = _AFTER_S) -> None:
        self._preload = getattr(gateway, "preload", None)
        self._after_s = after_s
        self._due: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to wait. On a running event loop."""
        if self._preload is not None:
            self._due = asyncio.get_running_loop().call_later(self._after_s, self._begin)

    def stop(self) -> None:
        """Begin no more. Imports that are under way end by themselves, or with the process."""
        if self._due is not None:
            self._due.cancel()

    def _begin(self) -> None:
        threading.Thread(target=self._preload, name="fermata-models", daemon=True).start()
