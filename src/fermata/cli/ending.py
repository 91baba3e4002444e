"""Ending a play that runs here as Ctrl-C does, whoever asks for it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Iterator


@contextlib.contextmanager
def end_by_signals() -> Iterator[None]:
    """Let a polite kill and a closed terminal end a demo as Ctrl-C does: from the inside out, with nothing left.

    A handler that raised would break the event loop off, and with it what runs there. To be used in a running task.

    Raises:
        SystemExit: A signal came; 128 and its number, as shells say it.
    """
    loop, play = asyncio.get_running_loop(), asyncio.current_task()
    received: list[int] = []

    def end(number: int) -> None:
        received.append(number)
        if play is not None:
            play.cancel()

    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, end, number)
    try:
        yield
    except asyncio.CancelledError:
        if not received:
            raise
        raise SystemExit(128 + received[0]) from None
    finally:
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.remove_signal_handler(number)
