"""Slack as the house sees it: a channel, an ear, groups, and what the doctor looks at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import ClassVar

from pydantic import BaseModel

from fermata.domain.ids import PersonId
from fermata.integrations.slack.channel import SlackChannel
from fermata.integrations.slack.client import SlackClient
from fermata.integrations.slack.directory import SlackDirectory
from fermata.integrations.slack.doctor import examine, examine_people
from fermata.integrations.slack.guests import SlackGuests
from fermata.integrations.slack.listener import SlackListener
from fermata.integrations.slack.settings import SlackSettings
from fermata.integrations.slack.trail import SlackTrail
from fermata.integrations.slack.webhook import SlackWebhook
from fermata.kit.clock import Clock
from fermata.ports.channel import Channel, Directory, Listener, Webhook
from fermata.ports.chat.hearing import Hearing
from fermata.ports.system import CheckResult, System
from fermata.ports.trail import TrailSource

for _package in ("slack_bolt", "aiohttp"):  # Imported on first use; but who may configure this system is to know now.
    if find_spec(_package) is None:
        raise ModuleNotFoundError(f"No module named {_package!r}", name=_package)


class Slack(System):
    """One app in one workspace."""

    name: ClassVar[str] = "slack"
    Settings: ClassVar[type[BaseModel]] = SlackSettings

    def __init__(self, settings: SlackSettings, clock: Clock) -> None:
        super().__init__(settings, clock)
        self._client = SlackClient(settings, clock)
        self._hearing = Hearing()

    def find_channel(self) -> Channel:
        """Return the channel."""
        return SlackChannel(self._client, self.settings, self.clock)

    def find_listener(self) -> Listener | None:
        """Return the ear, in mode `socket`."""
        if self.settings.mode != "socket":
            return None
        return SlackListener(self._client, self.settings, self.clock, hearing=self._hearing)

    def find_webhook(self) -> Webhook | None:
        """Return what takes Slack's requests, in mode `http`."""
        if self.settings.mode != "http":
            return None
        return SlackWebhook(self._client, self.settings, self.clock, self._hearing)

    def find_directory(self) -> Directory:
        """Return what knows the user groups."""
        return SlackDirectory(self._client, self.clock)

    def find_trail(self) -> TrailSource:
        """Return what reads the history of channels."""
        return SlackTrail(self._client, self.clock, self._hearing)

    async def check(self) -> Sequence[CheckResult]:
        """Look whether the token, its scopes, the channel and the way in are as they must be. Posts nothing."""
        return await examine(self._client, self.settings)

    async def check_people(self, handles: Mapping[PersonId, str]) -> Sequence[CheckResult]:
        """Look each member id up: a name in its place, an id of nobody and a guest's would never count."""
        return await examine_people(SlackGuests(self._client, self.clock), handles)
