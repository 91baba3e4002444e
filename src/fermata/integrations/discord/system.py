"""Discord as the house sees it: a channel, an ear, roles, and what the doctor looks at."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import ClassVar

from pydantic import BaseModel

from fermata.integrations.discord.channel import DiscordChannel
from fermata.integrations.discord.client import DiscordClient
from fermata.integrations.discord.directory import DiscordDirectory
from fermata.integrations.discord.doctor import examine
from fermata.integrations.discord.listener import DiscordListener
from fermata.integrations.discord.settings import DiscordSettings
from fermata.integrations.discord.trail import DiscordTrail
from fermata.kit.clock import Clock
from fermata.ports.channel import Channel, Directory, Listener
from fermata.ports.chat.hearing import Hearing
from fermata.ports.system import CheckResult, System
from fermata.ports.trail import TrailSource

for _package in ("discord", "aiohttp"):  # Imported on first use; but who may configure this system is to know now.
    if find_spec(_package) is None:
        raise ModuleNotFoundError(f"No module named {_package!r}", name=_package)


class Discord(System):
    """One bot in one server."""

    name: ClassVar[str] = "discord"
    Settings: ClassVar[type[BaseModel]] = DiscordSettings

    def __init__(self, settings: DiscordSettings, clock: Clock) -> None:
        super().__init__(settings, clock)
        self._client = DiscordClient(settings, clock)
        self._hearing = Hearing()

    def find_channel(self) -> Channel:
        """Return the channel."""
        return DiscordChannel(self._client, self.settings, self.clock)

    def find_listener(self) -> Listener:
        """Return the ear."""
        return DiscordListener(self._client, self.settings, self.clock, hearing=self._hearing)

    def find_directory(self) -> Directory:
        """Return what knows the roles."""
        return DiscordDirectory(self._client, self.settings)

    def find_trail(self) -> TrailSource:
        """Return what reads the history of channels."""
        return DiscordTrail(self._client, self.clock, self._hearing)

    async def check(self) -> Sequence[CheckResult]:
        """Look whether the token, the channel, the permissions and the gateway are as they must be. Posts nothing."""
        return await examine(self._client, self.settings)
