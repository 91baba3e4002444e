"""Requests to a proxy's control port. Each is one connection: nothing stays open that could be half dead."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from fermata.integrations.faultproxy.settings import ProxySettings
from fermata.kit.errors import OperationalError, TransientError
from fermata.ports.faults import InjectorGone

_LARGEST_ANSWER = 64 * 1024
_NO_PROXY = "what answers there is no fault proxy's control port: perhaps it is the port of its --listen"


class Declined(OperationalError):
    """The proxy answered that it does not do this; nothing was changed."""

    def __init__(self, control: str, status: int, why: str) -> None:
        super().__init__(f"The fault proxy at {control} refused", why=why, status=status)
        self.status = status
        """As in HTTP: 401 wrong token, 409 halted or another fault, 410 the fault is gone, 422 it cannot do this."""


class ProxyClient:
    """Asks one proxy."""

    def __init__(self, proxy: ProxySettings, timeout_s: float) -> None:
        self._proxy = proxy
        self._timeout_s = timeout_s

    async def fetch_state(self) -> dict[str, Any]:
        """Return its state, as `control` describes it.

        Raises:
            OperationalError: It cannot be reached, or the token is wrong.
        """
        return await self._ask("GET", "/v1/state", None)

    async def post(self, step: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out `begin`, `renew` or `withdraw` and return the state after it.

        Raises:
            Declined: It refused; nothing was changed.
            TransientError: It cannot be reached, or its answer was lost: it may have been done.
        """
        return await self._ask("POST", f"/v1/{step}", body)

    async def _ask(self, method: str, path: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
        control = self._proxy.control
        try:
            async with asyncio.timeout(self._timeout_s):
                status, answer = await self._exchange(method, path, body)
        except ConnectionRefusedError as error:
            raise InjectorGone(
                f"The fault proxy at {control} gave no answer",
                why="nothing listens there",
                do="Start `fermata chaos proxy` there anew, without a fault: until then every call through it fails",
                control=control,
            ) from error
        except (OSError, EOFError, TypeError, ValueError) as error:
            raise TransientError(
                f"The fault proxy at {control} gave no answer",
                why=str(error) or f"nothing within {self._timeout_s:g} s",
                do="Look whether `fermata chaos proxy` runs there; a fault that is not renewed ends by itself",
                control=control,
            ) from error
        if status != HTTPStatus.OK:
            raise Declined(control, status, str(answer.get("error", "")) or f"HTTP {status}")
        return answer

    async def _exchange(self, method: str, path: str, body: Mapping[str, Any] | None) -> tuple[int, dict[str, Any]]:
        parts = urlsplit(f"//{self._proxy.control}")
        payload = b"" if body is None else json.dumps(body).encode()
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        try:
            head = (
                f"{method} {path} HTTP/1.1\r\nHost: {self._proxy.control}\r\nContent-Length: {len(payload)}\r\n"
                f"Authorization: Bearer {self._proxy.token.get_secret_value()}\r\nConnection: close\r\n\r\n"
            )
            writer.write(head.encode() + payload)
            answer = await reader.read(_LARGEST_ANSWER)
            while more := await reader.read(_LARGEST_ANSWER):
                answer += more
                if len(answer) > _LARGEST_ANSWER:
                    message = "its answer is too large"
                    raise ValueError(message)
        finally:
            writer.close()
        first, _, rest = answer.partition(b"\r\n")
        if not first.startswith(b"HTTP/1.1 "):
            message = _NO_PROXY
            raise ValueError(message)
        try:
            return int(first[9:12]), dict(json.loads(rest.partition(b"\r\n\r\n")[2]))
        except (TypeError, ValueError) as error:
            raise ValueError(_NO_PROXY) from error
