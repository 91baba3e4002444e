"""Calls to Discord's HTTP API, with one place for its faults.

Of our own, over the client that everything else here uses: discord.py's has its address in the class, waits out rate
limits inside a call (for minutes, while the outbox could do other things), and sends a message again after an answer
that was lost. Here a call is made once; the outbox tries again, and looks first.
"""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import httpx2

from fermata.integrations.discord.answers import describe_refusal, describe_silence, read_object
from fermata.integrations.discord.settings import DiscordSettings
from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError
from fermata.ports.chat.attachment import Attachment
from fermata.ports.server_clock import note_server_time
from fermata.ports.trust import load_trust

_LARGEST_ANSWER = 8 * 1024 * 1024
"""Bytes; a hundred messages of 6,000 characters with everything around them are 2 MB."""


def is_fit_to_log(record: logging.LogRecord) -> bool:
    """Answer whether a log record of the HTTP client holds no interaction's token: those stand in paths."""
    text = record.getMessage()
    return "/interactions/" not in text and "/webhooks/" not in text


logging.getLogger("httpx2").addFilter(is_fit_to_log)


def _write_agent() -> str:
    # Discord refuses clients that do not name themselves in this form (reference, "User Agent").
    try:
        return f"DiscordBot (https://example.org/fermata-ops, {version('fermata-ops')})"
    except PackageNotFoundError:  # Run from a source tree.
        return "DiscordBot (https://example.org/fermata-ops, 0)"


class DiscordClient:
    """One bot's calls. Every answer is below 300, or an error in words; opens no connection until the first call."""

    def __init__(self, settings: DiscordSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._tls: ssl.SSLContext | None = None
        self._self_id = ""

    @property
    def token(self) -> str:
        """Return the bot's token."""
        return self._settings.token.get_secret_value().strip()

    def find_tls(self) -> ssl.SSLContext:
        """Return what certificates to trust. Reading them takes 20 ms: once."""
        if self._tls is None:
            self._tls = load_trust(self._settings.ca_file, "discord")
        return self._tls

    async def ask(
        self,
        call: str,
        method: str,
        path: str,
        *,
        body: Any = None,
        files: Sequence[Attachment] = (),
    ) -> Any:
        """Make one call and return the parsed answer; `None` for an empty one.

        Args:
            call: What it is for, in words, for messages: paths of interactions hold a token.
            path: With its query, if it has one.
            files: Sent with the body in one request, as `files[0]` and so on.

        Raises:
            DiscordRefusal: Discord said no, and will go on saying so.
            TransientError: It was asked too often (with the delay it asks for), is down, or did not answer: it may
                have done what was asked.
        """
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                status, headers, received = await self._exchange(method, path, body, files)
        except (httpx2.HTTPError, OSError, TimeoutError) as error:
            raise describe_silence(call, error, self._settings.api_url) from error
        note_server_time(headers.get("date", ""), self._clock.now())
        if status >= 300:
            raise describe_refusal(call, status, headers, received)
        if not received.strip():
            return None
        try:
            return json.loads(received)
        except ValueError as error:
            raise describe_silence(call, error, self._settings.api_url) from error

    async def fetch_self_id(self) -> str:
        """Return the bot's own user id; asked once.

        Raises:
            OperationalError: As `ask`.
        """
        if not self._self_id:
            call = "who the bot is"
            self._self_id = str(read_object(await self.ask(call, "GET", "/users/@me"), call, "id")["id"])
        return self._self_id

    async def _exchange(
        self, method: str, path: str, body: Any, files: Sequence[Attachment]
    ) -> tuple[int, Mapping[str, str], bytes]:
        settings = self._settings
        is_tls = settings.api_url.startswith("https:")
        # A client per call: cards are delivered from one event loop, and clicks may be answered from another.
        async with (
            httpx2.AsyncClient(
                verify=self.find_tls() if is_tls else False,
                proxy=settings.proxy_url,
                timeout=None,  # The whole call has one deadline, answer included.
                trust_env=False,
                follow_redirects=False,  # The token must not travel to another host.
            ) as http,
            http.stream(
                method,
                f"{settings.api_url}{path}",
                headers={"Authorization": f"Bot {self.token}", "User-Agent": _write_agent()},
                **_write_body(body, files),
            ) as response,
        ):
            received = bytearray()
            async for chunk in response.aiter_bytes():
                received += chunk
                if len(received) > _LARGEST_ANSWER:
                    raise OperationalError("Discord answered with more than 8 MB", do="Check discord.api_url")
            answered = {name.lower(): value for name, value in response.headers.items()}
            return response.status_code, answered, bytes(received)


def _write_body(body: Any, files: Sequence[Attachment]) -> dict[str, Any]:
    """Return what the HTTP client takes: JSON, or a form with the JSON and the files (reference, "Uploading Files")."""
    if files:
        form: dict[str, Any] = {"payload_json": (None, json.dumps(body).encode(), "application/json")}
        for number, file in enumerate(files):
            form[f"files[{number}]"] = (file.name, file.content, "text/plain; charset=utf-8")
        return {"files": form}
    return {} if body is None else {"json": body}
