"""Which roles of the server somebody has, and whether they may still decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fermata.integrations.discord.answers import DiscordRefusal, read_object
from fermata.integrations.discord.client import DiscordClient
from fermata.integrations.discord.settings import SNOWFLAKE, DiscordSettings

_UNKNOWN_MEMBER, _UNKNOWN_USER = 10007, 10013
_MOST_GUILDS = 10
"""A bot of one team is in one server, or a few."""


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
        member = await self._find_member(await self._find_guild(), handle)
        return () if member is None or member.get("pending") else tuple(str(role) for role in member.get("roles") or ())

    async def find_bar(self, handle: str) -> str:
        """Return why a user id may decide nothing now; empty: it may.

        Cards may stand in rooms of other servers that the bot is in: who left the one of `discord.channel` is looked
        for in those, too.

        Raises:
            OperationalError: Discord cannot be asked.
        """
        if not SNOWFLAKE.fullmatch(handle):
            return f"{handle} is no id of a user"
        own = await self._find_guild()
        member = await self._find_member(own, handle)
        if member is None:
            guilds = await self._client.ask("asking for the bot's servers", "GET", "/users/@me/guilds")
            for other in [str(guild["id"]) for guild in guilds if str(guild.get("id")) != own][:_MOST_GUILDS]:
                member = member or await self._find_member(other, handle)
        if member is None:
            return "the account is not in the server any more"
        return "the account has not yet agreed to the server's rules" if member.get("pending") else ""

    async def _find_guild(self) -> str:
        if not self._guild:
            call = "looking at the channel"
            channel = await self._client.ask(call, "GET", f"/channels/{self._settings.channel}")
            self._guild = str(read_object(channel, call, "guild_id")["guild_id"])
        return self._guild

    async def _find_member(self, guild: str, handle: str) -> Mapping[str, Any] | None:
        try:
            found: Mapping[str, Any] = await self._client.ask(
                "asking for roles", "GET", f"/guilds/{guild}/members/{handle}"
            )
        except DiscordRefusal as error:
            if error.code in (_UNKNOWN_MEMBER, _UNKNOWN_USER):
                return None
            raise
        return found
