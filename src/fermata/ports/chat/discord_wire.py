"""A message as Discord writes it, in gateway events and in history, read into what the observer keeps. Pure.

Shapes: discord.com/developers/docs, "Message Object" and "Gateway Events", read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from fermata.domain.heard import HeardMessage, HeardPerson
from fermata.ports.chat.wire import Fields, add_count, clean, find_text, get_fields, list_fields

_SAID = frozenset({0, 19, 20, 23})
"""Types of messages that somebody wrote: plain, a reply, an app's answer to a command, or to a menu."""
PINNED, THREAD_MADE = 6, 18
"""Types of messages that tell of a pin, and of a thread that was made."""
_EPOCH_MS = 1_420_070_400_000
"""Discord's ids count milliseconds since 2015 (reference, "Snowflakes"), in their upper 42 bits."""
_MOST_NAMES = 20


def read_snowflake(value: object) -> datetime | None:
    """Return the moment at which an id was made; `None` when it is none."""
    if not isinstance(value, str) or not value.isascii() or not value.isdigit() or len(value) > 20:
        return None
    return datetime.fromtimestamp(((int(value) >> 22) + _EPOCH_MS) / 1000, UTC)


def write_snowflake(at: datetime) -> str:
    """Return the least id of a moment, for questions by `before` and `after`."""
    return str(max(0, int(at.timestamp() * 1000) - _EPOCH_MS) << 22)


def read_time(value: object) -> datetime | None:
    """Return a time of Discord's; `None` when it is none."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        return at.astimezone(UTC) if at is not None and at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def read_message(message: Fields, room: str, *, guild: str = "", thread: str = "") -> HeardMessage | None:
    """Return what somebody said; `None` for what Discord says about the channel, and for what is no message.

    Args:
        room: The channel, of a thread the one it belongs to.
        guild: The server's id, for the link.
        thread: The thread's id, which is that of the message it hangs from; empty outside threads.
    """
    name = message.get("id")
    at = read_snowflake(name)
    kind = message.get("type", 0)
    if at is None or not isinstance(kind, int) or kind not in _SAID or not isinstance(message.get("content"), str):
        return None
    author = get_fields(message, "author")
    reference = get_fields(message, "message_reference")
    # Type 1 forwards a message; only an answer hangs from what it refers to.
    answered = find_text(reference, "message_id") if not reference.get("type") else ""
    where = thread or room
    return HeardMessage(
        platform="discord",
        room=room,
        id=str(name),
        at=at,
        user=find_text(author, "id"),
        text=read_text(message),
        thread="" if thread == name else thread,
        reply_to=answered,
        is_bot=bool(author.get("bot") or message.get("webhook_id")),
        edited_at=read_time(message.get("edited_timestamp")),
        files=tuple(_list_files(message))[:_MOST_NAMES],
        url=f"https://discord.com/channels/{guild}/{where}/{name}" if guild else "",
        reactions=_count_reactions(message),
        is_pinned=message.get("pinned") is True,
    )


def read_author(message: Fields) -> HeardPerson | None:
    """Return who wrote a message, by the name that the server shows; `None` when it does not say."""
    author = get_fields(message, "author")
    user = find_text(author, "id")
    if not user:
        return None
    nick = find_text(get_fields(message, "member"), "nick")
    return HeardPerson(
        platform="discord",
        user=user,
        name=nick or find_text(author, "global_name", "username"),
        is_bot=bool(author.get("bot") or message.get("webhook_id")),
    )


def read_text(message: Fields) -> str:
    """Return a message's words: its content, and of bots that of their embeds. Nobody says a link's preview."""
    said = [find_text(message, "content")]
    if get_fields(message, "author").get("bot") or message.get("webhook_id"):
        for embed in list_fields(message, "embeds"):
            if embed.get("type", "rich") == "rich":
                said += list_embed(embed)
    return "\n".join(filter(None, said))


def is_without_content(message: Fields) -> bool:
    """Answer whether Discord kept a message's content back: nobody can write one that holds nothing at all.

    So it does for bots without the Message Content Intent, with text, embeds, files and polls alike.
    """
    held = ("content", "embeds", "attachments", "components", "poll", "sticker_items", "message_snapshots")
    return not any(message.get(name) for name in held)


def read_emoji(emoji: Any) -> str:
    """Return a reaction's name: the character itself, or what the server calls its own one; empty for a deleted one."""
    return clean(emoji.get("name")) if isinstance(emoji, Mapping) else ""


def list_embed(embed: Fields) -> Iterator[str]:
    """Yield the words of an embed, those that are missing as empty ones."""
    yield find_text(embed, "title")
    yield find_text(embed, "description")
    for field in list_fields(embed, "fields"):
        yield ": ".join(filter(None, (find_text(field, "name"), find_text(field, "value"))))


def _list_files(message: Fields) -> Iterator[str]:
    for file in list_fields(message, "attachments"):
        if name := find_text(file, "filename"):
            yield name


def _count_reactions(message: Fields) -> dict[str, int]:
    counts: dict[str, int] = {}
    for one in list_fields(message, "reactions"):
        if name := read_emoji(one.get("emoji")):
            add_count(counts, name, one.get("count"))
    return counts
