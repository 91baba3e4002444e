"""The server: one port of loopback with the HTTP API, version 10, and the gateway.

Every request is checked; what a real Discord would refuse is refused with its code, and what the fake does not model is
kept in `complaints`, which a test asserts to be empty.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from aiohttp import web

from fermata.testing.discord.endpoints import ROUTES, Asked
from fermata.testing.discord.gateway import DiscordGateway
from fermata.testing.discord.guild import DiscordGuild, Refused
from fermata.testing.discord.talk import DiscordTalk
from fermata.testing.troubles import Troubles


class DiscordFault(StrEnum):
    """A way for a call to go wrong."""

    LOST = "lost"
    """Done, and the connection is cut before the answer."""
    CUT = "cut"
    """Not done, and the connection is cut."""
    DOWN = "down"
    """HTTP 502 with a page."""
    LIMITED = "limited"
    """HTTP 429 with `retry_after`."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call that arrived."""

    route: str
    """Its name: `post message`."""
    method: str
    path: str
    body: Any
    files: Mapping[str, bytes]


class DiscordServer:
    """A Discord. Use it as an async context manager."""

    def __init__(self, guild: DiscordGuild, tls: ssl.SSLContext | None = None) -> None:
        self.guild = guild
        self._tls = tls
        self.calls: list[Call] = []
        """All calls of known routes that were not cut, in order."""
        self.complaints: list[str] = []
        """What was not modelled; a test asserts that there is none."""
        self.url = ""
        self.gateway = DiscordGateway(guild, self)
        self.talk = DiscordTalk(guild, self.gateway)
        self.retry_after_s = 1.5
        """What a limit asks to wait."""
        self._troubles: Troubles[DiscordFault | Refused] = Troubles()
        self._runner: web.AppRunner | None = None

    @property
    def api_url(self) -> str:
        """Return the base address of the API."""
        return f"{self.url}/api/v10"

    @property
    def gateway_url(self) -> str:
        """Return the gateway's address."""
        return self.url.replace("http", "ws", 1) + "/gateway"

    async def __aenter__(self) -> Self:
        """Listen."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_get("/gateway{slash:/?}", self.gateway.serve)
        app.router.add_route("*", "/api/v10/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self._tls).start()
        self.url = f"{'https' if self._tls else 'http'}://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening and close what is open."""
        await self.gateway.cut()
        if self._runner is not None:
            await self._runner.cleanup()

    def fail(self, route: str, fault: DiscordFault | Refused, times: int = 1) -> None:
        """Make the next calls of a route go wrong; `*` is every route."""
        self._troubles.add(route, fault, times)

    def mend(self) -> None:
        """Let everything work again."""
        self._troubles.clear()

    def count(self, route: str) -> int:
        """Return how often a route was called."""
        return sum(call.route == route for call in self.calls)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        path = f"/{request.match_info['path']}"
        for route in ROUTES:
            match = route.pattern.fullmatch(path)
            if match and route.method == request.method:
                return await self._run(request, route.name, route.run, match.groups(), is_open=route.is_open)
        self.complaints.append(f"{request.method} {path} is not modelled")
        return web.json_response({"message": "404: Not Found", "code": 0}, status=404)

    async def _run(
        self,
        request: web.Request,
        name: str,
        run: Callable[[Asked], Any],
        parts: tuple[str, ...],
        *,
        is_open: bool,
    ) -> web.StreamResponse:
        fault = self._troubles.take(name)
        if isinstance(fault, DiscordFault) and fault is not DiscordFault.LOST:
            return self._break(request, fault)
        try:
            self._check_access(request, is_open=is_open)
            body, files = await _read(request)
            self.calls.append(Call(name, request.method, request.path_qs.removeprefix("/api/v10"), body, files))
            if isinstance(fault, Refused):
                raise fault
            answer, status = run(Asked(self.guild, self.gateway, parts, dict(request.query), body, files)), 200
        except Refused as refused:
            answer, status = refused.body, refused.status
        except (KeyError, ValueError, TypeError) as error:
            self.complaints.append(f"{name}: {type(error).__name__}: {error}")
            answer, status = {"message": "Invalid Form Body", "code": 50035}, 400
        if fault is DiscordFault.LOST:
            return self._break(request, DiscordFault.CUT)
        headers = {"X-RateLimit-Limit": "5", "X-RateLimit-Remaining": "4", "X-RateLimit-Reset-After": "1.0"}
        if answer is None:
            return web.Response(status=204, headers=headers)
        text = json.dumps(answer).replace("{gateway}", self.gateway_url)
        return web.Response(text=text, status=status, content_type="application/json", headers=headers)

    def _break(self, request: web.Request, fault: DiscordFault) -> web.StreamResponse:
        if fault is DiscordFault.DOWN:
            return web.Response(status=502, text="<html>cloudflare</html>", content_type="text/html")
        if fault is DiscordFault.LIMITED:
            body = {"message": "You are being rate limited.", "retry_after": self.retry_after_s, "global": False}
            headers = {
                "Retry-After": "2",
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset-After": str(self.retry_after_s),
            }
            return web.json_response(body, status=429, headers={**headers, "X-RateLimit-Scope": "user"})
        if request.transport is not None:
            request.transport.abort()
        raise asyncio.CancelledError

    def _check_access(self, request: web.Request, *, is_open: bool) -> None:
        if not request.headers.get("User-Agent", "").startswith("DiscordBot (https://"):
            raise ValueError("the client does not name itself as Discord asks for")
        if not is_open and request.headers.get("Authorization") != f"Bot {self.guild.token}":
            raise Refused(401, 0, "401: Unauthorized")


async def _read(request: web.Request) -> tuple[Any, dict[str, bytes]]:
    if request.content_type == "application/json":
        return await request.json(), {}
    if request.content_type != "multipart/form-data":
        if await request.read():
            raise ValueError("a body that is no JSON")
        return None, {}
    files: dict[str, bytes] = {}
    body: Any = None
    async for part in await request.multipart():
        content = await part.read(decode=True)  # type: ignore[union-attr]  # no part is nested here
        if part.name == "payload_json":  # type: ignore[union-attr]  # as above
            body = json.loads(content)
        else:
            files[str(part.name)] = bytes(content)  # type: ignore[union-attr]  # as above
    return body, files
