"""Clicks and commands over the gateway: a connection that Fermata opens, so that nobody needs to reach it."""

from __future__ import annotations

import asyncio
import contextlib
import warnings
from collections.abc import Coroutine, Mapping
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any

from fermata.integrations.discord.client import DiscordClient
from fermata.integrations.discord.commands import register_commands
from fermata.integrations.discord.counter import DiscordCounter
from fermata.integrations.discord.interactions import read_interaction
from fermata.integrations.discord.observing import DiscordObserving
from fermata.integrations.discord.settings import DiscordSettings
from fermata.integrations.discord.telling import DiscordTelling
from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError, TransientError
from fermata.kit.log import get_log
from fermata.ports.chat.hearing import Hearing
from fermata.ports.desk import Desk
from fermata.ports.observer import Observer

if TYPE_CHECKING:
    from fermata.integrations.discord.gateway import Gateway

_GATEWAY = "fermata.integrations.discord.gateway"
_log = get_log("discord")


def load_gateway() -> None:
    """Import discord.py; it brings a module for sound that Python 3.11 warns about when it is first imported."""
    with warnings.catch_warnings(), contextlib.suppress(ImportError):
        warnings.simplefilter("ignore", DeprecationWarning)
        import_module("audioop")
    import_module(_GATEWAY)


class DiscordListener:
    """The ear. Reconnects by itself after cuts and outages; gives up on what a person must mend.

    Args:
        hearing: Told of each message that was taken.
        first_wait_s: Before the second try in a row to connect; doubled from then on.
    """

    def __init__(
        self,
        client: DiscordClient,
        settings: DiscordSettings,
        clock: Clock,
        *,
        hearing: Hearing | None = None,
        first_wait_s: float = 1.0,
    ) -> None:
        self._client = client
        self._settings = settings
        self._clock = clock
        self._first_wait_s = first_wait_s
        self._gateway: Gateway | None = None
        self._application_id = ""
        self._tasks: set[asyncio.Task[None]] = set()
        self._observing = DiscordObserving(clock, hearing)

    def attach(self, observer: Observer) -> None:
        """Tell this observer what people write from now on, if the settings say so."""
        if self._settings.observe:
            self._observing.attach(observer)

    @property
    def is_connected(self) -> bool:
        """Answer whether Discord would reach it at this moment."""
        return self._gateway is not None and self._gateway.is_connected

    async def listen(self, desk: Desk) -> None:
        """Listen until cancelled; what is being dealt with then has two seconds to come to its end.

        Raises:
            DiscordRefusal: Discord does not let this bot connect: its token was reset.
        """
        # discord.py takes most of a second to load: not on the loop, where everything else would stand still for it.
        await asyncio.to_thread(load_gateway)
        from fermata.integrations.discord.gateway import Gateway

        telling = DiscordTelling(self._client, self._settings, self._clock)
        counter = DiscordCounter(self._client, self._settings, telling, desk)

        def on_ready(data: Mapping[str, Any]) -> None:
            application = data.get("application") or data.get("user") or {}
            self._application_id = str(application.get("id") or "")
            self._start(self._register(self._application_id))

        def on_interaction(data: Mapping[str, Any]) -> None:
            try:
                interaction = read_interaction(data, self._application_id)
            except (KeyError, ValueError, TypeError) as error:
                _log.warning("click.unreadable", reason=type(error).__name__)
                return
            self._start(counter.take(interaction))

        self._gateway = Gateway(
            self._client,
            self._settings,
            self._clock,
            observing=self._observing,
            on_ready=on_ready,
            on_interaction=on_interaction,
            first_wait_s=self._first_wait_s,
        )
        observing = asyncio.create_task(self._observing.run())
        try:
            await self._gateway.run()
        finally:
            self._gateway = None
            observing.cancel()
            await counter.settle()
            await self._finish()
            await asyncio.gather(observing, return_exceptions=True)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _finish(self) -> None:
        """Give answers that are on their way a moment, then let go."""
        if not self._tasks:
            return
        _, late = await asyncio.wait(tuple(self._tasks), timeout=1)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _register(self, application_id: str) -> None:
        """Make the slash commands; without them the buttons work all the same, and the doctor says what is missing."""
        for wait in (timedelta(seconds=2), timedelta(seconds=30), None):
            try:
                await register_commands(self._client, application_id, self._settings.channel)
            except OperationalError as error:
                _log.warning("discord.commands_refused", reason=str(error))
                if wait is None or not isinstance(error, TransientError):
                    return
                await self._clock.sleep((error.retry_after or wait).total_seconds())
            else:
                return
