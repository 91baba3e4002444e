"""What people and other apps do in channels, and the events that Slack sends of it.

Payloads are those of docs.slack.dev, "Events API" and the page of each event, read 2026-11. An event goes out only when
the app asked for it, has the scope for it and is in the channel.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fermata.testing.slack.methods import write_message
from fermata.testing.slack.sockets import PATIENCE_S, Ack, SlackSockets
from fermata.testing.slack.workspace import SlackConversation, SlackFile, SlackMessage, SlackUser, SlackWorkspace

_SCOPES = {
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "pin_added": "pins:read",
    "pin_removed": "pins:read",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
    "user_change": "users:read",
}
_HOME = "C0INCIDENTS"


class SlackTalk:
    """Does what a person does, and returns the event's payload; `tell` sends it over the socket."""

    def __init__(self, space: SlackWorkspace, sockets: SlackSockets) -> None:
        self._space = space
        self._sockets = sockets
        self._count = 0

    async def tell(self, payload: dict[str, Any], *, attempt: int = 0, patience_s: float = PATIENCE_S) -> Ack | None:
        """Send an event; `None` when Slack would not send it to this app."""
        if not self.is_sent(payload):
            return None
        return await self._sockets.send("events_api", payload, attempt=attempt, patience_s=patience_s)

    def is_sent(self, payload: dict[str, Any]) -> bool:
        """Answer whether Slack sends this event to this app."""
        event = payload["event"]
        kind = event["type"]
        room = self._space.channels.get(event.get("channel") or (event.get("item") or {}).get("channel") or "")
        if kind == "message":
            kind = "message.groups" if room is not None and room.is_private else "message.channels"
        is_there = kind == "user_change" or (room is not None and room.has_app)
        return is_there and kind in self._space.subscribed and _SCOPES[kind] in self._space.scopes

    def say(
        self,
        user: str,
        text: str,
        *,
        channel: str = _HOME,
        thread_ts: str = "",
        in_channel_too: bool = False,
        files: Sequence[str] = (),
    ) -> dict[str, Any]:
        """Write a message, in a thread or not, with files by their names."""
        room = self._space.channels[channel]
        subtype = "thread_broadcast" if in_channel_too else "file_share" if files else ""
        message = SlackMessage(self._space.next_ts(), text, [], thread_ts, user=user, subtype=subtype)
        for name in files:
            file = SlackFile(f"F{len(self._space.files) + 1}", name, 1, b"x", channel=channel)
            self._space.files[file.id] = file
            message.files.append(file.id)
        room.messages.append(message)
        return self._write_message_event(room, message)

    def post(self, name: str, text: str, *, channel: str = _HOME, **more: Any) -> dict[str, Any]:
        """Write as another app: no user, a name and an id of its own."""
        room = self._space.channels[channel]
        message = SlackMessage(self._space.next_ts(), text, [], user="", subtype="bot_message", bot_name=name, **more)
        room.messages.append(message)
        return self._write_message_event(room, message)

    def edit(self, ts: str, text: str, *, channel: str = _HOME) -> dict[str, Any]:
        """Edit a message."""
        room, message = self._space.channels[channel], self._find(channel, ts)
        before = self._write(message)
        message.text, message.edited_ts = text, self._space.next_ts()
        return self._write_change(room, message, before)

    def unfold(self, ts: str, url: str, preview: str, *, channel: str = _HOME) -> dict[str, Any]:
        """Let Slack unfold a link: the message changes, and nobody edited it."""
        room, message = self._space.channels[channel], self._find(channel, ts)
        before = self._write(message)
        message.attachments.append({"from_url": url, "original_url": url, "text": preview, "fallback": preview})
        return self._write_change(room, message, before)

    def delete(self, ts: str, *, channel: str = _HOME) -> dict[str, Any]:
        """Delete a message. One with replies leaves a stone behind, and Slack calls that a change."""
        room, message = self._space.channels[channel], self._find(channel, ts)
        before = self._write(message)
        if any(one.thread_ts == ts for one in room.messages):
            message.subtype, message.text, message.user = "tombstone", "", "USLACKBOT"
            return self._write_change(room, message, before)
        self._space.delete(channel, ts)
        event = {"subtype": "message_deleted", "hidden": True, "deleted_ts": ts, "previous_message": before}
        return self._wrap({"type": "message", **self._write_place(room), "ts": self._space.next_ts(), **event})

    def react(self, user: str, ts: str, name: str, *, channel: str = _HOME, is_removed: bool = False) -> dict[str, Any]:
        """Add a reaction, or take it away."""
        reactions = self._find(channel, ts).reactions
        users = reactions.setdefault(name, [])
        if is_removed:
            users.remove(user)
        else:
            users.append(user)
        if not users:
            del reactions[name]
        item = {"type": "message", "channel": channel, "ts": ts}
        kind = "reaction_removed" if is_removed else "reaction_added"
        return self._wrap({"type": kind, "user": user, "reaction": name, "item_user": user, "item": item})

    def pin(self, ts: str, *, channel: str = _HOME, is_removed: bool = False) -> dict[str, Any]:
        """Pin a message to its channel, or unpin it."""
        message = self._find(channel, ts)
        message.is_pinned = not is_removed
        item = {"type": "message", "channel": channel, "created": 1, "message": self._write(message)}
        kind = "pin_removed" if is_removed else "pin_added"
        return self._wrap({"type": kind, "user": "UALICE", "channel_id": channel, "channel": channel, "item": item})

    def rename(self, user: str, name: str) -> dict[str, Any]:
        """Change the name that somebody goes by."""
        known = self._space.users[user]
        known.name = name
        return self._wrap({"type": "user_change", "user": _write_profile(known), "cache_ts": 1})

    def join(self, user: str, *, channel: str = _HOME) -> dict[str, Any]:
        """Join a channel: Slack writes a message about it."""
        room = self._space.channels[channel]
        text = f"<@{user}> has joined the channel"
        message = SlackMessage(self._space.next_ts(), text, [], user=user, subtype="channel_join")
        room.messages.append(message)
        return self._write_message_event(room, message)

    def _find(self, channel: str, ts: str) -> SlackMessage:
        return next(one for one in self._space.channels[channel].messages if one.ts == ts)

    def _write(self, message: SlackMessage) -> dict[str, Any]:
        return write_message(self._space, message, with_metadata=False)

    def _write_place(self, room: SlackConversation) -> dict[str, Any]:
        return {"channel": room.id, "channel_type": "group" if room.is_private else "channel"}

    def _write_message_event(self, room: SlackConversation, message: SlackMessage) -> dict[str, Any]:
        return self._wrap({**self._write(message), **self._write_place(room)})

    def _write_change(self, room: SlackConversation, message: SlackMessage, before: dict[str, Any]) -> dict[str, Any]:
        event = {"subtype": "message_changed", "hidden": True, "message": self._write(message)}
        more = {"previous_message": before, "ts": self._space.next_ts()}
        return self._wrap({"type": "message", **self._write_place(room), **event, **more})

    def _wrap(self, event: dict[str, Any]) -> dict[str, Any]:
        self._count += 1
        return {
            "token": "verification",
            "team_id": "T0ACME",
            "api_app_id": "AFERMATA",
            "type": "event_callback",
            "event_id": f"Ev{self._count:010d}",
            "event_time": int(self._space.clock.now().timestamp()),
            "event": {**event, "event_ts": event.get("ts") or self._space.next_ts()},
            "authorizations": [{"team_id": "T0ACME", "user_id": "UFERMATA", "is_bot": True}],
        }


def _write_profile(user: SlackUser) -> dict[str, Any]:
    return {
        "id": user.id,
        "name": user.name,
        "tz": user.tz,
        "is_bot": user.is_bot,
        "profile": {"real_name": user.real_name, "display_name": user.name},
    }
