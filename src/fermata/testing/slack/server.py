"""The server: one port of loopback with the Web API, the socket, uploads and response addresses.

Every request is checked; what a real Slack would refuse is refused with its code, and what the fake does not model is
kept in `complaints`, which a test asserts to be empty.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from aiohttp import web

from fermata.testing.slack.methods import METHODS, Method
from fermata.testing.slack.sockets import SlackSockets
from fermata.testing.slack.talk import SlackTalk
from fermata.testing.slack.workspace import Refused, SlackWorkspace
from fermata.testing.troubles import Troubles


class SlackFault(StrEnum):
    """A way for a call to go wrong."""

    LOST = "lost"
    """Done, and the connection is cut before the answer."""
    CUT = "cut"
    """Not done, and the connection is cut."""
    DOWN = "down"
    """HTTP 503 with a page."""
    LIMITED = "limited"
    """HTTP 429 with `Retry-After: 7`."""
    BUSY = "busy"
    """HTTP 200 with `internal_error`."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call that arrived."""

    method: str
    arguments: dict[str, Any]


class SlackServer:
    """A Slack. Use it as an async context manager."""

    def __init__(self, space: SlackWorkspace, tls: ssl.SSLContext | None = None) -> None:
        self.space = space
        self._tls = tls
        self.calls: list[Call] = []
        """All calls of known methods, in order."""
        self.complaints: list[str] = []
        """What was not modelled; a test asserts that there is none."""
        self.url = ""
        self.tells_scopes = True
        """Whether answers say what the token may do; a gateway may drop that header."""
        self.sockets = SlackSockets(space, self)
        self.talk = SlackTalk(space, self.sockets)
        self._troubles: Troubles[SlackFault | str] = Troubles()
        self._runner: web.AppRunner | None = None
        self._used: dict[str, int] = {}

    @property
    def api_url(self) -> str:
        """Return the base address of the Web API."""
        return f"{self.url}/api"

    async def __aenter__(self) -> Self:
        """Listen."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/api/{method}", self._serve_method)
        app.router.add_post("/upload/v1/{file}", self._serve_upload)
        app.router.add_post("/respond/{who}/{id}", self._serve_response)
        app.router.add_get("/socket", self.sockets.serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self._tls)
        await site.start()
        self.url = f"{'https' if self._tls else 'http'}://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening and close what is open."""
        await self.sockets.cut()
        if self._runner is not None:
            await self._runner.cleanup()

    def fail(self, method: str, fault: SlackFault | str, times: int = 1) -> None:
        """Make the next calls of a method go wrong; text is a code that Slack answers. `*` is every method."""
        self._troubles.add(method, fault, times)

    def mend(self) -> None:
        """Let everything work again."""
        self._troubles.clear()

    def count(self, method: str) -> int:
        """Return how often a method was called."""
        return sum(call.method == method for call in self.calls)

    def write_response_url(self, user: str, interaction: str) -> str:
        """Return the address to answer one interaction at."""
        return f"{self.url}/respond/{user}/{interaction}"

    async def _serve_method(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        method = METHODS.get(name)
        if method is None:
            self.complaints.append(f"{name} is not modelled")
            return web.json_response({"ok": False, "error": "unknown_method"})
        fault = self._troubles.take(name)
        if fault in (SlackFault.CUT, SlackFault.DOWN, SlackFault.LIMITED, SlackFault.BUSY):
            return _break(request, SlackFault(fault))
        try:
            arguments = await self._read_arguments(request, name, method)
            self._check_access(request, method)
            self.calls.append(Call(name, arguments))
            if fault is not None and fault is not SlackFault.LOST:
                raise Refused(str(fault))
            answer = {"ok": True, **method.run(self.space, arguments)}
        except Refused as refused:
            if refused.code == "ratelimited":
                headers = {"Retry-After": "60"}
                return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)
            if refused.code == "refused_by_the_fake":
                self.complaints.append(f"{name}: {refused.more}")
            answer = {"ok": False, "error": refused.code, **refused.more}
        except (KeyError, ValueError) as error:
            self.complaints.append(f"{name}: {type(error).__name__}: {error}")
            answer = {"ok": False, "error": "invalid_arguments"}
        if fault is SlackFault.LOST:
            return _break(request, SlackFault.CUT)
        text = json.dumps(answer).replace("{url}", self.url).replace("{socket}", self.sockets.write_url(self.url))
        headers = {"x-oauth-scopes": ",".join(self.space.scopes)} if self.tells_scopes else {}
        return web.Response(text=text, content_type="application/json", headers=headers)

    async def _read_arguments(self, request: web.Request, name: str, method: Method) -> dict[str, Any]:
        arguments: dict[str, Any] = dict(request.query)
        if request.method == "POST" and request.content_type == "application/json":
            if not method.takes_json:
                raise Refused("invalid_arg_name", detail="this method takes no JSON")
            arguments |= await request.json()
        elif request.method == "POST":
            arguments |= dict(await request.post())
        if "token" in arguments:
            self.complaints.append(f"{name}: the token is in the arguments, where logs keep it")
        unknown = set(arguments) - method.arguments - {"token"}
        if unknown:
            self.complaints.append(f"{name}: unknown arguments {sorted(unknown)}")
        return arguments

    def _check_access(self, request: web.Request, method: Method) -> None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not token:
            raise Refused("not_authed")
        if method.wants_app_token:
            if token != self.space.app_token:
                raise Refused("not_allowed_token_type" if token == self.space.bot_token else "invalid_auth")
            return
        if token != self.space.bot_token:
            raise Refused("not_allowed_token_type" if token == self.space.app_token else "invalid_auth")
        if self.space.revoked:
            raise Refused(self.space.revoked)
        if method.scope and method.scope not in self.space.scopes:
            raise Refused("missing_scope", needed=method.scope, provided=",".join(self.space.scopes))

    async def _serve_upload(self, request: web.Request) -> web.StreamResponse:
        fault = self._troubles.take("upload")
        if fault is not None:
            return _break(request, SlackFault(fault))
        file = self.space.files.get(request.match_info["file"])
        content = await request.read()
        if file is None or len(content) != file.length:
            return web.Response(status=400, text="length")
        file.content = content
        return web.Response(text=f"OK - {len(content)}")

    async def _serve_response(self, request: web.Request) -> web.StreamResponse:
        fault = self._troubles.take("response_url")
        if fault is not None and fault is not SlackFault.LOST:
            return _break(request, SlackFault(fault))
        interaction = request.match_info["id"]
        self._used[interaction] = self._used.get(interaction, 0) + 1
        if self._used[interaction] > 5:
            return web.Response(status=404, text="used_url")
        message = await request.json()
        unknown = set(message) - {"text", "blocks", "response_type", "replace_original", "delete_original", "thread_ts"}
        if unknown or message.get("replace_original") is not False:
            self.complaints.append(f"response: {sorted(unknown)} or it would replace the card")
        self.space.whispers.append({"user": request.match_info["who"], "by": "response_url", **message})
        if fault is SlackFault.LOST:
            return _break(request, SlackFault.CUT)
        return web.Response(text="ok")


def _break(request: web.Request, fault: SlackFault) -> web.StreamResponse:
    if fault is SlackFault.DOWN:
        return web.Response(status=503, text="<html>down</html>", content_type="text/html")
    if fault is SlackFault.LIMITED:
        return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "7"})
    if fault is SlackFault.BUSY:
        return web.json_response({"ok": False, "error": "internal_error"})
    if request.transport is not None:
        request.transport.abort()
    raise asyncio.CancelledError
