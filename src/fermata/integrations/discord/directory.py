"""Which roles of the server somebody has, and whether they may still decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fermata.integrations.discord.answers import DiscordRefusal, read_object
from fermata.integrations.discord.client import DiscordClient
from fermata.integrations.discord.settings import SNOWFLAKE, DiscordSettings

_UNKNOWN_MEMBER, _UNKNOWN_USER = 10007, 10013


class DiscordDirectory:
    """Asks for one member at a time: that needs no privileged intent, the list of all members would."""

    def __init__(self, client: DiscordClient, settings: DiscordSettings) -> None:
        self._client = client
        self._settings = settings
        self._rooms: Sequence[str] = ()
        self._guilds: dict[str, str] = {}
        """The server of each room that was asked about; a channel never moves to another one."""

    def attach_rooms(self, rooms: Sequence[str]) -> None:
        """Take the other rooms that cards go to: members of their servers may decide there."""
        self._rooms = tuple(rooms)

    async def list_groups(self, handle: str) -> Sequence[str]:
        """Return the ids of the roles of a user id in the server of `discord.channel`, asked for now.

        Somebody who is not in the server has none; neither has one who has not agreed to its rules.

        Raises:
            OperationalError: Discord cannot be asked.
        """
        if not SNOWFLAKE.fullmatch(handle):
            return ()
        member = await self._find_member(await self._find_guild(self._settings.channel), handle)
        return () if member is None or member.get("pending") else tuple(str(role) for role in member.get("roles") or ())

    async def find_bar(self, handle: str) -> str:
        """Return why a user id may decide nothing now; empty: it may.

        Cards may stand in rooms of other servers: who left the one of `discord.channel` is looked for in those of the
        rooms that the settings send cards to. Another server that the bot happens to be in is nobody's entry.

        Raises:
            OperationalError: Discord cannot be asked.
        """
        if not SNOWFLAKE.fullmatch(handle):
            return f"{handle} is no id of a user"
        rooms = (self._settings.channel, *self._rooms)
        member, asked = None, set[str]()
        for room in rooms:
            if member is not None:
                break
            guild = await self._find_guild(room)
            member = await self._find_member(guild, handle) if guild not in asked else None
            asked.add(guild)
        if member is None:
            return "the account is not in the server any more"
        return "the account has not yet agreed to the server's rules" if member.get("pending") else ""

    async def _find_guild(self, room: str) -> str:
        if room not in self._guilds:
            call = "looking at the channel"
            channel = await self._client.ask(call, "GET", f"/channels/{room}")
            self._guilds[room] = str(read_object(channel, call, "guild_id")["guild_id"])
        return self._guilds[room]

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
