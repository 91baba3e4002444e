"""A Discord channel as DiscordChatExporter writes it in JSON: Discord itself has no export of a channel.

Shapes: Tyrrrz/DiscordChatExporter, `JsonMessageWriter`, read 2026-11. One file a channel or thread, or several parts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from fermata.domain.heard import HeardMessage, HeardPerson
from fermata.flows.bundle.haul import Haul
from fermata.flows.postmortem.export_talk import ExportTalk, Wanted
from fermata.flows.postmortem.salvage import Broken, find_object, iterate_items
from fermata.ports.chat.discord_wire import list_embed, read_time
from fermata.ports.chat.wire import Fields, add_count, find_text, get_fields, list_fields

_HEAD = re.compile(r'\s*\{\s*"guild"\s*:\s*\{.*?"channel"\s*:\s*\{', re.DOTALL)
_SAID = frozenset({"0", "19", "20", "23", "ChatInputCommand", "ContextMenuCommand", "Default", "Reply"})
"""Types of messages that somebody wrote; newer ones than the exporter knows stand as numbers."""


def is_discord_export(head: str) -> bool:
    """Answer whether a file that begins like this is one."""
    return _HEAD.match(head.removeprefix("\ufeff")) is not None


def read_discord_export(text: str, name: str, wanted: Wanted, haul: Haul) -> ExportTalk:
    """Return the talk of a file, up to where it breaks off.

    Args:
        name: The file's, for warnings.
    """
    talk = ExportTalk()
    guild, channel = find_text(find_object(text, "guild"), "id"), find_object(text, "channel")
    # A thread belongs to the channel that its category names.
    is_thread = "Thread" in find_text(channel, "type")
    room = (find_text(channel, "category") if is_thread else "") or find_text(channel, "name", "id") or "channel"
    talk.present[room] = None
    if not wanted.has_channel(room, find_text(channel, "id"), find_text(channel, "name")):
        return talk
    talk.channels[room] = None
    talk.names[find_text(channel, "id")] = find_text(channel, "name")
    place = _Place(room, guild, find_text(channel, "id"), find_text(channel, "id") if is_thread else "")
    broken = Broken()
    count = left_out = 0
    for item in iterate_items(text, "messages", broken):
        count += 1
        if not isinstance(item, Mapping) or find_text(item, "type") not in _SAID:
            continue
        at = read_time(item.get("timestamp"))
        if at is None or not find_text(item, "id"):
            left_out += 1
            continue
        talk.meet(at)
        if wanted.has_moment(at):
            _take(talk, item, at, place)
    if broken.is_broken:
        haul.leave_out(name, f"it breaks off; {count:,} messages before that are used")
    if left_out:
        haul.leave_out(name, f"{left_out:,} messages without an id or a time are left out")
    return talk


class _Place:
    """Where the messages of a file stand."""

    def __init__(self, room: str, guild: str, channel: str, thread: str) -> None:
        self.room = room
        self.thread = thread
        # The exporter writes 0 for what is in no server.
        self._link = f"https://discord.com/channels/{guild}/{channel}" if guild not in ("", "0") and channel else ""

    def write_link(self, message: str) -> str:
        """Return the link that opens a message."""
        return f"{self._link}/{message}" if self._link else ""


def _take(talk: ExportTalk, item: Fields, at: datetime, place: _Place) -> None:
    author = get_fields(item, "author")
    user, name = find_text(author, "id") or find_text(author, "name"), find_text(item, "id")
    is_bot = author.get("isBot") is True
    reference = get_fields(item, "reference")
    said = [find_text(item, "content")]
    if is_bot:
        for embed in list_fields(item, "embeds"):
            said += list_embed(embed)
    talk.messages.append(
        HeardMessage(
            platform="discord",
            room=place.room,
            id=name,
            at=at,
            user=user,
            text="\n".join(filter(None, said)),
            thread="" if place.thread == name else place.thread,
            reply_to=find_text(reference, "messageId") if find_text(item, "type") in ("Reply", "19") else "",
            is_bot=is_bot,
            edited_at=read_time(item.get("timestampEdited")),
            files=tuple(filter(None, (find_text(one, "fileName") for one in list_fields(item, "attachments"))))[:20],
            url=place.write_link(name),
            reactions=_count_reactions(item),
            is_pinned=item.get("isPinned") is True,
        )
    )
    if user:
        shown = find_text(author, "nickname", "name")
        talk.people[user] = HeardPerson(platform="discord", user=user, name=shown, is_bot=is_bot)


def _count_reactions(item: Fields) -> dict[str, int]:
    counts: dict[str, int] = {}
    for one in list_fields(item, "reactions"):
        if emoji := find_text(get_fields(one, "emoji"), "code", "name"):
            add_count(counts, emoji, one.get("count"))
    return counts
