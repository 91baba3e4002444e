"""The gateway: one session at a time, resumed or begun anew, heartbeats; and what people do in Discord.

Payloads are those of the reference ("Gateway", "Receiving and Responding to Interactions"), read 2026-11. Events are
kept for a session, so that one that was cut gets what it missed when it resumes.
"""

from __future__ import annotations

import asyncio
import json
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from fermata.testing.discord.guild import APPLICATION, BOT, CHANNEL, GUILD, DiscordGuild, Refused, render
from fermata.testing.discord.rules import MESSAGE, check_form, check_message

if TYPE_CHECKING:
    from fermata.testing.discord.server import DiscordServer

PATIENCE_S = 3.0
"""How long Discord waits for the first answer to an interaction."""
_EPHEMERAL = 64
_GUILDS, _CONTENT = 1 << 0, 1 << 15
_INTENTS = (1 << 1) | (1 << 8)
"""Privileged ones that nothing here needs: members, presences."""


@dataclass(slots=True)
class Click:
    """One interaction, and what came back for it."""

    id: str
    token: str
    user: str
    payload: dict[str, Any]
    answered: asyncio.Future[dict[str, Any]]
    sent_at: float
    kind: int = 0
    """Type of the first answer; 0: none yet."""
    is_ephemeral: bool = True
    is_edited: bool = False
    follow_ups: int = 0

    async def wait(self, patience_s: float = PATIENCE_S) -> bool:
        """Answer whether it was answered in time."""
        done, _ = await asyncio.wait({self.answered}, timeout=patience_s)
        return bool(done)


class _Socket:
    """One connection, compressed as a whole if the client asks for it (reference, "Transport Compression")."""

    def __init__(self, web_socket: web.WebSocketResponse, *, is_compressed: bool) -> None:
        self.web = web_socket
        self._deflate = zlib.compressobj() if is_compressed else None

    async def send_json(self, value: dict[str, Any]) -> None:
        """Send one payload."""
        text = json.dumps(value)
        if self._deflate is None:
            await self.web.send_str(text)
        else:
            await self.web.send_bytes(self._deflate.compress(text.encode()) + self._deflate.flush(zlib.Z_SYNC_FLUSH))

    def abort(self) -> None:
        """Cut it without a word."""
        transport = self.web._req.transport if self.web._req is not None else None  # noqa: SLF001 - only this cuts
        if transport is not None:
            transport.abort()


@dataclass(slots=True)
class _Session:
    id: str
    socket: _Socket | None
    """`None` while it is cut."""
    intents: int = 0
    events: list[dict[str, Any]] = field(default_factory=list)

    async def dispatch(self, name: str, data: dict[str, Any]) -> None:
        """Send an event; without a connection it waits for the session to be resumed."""
        event = {"op": 0, "t": name, "s": len(self.events) + 1, "d": data}
        self.events.append(event)
        if self.socket is not None:
            await self.socket.send_json(event)


class DiscordGateway:
    """All connections of the bot, and everything that travels over them."""

    def __init__(self, guild: DiscordGuild, server: DiscordServer) -> None:
        self._guild = guild
        self._server = server
        self._sessions: dict[str, _Session] = {}
        self._clicks: dict[str, Click] = {}
        self.connected = asyncio.Event()
        """Set while a session is ready."""
        self.greeted = 0
        """Connections so far."""
        self.identified = 0
        self.resumed = 0
        self.heartbeats = 0
        self.heartbeat_ms = 41_250
        self.sessions_left = 1000
        self.close_on_identify = 0
        """Close code for those who identify; 0: they are welcome."""
        self.is_closed = False
        """Whether connections are refused."""
        self.refused = 0
        """Connections that were."""

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Hold one connection."""
        if self.is_closed:
            self.refused += 1
            raise web.HTTPServiceUnavailable
        if request.query.get("v") != "10" or request.query.get("encoding") != "json":
            self._server.complaints.append(f"gateway: {dict(request.query)}")
        accepted = web.WebSocketResponse(autoping=True)
        await accepted.prepare(request)
        socket = _Socket(accepted, is_compressed=request.query.get("compress") == "zlib-stream")
        self.greeted += 1
        await socket.send_json({"op": 10, "d": {"heartbeat_interval": self.heartbeat_ms}, "s": None, "t": None})
        try:
            async for message in accepted:
                if message.type is not WSMsgType.TEXT:
                    break
                await self._take(socket, json.loads(message.data))
        finally:
            self._drop(socket)
            await accepted.close()
        return accepted

    async def _take(self, socket: _Socket, said: dict[str, Any]) -> None:
        match said["op"]:
            case 1:
                self.heartbeats += 1
                await socket.send_json({"op": 11, "d": None, "s": None, "t": None})
            case 2:
                await self._identify(socket, said["d"])
            case 6:
                await self._resume(socket, said["d"])
            case _:
                self._server.complaints.append(f"gateway: unexpected op {said['op']}")

    async def _identify(self, socket: _Socket, said: dict[str, Any]) -> None:
        if said["token"] != self._guild.token:
            await socket.web.close(code=4004, message=b"Authentication failed.")
            return
        if self.close_on_identify:
            await socket.web.close(code=self.close_on_identify)
            return
        if not isinstance(said.get("intents"), int) or said["intents"] & _INTENTS:
            self._server.complaints.append(f"gateway: intents {said.get('intents')}")
        if said["intents"] & _CONTENT and not self._guild.has_message_content:
            await socket.web.close(code=4014, message=b"Disallowed intent(s).")
            return
        if not {"os", "browser", "device"} <= set(said["properties"]):
            self._server.complaints.append("gateway: properties are missing")
        self.identified += 1
        self.sessions_left -= 1
        session = _Session(f"session-{self.identified}", socket, intents=said["intents"])
        self._sessions[session.id] = session
        await session.dispatch(
            "READY",
            {
                "v": 10,
                "user": self._guild.write_user(self._guild.users[BOT]),
                "guilds": [{"id": GUILD, "unavailable": True}],
                "session_id": session.id,
                "resume_gateway_url": f"{self._server.gateway_url}/",
                "application": {"id": APPLICATION, "flags": 0},
            },
        )
        if session.intents & _GUILDS:
            threads = [self._guild.write_thread(room) for room in self._guild.rooms.values() if room.parent]
            await session.dispatch("GUILD_CREATE", {"id": GUILD, "name": "Acme", "threads": threads})
        self.connected.set()

    async def _resume(self, socket: _Socket, said: dict[str, Any]) -> None:
        if said["token"] != self._guild.token:
            await socket.web.close(code=4004, message=b"Authentication failed.")
            return
        session = self._sessions.get(said["session_id"])
        if session is None:
            await socket.send_json({"op": 9, "d": False, "s": None, "t": None})
            return
        self.resumed += 1
        for event in session.events[int(said["seq"] or 0) :]:
            await socket.send_json(event)
        session.socket = socket
        await session.dispatch("RESUMED", {"_trace": []})
        self.connected.set()

    def _drop(self, socket: _Socket) -> None:
        for session in self._sessions.values():
            if session.socket is socket:
                session.socket = None
        if not self._list_sockets():
            self.connected.clear()

    def _list_sockets(self) -> list[_Socket]:
        return [session.socket for session in self._sessions.values() if session.socket is not None]

    async def cut(self) -> None:
        """Cut every connection without a word; the session can be resumed."""
        for socket in self._list_sockets():
            self._drop(socket)
            socket.abort()

    async def close(self, code: int) -> None:
        """Close every connection with a code."""
        for socket in self._list_sockets():
            self._drop(socket)
            await socket.web.close(code=code)

    async def ask_to_reconnect(self) -> None:
        """Say RECONNECT, as Discord does every few hours."""
        for socket in self._list_sockets():
            await socket.send_json({"op": 7, "d": None, "s": None, "t": None})

    async def invalidate(self, *, can_resume: bool = False) -> None:
        """Say INVALID SESSION."""
        for socket in self._list_sockets():
            await socket.send_json({"op": 9, "d": can_resume, "s": None, "t": None})
        if not can_resume:
            self._sessions.clear()
            self.connected.clear()

    async def _dispatch(self, name: str, data: dict[str, Any]) -> None:
        """Send an event to every session: Discord does so, if a bot has begun several."""
        for session in tuple(self._sessions.values()):
            await session.dispatch(name, data)

    async def send_for(self, intent: int, name: str, data: dict[str, Any]) -> int:
        """Send an event to the sessions that asked for its kind; return to how many.

        Args:
            intent: The bit of the intent that the event belongs to.
        """
        asked = [session for session in self._sessions.values() if session.intents & intent]
        for session in asked:
            await session.dispatch(name, data)
        return len(asked)

    async def send_raw(self, name: str, data: dict[str, Any]) -> None:
        """Send any event."""
        await self._dispatch(name, data)

    async def send(self, kind: int, user: str, **fields: Any) -> Click:
        """Send an interaction over the gateway; its answers are noted in what is returned."""
        someone = self._guild.users[user]
        click_id, loop = self._guild.next_id(), asyncio.get_running_loop()
        payload = {
            "id": click_id,
            "application_id": APPLICATION,
            "type": kind,
            "token": f"aW50ZXJhY3Rpb24.{click_id}",
            "version": 1,
            "guild_id": GUILD,
            "channel_id": CHANNEL,
            "member": {
                "user": self._guild.write_user(someone),
                "roles": someone.roles,
                "nick": None,
                "pending": someone.pending,
                "permissions": "0",
            },
            "locale": "en-GB",
            "guild_locale": "en-GB",
            "app_permissions": "0",
            "entitlements": [],
            "authorizing_integration_owners": {"0": GUILD},
            "context": 0,
            **fields,
        }
        click = Click(click_id, payload["token"], user, payload, loop.create_future(), loop.time())
        self._clicks[click.token] = click
        await self._dispatch("INTERACTION_CREATE", payload)
        return click

    async def send_again(self, click: Click) -> None:
        """Send the very same interaction once more, as a resumed session may."""
        await self._dispatch("INTERACTION_CREATE", click.payload)

    async def click(
        self, user: str, message_id: str, action: str, *, channel: str = CHANNEL, custom_id: str = ""
    ) -> Click:
        """Click a button that is to be seen now; `custom_id` clicks one of a stale view."""
        message = self._guild.find_message(channel, message_id)
        custom_id = custom_id or message.list_buttons()[action]["custom_id"]
        data = {"custom_id": custom_id, "component_type": 2, "id": 2}
        return await self.send(3, user, channel_id=channel, data=data, message=self._guild.write_message(message))

    async def submit(self, user: str, form: dict[str, Any], **values: str) -> Click:
        """Send a form off, with a text for the id of each input."""
        rows = [
            {
                "type": 1,
                "id": 1,
                "components": [
                    {"type": 4, "id": 2, "custom_id": field["custom_id"], "value": values[field["custom_id"]]}
                    for field in row["components"]
                ],
            }
            for row in form["components"]
        ]
        return await self.send(5, user, data={"custom_id": form["custom_id"], "components": rows})

    async def command(self, user: str, name: str, *words: str, **options: str) -> Click:
        """Type a slash command: its name, a subcommand, options."""
        given: list[dict[str, Any]] = [{"type": 3, "name": key, "value": value} for key, value in options.items()]
        for word in reversed(words):
            given = [{"type": 1, "name": word, "options": given}]
        data = {"id": "1180000000000000050", "name": name, "type": 1, "options": given}
        return await self.send(2, user, data=data)

    async def delete(self, message_id: str, *, channel: str = CHANNEL) -> None:
        """Delete a message, as a person with the right to does."""
        del self._guild.rooms[channel].messages[message_id]

    def take_answer(self, click_id: str, token: str, body: dict[str, Any]) -> None:
        """Take the first answer.

        Raises:
            Refused: It is late, or not the first.
        """
        click = self._clicks.get(token)
        if click is None or click.id != click_id:
            raise Refused(404, 10062, "Unknown interaction")
        if click.kind:
            raise Refused(400, 40060, "Interaction has already been acknowledged.")
        if asyncio.get_running_loop().time() - click.sent_at > PATIENCE_S:
            raise Refused(404, 10062, "Unknown interaction")
        kind, data = body["type"], body.get("data") or {}
        if kind == 9:
            check_form(data)
            self._guild.forms.append(data)
        elif kind == 4:
            check_message(data, MESSAGE)
        elif kind != 5:
            message = f"answer of type {kind}"
            raise ValueError(message)
        click.kind = kind
        click.is_ephemeral = bool(int(data.get("flags") or 0) & _EPHEMERAL)
        if kind == 4:
            self._tell(click, "answer", data, is_public=not click.is_ephemeral)
        click.answered.set_result(body)

    def take_follow_up(self, token: str, body: dict[str, Any]) -> None:
        """Take a further message.

        Raises:
            Refused: There was no first answer.
        """
        click = self._find_answered(token)
        click.follow_ups += 1
        self._tell(click, "follow up", body, is_public=not int(body.get("flags") or 0) & _EPHEMERAL)

    def take_edit(self, token: str, body: dict[str, Any]) -> None:
        """Take what stands instead of "thinking".

        Raises:
            Refused: There was no first answer.
        """
        click = self._find_answered(token)
        click.is_edited = True
        self._tell(click, "edit", body, is_public=not click.is_ephemeral)

    def _find_answered(self, token: str) -> Click:
        click = self._clicks.get(token)
        if click is None:
            raise Refused(404, 10015, "Unknown Webhook")
        if not click.kind:
            raise Refused(404, 10008, "Unknown Message")
        return click

    def _tell(self, click: Click, by: str, body: dict[str, Any], *, is_public: bool) -> None:
        text = render(body.get("content") or "")
        self._guild.whispers.append({"user": click.user, "by": by, "text": text, "public": is_public, "message": body})
