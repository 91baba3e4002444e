"""The methods of Slack's Web API that are modelled: scopes, arguments, answers and refusals as docs.slack.dev has them.

An argument that a method does not know is refused, and so is a body in a form that it does not take.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fermata.testing.slack.block_rules import check_message, check_view
from fermata.testing.slack.workspace import Refused, SlackConversation, SlackFile, SlackMessage, SlackWorkspace

Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Method:
    """One method."""

    run: Callable[[SlackWorkspace, Arguments], dict[str, Any]]
    arguments: frozenset[str]
    scope: str = ""
    """What the bot's token needs; empty: nothing."""
    takes_json: bool = False
    wants_app_token: bool = False


def _auth_test(_: SlackWorkspace, __: Arguments) -> dict[str, Any]:
    return {
        "url": "https://acme.slack.com/",
        "team": "Acme",
        "user": "fermata",
        "team_id": "T0ACME",
        "user_id": "UFERMATA",
        "bot_id": "BFERMATA",
        "is_enterprise_install": False,
    }


def _post_message(space: SlackWorkspace, arguments: Arguments) -> dict[str, Any]:
    channel = _get_channel(space, arguments)
    text, blocks = _read_content(arguments)
    thread_ts = arguments.get("thread_ts", "")
    if thread_ts and space.find_message(channel.id, thread_ts) is None:
        raise Refused("thread_not_found")
    if arguments.get("reply_broadcast") and not thread_ts:
        raise Refused("refused_by_the_fake", detail="only a reply in a thread can be shown in the channel, too")
    message = SlackMessage(space.next_ts(), text, blocks, thread_ts, _read_metadata(arguments))
    channel.messages.append(message)
    return {"channel": channel.id, "ts": message.ts, "message": write_message(space, message, with_metadata=True)}


def _update(space: SlackWorkspace, arguments: Arguments) -> dict[str, Any]:
    channel = _get_channel(space, arguments, archived="is_inactive")
    text, blocks = _read_content(arguments)
    if not blocks:
        raise Refused("refused_by_the_fake", detail="an update without blocks: pages disagree about what stays")
    message = space.find_message(channel.id, arguments["ts"])
    if message is None:
        raise Refused("message_not_found")
    if message.user != "UFERMATA":
        raise Refused("cant_update_message")
    message.seen.append(message.blocks)
    message.text, message.blocks, message.edits = text, blocks, message.edits + 1
    if "metadata" in arguments:
        message.metadata = _read_metadata(arguments)
    return {"channel": channel.id, "ts": message.ts, "text": text}


def _post_ephemeral(space: SlackWorkspace, arguments: Arguments) -> dict[str, Any]:
    channel = _get_channel(space, arguments)
    text, blocks = _read_content(arguments)
    if arguments["user"] not in space.users:
        raise Refused("user_not_in_channel")
    whisper = {"user": arguments["user"], "channel": channel.id, "text": text, "blocks": blocks, "by": "ephemeral"}
    space.whispers.append(whisper)
    return {"message_ts": space.next_ts()}


def _history(space: SlackWorkspace, arguments: Arguments) -> dict[str, Any]:
    channel = _get_channel(space, arguments, reads=True)
    shown = [one for one in channel.messages if not one.thread_ts or one.subtype == "thread_broadcast"]
    found = [one for one in shown if _is_within(one, arguments)]
    return _page(space, list(reversed(found)), arguments)


def _is_within(message: SlackMessage, arguments: Arguments) -> bool:
    oldest, latest = arguments.get("oldest") or "0", arguments.get("latest") or "9999999999"
    if str(arguments.get("inclusive", "")).lower() in ("1", "true"):
        return float(oldest) <= float(message.ts) <= float(latest)
    return float(oldest) < float(message.ts) < float(latest)


def _replies(space: SlackWorkspace, arguments: Arguments) -> dict[str, Any]:
    channel = _get_channel(space, arguments, reads=True)
    if space.find_message(channel.id, arguments["ts"]) is None:
        raise Refused("thread_not_found")
    found = [one for one in channel.messages if arguments["ts"] in (one.ts, one.thread_ts)]
    # The message that a thread hangs from is part of every answer's first page, whatever its time.
    found = [one for one in found if one.ts == arguments["ts"] or _is_within(one, arguments)]
    return _page(space, found, arguments)


def _page(space: SlackWorkspace, found: list[SlackMessage], arguments: Arguments) -> dict[str, Any]:
    limit = int(arguments.get("limit") or 100)
    if not 0 < limit <= 999:
        raise Refused("invalid_limit")
    limit = min(limit, space.page_size, space.require_turn())
    begin = int(str(arguments.get("cursor") or "at:0").removeprefix("at:"))
    with_metadata = str(arguments.get("include_all_metadata", "")).lower() in ("1", "true")
    more = begin + limit < len(found)
    return {
        "messages": [write_message(space, one, with_metadata=with_metadata) for one in found[begin : begin + limit]],
        "has_more": more,
        "response_metadata": {"next_cursor": f"at:{begin + limit}" if more else ""},
    }


def _users_info(space: SlackWorkspace, arguments: Arguments) -> dict[str, Any]:
    user = space.users.get(arguments["user"])
    if user is None:
        raise Refused("user_not_found")
    return {
        "user": {
            "id": user.id,
            "team_id": user.team_id,
            "name": user.name,
            "deleted": user.deleted,
            "real_name": user.real_name or user.name.capitalize(),
            "tz": user.tz,
            "profile": {"real_name": user.real_name or user.name.capitalize(), "display_name": user.name},
            "is_bot": user.is_bot,
            "is_app_user": False,
            "is_restricted": user.is_restricted,
            "is_ultra_restricted": False,
            **({"is_stranger": True} if user.is_stranger else {}),
        }
    }


def _group_members(space: SlackWorkspace, arguments: Arguments) -> dict[str, Any]:
    if arguments["usergroup"] not in space.groups:
        raise Refused("no_such_subteam")
    return {"users": space.groups[arguments["usergroup"]]}


def _groups(space: SlackWorkspace, _: Arguments) -> dict[str, Any]:
    return {
        "usergroups": [{"id": one, "handle": one.lower(), "users": members} for one, members in space.groups.items()]
    }


def _open_view(space: SlackWorkspace, arguments: Arguments) -> dict[str, Any]:
    view = _read_json(arguments["view"])
    try:
        check_view(view)
    except ValueError as error:
        raise Refused("invalid_arguments", response_metadata={"messages": [str(error)]}) from error
    if arguments["trigger_id"] not in space.triggers:
        raise Refused("expired_trigger_id")
    space.triggers.remove(arguments["trigger_id"])
    opened = {**view, "id": f"V{len(space.views) + 1}", "hash": f"h{len(space.views) + 1}"}
    space.views.append(opened)
    return {"view": opened}


def _get_upload_url(space: SlackWorkspace, arguments: Arguments) -> dict[str, Any]:
    file = SlackFile(f"F{len(space.files) + 1}", arguments["filename"], int(arguments["length"]))
    if file.length <= 0:
        raise Refused("invalid_arguments")
    space.files[file.id] = file
    return {"file_id": file.id, "upload_url": f"{{url}}/upload/v1/{file.id}"}


def _complete_upload(space: SlackWorkspace, arguments: Arguments) -> dict[str, Any]:
    channel = _get_channel(space, {"channel": arguments["channel_id"]})
    thread_ts = arguments.get("thread_ts", "")
    if thread_ts and space.find_message(channel.id, thread_ts) is None:
        raise Refused("thread_not_found")
    wanted = _read_json(arguments["files"])
    for one in wanted:
        file = space.files.get(one["id"])
        if file is None or file.content is None or len(file.content) != file.length:
            raise Refused("file_not_found")
        file.title, file.channel, file.thread_ts = one.get("title", ""), channel.id, thread_ts
    shared = SlackMessage(space.next_ts(), "", [], thread_ts, files=[one["id"] for one in wanted])
    channel.messages.append(shared)
    return {"files": [{"id": one["id"], "title": one.get("title", "")} for one in wanted]}


def _open_connection(_: SlackWorkspace, __: Arguments) -> dict[str, Any]:
    return {"url": "{socket}"}


def write_message(space: SlackWorkspace, message: SlackMessage, *, with_metadata: bool) -> dict[str, Any]:
    """Return a message as Slack's answers and events have it."""
    files = [{"id": one, "name": space.files[one].name, "title": space.files[one].title} for one in message.files]
    if message.subtype == "tombstone":
        hidden = {"user": "USLACKBOT", "text": "This message was deleted.", "hidden": True, "subtype": "tombstone"}
        return {"type": "message", "ts": message.ts, **_write_thread(space, message), **hidden}
    return {
        "type": "message",
        "ts": message.ts,
        "text": message.text,
        **({"user": message.user} if message.user else {}),
        **({"subtype": message.subtype} if message.subtype else {}),
        **({"bot_id": "BFERMATA", "app_id": "AFERMATA"} if message.user == "UFERMATA" else {}),
        **({"bot_id": "BMONITOR", "username": message.bot_name} if message.bot_name else {}),
        **({"blocks": message.blocks} if message.blocks else {}),
        **({"attachments": message.attachments} if message.attachments else {}),
        **({"thread_ts": message.thread_ts} if message.thread_ts else {}),
        **_write_thread(space, message),
        **({"edited": {"user": message.user, "ts": message.edited_ts}} if message.edited_ts else {}),
        **({"files": files} if files else {}),
        **({"pinned_to": ["C0INCIDENTS"]} if message.is_pinned else {}),
        **({"reactions": _write_reactions(message)} if message.reactions else {}),
        **({"metadata": message.metadata} if with_metadata and message.metadata else {}),
    }


def _write_thread(space: SlackWorkspace, message: SlackMessage) -> dict[str, Any]:
    replies = [one for room in space.channels.values() for one in room.messages if one.thread_ts == message.ts]
    return {"thread_ts": message.ts, "reply_count": len(replies)} if replies else {}


def _write_reactions(message: SlackMessage) -> list[dict[str, Any]]:
    # The list of people may be cut short; the count is whole.
    return [{"name": name, "users": users[:1], "count": len(users)} for name, users in message.reactions.items()]


def _get_channel(
    space: SlackWorkspace, arguments: Arguments, *, reads: bool = False, archived: str = "is_archived"
) -> SlackConversation:
    channel = space.channels.get(arguments["channel"])
    if channel is None or (channel.is_private and not channel.has_app):
        raise Refused("channel_not_found")
    if reads:
        needed = "groups:history" if channel.is_private else "channels:history"
        if needed not in space.scopes:
            raise Refused("missing_scope", needed=needed, provided=",".join(space.scopes))
    if not channel.has_app:
        raise Refused("not_in_channel")
    if channel.is_archived and not reads:
        raise Refused(archived)
    return channel


def _read_content(arguments: Arguments) -> tuple[str, list[dict[str, Any]]]:
    text = str(arguments.get("text", ""))
    blocks = _read_json(arguments.get("blocks") or [])
    if not text:
        raise Refused("no_text", detail="blocks without text say nothing to notifications and screen readers")
    if len(text) > 40_000:
        raise Refused("msg_too_long")
    if "<!" in text or "<@" in text:
        raise Refused("refused_by_the_fake", detail="a mention in the text")
    if blocks:
        try:
            check_message(blocks)
        except ValueError as error:
            code = "msg_blocks_too_long" if "too_long" in str(error) else "invalid_blocks"
            raise Refused(code, errors=[str(error)]) from error
    return text, blocks


def _read_metadata(arguments: Arguments) -> dict[str, Any] | None:
    metadata = _read_json(arguments.get("metadata") or "null")
    if metadata is not None and set(metadata) != {"event_type", "event_payload"}:
        raise Refused("invalid_metadata_format")
    return metadata if isinstance(metadata, dict) else None


def _read_json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


METHODS: Mapping[str, Method] = {
    "auth.test": Method(_auth_test, _names(""), takes_json=True),
    "chat.postMessage": Method(
        _post_message,
        _names(
            "channel text blocks thread_ts reply_broadcast metadata unfurl_links unfurl_media mrkdwn parse link_names"
        ),
        "chat:write",
        takes_json=True,
    ),
    "chat.update": Method(
        _update, _names("channel ts text blocks metadata parse link_names"), "chat:write", takes_json=True
    ),
    "chat.postEphemeral": Method(
        _post_ephemeral, _names("channel user text blocks thread_ts"), "chat:write", takes_json=True
    ),
    "conversations.history": Method(
        _history, _names("channel cursor limit oldest latest inclusive include_all_metadata")
    ),
    "conversations.replies": Method(
        _replies, _names("channel ts cursor limit oldest latest inclusive include_all_metadata")
    ),
    "users.info": Method(_users_info, _names("user include_locale"), "users:read"),
    "usergroups.list": Method(
        _groups, _names("include_users include_disabled include_count team_id"), "usergroups:read"
    ),
    "usergroups.users.list": Method(_group_members, _names("usergroup include_disabled team_id"), "usergroups:read"),
    "views.open": Method(_open_view, _names("trigger_id view"), takes_json=True),
    "files.getUploadURLExternal": Method(
        _get_upload_url, _names("filename length alt_txt snippet_type"), "files:write"
    ),
    "files.completeUploadExternal": Method(
        _complete_upload, _names("files channel_id thread_ts initial_comment"), "files:write", takes_json=True
    ),
    "apps.connections.open": Method(_open_connection, _names(""), wants_app_token=True),
}
"""By Slack's names."""
