"""A word to whoever waits: on a terminal a command that takes long says that it goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

_EVERY_S = 2


@contextmanager
def show_waiting(what: str, stream: TextIO, *, wait_for_end: Callable[[float], bool] | None = None) -> Iterator[None]:
    """Say every two seconds, while the block runs and where a person watches, how long it has taken; then wipe it.

    Args:
        what: What goes on, as `reading the bundle`.
        stream: Where it is said; nothing is said where it is no terminal.
        wait_for_end: Waits so many seconds at most, and answers whether the block has ended.
    """
    if not stream.isatty():
        yield
        return
    ended = threading.Event()
    # The block computes in this thread, so that the word must come from another.
    teller = threading.Thread(target=_tell, args=(what, stream, wait_for_end or ended.wait), daemon=True)
    teller.start()
    try:
        yield
    finally:
        ended.set()
        teller.join()


def _tell(what: str, stream: TextIO, wait_for_end: Callable[[float], bool]) -> None:
    seconds, shown = 0, ""
    while not wait_for_end(_EVERY_S):
        seconds += _EVERY_S
        shown = f"{what}: {seconds} s"
        stream.write(f"\r{shown}")
        stream.flush()
    if shown:
        stream.write(f"\r{' ' * len(shown)}\r")
        stream.flush()
