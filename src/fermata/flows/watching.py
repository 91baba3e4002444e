"""Looks at systems now and then, so that what they forget by themselves is known when it is asked about."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

from fermata.flows.boundary import contain
from fermata.kit.log import get_log
from fermata.ports.notes import Watcher
from fermata.ports.store import Store

_log = get_log("watching")
_EVERY_S = 20.0
"""A container that is replaced has as a rule run for longer; listing them takes an engine milliseconds."""


class KeptNotes:
    """The notes of one system, kept with the store. What another process keeps is seen at once.

    Args:
        system: Its name: systems do not see each other's notes.
    """

    def __init__(self, store: Store, system: str) -> None:
        self._store = store
        self._system = system

    async def find(self, name: str) -> Mapping[str, Any] | None:
        """Return what was kept, or `None`."""
        return await self._store.read(lambda transaction: transaction.flags.find(self._name(name)))

    async def keep(self, name: str, value: Mapping[str, Any]) -> None:
        """Keep a value in the place of the one before."""
        await self._store.write(lambda transaction: transaction.flags.put(self._name(name), dict(value)))

    def _name(self, name: str) -> str:
        return f"noted/{self._system}/{name}"


class Watching:
    """The watchers of all systems, each in a task of its own: one that hangs keeps no other from looking."""

    def __init__(self, watchers: Mapping[str, Watcher], every_s: float = _EVERY_S) -> None:
        self._watchers = watchers
        self._every_s = every_s
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to look. On a running event loop."""
        self._tasks = [asyncio.create_task(self._watch(name, one)) for name, one in self._watchers.items()]

    async def stop(self) -> None:
        """Look no more."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._tasks = []

    async def _watch(self, name: str, watcher: Watcher) -> None:
        failure = ""
        while True:
            looked = await contain(f"watcher of {name}", watcher.look)
            if looked.failure != failure:
                # Once, not every time: what it means for an incident is told there as a gap.
                failure = looked.failure
                _log.warning("watch.failed" if failure else "watch.resumed", system=name, reason=failure)
            await asyncio.sleep(self._every_s)
