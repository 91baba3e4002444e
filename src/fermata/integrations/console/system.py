"""The console as the house sees it: a channel that is always there."""

from __future__ import annotations

from collections.abc import Sequence

from fermata.integrations.console.channel import ConsoleChannel
from fermata.integrations.console.settings import ConsoleSettings
from fermata.ports.channel import Channel
from fermata.ports.system import CheckResult, System


class Console(System):
    """Cards on standard error of the process that serves."""

    name = "console"
    Settings = ConsoleSettings

    def find_channel(self) -> Channel:
        """Return the channel, writing to standard error."""
        return ConsoleChannel(self.settings)

    async def check(self) -> Sequence[CheckResult]:
        """Say where cards go. There is nothing that could be missing."""
        return (CheckResult(name="console: stream", ok=True, text="cards are printed to standard error"),)
