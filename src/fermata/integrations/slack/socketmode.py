"""Slack's own client of Socket Mode, told apart from what it cannot do: give up.

Imported when a house begins to listen: Slack's libraries take over a second to load.
"""

from __future__ import annotations

import asyncio
import time

import aiohttp
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from fermata.integrations.slack.answers import SlackRefusal, describe_refusal
from fermata.integrations.slack.app import QUIET, build_app
from fermata.integrations.slack.client import SlackClient
from fermata.integrations.slack.counter import SlackCounter
from fermata.integrations.slack.observing import SlackObserving
from fermata.integrations.slack.settings import SlackSettings
from fermata.kit.errors import OperationalError
from fermata.kit.log import get_log

_log = get_log("slack")


class SocketListening:
    """One connection after another, until cancelled."""

    def __init__(
        self,
        client: SlackClient,
        settings: SlackSettings,
        counter: SlackCounter,
        observing: SlackObserving,
        *,
        ping_s: float,
    ) -> None:
        self._app = build_app(client, counter)
        self._counter = counter
        self._observing = observing
        self._socket = _Socket(client, settings, ping_s)
        self._socket.socket_mode_request_listeners.append(self._handle)

    @property
    def is_connected(self) -> bool:
        """Answer whether a connection is open now."""
        session = self._socket.current_session
        return session is not None and not session.closed

    async def run(self) -> None:
        """Hand everything that comes over the socket to the counter.

        Raises:
            SlackRefusal: Slack does not let this app connect: a revoked token, Socket Mode switched off.
        """
        socket = self._socket
        connecting: asyncio.Task[None] = asyncio.create_task(
            socket.connect()  # type: ignore[no-untyped-call]  # slack_sdk 3.47 leaves it untyped
        )
        try:
            await asyncio.wait({connecting, socket.refused}, return_when=asyncio.FIRST_COMPLETED)
            await socket.refused
        finally:
            connecting.cancel()
            await self._counter.settle()
            await socket.end()

    async def _handle(self, _: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        if request.type == "events_api":
            await self._hand_to_observer(request)
            return
        began = time.time()
        response = await run_async_bolt_app(self._app, request)
        await send_async_response(self._socket, request, response, began)

    async def _hand_to_observer(self, request: SocketModeRequest) -> None:
        try:
            await self._observing.take(request.payload)
        except OperationalError as error:
            _log.warning("slack.event_not_taken", reason=str(error))
            return  # Not acknowledged: Slack brings it again.
        self._counter.overhear(request.payload)
        await self._socket.send_socket_mode_response(SocketModeResponse(request.envelope_id))


class _Socket(SocketModeClient):
    """Slack's client, which tries again for ever, also with a token that was revoked: that is told here."""

    def __init__(self, client: SlackClient, settings: SlackSettings, ping_s: float) -> None:
        token = settings.app_token.get_secret_value() if settings.app_token else ""
        super().__init__(
            app_token=token, logger=QUIET, web_client=client.web, proxy=settings.proxy_url, ping_interval=ping_s
        )
        self.refused: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._reason = ""

    async def issue_new_wss_url(self) -> str:
        try:
            url = await super().issue_new_wss_url()
        except SlackApiError as error:
            problem = describe_refusal("apps.connections.open", error)
            if isinstance(problem, SlackRefusal) and not self.refused.done():
                self.refused.set_exception(problem)
            self._tell(str(problem))
            raise
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            self._tell(str(error) or type(error).__name__)
            raise
        self._tell("")
        return url

    def _tell(self, reason: str) -> None:
        """Log why it is not connected, once for each reason: it tries every few seconds."""
        if reason and reason != self._reason:
            _log.warning("slack.not_connected", reason=reason)
        self._reason = reason

    async def end(self) -> None:
        """Close, and wait for what ran inside: a task that is dropped while it runs is complained about."""
        await self.close()  # type: ignore[no-untyped-call]  # slack_sdk 3.47 leaves it untyped
        tasks = [self.message_processor, self.current_session_monitor, self.message_receiver]
        await asyncio.gather(*(task for task in tasks if task is not None), return_exceptions=True)
