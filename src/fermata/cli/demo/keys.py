"""Single keys from the terminal, without blocking the event loop, and the terminal as it was afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import termios
import tty
from collections.abc import AsyncIterator


class Keys:
    """Keys that were pressed, in order."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[str] = asyncio.Queue()

    def press(self, key: str) -> None:
        """Add a key."""
        self._queue.put_nowait(key.lower())

    async def next_key(self, timeout_s: float) -> str:
        """Return the next key, or an empty string when none came in time."""
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(self._queue.get(), timeout_s)
        return ""


@contextlib.asynccontextmanager
async def read_keys() -> AsyncIterator[Keys]:
    """Read keys while inside. Without a terminal there are none, and the page is the way to decide."""
    keys = Keys()
    if not sys.stdin.isatty():
        yield keys
        return
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    loop = asyncio.get_running_loop()
    tty.setcbreak(descriptor)
    loop.add_reader(descriptor, lambda: keys.press(sys.stdin.read(1)))
    try:
        yield keys
    finally:
        loop.remove_reader(descriptor)
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
