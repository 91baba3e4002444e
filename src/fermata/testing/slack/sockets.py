"""Socket Mode: connections that clients opened, envelopes out, acknowledgements in; and what people do in Slack.

Each `click`, `command` and `submit` builds the payload that Slack sends for it (docs.slack.dev, "Interactivity" and
"Slash commands", read 2026-11) from what is to be seen at that moment.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from fermata.testing.slack.workspace import SlackWorkspace, list_buttons

if TYPE_CHECKING:
    from fermata.testing.slack.server import SlackServer

PATIENCE_S = 3.0
"""How long Slack waits for an acknowledgement."""


@dataclass(frozen=True, slots=True)
class Ack:
    """What came back for an envelope."""

    acked: bool
    after_s: float
    payload: dict[str, Any] = field(default_factory=dict)


class SlackSockets:
    """All sockets of the app, and everything that travels over them."""

    def __init__(self, space: SlackWorkspace, server: SlackServer) -> None:
        self._space = space
        self._server = server
        self._open: list[web.WebSocketResponse] = []
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._tickets = 0
        self._count = 0
        self.connected = asyncio.Event()
        """Set while a client is connected."""
        self.opened = 0
        """Connections so far."""
        self.cut_on_ack = False
        """Cut the connection when the next acknowledgement arrives, and lose it."""

    def write_url(self, url: str) -> str:
        """Return an address that one connection may use."""
        return f"{url.replace('http', 'ws', 1)}/socket?ticket={self._tickets}&app_id=AFERMATA"

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Hold one connection."""
        socket = web.WebSocketResponse(autoping=True)
        await socket.prepare(request)
        self._open.append(socket)
        self.opened += 1
        await socket.send_json(
            {"type": "hello", "num_connections": len(self._open), "connection_info": {"app_id": "AFERMATA"}}
        )
        self.connected.set()
        try:
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    break
                if not self._take(json.loads(message.data)):
                    break
        finally:
            self._drop(socket)
            await socket.close()
        return socket

    def _take(self, answer: dict[str, Any]) -> bool:
        if self.cut_on_ack:
            self.cut_on_ack = False
            return False
        waiting = self._waiting.pop(answer.get("envelope_id", ""), None)
        if waiting is None or set(answer) - {"envelope_id", "payload"}:
            self._server.complaints.append(f"socket: an unexpected answer {sorted(answer)}")
        elif not waiting.done():
            waiting.set_result(answer)
        return True

    def _drop(self, socket: web.WebSocketResponse) -> None:
        if socket in self._open:
            self._open.remove(socket)
        if not self._open:
            self.connected.clear()

    async def cut(self) -> None:
        """Cut every connection without a word."""
        for socket in tuple(self._open):
            self._drop(socket)
            transport = socket._req.transport if socket._req is not None else None  # noqa: SLF001 - only this cuts
            if transport is not None:
                transport.abort()

    async def send_disconnect(self, reason: str = "refresh_requested") -> None:
        """Say that this connection is about to end, as Slack does every few hours."""
        for socket in tuple(self._open):
            await socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "h"}})

    async def send(
        self, kind: str, payload: dict[str, Any], *, attempt: int = 0, patience_s: float = PATIENCE_S
    ) -> Ack:
        """Send an envelope over a connection and wait for its acknowledgement.

        Args:
            attempt: How often it was sent before: a repeated one has another envelope and the same content.
        """
        self._count += 1
        envelope_id = f"env-{self._count}"
        loop = asyncio.get_running_loop()
        self._waiting[envelope_id] = loop.create_future()
        begin = loop.time()
        envelope = {
            "type": kind,
            "envelope_id": envelope_id,
            "payload": payload,
            "accepts_response_payload": kind != "events_api",
        }
        if attempt:
            envelope |= {"retry_attempt": attempt, "retry_reason": "timeout"}
        await self._open[-1].send_json(envelope)
        try:
            answer = await asyncio.wait_for(self._waiting[envelope_id], patience_s)
        except TimeoutError:
            self._waiting.pop(envelope_id, None)
            return Ack(acked=False, after_s=loop.time() - begin)
        return Ack(acked=True, after_s=loop.time() - begin, payload=answer.get("payload") or {})

    async def click(self, user: str, ts: str, action_id: str, *, channel: str = "C0INCIDENTS", **more: Any) -> Ack:
        """Click a button that is to be seen now; `button=` clicks one of a stale view."""
        return await self.send("interactive", self.write_click(user, ts, action_id, channel=channel, **more))

    async def command(self, user: str, command: str, text: str, *, channel: str = "C0INCIDENTS") -> Ack:
        """Type a slash command."""
        return await self.send("slash_commands", self.write_command(user, command, text, channel=channel))

    async def submit(self, user: str, view: dict[str, Any], **values: str) -> Ack:
        """Send a modal's form off, with a text for the `action_id` of each input."""
        return await self.send("interactive", self.write_submission(user, view, **values))

    def write_click(
        self,
        user: str,
        ts: str,
        action_id: str,
        *,
        channel: str = "C0INCIDENTS",
        button: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Return the payload of a click."""
        message = self._space.find_message(channel, ts)
        if button is None:
            button = list_buttons(message.blocks if message else [])[action_id]
        trigger = self._next_trigger()
        shown = {"type": "message", "ts": ts, "text": message.text, "blocks": message.blocks} if message else {}
        return {
            "type": "block_actions",
            "user": self._write_user(user),
            "api_app_id": "AFERMATA",
            "token": "verification",
            "container": {"type": "message", "message_ts": ts, "channel_id": channel, "is_ephemeral": False},
            "trigger_id": trigger,
            "team": {"id": "T0ACME", "domain": "acme"},
            "enterprise": None,
            "is_enterprise_install": False,
            "channel": {"id": channel, "name": "incidents"},
            "message": shown,
            "state": {"values": {}},
            "response_url": self._server.write_response_url(user, trigger),
            "actions": [
                {
                    "type": "button",
                    "action_id": action_id,
                    "block_id": button["block_id"],
                    "text": button["text"],
                    "value": button["value"],
                    "action_ts": self._space.next_ts(),
                }
            ],
        }

    def write_command(self, user: str, command: str, text: str, *, channel: str = "C0INCIDENTS") -> dict[str, Any]:
        """Return the payload of a slash command."""
        trigger = self._next_trigger()
        return {
            "token": "verification",
            "team_id": "T0ACME",
            "team_domain": "acme",
            "channel_id": channel,
            "channel_name": "incidents",
            "user_id": user,
            "user_name": self._write_user(user)["username"],
            "command": command,
            "text": text,
            "api_app_id": "AFERMATA",
            "is_enterprise_install": "false",
            "response_url": self._server.write_response_url(user, trigger),
            "trigger_id": trigger,
        }

    def write_submission(self, user: str, view: dict[str, Any], **values: str) -> dict[str, Any]:
        """Return the payload of a modal that was sent off."""
        state: dict[str, Any] = {}
        for block in view["blocks"]:
            if block["type"] == "input":
                name = block["element"]["action_id"]
                state[block["block_id"]] = {name: {"type": "plain_text_input", "value": values[name]}}
        return {
            "type": "view_submission",
            "team": {"id": "T0ACME", "domain": "acme"},
            "user": self._write_user(user),
            "api_app_id": "AFERMATA",
            "token": "verification",
            "trigger_id": self._next_trigger(),
            "view": {**view, "state": {"values": state}, "team_id": "T0ACME", "app_id": "AFERMATA"},
            "response_urls": [],
            "is_enterprise_install": False,
            "enterprise": None,
        }

    def _write_user(self, user: str) -> dict[str, Any]:
        known = self._space.users.get(user)
        name = known.name if known else "nobody"
        return {"id": user, "username": name, "name": name, "team_id": "T0ACME"}

    def _next_trigger(self) -> str:
        self._count += 1
        trigger = f"{self._count}.trigger"
        self._space.triggers.add(trigger)
        return trigger
