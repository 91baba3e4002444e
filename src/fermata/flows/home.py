"""The event loop on which the house talks to people: what belongs to it is asked there, from wherever it is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class HomeLoop:
    """Runs work on the loop of a serving house. Legs run on the engine's: a connection cannot change loops."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None

    def settle(self, loop: asyncio.AbstractEventLoop | None) -> None:
        """Remember the loop; `None`: there is none, and work runs where it is asked for."""
        self._loop = loop

    async def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run work at home and return what it brings. Whoever stops waiting cancels it."""
        home = self._loop
        if home is None or home is asyncio.get_running_loop():
            return await work()
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work(), home))
