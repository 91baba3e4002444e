"""Clicks and commands over Socket Mode: a connection that Fermata opens, so that nobody needs to reach it."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING

from fermata.integrations.slack.client import SlackClient
from fermata.integrations.slack.counter import SlackCounter
from fermata.integrations.slack.guests import SlackGuests
from fermata.integrations.slack.observing import SlackObserving
from fermata.integrations.slack.settings import SlackSettings
from fermata.kit.clock import Clock
from fermata.ports.chat.hearing import Hearing
from fermata.ports.desk import Desk
from fermata.ports.observer import Observer

if TYPE_CHECKING:
    from fermata.integrations.slack.socketmode import SocketListening

_SOCKET = "fermata.integrations.slack.socketmode"


class SlackListener:
    """The ear. Reconnects by itself after cuts and outages; gives up on what a person must mend.

    Args:
        hearing: Told of each message that was taken.
        ping_s: How often the connection is tried, and how long to wait before another one.
    """

    def __init__(
        self,
        client: SlackClient,
        settings: SlackSettings,
        clock: Clock,
        *,
        hearing: Hearing | None = None,
        ping_s: float = 5,
    ) -> None:
        self._client = client
        self._settings = settings
        self._clock = clock
        self._ping_s = ping_s
        self._observing = SlackObserving(client, clock, hearing)
        self._listening: SocketListening | None = None

    def attach(self, observer: Observer) -> None:
        """Tell this observer what people write, from now on."""
        self._observing.attach(observer)

    @property
    def is_connected(self) -> bool:
        """Answer whether Slack would reach it at this moment."""
        return self._listening is not None and self._listening.is_connected

    async def listen(self, desk: Desk) -> None:
        """Listen until cancelled; what is being dealt with then has two seconds to come to its end.

        Raises:
            SlackRefusal: Slack does not let this app connect: a revoked token, Socket Mode switched off.
        """
        # Slack's libraries take a second to load: not on the loop, where everything else would stand still for it.
        await asyncio.to_thread(import_module, _SOCKET)
        from fermata.integrations.slack.socketmode import SocketListening

        counter = SlackCounter(self._client, self._settings, SlackGuests(self._client, self._clock), desk, self._clock)
        self._listening = SocketListening(self._client, self._settings, counter, self._observing, ping_s=self._ping_s)
        try:
            await self._listening.run()
        finally:
            self._listening = None
            await self._observing.settle()
