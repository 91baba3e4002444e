"""Discord's gateway through discord.py: heartbeats, compression, resuming and close codes are its affair.

Only its connection is used. Its loop around that connects to an address that stands in the class, and reads every
payload into models that it keeps, failing on one that it does not know; so the loop is here, and payloads are taken as
they come. Imported when a house begins to listen: discord.py takes most of a second to load.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import aiohttp
import yarl
from discord import Client, Intents
from discord.errors import ConnectionClosed
from discord.gateway import DiscordClientWebSocketResponse, DiscordWebSocket, ReconnectWebSocket
from discord.http import HTTPClient

from fermata.integrations.discord.answers import DiscordRefusal
from fermata.integrations.discord.client import DiscordClient
from fermata.integrations.discord.intents import NO_INTENT, find_application, may_read_messages
from fermata.integrations.discord.observing import DiscordObserving
from fermata.integrations.discord.settings import DiscordSettings
from fermata.kit.clock import Clock
from fermata.kit.errors import TransientError
from fermata.kit.log import get_log

_log = get_log("discord")
logging.getLogger("discord").setLevel(logging.CRITICAL + 1)
"""It logs whole payloads, tokens of interactions among them; what is worth knowing is logged here."""
_CONNECT_S = 20.0
_LONGEST_WAIT_S = 60.0
_TRIES_TO_RESUME = 3
"""After so many failures in a row the session is given up, and the gateway's address is asked for anew."""
_ENDS: Mapping[int, tuple[str, str]] = {
    4004: ("the token is not valid", 'Reset the token under "Bot" and put the new one in discord.token'),
    4010: ("it does not take this shard", "Report it: Fermata asks for no shards"),
    4011: ("the bot is in too many servers for one connection", "Use a bot of your own, in your own server"),
    4012: ("it does not take this version of the gateway", "Upgrade Fermata"),
    4013: ("it does not know the intents", "Upgrade Fermata: it asks for none"),
    4014: ("it does not allow the intents", "Report it: Fermata asks for none"),
}
"""Close codes after which no reconnecting helps (reference, "Gateway Close Event Codes", read 2026-11)."""

_INTENTS_REFUSED = 4014
_LOOKS_AGAIN_S = 600.0
"""Between two looks whether the switch of the intent is on meanwhile: whoever was told to switch it on waits for it."""
_STARTS_ANEW = 4000
"""Any code but 1000 and 1001 closes a connection from our side; the next one is a session of its own."""
OnEvent = Callable[[Mapping[str, Any]], None]


class _Http(HTTPClient):
    """What discord.py's connection needs of its HTTP client: a token, and a socket. No call is made through it."""

    def __init__(self, token: str, session: aiohttp.ClientSession, proxy: str | None) -> None:
        super().__init__(asyncio.get_running_loop(), proxy=proxy)
        self.token = token
        self._session = session

    async def ws_connect(self, url: str, *, compress: int = 0) -> aiohttp.ClientWebSocketResponse:
        return await self._session.ws_connect(
            url,
            proxy=self.proxy,
            max_msg_size=0,
            autoclose=False,
            headers={"User-Agent": self.user_agent},
            compress=compress,
        )


class _Client(Client):
    """What discord.py's connection needs of its client, with events as they come instead of models."""

    def __init__(self, http: HTTPClient, parsers: Mapping[str, OnEvent], intents: Intents) -> None:
        super().__init__(intents=intents, max_messages=None)
        self.loop = asyncio.get_running_loop()
        self.http = http
        self._connection.parsers = dict(parsers)

    def ask_for(self, intents: Intents) -> None:
        """Name these when the next session begins."""
        self._connection._intents = intents  # noqa: SLF001 - discord.py 2.7 reads them there when it identifies


def _tell_end(looking: asyncio.Task[None]) -> None:
    """Say that nobody looks for the intents any more: it never ends by itself but for a bug."""
    if not looking.cancelled() and (error := looking.exception()) is not None:
        _log.error("discord.look_ended", error=type(error).__name__, exc_info=error)


def _find_intents(observing: DiscordObserving) -> Intents:
    """Return what Discord is to send beside clicks: for the observer messages with their text, and where they are."""
    if not observing.is_on:
        return Intents.none()
    intents = Intents.none()
    intents.guilds = intents.guild_messages = intents.guild_reactions = intents.message_content = True
    return intents


class Gateway:
    """One connection after another, until cancelled.

    Args:
        observing: Takes what people write, if anybody observes.
        on_ready: Gets READY's payload, for each new session.
        on_interaction: Gets the payload of each click, form and command. Must not wait.
        first_wait_s: Before the second try in a row; doubled from then on.
    """

    def __init__(  # noqa: PLR0913 - two that it leans on for each of the two kinds of events
        self,
        client: DiscordClient,
        settings: DiscordSettings,
        clock: Clock,
        *,
        observing: DiscordObserving,
        on_ready: OnEvent,
        on_interaction: OnEvent,
        first_wait_s: float = 1.0,
    ) -> None:
        self._client = client
        self._settings = settings
        self._clock = clock
        self._first_wait_s = first_wait_s
        self._on_ready = on_ready
        self._observing = observing
        self._parsers: Mapping[str, OnEvent] = {
            **{name: partial(observing.take, name) for name in observing.events},
            "READY": self._take_ready,
            "RESUMED": self._take_resumed,
            "INTERACTION_CREATE": on_interaction,
        }
        self._socket: DiscordWebSocket | None = None
        self._is_ready = False
        self._failures = 0
        self._resume: dict[str, Any] = {}
        self._is_outdated = False
        """The session asked for too little: it is not resumed."""

    @property
    def is_connected(self) -> bool:
        """Answer whether clicks come in now."""
        return self._is_ready and self._socket is not None and self._socket.open

    async def run(self) -> None:
        """Listen until cancelled.

        Raises:
            DiscordRefusal: The gateway does not take this bot, and will go on not taking it.
        """
        proxy = self._settings.proxy_url
        tls = self._client.find_tls() if self._settings.ca_file else True
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=tls),
            ws_response_class=DiscordClientWebSocketResponse,
            cookie_jar=aiohttp.DummyCookieJar(),
        ) as session:
            intents = _find_intents(self._observing)
            client = _Client(_Http(self._client.token, session, proxy), self._parsers, intents)
            looking = asyncio.create_task(self._await_intents(client, intents))
            looking.add_done_callback(_tell_end)
            try:
                while True:
                    await self._connect_once(client)
                    self._is_ready = False
                    self._failures += 1
                    if self._failures > 1:
                        await self._clock.sleep(min(self._first_wait_s * 2 ** (self._failures - 2), _LONGEST_WAIT_S))
            finally:
                self._is_ready = False
                looking.cancel()
                if self._socket is not None:
                    await self._socket.close(code=1000)

    async def _await_intents(self, client: _Client, intents: Intents) -> None:
        """Begin a new session with the intents that were refused, once Discord says that they are allowed."""
        while True:
            await self._clock.sleep(_LOOKS_AGAIN_S)
            if client.intents.value == intents.value or not may_read_messages(await find_application(self._client)):
                continue
            client.ask_for(intents)
            _log.info("discord.observer_on")
            self._is_outdated = True
            try:
                if self._socket is not None:
                    await self._socket.close(code=_STARTS_ANEW)
            except (OSError, TimeoutError, aiohttp.ClientError) as error:
                # It is as good as closed: the next connection begins anew, and asks for the intents.
                _log.info("discord.close_failed", reason=str(error) or type(error).__name__)

    async def _connect_once(self, client: _Client) -> None:
        """Connect and listen until the connection ends; note how to go on."""
        if self._failures >= _TRIES_TO_RESUME:
            self._resume = {}
        try:
            resume = self._resume or {"initial": True, "gateway": yarl.URL(await self._find_url())}
            connecting = DiscordWebSocket.from_client(client, **resume)
            self._socket = socket = await asyncio.wait_for(connecting, _CONNECT_S)
            while True:
                await socket.poll_event()
        except ReconnectWebSocket as end:
            self._note_end("it ended the connection", can_resume=end.resume)
        except ConnectionClosed as end:
            if end.code == _INTENTS_REFUSED and client.intents.value:
                # The buttons matter more: without its intent the observer hears nothing, and everything else works.
                _log.warning("discord.observer_off", reason=NO_INTENT)
                client.ask_for(Intents.none())
                self._note_end("it does not allow the intents", can_resume=False)
                return
            if end.code in _ENDS:
                why, do = _ENDS[end.code]
                raise DiscordRefusal("Discord does not let the bot listen", why=why, do=do, code=end.code) from end
            self._note_end(f"it closed with {end.code}", can_resume=True)
        except (OSError, TimeoutError, aiohttp.ClientError, TransientError) as error:
            self._note_end(str(error) or type(error).__name__, can_resume=True)

    async def _find_url(self) -> str:
        if self._settings.gateway_url:
            return self._settings.gateway_url
        said = await self._client.ask("where the gateway is", "GET", "/gateway/bot")
        return str(said["url"])

    def _note_end(self, reason: str, *, can_resume: bool) -> None:
        socket = self._socket
        if self._is_outdated:
            self._is_outdated, self._resume = False, {}
        elif socket is not None and can_resume and socket.session_id:
            fixed = self._settings.gateway_url
            self._resume = {
                "resume": True,
                "session": socket.session_id,
                "sequence": socket.sequence,
                "gateway": yarl.URL(fixed) if fixed else socket.gateway,
            }
        elif not can_resume:
            self._resume = {}
            self._failures = max(self._failures, 1)  # Discord asks for a moment before another session.
        if self._failures:  # A single end is nothing: Discord does that every few hours.
            _log.warning("discord.not_connected", reason=reason, failures=self._failures)

    def _take_ready(self, data: Mapping[str, Any]) -> None:
        self._is_ready, self._failures = True, 0
        self._observing.note_self(str((data.get("user") or {}).get("id") or ""))
        self._on_ready(data)

    def _take_resumed(self, _: Mapping[str, Any]) -> None:
        self._is_ready, self._failures = True, 0
