"""An event loop in which waiting costs nothing: its time jumps to the next timer, and everything happens in its order.

For what runs many waits side by side, where a clock that moves with each `sleep` would count every one of them. Real
sockets and threads do not belong into it: time passes while they wait.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

T = TypeVar("T")
_LONGEST_S = 24 * 3600.0
"""A wait for nothing at all ends the test instead of hanging it."""


class LoopClock:
    """A clock that goes with the running loop."""

    def __init__(self, start: datetime = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)) -> None:
        self._start = start

    def now(self) -> datetime:
        """Return the loop's present instant."""
        return self._start + timedelta(seconds=asyncio.get_running_loop().time())

    async def sleep(self, seconds: float) -> None:
        """Wait on the loop."""
        await asyncio.sleep(seconds)


class _JumpingSelector(selectors.DefaultSelector):
    """Instead of waiting, time passes."""

    passed_s = 0.0

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if not ready:
            self.passed_s += _LONGEST_S if timeout is None else max(timeout, 0.0)
            if self.passed_s > _LONGEST_S:
                message = "the loop waits for something that never comes"
                raise RuntimeError(message)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Return the seconds that have passed in it."""
        return self._jumping.passed_s


def run_virtually(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)
