"""Single keys from the terminal, without blocking the event loop, and the terminal as it was afterwards.

A key decides about a real plan here, so only a key that was pressed alone, after the question was asked, counts: an
arrow key ends in the letter A, and pasted text holds any letter.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import termios
import tty
from collections.abc import AsyncIterator

_CHUNK = 1024
_ESCAPE = 0x1B
_INTRODUCERS = b"[O"
"""What follows ESC in the sequences of arrow and function keys: CSI and SS3 (ECMA-48; xterm's ctlseqs)."""
_FINAL = range(0x40, 0x7F)
"""The bytes that end such a sequence."""


class Keys:
    """Keys that were pressed, in order."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[str] = asyncio.Queue()
        self._escape = b""
        """What was read of a sequence that has not ended; a slow line delivers it in pieces."""

    def feed(self, typed: bytes) -> None:
        """Take in what one read of the terminal gave: one key counts, a sequence or pasted text does not."""
        plain = bytes(byte for byte in typed if self._is_plain(byte))
        if len(plain) == 1 and len(typed) == 1:
            self._queue.put_nowait(chr(plain[0]).lower())

    def _is_plain(self, byte: int) -> bool:
        if not self._escape:
            if byte == _ESCAPE:
                self._escape = bytes([byte])
            return byte != _ESCAPE
        is_first = len(self._escape) == 1
        self._escape += bytes([byte])
        if (is_first and byte not in _INTRODUCERS) or (not is_first and byte in _FINAL):
            self._escape = b""
        return False

    async def next_key(self, timeout_s: float) -> str:
        """Return the next key, or an empty string when none came in time."""
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(self._queue.get(), timeout_s)
        return ""


def has_keys() -> bool:
    """Return whether there is a terminal to press keys in."""
    return sys.stdin.isatty()


@contextlib.asynccontextmanager
async def read_keys() -> AsyncIterator[Keys]:
    """Read keys while inside; what was typed before does not count.

    Without a terminal there are none, and the page is the way to decide.
    """
    keys = Keys()
    if not has_keys():
        yield keys
        return
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    loop = asyncio.get_running_loop()

    def read() -> None:
        # Not `sys.stdin.read`: its buffer would keep the rest of a sequence back, and hand it out as later keys.
        typed = b""
        with contextlib.suppress(OSError):
            typed = os.read(descriptor, _CHUNK)
        if not typed:
            loop.remove_reader(descriptor)  # The terminal is gone; it would be readable for ever.
        keys.feed(typed)

    # Flushes what was typed ahead: nobody could have read the card yet.
    tty.setcbreak(descriptor, termios.TCSAFLUSH)
    loop.add_reader(descriptor, read)
    try:
        yield keys
    finally:
        loop.remove_reader(descriptor)
        with contextlib.suppress(termios.error):  # The terminal may have gone, and then there is nothing to put back.
            termios.tcsetattr(descriptor, termios.TCSAFLUSH, before)
