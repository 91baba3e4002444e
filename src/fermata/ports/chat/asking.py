"""Asking a chat for its history: as often as its limits let, as long as there is time, and then no more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar

from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError, TransientError

T = TypeVar("T")
_MOST_TRIES = 5
_BREATH = timedelta(seconds=1)
"""What is waited after a failure of a chat that does not say how long."""


class OutOfTime(OperationalError):
    """The time for reading is used up: what was read so far is all there is."""


async def ask_again(
    clock: Clock, call: Callable[[], Awaitable[T]], longest: timedelta, *, is_repeatable: bool = False
) -> T:
    """Return what a call answers, or what it answers once more after the wait that was asked for.

    Args:
        longest: How long is waited.
        is_repeatable: Whether it may be made again when it is not known whether it was taken.

    Raises:
        OperationalError: The chat refuses, fails again, or asks for a longer wait.
    """
    try:
        return await call()
    except TransientError as error:
        wait = error.retry_after or timedelta(0)
        if wait > longest or (error.retry_after is None and not is_repeatable):
            raise
    await clock.sleep(wait.total_seconds())
    return await call()


class PatientAsking:
    """Repeats what passes by itself, until a deadline.

    Args:
        patience: For everything that is asked through it, waits included.
    """

    def __init__(self, clock: Clock, patience: timedelta) -> None:
        self._clock = clock
        self._deadline = clock.now() + patience
        self._patience = patience

    async def ask(self, call: Callable[[], Awaitable[T]]) -> T:
        """Return what a call answers; one that meets a limit is made again after the wait that was asked for.

        Raises:
            OutOfTime: The deadline is past, or lies within the wait.
            OperationalError: The chat refuses, or goes on failing.
        """
        tries = 1
        while True:
            self._require_time(self._clock.now(), "")
            try:
                return await call()
            except TransientError as error:
                wait = error.retry_after or _BREATH
                if tries >= _MOST_TRIES:
                    raise
                self._require_time(self._clock.now() + wait, str(error.why or error.what))
            tries += 1
            await self._clock.sleep(wait.total_seconds())

    def _require_time(self, moment: datetime, why: str) -> None:
        if moment > self._deadline:
            raise OutOfTime(
                f"{self._patience.total_seconds():g} s were not enough to read it", why=why, do="Draft it again later"
            )
