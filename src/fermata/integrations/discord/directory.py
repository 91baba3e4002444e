"""Which roles of the server somebody has."""

from __future__ import annotations

from collections.abc import Sequence

from fermata.integrations.discord.answers import DiscordRefusal, read_object
from fermata.integrations.discord.client import DiscordClient
from fermata.integrations.discord.settings import SNOWFLAKE, DiscordSettings

_UNKNOWN_MEMBER, _UNKNOWN_USER = 10007, 10013


class DiscordDirectory:
    """Asks for one member at a time: that needs no privileged intent, the list of all members would."""

    def __init__(self, client: DiscordClient, settings: DiscordSettings) -> None:
        self._client = client
        self._settings = settings
        self._guild = ""

    async def list_groups(self, handle: str) -> Sequence[str]:
        """Return the ids of the roles of a user id in the server of `discord.channel`, asked for now.

        Somebody who is not in the server has none; neither has one who has not agreed to its rules.

        Raises:
            OperationalError: Discord cannot be asked.
        """
        if not SNOWFLAKE.fullmatch(handle):
            return ()
        if not self._guild:
            call = "looking at the channel"
            channel = await self._client.ask(call, "GET", f"/channels/{self._settings.channel}")
            self._guild = str(read_object(channel, call, "guild_id")["guild_id"])
        try:
            member = await self._client.ask("asking for roles", "GET", f"/guilds/{self._guild}/members/{handle}")
        except DiscordRefusal as error:
            if error.code in (_UNKNOWN_MEMBER, _UNKNOWN_USER):
                return ()
            raise
        return () if member.get("pending") else tuple(str(role) for role in member.get("roles") or ())
