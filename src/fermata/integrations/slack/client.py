"""Calls to Slack's Web API through Slack's own client, with one place for its faults.

The client's own retries are off: they post a message twice when the answer to the first was lost. The outbox tries
again, and looks first.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

from fermata.integrations.slack.answers import describe_refusal, describe_silence
from fermata.integrations.slack.settings import SlackSettings
from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError
from fermata.ports.server_clock import note_server_time
from fermata.ports.trust import load_trust

if TYPE_CHECKING:
    from slack_sdk.web.async_client import AsyncWebClient
    from slack_sdk.web.async_slack_response import AsyncSlackResponse

Data = Mapping[str, Any]
"""An answer's JSON, `ok` included."""


@dataclass(frozen=True, slots=True)
class SlackSelf:
    """The app as the author of messages."""

    user_id: str
    bot_id: str
    workspace_url: str = ""
    """`https://acme.slack.com/`, for links; empty when Slack does not say."""
    team_id: str = ""
    """The workspace's own id; empty when Slack does not say."""

    def wrote(self, message: Mapping[str, Any]) -> bool:
        """Answer whether a message is the app's own. One that names no author at all is taken for it."""
        pairs = ((message.get("user"), self.user_id), (message.get("bot_id"), self.bot_id))
        known = [theirs == ours for theirs, ours in pairs if theirs and ours]
        return any(known) or not known


class SlackClient:
    """One app's calls. Every answer is `ok`, or an error in words; opens no connection until the first call."""

    def __init__(self, settings: SlackSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._loaded = False
        self._self: SlackSelf | None = None

    @cached_property
    def web(self) -> AsyncWebClient:
        """Return Slack's client, for what is built on top of it. A session per call: callers live on two loops."""
        from slack_sdk.web.async_client import AsyncWebClient

        return AsyncWebClient(
            token=self._settings.bot_token.get_secret_value(),
            base_url=f"{self._settings.api_url}/",
            timeout=max(1, round(self._settings.timeout_s)),
            ssl=self.tls,
            proxy=self._settings.proxy_url,
            retry_handlers=[],
        )

    @cached_property
    def tls(self) -> ssl.SSLContext | None:
        """Return what certificates to trust; `None`: the system's."""
        return load_trust(self._settings.ca_file, "slack") if self._settings.ca_file else None

    async def ask(self, method: str, call: Callable[[AsyncWebClient], Awaitable[AsyncSlackResponse]]) -> Data:
        """Make one call.

        Args:
            method: Slack's name for it, for messages.
            call: Makes it with Slack's client.

        Raises:
            SlackRefusal: Slack said no, and will go on saying so.
            TransientError: It was asked too often (with the delay it asks for), is down, or did not answer: it may
                have done what was asked.
        """
        return (await self.ask_whole(method, call))[0]

    async def ask_whole(
        self, method: str, call: Callable[[AsyncWebClient], Awaitable[AsyncSlackResponse]]
    ) -> tuple[Data, Mapping[str, str]]:
        """Make one call and return the answer with its headers, names in lower case.

        Raises:
            OperationalError: As `ask`.
        """
        if not self._loaded:  # It takes most of a second: not on the loop, where everything would stand still for it.
            await asyncio.to_thread(import_module, "slack_sdk.web.async_client")
            self._loaded = True
        import aiohttp
        from slack_sdk.errors import SlackApiError, SlackRequestError

        try:
            response = await call(self.web)
        except SlackApiError as error:
            raise describe_refusal(method, error) from error
        # ValueError: an answer that claims to be JSON and is not.
        except (aiohttp.ClientError, SlackRequestError, OSError, TimeoutError, ValueError) as error:
            raise describe_silence(method, error, self._settings.api_url) from error
        headers = {name.lower(): value for name, value in response.headers.items()}
        note_server_time(headers.get("date", ""), self._clock.now())
        return (response.data if isinstance(response.data, dict) else {}), headers

    async def fetch_self(self) -> SlackSelf:
        """Return who the app is in its workspace; asked once.

        Raises:
            OperationalError: As `ask`.
        """
        if self._self is None:
            said = await self.ask("auth.test", lambda web: web.auth_test())
            ids = (str(said.get(name) or "") for name in ("user_id", "bot_id", "url", "team_id"))
            self._self = SlackSelf(*ids)
        return self._self

    async def respond(self, url: str, message: Mapping[str, Any]) -> None:
        """Send a message to a `response_url`: the answer to one click or command, five times within 30 minutes.

        Raises:
            TransientError: It did not answer: it may have been shown.
            OperationalError: It was not shown: the address was used up, ran out, or could not be reached.
        """
        import aiohttp
        from slack_sdk.errors import SlackRequestError
        from slack_sdk.webhook.async_client import AsyncWebhookClient

        hook = AsyncWebhookClient(
            url, timeout=self.web.timeout, ssl=self.tls, proxy=self._settings.proxy_url, retry_handlers=[]
        )
        try:
            answer = await hook.send_dict(dict(message))
        except aiohttp.ClientConnectorError as error:
            silence = describe_silence("the response address", error, "the response address")
            raise OperationalError(silence.what, why=silence.why, do=silence.do) from error
        except (aiohttp.ClientError, SlackRequestError, OSError, TimeoutError, ValueError) as error:
            raise describe_silence("the response address", error, "the response address") from error
        if answer.status_code != 200:
            raise OperationalError(
                "Slack did not take the answer", why=f"HTTP {answer.status_code}: {answer.body[:100]}", do="Ask again"
            )
