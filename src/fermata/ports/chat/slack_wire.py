"""A message as Slack writes it, in events, in history and in exports, read into what the observer keeps. Pure.

Shapes: docs.slack.dev, "message" event and its subtypes, "conversations.history", "Exporting your data", read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from fermata.domain.heard import HeardMessage, HeardPerson
from fermata.ports.chat.wire import Fields, add_count, clean, find_text, get_fields, list_fields

_TS = re.compile(r"(\d{9,11})(?:\.(\d{1,6}))?")
_MARKUP = re.compile(r"[*_~>`\s]+")
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
        "huddle_thread",
        "joiner_notification",
        "pinned_item",
        "reminder_add",
        "sh_room_created",
        "tombstone",
    }
)
"""Subtypes of messages that Slack itself writes about the channel, and of those that nobody says any more."""
_SLACKBOT = "USLACKBOT"
_MACHINES = ("bot_message", "slackbot_response")
# What Slack writes as the text of a message that an app gave blocks only, read 2026-11.
_NO_TEXT = re.compile(r"This content can['\u2019]t be displayed\.?|This message contains interactive elements\.?")
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
    if at is None or message.get("type", "message") != "message" or find_text(message, "subtype") in _UNSAID:
        return None
    ts, thread, author = str(ts), clean(message.get("thread_ts")), find_author(message)
    return HeardMessage(
        platform="slack",
        room=room,
        id=ts,
        at=at,
        user=author,
        text=read_text(message),
        thread="" if thread == ts else thread,
        is_bot=bool(message.get("bot_id") or find_text(message, "subtype") in _MACHINES) or author == _SLACKBOT,
        edited_at=read_ts(get_fields(message, "edited").get("ts")),
        files=tuple(_list_files(message))[:_MOST_NAMES],
        url=write_link(workspace_url, room, ts, thread),
        reactions=_count_reactions(message),
        is_pinned=bool(message.get("pinned_to")),
    )


def find_author(message: Fields) -> str:
    """Return the id of who wrote it: a person's, else an app's; empty when Slack does not say."""
    return find_text(message, "user", "bot_id")


def read_app(message: Fields) -> HeardPerson | None:
    """Return the app that a message is of, by the name it goes under; `None` for a person's message.

    An app that posts as a user has that user's id, and is looked up like people are.
    """
    author = find_author(message)
    if not author or not (message.get("bot_id") or message.get("subtype") == "bot_message"):
        return None
    name = find_text(message, "username") or find_text(get_fields(message, "bot_profile"), "name")
    return HeardPerson(platform="slack", user=author, name=name, is_bot=True) if name else None


def read_person(user: Fields) -> HeardPerson | None:
    """Return somebody from `users.info`, `user_change` or an export's `users.json`; `None` without an id."""
    user_id = find_text(user, "id")
    if not user_id:
        return None
    shown = find_text(get_fields(user, "profile"), "display_name", "real_name")
    return HeardPerson(
        platform="slack",
        user=user_id,
        name=shown or find_text(user, "real_name", "name"),
        zone=find_text(user, "tz"),
        is_bot=bool(user.get("is_bot") or user.get("is_workflow_bot") or user_id == _SLACKBOT),
    )


def read_text(message: Fields) -> str:
    """Return a message's words: its text, else its blocks'; and those of attachments that monitors put them in.

    What a link unfolds into, and messages that are shared from elsewhere, are somebody else's words: left out.
    """
    said = [find_text(message, "text")]
    shown = list(_list_texts(message.get("blocks"), 0))
    # Where there are blocks, an app's text is only what a phone shows of them: often their first line.
    is_preview = bool(message.get("bot_id")) and _is_within(said[0], shown)
    if not said[0] or is_preview or _NO_TEXT.fullmatch(said[0]):
        said = shown
    for attachment in list_fields(message, "attachments"):
        if not (attachment.get("from_url") or attachment.get("is_msg_unfurl")):
            said += _list_attachment(attachment)
    # Some monitors say the same in the text and in the attachment.
    return "\n".join(dict.fromkeys(filter(None, map(str.strip, map(clean, said)))))


def _is_within(preview: str, shown: Sequence[str]) -> bool:
    """Answer whether an app's blocks say its text and more, marks of markup apart."""
    bare, whole = (_MARKUP.sub("", text) for text in (preview, "\n".join(shown)))
    return bare in whole and len(bare) < len(whole)


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
    found = [find_text(attachment, key) for key in ("pretext", "title", "text")]
    fields = list_fields(attachment, "fields")
    shown = list(_list_texts(attachment.get("blocks"), 0))
    # Fields alone do not say what they are of, nor whether it fires: the line that a phone shows does.
    if not any((*found, *shown)):
        found.append(find_text(attachment, "fallback"))
    found += [": ".join(filter(None, (find_text(one, "title"), find_text(one, "value")))) for one in fields]
    yield from (*found, *shown)


_RUNS = ("rich_text_section", "rich_text_preformatted", "rich_text_quote")
_DEEPEST = 8


def _list_texts(blocks: Any, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    if isinstance(blocks, Sequence) and not isinstance(blocks, str):
        for block in blocks:
            yield from _list_texts(block, depth)
    elif isinstance(blocks, Mapping):
        if (kind := blocks.get("type")) in _RUNS:
            run = "".join(map(_read_run, list_fields(blocks, "elements")))
            # As in a message's text: a quote is somebody else's words, and a block of code is nobody's.
            yield re.sub(r"(?m)^(?=.)", "> ", run) if kind == _RUNS[-1] else f"```{run}```" if kind == _RUNS[1] else run
        elif isinstance(text := blocks.get("text"), str):
            # A button's label is no word of the message.
            yield text
        elif blocks.get("type") != "button":
            for key in ("text", "fields", "elements"):
                yield from _list_texts(blocks.get(key), depth + 1)


def _read_run(run: Fields) -> str:
    match run.get("type"):
        case "user":
            return f"<@{find_text(run, 'user_id')}>"
        case "channel":
            return f"<#{find_text(run, 'channel_id')}>"
        case "emoji":
            return f":{find_text(run, 'name')}:"
        case "broadcast":
            return f"<!{find_text(run, 'range')}>"
        case "usergroup":
            return f"<!subteam^{find_text(run, 'usergroup_id')}>"
        case "link":
            text, url = find_text(run, "text"), find_text(run, "url")
            is_plain = not set("<>|\n") & {*text, *url}
            return f"<{url}|{text}>" if text and url and is_plain else text or url
        case "date" if not run.get("text"):
            return find_text(run, "fallback")
    return clean(run.get("text"))


def _list_files(message: Fields) -> Iterator[str]:
    for file in list_fields(message, "files"):
        # A file that was deleted, or that the plan's limit hides, has no name any more.
        if file.get("mode") not in ("tombstone", "hidden_by_limit") and (name := find_text(file, "name", "title")):
            yield name


def _count_reactions(message: Fields) -> dict[str, int]:
    counts: dict[str, int] = {}
    for one in list_fields(message, "reactions"):
        if name := find_text(one, "name"):
            users = one.get("users")
            known = len(users) if isinstance(users, list) else None
            add_count(counts, strip_skin(name), one.get("count", known))
    return counts
