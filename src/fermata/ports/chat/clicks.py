"""Clicks and commands, each dealt with once: chats deliver again what they are not sure to have delivered.

What comes twice while it is being dealt with is one piece of work; what comes again later is known to the house. A chat
that tells every worker of each click has it dealt with by the first one that puts its hand up.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fermata.domain.card import Card
from fermata.domain.proposal import Answer
from fermata.kit.errors import FermataError, TransientError
from fermata.kit.log import get_log
from fermata.kit.units import format_duration
from fermata.ports.desk import Desk, Reply

_LEAVE_S = 2.0
"""How long a stop waits for what is being dealt with."""
_log = get_log("chat")


@dataclass(frozen=True, slots=True)
class Said:
    """What is to be told."""

    text: str
    public: bool = False
    card: Card | None = None


Work = Callable[[], Awaitable[Said | None]]
"""Deals with one click; `None` when there is nothing to tell."""


def hear(heard: Answer | Reply) -> Said:
    """Return what the desk said, to be told."""
    return Said(heard.text, heard.public, heard.card) if isinstance(heard, Reply) else Said(heard.text)


def say_when(error: FermataError) -> str:
    """Return after how long another try may bring more, for the end of "click again"; empty where nobody said."""
    wait = error.retry_after if isinstance(error, TransientError) else None
    return f" in {format_duration(wait)}" if wait else ""


class Clicks:
    """All that is being dealt with, of one chat.

    Args:
        channel: The chat's name, under which the house remembers.
        is_broadcast: Whether the chat tells each connected worker. Who puts their hand up and dies then leaves the
            click undone: the chat tells whoever clicked, and the next click is another one.
    """

    def __init__(self, desk: Desk, channel: str, *, is_broadcast: bool = False) -> None:
        self._desk = desk
        self._channel = channel
        self._is_broadcast = is_broadcast
        self._running: dict[str, asyncio.Task[Said | None]] = {}

    def begin(self, delivery: str, work: Work) -> tuple[asyncio.Task[Said | None], bool]:
        """Return the task that deals with a delivery, and whether it was begun by this call.

        The task's result is `None` for one that was dealt with before; it fails only by a bug of ours.
        """
        if (running := self._running.get(delivery)) is not None:
            return running, False
        task = asyncio.create_task(self._deal(delivery, work))
        self._running[delivery] = task
        task.add_done_callback(lambda _: self._running.pop(delivery, None))
        return task, True

    async def settle(self) -> None:
        """Wait a little for what is being dealt with, before a stop."""
        if self._running:
            await asyncio.wait(tuple(self._running.values()), timeout=_LEAVE_S)

    async def _deal(self, delivery: str, work: Work) -> Said | None:
        try:
            if await self._desk.is_known(self._channel, delivery):
                return None
            if self._is_broadcast and not await self._desk.remember(self._channel, f"{delivery}/taken"):
                return None
            said = await work()
        except FermataError as error:
            _log.warning("click.not_taken", channel=self._channel, delivery=delivery, reason=str(error))
            return Said(f"Not taken, nothing was decided. {error} Click again{say_when(error)}.")
        # Dealt with, remembered or not: a second delivery is told what was decided.
        with contextlib.suppress(FermataError):
            await self._desk.remember(self._channel, delivery)
        return said
