"""What people and other bots do in channels, and the events that the gateway sends of it.

Payloads are those of the reference ("Gateway Events"), read 2026-11. An event goes to the sessions whose intents it
belongs to, and holds the content of messages only where the switch for that is on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fermata.testing.discord.gateway import DiscordGateway
from fermata.testing.discord.guild import (
    CHANNEL,
    GUILD,
    DiscordFile,
    DiscordGuild,
    DiscordMessage,
    DiscordRoom,
)

_GUILDS, _MESSAGES, _REACTIONS = 1 << 0, 1 << 9, 1 << 10
_PIN, _THREAD, _REPLY = 6, 18, 19


class DiscordTalk:
    """Does what a person does, and sends the events; returns the message."""

    def __init__(self, guild: DiscordGuild, gateway: DiscordGateway) -> None:
        self._guild = guild
        self._gateway = gateway
        self.heard = 0
        """To how many sessions the last event went."""

    async def say(
        self,
        user: str,
        text: str,
        *,
        channel: str = CHANNEL,
        answers: DiscordMessage | None = None,
        files: Sequence[str] = (),
        embeds: Sequence[dict[str, Any]] = (),
    ) -> DiscordMessage:
        """Write a message, also as an answer to another, or into a thread by its id."""
        message = DiscordMessage(self._guild.next_id(), channel, user, text, embeds=list(embeds))
        message.files = [DiscordFile(self._guild.next_id(), name, b"x") for name in files]
        if answers is not None:
            message.kind, message.refers_to = _REPLY, (channel, answers.id)
        self._guild.rooms[channel].messages[message.id] = message
        await self._send(_MESSAGES, "MESSAGE_CREATE", self._write(message))
        return message

    async def edit(self, message: DiscordMessage, text: str) -> None:
        """Edit a message."""
        message.content, message.edited_at = text, self._guild.clock.now().isoformat()
        await self._send(_MESSAGES, "MESSAGE_UPDATE", self._write(message))

    async def unfold(self, message: DiscordMessage, preview: str) -> None:
        """Let Discord unfold a link: a part of the message, and nobody edited it."""
        part = {"id": message.id, "channel_id": message.channel, "guild_id": GUILD}
        await self._send(_MESSAGES, "MESSAGE_UPDATE", part | {"embeds": [{"type": "link", "title": preview}]})

    async def delete(self, *messages: DiscordMessage) -> None:
        """Delete messages: one, or several at once as a moderator does."""
        for message in messages:
            del self._guild.rooms[message.channel].messages[message.id]
        ids, place = [one.id for one in messages], {"channel_id": messages[0].channel, "guild_id": GUILD}
        if len(ids) == 1:
            await self._send(_MESSAGES, "MESSAGE_DELETE", place | {"id": ids[0]})
        else:
            await self._send(_MESSAGES, "MESSAGE_DELETE_BULK", place | {"ids": ids})

    async def react(self, user: str, message: DiscordMessage, emoji: str, *, is_removed: bool = False) -> None:
        """Add a reaction, or take it away."""
        users = message.reactions.setdefault(emoji, [])
        (users.remove if is_removed else users.append)(user)
        if not users:
            del message.reactions[emoji]
        place = {"user_id": user, "channel_id": message.channel, "message_id": message.id, "guild_id": GUILD}
        data = place | {"emoji": {"id": None, "name": emoji}, "burst": False, "type": 0}
        await self._send(_REACTIONS, f"MESSAGE_REACTION_{'REMOVE' if is_removed else 'ADD'}", data)

    async def pin(self, user: str, message: DiscordMessage, *, is_removed: bool = False) -> None:
        """Pin a message, or unpin it; Discord writes a message about a pin."""
        message.is_pinned = not is_removed
        await self._send(_MESSAGES, "MESSAGE_UPDATE", self._write(message))
        if not is_removed:
            told = DiscordMessage(self._guild.next_id(), message.channel, user, kind=_PIN)
            told.refers_to = (message.channel, message.id)
            self._guild.rooms[message.channel].messages[told.id] = told
            await self._send(_MESSAGES, "MESSAGE_CREATE", self._write(told))

    async def begin_thread(self, user: str, name: str, *, under: DiscordMessage | None = None) -> DiscordRoom:
        """Begin a thread under a message, or without one: then a message in the channel leads to it."""
        parent = under.channel if under is not None else CHANNEL
        room = DiscordRoom(under.id if under is not None else self._guild.next_id(), name, parent=parent, kind=11)
        self._guild.rooms[room.id] = room
        await self._send(_GUILDS, "THREAD_CREATE", self._guild.write_thread(room) | {"newly_created": True})
        if under is None:
            told = DiscordMessage(self._guild.next_id(), parent, user, name, kind=_THREAD, refers_to=(room.id, ""))
            self._guild.rooms[parent].messages[told.id] = told
            await self._send(_MESSAGES, "MESSAGE_CREATE", self._write(told))
        return room

    def _write(self, message: DiscordMessage) -> dict[str, Any]:
        shown = self._guild.write_message(message, is_shown=self._guild.has_message_content)
        return shown | {"guild_id": GUILD, "member": {"nick": None, "roles": []}}

    async def _send(self, intent: int, name: str, data: dict[str, Any]) -> None:
        self.heard = await self._gateway.send_for(intent, name, data)
