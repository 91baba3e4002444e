"""The endpoints of the HTTP API that are used, and what each does to the server."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fermata.testing.discord.guild import (
    ALL_PERMISSIONS,
    APPLICATION,
    BOT,
    BOT_ROLE,
    GUILD,
    ONCALL_ROLE,
    DiscordFile,
    DiscordMessage,
    DiscordRoom,
    DiscordUser,
    Refused,
)
from fermata.testing.discord.rules import CREATE, MESSAGE, check_commands, check_message, refuse

if TYPE_CHECKING:
    from fermata.testing.discord.gateway import DiscordGateway
    from fermata.testing.discord.guild import DiscordGuild

_SEND, _EMBED, _ATTACH, _HISTORY, _THREAD, _SEND_IN_THREAD = 1 << 11, 1 << 14, 1 << 15, 1 << 16, 1 << 35, 1 << 38


@dataclass(frozen=True, slots=True)
class Asked:
    """One call."""

    guild: DiscordGuild
    gateway: DiscordGateway
    parts: tuple[str, ...]
    """Ids of the path."""
    query: Mapping[str, str]
    body: Any
    files: Mapping[str, bytes]


def _tell_self(asked: Asked) -> Any:
    return asked.guild.write_user(asked.guild.users[BOT])


def _tell_application(asked: Asked) -> Any:
    # The flag of bots in few servers.
    flags = 1 << 19 if asked.guild.has_message_content else 0
    return {"id": APPLICATION, "name": "fermata", "flags": flags, "description": "", "icon": None}


def _tell_gateway(asked: Asked) -> Any:
    limit = {"total": 1000, "remaining": asked.gateway.sessions_left, "reset_after": 3600_000, "max_concurrency": 1}
    return {"url": "{gateway}", "shards": 1, "session_start_limit": limit}


def _tell_channel(asked: Asked) -> Any:
    room = asked.guild.find_room(asked.parts[0])
    denied = ALL_PERMISSIONS & ~room.permissions
    overwrites = [{"id": BOT_ROLE, "type": 0, "allow": "0", "deny": str(denied)}] if denied else []
    return {
        "id": room.id,
        "type": room.kind,
        "name": room.name,
        "guild_id": room.guild,
        "permission_overwrites": overwrites,
    }


def _change_channel(asked: Asked) -> Any:
    room = asked.guild.find_room(asked.parts[0])
    if set(asked.body) != {"archived"} or not room.parent:
        raise ValueError("only a thread is opened again")
    room.archived = bool(asked.body["archived"])
    return {"id": room.id, "type": 11}


def _tell_guild(asked: Asked) -> Any:
    _require_member(asked)
    roles = [
        {"id": GUILD, "name": "@everyone", "permissions": "0"},
        {"id": BOT_ROLE, "name": "fermata", "permissions": str(ALL_PERMISSIONS)},
        {"id": ONCALL_ROLE, "name": "oncall", "permissions": "0"},
    ]
    return {"id": GUILD, "name": "Acme", "owner_id": "1180000000000000099", "roles": roles}


def _list_guilds(asked: Asked) -> Any:
    others = [{"id": name, "name": f"server {name}", "owner": False} for name in asked.guild.elsewhere]
    return [{"id": GUILD, "name": "shop", "owner": False}, *others] if asked.guild.is_member else others


def _tell_member(asked: Asked) -> Any:
    others = asked.guild.elsewhere.get(asked.parts[0])
    if others is None:
        _require_member(asked)
    user = asked.guild.users.get(asked.parts[1])
    if others is not None:
        user = DiscordUser(asked.parts[1], "elsewhere") if asked.parts[1] in others else None
    if user is None:
        raise Refused(404, 10007, "Unknown Member")
    return {"user": asked.guild.write_user(user), "roles": user.roles, "pending": user.pending, "nick": None}


def _require_member(asked: Asked) -> None:
    if asked.parts[0] != GUILD or not asked.guild.is_member:
        raise Refused(404, 10004, "Unknown Guild")


def _list_messages(asked: Asked) -> Any:
    room = asked.guild.find_room(asked.parts[0])
    if set(asked.query) - {"limit", "before", "after"} or len(asked.query) > 2:
        raise ValueError(f"asked for {sorted(asked.query)}")
    limit = int(asked.query.get("limit", 50))
    if not 1 <= limit <= 100:
        raise refuse("limit", "NUMBER_TYPE_MAX", "int value should be less than or equal to 100.")
    held = asked.guild.rooms[room.parent or room.id].permissions
    if not held & _HISTORY:
        return []
    ids = sorted(map(int, room.messages))
    if "after" in asked.query:
        ids = [one for one in ids if one > int(asked.query["after"])][:limit]
    elif "before" in asked.query:
        ids = [one for one in ids if one < int(asked.query["before"])][-limit:]
    return [_show(asked, room.messages[str(one)]) for one in reversed(ids[-limit:])]


def _show(asked: Asked, message: DiscordMessage) -> dict[str, Any]:
    is_shown = message.author == BOT or asked.guild.has_message_content
    return asked.guild.write_message(message, is_shown=is_shown)


def _post_message(asked: Asked) -> Any:
    room = asked.guild.find_room(asked.parts[0])
    needs = [_SEND_IN_THREAD if room.parent else _SEND, _EMBED, *([_ATTACH] if asked.files else [])]
    asked.guild.find_room(asked.parts[0], *needs)
    check_message(asked.body, CREATE)
    if not asked.body.get("content") and not asked.body.get("embeds"):
        raise Refused(400, 50006, "Cannot send an empty message")
    nonce = str(asked.body.get("nonce") or "")
    if asked.body.get("enforce_nonce") and (same := room.nonces.get(nonce)) is not None:
        return asked.guild.write_message(same)
    message = DiscordMessage(asked.guild.next_id(), room.id, BOT, nonce=nonce)
    if (reference := asked.body.get("message_reference")) is not None:
        asked.guild.find_room(asked.parts[0], _HISTORY)
        message.refers_to = _read_reference(room, reference)
    _fill(asked, message)
    room.messages[message.id] = room.nonces[nonce] = message
    room.archived = False
    return asked.guild.write_message(message)


def _read_reference(room: DiscordRoom, reference: Mapping[str, Any]) -> tuple[str, str]:
    """Return what a message answers; nothing where that is gone and need not be there."""
    if reference["message_id"] in room.messages:
        return room.id, str(reference["message_id"])
    if reference.get("fail_if_not_exists", True):
        raise refuse("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
    return "", ""


def _tell_message(asked: Asked) -> Any:
    asked.guild.find_room(asked.parts[0], _HISTORY)
    return _show(asked, asked.guild.find_message(*asked.parts))


def _edit_message(asked: Asked) -> Any:
    room = asked.guild.find_room(asked.parts[0], *([_ATTACH] if asked.files else []))
    message = asked.guild.find_message(*asked.parts)
    if message.author != BOT:
        raise Refused(403, 50005, "Cannot edit a message authored by another user")
    if room.archived:
        raise Refused(400, 50083, "Thread is archived")
    check_message(asked.body, MESSAGE)
    _fill(asked, message)
    message.edits += 1
    return asked.guild.write_message(message)


def _fill(asked: Asked, message: DiscordMessage) -> None:
    body = asked.body
    if "attachments" in body or asked.files:
        message.files = _attach(asked, message)
    if "flags" in body:
        # Of those that an application may set: embeds are hidden, and (kept from its first post on) nobody is notified.
        message.flags = (message.flags & ~4) | (int(body["flags"]) & (4 | 4096))
    message.content = body.get("content", message.content)
    message.embeds = body.get("embeds", message.embeds)
    message.components = body.get("components", message.components)


def _attach(asked: Asked, message: DiscordMessage) -> list[DiscordFile]:
    """Return the files that a message has then: those that it had and that are named, and those that come with it."""
    if any(len(content) > asked.guild.largest_file for content in asked.files.values()):
        raise Refused(413, 40005, "Request entity too large")
    known = {file.id: file for file in message.files}
    given = list(asked.body.get("attachments") or ())
    if len(given) > 10:
        raise refuse("attachments", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")
    kept = [known[one["id"]] for one in given if one["id"] in known]
    fresh = {f"files[{one['id']}]": one["filename"] for one in given if one["id"] not in known}
    if set(fresh) != set(asked.files):
        raise ValueError(f"files {sorted(asked.files)} are named as {sorted(fresh)}")
    if any(not re.fullmatch(r"[\w.-]+", name) for name in fresh.values()):
        raise ValueError("Discord would give the file another name")
    return [*kept, *(DiscordFile(asked.guild.next_id(), name, asked.files[part]) for part, name in fresh.items())]


def _make_thread(asked: Asked) -> Any:
    room = asked.guild.find_room(asked.parts[0], _THREAD)
    message = asked.guild.find_message(*asked.parts)
    if set(asked.body) != {"name", "auto_archive_duration"} or not 1 <= len(asked.body["name"]) <= 100:
        raise refuse("name", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
    if asked.body["auto_archive_duration"] not in (60, 1440, 4320, 10080):
        raise refuse("auto_archive_duration", "BASE_TYPE_CHOICES", "Value must be one of (60, 1440, 4320, 10080).")
    if message.id in asked.guild.rooms:
        raise Refused(400, 160004, "A thread has already been created for this message")
    asked.guild.rooms[message.id] = DiscordRoom(message.id, asked.body["name"], parent=room.id, kind=11)
    return {"id": message.id, "type": 11, "parent_id": room.id, "name": asked.body["name"]}


def _list_commands(asked: Asked) -> Any:
    _require_commands(asked)
    return asked.guild.commands


def _put_commands(asked: Asked) -> Any:
    _require_commands(asked)
    check_commands(asked.body)
    asked.guild.commands = [
        {"id": asked.guild.next_id(), "version": "1", "application_id": APPLICATION, "nsfw": False, **_trim(command)}
        for command in asked.body
    ]
    return asked.guild.commands


def _trim(command: Mapping[str, Any]) -> dict[str, Any]:
    """Return it as Discord gives it back: without what is false or empty."""
    trimmed = {name: value for name, value in command.items() if value not in (False, [])}
    if "options" in trimmed:
        trimmed["options"] = [_trim(option) for option in trimmed["options"]]
    return trimmed


def _require_commands(asked: Asked) -> None:
    if asked.parts != (APPLICATION, GUILD) or not asked.guild.may_make_commands:
        raise Refused(403, 50001, "Missing Access")


def _call_back(asked: Asked) -> Any:
    asked.gateway.take_answer(asked.parts[0], asked.parts[1], asked.body)


def _follow_up(asked: Asked) -> Any:
    check_message(asked.body, MESSAGE)
    asked.gateway.take_follow_up(asked.parts[1], asked.body)
    return {"id": asked.guild.next_id()}


def _edit_original(asked: Asked) -> Any:
    check_message(asked.body, MESSAGE)
    asked.gateway.take_edit(asked.parts[1], asked.body)
    return {"id": asked.guild.next_id()}


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint."""

    name: str
    method: str
    pattern: re.Pattern[str]
    run: Callable[[Asked], Any]
    is_open: bool = False
    """Whether the token of an interaction in the path is all it takes."""


def _route(name: str, method: str, path: str, run: Callable[[Asked], Any], *, is_open: bool = False) -> Route:
    pattern = re.sub(r"\{token\}", r"([\\w.-]+)", re.sub(r"\{id\}", r"(\\d+)", path))
    return Route(name, method, re.compile(pattern), run, is_open)


ROUTES = (
    _route("self", "GET", "/users/@me", _tell_self),
    _route("application", "GET", "/applications/@me", _tell_application),
    _route("gateway", "GET", "/gateway/bot", _tell_gateway),
    _route("channel", "GET", "/channels/{id}", _tell_channel),
    _route("change channel", "PATCH", "/channels/{id}", _change_channel),
    _route("guilds", "GET", "/users/@me/guilds", _list_guilds),
    _route("guild", "GET", "/guilds/{id}", _tell_guild),
    _route("member", "GET", "/guilds/{id}/members/{id}", _tell_member),
    _route("list messages", "GET", "/channels/{id}/messages", _list_messages),
    _route("message", "GET", "/channels/{id}/messages/{id}", _tell_message),
    _route("post message", "POST", "/channels/{id}/messages", _post_message),
    _route("edit message", "PATCH", "/channels/{id}/messages/{id}", _edit_message),
    _route("make thread", "POST", "/channels/{id}/messages/{id}/threads", _make_thread),
    _route("list commands", "GET", "/applications/{id}/guilds/{id}/commands", _list_commands),
    _route("put commands", "PUT", "/applications/{id}/guilds/{id}/commands", _put_commands),
    _route("answer", "POST", "/interactions/{id}/{token}/callback", _call_back, is_open=True),
    _route("follow up", "POST", "/webhooks/{id}/{token}", _follow_up, is_open=True),
    _route("edit answer", "PATCH", "/webhooks/{id}/{token}/messages/@original", _edit_original, is_open=True),
)
"""Everything that is modelled."""
