"""Listeners of channels as tasks that are looked after: begun again when they fail, and seen to have failed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from fermata.domain.record import Instant, Record
from fermata.flows.boundary import Contained, contain
from fermata.flows.context import FlowContext
from fermata.flows.resting import list_rests
from fermata.kit.clock import format_instant
from fermata.kit.log import get_log
from fermata.kit.units import format_duration
from fermata.ports.channel import ChecksConnection, Listener
from fermata.ports.desk import Desk
from fermata.ports.store import Transaction
from fermata.ports.system import CheckResult

_log = get_log("listening")
_FIRST_WAIT = timedelta(seconds=1)
_LONGEST_WAIT = timedelta(minutes=5)
_WELL_AFTER = timedelta(minutes=1)
"""A listener that failed after it had listened for so long is begun again soon: it is another failure."""
_SETTLES = timedelta(seconds=5)
_LOOKS_EVERY = timedelta(seconds=10)
"""A connection is made anew every few hours, which takes a second or two: that is no outage."""
_DEAF = "is not connected, and tries again by itself: what people decide there does not arrive meanwhile"
_LISTENER = "listener/"


class ListenerState(Record):
    """How one listener fares, as the serving process wrote it down: `fermata check` runs beside it."""

    listens: bool
    text: str
    """In words; for one that does not listen, why and what to do."""
    since: Instant
    host: str = ""
    pid: int = 0
    """Of the serving process: one that was killed could not write that it is gone."""


def list_states(transaction: Transaction) -> Mapping[str, ListenerState]:
    """Return the state of each listener by its channel's name."""
    found = transaction.flags.list_named(_LISTENER)
    return {name.removeprefix(_LISTENER): ListenerState.from_json(value) for name, value in found}


def find_heard_since(transaction: Transaction, name: str) -> datetime | None:
    """Return since when a listener hears without a break, or `None` when it does not hear now."""
    value = transaction.flags.find(f"{_LISTENER}{name}")
    state = ListenerState.from_json(value) if value else None
    return state.since if state is not None and state.listens and not _is_gone(state) else None


async def check_channels(context: FlowContext, names: Sequence[str]) -> Sequence[CheckResult]:
    """Return a finding for each listener that is configured, and one for each place where cards do not arrive."""
    states, rests = await context.store.read(lambda transaction: (list_states(transaction), list_rests(transaction)))
    failing = [CheckResult(name=f"{name}: cards", ok=False, text=text) for name, text in rests.tell().items()]
    return [*(_check(name, states.get(name)) for name in names), *failing]


def _check(name: str, state: ListenerState | None) -> CheckResult:
    if state is None or _is_gone(state):
        return CheckResult(name=f"{name}: listener", ok=True, text="not serving: clicks are taken by `fermata up`")
    text = f"{state.text} (since {format_instant(state.since)})"
    return CheckResult(name=f"{name}: listener", ok=state.listens, text=text)


def _is_gone(state: ListenerState) -> bool:
    """Answer whether the process that wrote this is surely dead; of another machine nobody can tell."""
    if state.host != socket.gethostname() or not state.pid:
        return False
    try:
        os.kill(state.pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False  # It is there, and another user's.
    return False


class Ears:
    """All listeners of a serving house."""

    def __init__(self, context: FlowContext, listeners: Mapping[str, Listener], desk: Desk) -> None:
        self._context = context
        self._listeners = listeners
        self._desk = desk
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to listen, on the running event loop."""
        self._tasks = [
            asyncio.create_task(self._keep_listening(name, listener)) for name, listener in self._listeners.items()
        ]

    async def stop(self) -> None:
        """Stop listening. What was taken is answered or will be brought again by its service."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        if self._tasks:
            await contain("listeners", lambda: self._context.store.write(_forget_states))
        self._tasks = []

    def measure(self) -> None:
        """Bring the gauges of connections up to date."""
        for (name, listener), task in zip(self._listeners.items(), self._tasks, strict=False):
            if isinstance(listener, ChecksConnection) and not task.done():
                self._context.meters.connected.labels(name).set(1 if listener.is_connected else 0)

    async def _keep_listening(self, name: str, listener: Listener) -> None:
        context = self._context
        wait, settles = _FIRST_WAIT, timedelta(0)
        while True:
            began = context.clock.now()
            reason = await self._listen(name, listener, settles)
            context.meters.connected.labels(name).set(0)
            if context.clock.now() - began >= _WELL_AFTER:
                wait = _FIRST_WAIT
            text = f"does not listen, and tries again within {format_duration(wait)}: {reason}"
            await self._note(name, listens=False, text=text)
            _log.warning("listener.failed", channel=name, reason=reason, wait_s=wait.total_seconds())
            await context.clock.sleep(wait.total_seconds())
            wait, settles = min(wait * 2, _LONGEST_WAIT), _SETTLES

    async def _listen(self, name: str, listener: Listener, settles: timedelta) -> str:
        """Listen once; return why it ended.

        Args:
            settles: Until it has gone on for so long it counts as failed still: one that fails at each try must not
                seem well in between.
        """
        listening = asyncio.create_task(contain(f"listener of {name}", lambda: listener.listen(self._desk)))
        try:
            done, _ = await asyncio.wait((listening,), timeout=settles.total_seconds())
            if not done:
                self._context.meters.connected.labels(name).set(1)
                await self._note(name, listens=True, text="listens")
                await self._watch(name, listener, listening)
            return (await listening).advice or "it stopped listening by itself"
        finally:
            listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listening

    async def _watch(self, name: str, listener: Listener, listening: asyncio.Task[Contained[None]]) -> None:
        """Keep the state true until it ends: one that connects anew by itself hears nothing meanwhile."""
        told = True
        while not listening.done():
            await asyncio.wait((listening,), timeout=_LOOKS_EVERY.total_seconds())
            hears = not isinstance(listener, ChecksConnection) or listener.is_connected
            if hears is not told and not listening.done():
                told = hears
                await self._note(name, listens=hears, text="listens" if hears else _DEAF)

    async def _note(self, name: str, *, listens: bool, text: str) -> None:
        """Write down how it fares; a store that cannot take that keeps nobody from listening."""
        state = ListenerState(
            listens=listens, text=text, since=self._context.clock.now(), host=socket.gethostname(), pid=os.getpid()
        )
        await contain(
            f"state of listener {name}",
            lambda: self._context.store.write(
                lambda transaction: transaction.flags.put(f"{_LISTENER}{name}", state.to_json())
            ),
        )


def _forget_states(transaction: Transaction) -> None:
    for name, _ in transaction.flags.list_named(_LISTENER):
        transaction.flags.remove(name)
