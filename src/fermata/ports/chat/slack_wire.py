"""A message as Slack writes it, in events, in history and in exports, read into what the observer keeps. Pure.

Shapes: docs.slack.dev, "message" event and its subtypes, "conversations.history", "Exporting your data", read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from fermata.domain.heard import HeardMessage, HeardPerson

Fields = Mapping[str, Any]
_TS = re.compile(r"(\d{9,11})(?:\.(\d{1,6}))?")
_UNSAID = frozenset(
    {
        "bot_add",
        "bot_remove",
        "channel_archive",
        "channel_canvas_updated",
        "channel_convert_to_private",
        "channel_join",
        "channel_leave",
        "channel_posting_permissions",
        "channel_unarchive",
        "ekm_access_denied",
        "group_archive",
        "group_join",
        "group_leave",
        "group_unarchive",
        "joiner_notification",
        "pinned_item",
        "reminder_add",
        "tombstone",
    }
)
"""Subtypes of messages that Slack itself writes about the channel, and of those that nobody says any more."""
_MOST_NAMES = 20
"""Names of files that are kept of one message."""


def read_ts(ts: object) -> datetime | None:
    """Return the moment that a message's id names; `None` when it is none. Exact: a float would round it."""
    match = _TS.fullmatch(ts) if isinstance(ts, str) else None
    if match is None:
        return None
    return datetime.fromtimestamp(int(match[1]), UTC).replace(microsecond=int((match[2] or "0").ljust(6, "0")))


def is_gone(message: Fields) -> bool:
    """Answer whether this is what Slack shows in place of a deleted message whose thread lives on."""
    return message.get("subtype") == "tombstone"


def read_message(message: Fields, room: str, workspace_url: str = "") -> HeardMessage | None:
    """Return what somebody said; `None` for what Slack says about the channel, and for what is no message.

    Args:
        message: A message's fields, the inner ones of `message_changed`.
        room: The channel's id.
        workspace_url: `https://acme.slack.com/`, for a link; empty when it is not known.
    """
    ts = message.get("ts")
    at = read_ts(ts)
    if at is None or message.get("type", "message") != "message" or message.get("subtype") in _UNSAID:
        return None
    ts, thread = str(ts), str(message.get("thread_ts") or "")
    edited = message.get("edited")
    return HeardMessage(
        platform="slack",
        room=room,
        id=ts,
        at=at,
        user=find_author(message),
        text=read_text(message),
        thread="" if thread == ts else thread,
        is_bot=bool(message.get("bot_id") or message.get("subtype") == "bot_message"),
        edited_at=read_ts(edited.get("ts")) if isinstance(edited, Mapping) else None,
        files=tuple(_list_files(message))[:_MOST_NAMES],
        url=write_link(workspace_url, room, ts, thread),
        reactions=_count_reactions(message.get("reactions")),
        is_pinned=bool(message.get("pinned_to")),
    )


def find_author(message: Fields) -> str:
    """Return the id of who wrote it: a person's, else an app's; empty when Slack does not say."""
    return str(message.get("user") or message.get("bot_id") or "")


def read_app(message: Fields) -> HeardPerson | None:
    """Return the app that a message is of, by the name it goes under; `None` for a person's message.

    An app that posts as a user has that user's id, and is looked up like people are.
    """
    author = find_author(message)
    if not author or not (message.get("bot_id") or message.get("subtype") == "bot_message"):
        return None
    profile = _get_fields(message, "bot_profile")
    name = str(message.get("username") or profile.get("name") or "")
    return HeardPerson(platform="slack", user=author, name=name, is_bot=True) if name else None


def read_person(user: Fields) -> HeardPerson | None:
    """Return somebody from `users.info`, `user_change` or an export's `users.json`; `None` without an id."""
    profile = _get_fields(user, "profile")
    user_id = str(user.get("id") or "")
    names = (profile.get("display_name"), profile.get("real_name"), user.get("real_name"), user.get("name"))
    if not user_id:
        return None
    return HeardPerson(
        platform="slack",
        user=user_id,
        name=next((name for name in names if isinstance(name, str) and name.strip()), ""),
        zone=str(user.get("tz") or ""),
        is_bot=bool(user.get("is_bot") or user.get("is_workflow_bot") or user_id == "USLACKBOT"),
    )


def read_text(message: Fields) -> str:
    """Return a message's words: its text, else its blocks'; and those of attachments that monitors put them in.

    What a link unfolds into, and messages that are shared from elsewhere, are somebody else's words: left out.
    """
    said = [str(message.get("text") or "")]
    if not said[0].strip():
        said = list(_list_texts(message.get("blocks"), 0))
    for attachment in message.get("attachments") or ():
        if isinstance(attachment, Mapping) and not (attachment.get("from_url") or attachment.get("is_msg_unfurl")):
            said += _list_attachment(attachment)
    lines: dict[str, None] = {}
    for text in said:
        if text.strip():
            lines[text.strip()] = None
    return "\n".join(lines)


def write_link(workspace_url: str, room: str, ts: str, thread: str = "") -> str:
    """Return a message's permanent link; empty when the workspace's address is not known."""
    if not workspace_url:
        return ""
    link = f"{workspace_url.rstrip('/')}/archives/{room}/p{ts.replace('.', '')}"
    return f"{link}?thread_ts={thread}&cid={room}" if thread and thread != ts else link


def strip_skin(name: str) -> str:
    """Return a reaction's name without the tone of skin it was given: `thumbsup::skin-tone-2` is `thumbsup`."""
    return name.partition("::")[0]


def _list_attachment(attachment: Fields) -> Iterator[str]:
    found = [str(attachment.get(key) or "") for key in ("pretext", "title", "text")]
    fields = [field for field in attachment.get("fields") or () if isinstance(field, Mapping)]
    found += [": ".join(filter(None, (str(one.get(key) or "") for key in ("title", "value")))) for one in fields]
    found += _list_texts(attachment.get("blocks"), 0)
    yield from found if any(map(str.strip, found)) else [str(attachment.get("fallback") or "")]


_RUNS = ("rich_text_section", "rich_text_preformatted", "rich_text_quote")
_DEEPEST = 8


def _list_texts(blocks: Any, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    if isinstance(blocks, Sequence) and not isinstance(blocks, str):
        for block in blocks:
            yield from _list_texts(block, depth)
    elif isinstance(blocks, Mapping):
        if blocks.get("type") in _RUNS:
            yield "".join(map(_read_run, blocks.get("elements") or ()))
        elif isinstance(text := blocks.get("text"), str):
            # A button's label is no word of the message.
            yield text
        elif blocks.get("type") != "button":
            for key in ("text", "fields", "elements"):
                yield from _list_texts(blocks.get(key), depth + 1)


def _read_run(run: Any) -> str:
    fields: Fields = run if isinstance(run, Mapping) else {}
    match fields.get("type"):
        case "user":
            return f"<@{fields.get('user_id')}>"
        case "channel":
            return f"<#{fields.get('channel_id')}>"
        case "emoji":
            return f":{fields.get('name')}:"
        case "broadcast":
            return f"<!{fields.get('range')}>"
        case "link":
            return str(fields.get("text") or fields.get("url") or "")
    return str(fields.get("text") or "")


def _list_files(message: Fields) -> Iterator[str]:
    for file in message.get("files") or ():
        # A file that was deleted, or that the plan's limit hides, has no name any more.
        if isinstance(file, Mapping) and file.get("mode") not in ("tombstone", "hidden_by_limit"):
            name = str(file.get("name") or file.get("title") or "").strip()
            if name:
                yield name


def _count_reactions(reactions: Any) -> dict[str, int]:
    counts: dict[str, int] = {}
    for one in reactions if isinstance(reactions, Sequence) else ():
        if isinstance(one, Mapping) and isinstance(name := one.get("name"), str) and name:
            users = one.get("users")
            count = one.get("count")
            known = len(users) if isinstance(users, Sequence) else 0
            counts[strip_skin(name)] = counts.get(strip_skin(name), 0) + (count if isinstance(count, int) else known)
    return counts


def _get_fields(value: Fields, name: str) -> Fields:
    inner = value.get(name)
    return inner if isinstance(inner, Mapping) else {}
