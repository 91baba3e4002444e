"""What a Discord server holds: people, roles, channels, threads, messages. The fake's memory; no network in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fermata.kit.clock import Clock

TOKEN = "MTE4MDAwMDAwMDAwMDAwMDAwOQ.pretend.token"  # noqa: S105 - for a server of our own
GUILD, CHANNEL, OTHER_CHANNEL = "1180000000000000000", "1180000000000000001", "1180000000000000002"
BOT, APPLICATION = "1180000000000000009", "1180000000000000010"
ALICE, BOB, MALLORY, ROBOT = "1180000000000000021", "1180000000000000022", "1180000000000000023", "1180000000000000024"
ONCALL_ROLE, BOT_ROLE = "1180000000000000031", "1180000000000000032"
_EPOCH_MS = 1_420_070_400_000
_ESCAPED = re.compile(r"\\([^0-9A-Za-z\s])|\*\*")
ALL_PERMISSIONS = (1 << 10) | (1 << 11) | (1 << 14) | (1 << 15) | (1 << 16) | (1 << 35) | (1 << 38)


class Refused(Exception):
    """What an endpoint answers with: a status, a code, words."""

    def __init__(self, status: int, code: int, message: str, errors: Mapping[str, Any] | None = None) -> None:
        self.status = status
        self.body: dict[str, Any] = {"code": code, "message": message, **({"errors": errors} if errors else {})}
        super().__init__(message)


@dataclass(slots=True)
class DiscordFile:
    """A file of a message."""

    id: str
    name: str
    content: bytes


@dataclass(slots=True)
class DiscordMessage:
    """One message, as it is now."""

    id: str
    channel: str
    author: str
    content: str = ""
    embeds: list[dict[str, Any]] = field(default_factory=list)
    components: list[dict[str, Any]] = field(default_factory=list)
    files: list[DiscordFile] = field(default_factory=list)
    flags: int = 0
    nonce: str = ""
    edits: int = 0
    kind: int = 0
    """Discord's type: 0 a message, 6 a pin, 18 a thread, 19 a reply."""
    refers_to: tuple[str, str] = ("", "")
    """Channel and message that it answers, or tells of."""
    reactions: dict[str, list[str]] = field(default_factory=dict)
    """Who reacted, by emoji."""
    is_pinned: bool = False
    edited_at: str = ""
    """When a person edited it."""

    def list_buttons(self) -> dict[str, dict[str, Any]]:
        """Return the buttons by the first part of their ids."""
        rows = (row["components"] for row in self.components)
        return {button["custom_id"].partition(":")[0]: button for row in rows for button in row}

    def read(self) -> str:
        """Return what people see of it, formats taken away, files opened."""
        parts = [render(self.content)]
        if not self.flags & 4:
            for embed in self.embeds:
                parts += [render(embed.get("title", "")), render(embed.get("description", ""))]
                parts += [(embed.get("footer") or {}).get("text", "")]
        return "\n".join([*parts, *(file.content.decode() for file in self.files)])


@dataclass(slots=True)
class DiscordRoom:
    """A channel, or a thread under a message."""

    id: str
    name: str
    parent: str = ""
    """The channel of a thread."""
    archived: bool = False
    kind: int = 0
    permissions: int = ALL_PERMISSIONS
    """What the bot may do in it."""
    messages: dict[str, DiscordMessage] = field(default_factory=dict)
    guild: str = GUILD
    """The server it is in."""
    nonces: dict[str, DiscordMessage] = field(default_factory=dict)
    """What was posted with an enforced nonce, deleted or not: whether Discord tells these apart, it does not say."""


@dataclass(slots=True)
class DiscordUser:
    """Somebody in the server."""

    id: str
    name: str
    roles: list[str] = field(default_factory=list)
    bot: bool = False
    pending: bool = False


def render(text: str) -> str:
    """Return what Discord shows of Markdown: code as it is, escaped characters as they are, bold without its marks."""
    parts = text.split("```")
    shown = [
        part.partition("\n")[2] if number % 2 else _ESCAPED.sub(lambda match: match[1] or "", part)
        for number, part in enumerate(parts)
    ]
    return "".join(shown)


def find_markup(text: str) -> list[str]:
    """Return what Discord would not show as it stands, besides bold: formats, links, mentions, headings."""
    outside = "\x00".join(text.split("```")[::2])
    plain = re.sub(r"\\[^0-9A-Za-z\s]", "\x01", outside).replace("**", "")
    found = re.findall(r"[*_~`|\[\]<>@]|https?:|:\w+:|^\s*(?:#{1,3}|>|-#?|\d+[.)]) ", plain, re.MULTILINE)
    return [*found, *(["fence"] if text.count("```") % 2 else [])]


class DiscordGuild:
    """All of it, with one bot invited."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.token = TOKEN
        self.users = {
            ALICE: DiscordUser(ALICE, "alice", [ONCALL_ROLE]),
            BOB: DiscordUser(BOB, "bob", [ONCALL_ROLE]),
            MALLORY: DiscordUser(MALLORY, "mallory"),
            ROBOT: DiscordUser(ROBOT, "robot", bot=True),
            BOT: DiscordUser(BOT, "fermata", [BOT_ROLE], bot=True),
        }
        self.rooms = {
            CHANNEL: DiscordRoom(CHANNEL, "incidents"),
            OTHER_CHANNEL: DiscordRoom(OTHER_CHANNEL, "payments"),
        }
        self.commands: list[dict[str, Any]] = []
        self.may_make_commands = True
        self.elsewhere: dict[str, set[str]] = {}
        """Ids of the members of other servers that the bot is in."""
        self.is_member = True
        """Whether the bot is in the server."""
        self.has_message_content = False
        """Whether the switch "Message Content Intent" is on in the developer portal."""
        self.largest_file = 10 * 1024 * 1024
        self.whispers: list[dict[str, Any]] = []
        """What was told to whoever clicked or asked: `user`, `by`, `text`, `public`, and the message."""
        self.forms: list[dict[str, Any]] = []
        """Modals that were opened."""
        self._last = 0

    def next_id(self) -> str:
        """Return a new id: milliseconds since 2015 in the upper bits, never the same twice."""
        now = int(self.clock.now().timestamp() * 1000) - _EPOCH_MS
        self._last = max(self._last + 1, now << 22)
        return str(self._last)

    def find_room(self, room_id: str, *needs: int) -> DiscordRoom:
        """Return a room in which the bot may do something.

        Raises:
            Refused: There is none, or it may not.
        """
        room = self.rooms.get(room_id)
        if room is None or (room.parent and room.parent not in self.rooms):
            raise Refused(404, 10003, "Unknown Channel")
        held = self.rooms[room.parent].permissions if room.parent else room.permissions
        if not self.is_member or not held & (1 << 10):
            raise Refused(403, 50001, "Missing Access")
        if any(not held & bit for bit in needs):
            raise Refused(403, 50013, "Missing Permissions")
        return room

    def find_message(self, room_id: str, message_id: str) -> DiscordMessage:
        """Return a message.

        Raises:
            Refused: There is none.
        """
        found = self.rooms[room_id].messages.get(message_id)
        if found is None:
            raise Refused(404, 10008, "Unknown Message")
        return found

    def list_cards(self, room_id: str = CHANNEL) -> list[DiscordMessage]:
        """Return the bot's messages in a channel, oldest first, but for those that answer another one."""
        ours = [one for one in self.rooms[room_id].messages.values() if one.author == BOT]
        return [one for one in ours if not any(one.refers_to)]

    def list_news(self, room_id: str = CHANNEL) -> list[DiscordMessage]:
        """Return the bot's answers to its own messages, oldest first."""
        return [one for one in self.rooms[room_id].messages.values() if one.author == BOT and any(one.refers_to)]

    def find_thread(self, message: DiscordMessage) -> DiscordRoom | None:
        """Return the thread of a message."""
        return self.rooms.get(message.id)

    def read(self, room_id: str = CHANNEL) -> str:
        """Return all that people see in a channel, threads included."""
        return "\n".join(self._read(room_id))

    def _read(self, room_id: str) -> Iterator[str]:
        for message in self.rooms[room_id].messages.values():
            yield message.read()
            if (thread := self.rooms.get(message.id)) is not None:
                yield from self._read(thread.id)

    def write_message(self, message: DiscordMessage, *, is_shown: bool = True) -> dict[str, Any]:
        """Return a message as the API gives it.

        Args:
            is_shown: With its content. Without the intent for it, only the bot's own messages have theirs.
        """
        user = self.users[message.author]
        files = [
            {
                "id": file.id,
                "filename": file.name,
                "size": len(file.content),
                "url": f"https://cdn.discordapp.com/attachments/{message.channel}/{file.id}/{file.name}",
                "proxy_url": "",
            }
            for file in message.files
        ]
        edited = message.edited_at or (self.clock.now().isoformat() if message.edits else None)
        return {
            "id": message.id,
            "channel_id": message.channel,
            "type": message.kind,
            "author": self.write_user(user),
            "content": message.content if is_shown else "",
            "embeds": [{"type": "rich", **embed} for embed in message.embeds] if is_shown else [],
            "components": message.components if is_shown else [],
            "attachments": files if is_shown else [],
            "flags": message.flags,
            "mentions": [],
            "mention_roles": [],
            "mention_everyone": False,
            "pinned": message.is_pinned,
            "tts": False,
            "timestamp": self.clock.now().isoformat(),
            "edited_timestamp": edited,
            **({"nonce": message.nonce} if message.nonce else {}),
            **self._write_more(message),
        }

    def _write_more(self, message: DiscordMessage) -> dict[str, Any]:
        more: dict[str, Any] = {}
        if any(message.refers_to):
            channel, referred = message.refers_to
            found = {"type": 0, "guild_id": GUILD, "channel_id": channel}
            more["message_reference"] = found | ({"message_id": referred} if referred else {})
        if message.reactions:
            more["reactions"] = [
                {"emoji": {"id": None, "name": name}, "count": len(users), "me": False}
                for name, users in message.reactions.items()
            ]
        if message.id in self.rooms:
            more["thread"] = self.write_thread(self.rooms[message.id])
        return more

    def write_thread(self, room: DiscordRoom) -> dict[str, Any]:
        """Return a thread as the API gives it."""
        metadata = {"archived": room.archived, "auto_archive_duration": 1440, "locked": False}
        place = {"id": room.id, "type": 11, "guild_id": GUILD, "parent_id": room.parent, "name": room.name}
        return place | {"thread_metadata": metadata}

    def write_user(self, user: DiscordUser) -> dict[str, Any]:
        """Return somebody as the API gives them."""
        return {
            "id": user.id,
            "username": user.name,
            "global_name": user.name.capitalize(),
            "discriminator": "0",
            "avatar": None,
            **({"bot": True} if user.bot else {}),
        }
