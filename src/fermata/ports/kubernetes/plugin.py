"""The credential plug-in of a kubeconfig: run once for all calls of a gathering, in its own time, and ended with it.

A plug-in that is slow is not the API server's silence, so that it has a deadline and an error of its own. lightkube
knows how a plug-in is called; its own way runs one process for each call that waits, and leaves it running when the
call is given up.

Source: Kubernetes documentation, "Authenticating", "client-go credential plugins" (read November 2026): the plug-in
prints an `ExecCredential` with `status.token`, and is run again when the server answers 401.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator

import httpx2
from lightkube.config.client_adapter import ExecAuth
from lightkube.config.models import UserExec
from lightkube.core.exceptions import ConfigError

from fermata.kit.digging import dig_text
from fermata.kit.errors import OperationalError
from fermata.ports.command import run_command


class PluginAuth(ExecAuth):
    """Puts the token that the plug-in prints into each request.

    Args:
        given: What the kubeconfig says of the plug-in.
        key: The section of the settings.
        timeout_s: Longest time for one run.
    """

    def __init__(self, given: UserExec, key: str, timeout_s: float) -> None:
        super().__init__(given)
        self.name = given.command
        self._key = key
        self._timeout_s = timeout_s
        self._token = ""
        self._lock = asyncio.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def prepare(self) -> None:
        """Run the plug-in if there is no token yet.

        Raises:
            OperationalError: It cannot be run, fails, prints no token, or is not done in time.
        """
        await self._renew("")

    async def async_auth_flow(self, request: httpx2.Request) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        """Send the request with the token, once more with a new one when it is refused."""
        spent = self._token
        await self._renew("")
        is_fresh = spent != self._token
        sent = self._token
        request.headers["Authorization"] = f"Bearer {sent}"
        response = yield request
        if response.status_code == httpx2.codes.UNAUTHORIZED and not is_fresh:
            await self._renew(sent)
            request.headers["Authorization"] = f"Bearer {self._token}"
            yield request

    async def _renew(self, spent: str) -> None:
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            # Sessions come from any event loop, and a lock belongs to one.
            self._loop, self._lock = loop, asyncio.Lock()
        async with self._lock:
            if not self._token or self._token == spent:
                self._token = await self._run()

    async def _run(self) -> str:
        try:
            command, environment = self._prepare()
            done = await run_command(command, environment=environment, timeout_s=self._timeout_s)
        except ConfigError as error:
            raise self._fail(str(error)) from error
        except OperationalError as error:
            raise self._fail(f"{error.what}: {error.why}" if error.why else error.what) from error
        if done.code:
            raise self._fail(f"{self.name} ended with {done.code}: {done.error or 'it said nothing'}")
        try:
            token = dig_text(json.loads(done.out), "status", "token")
        except ValueError as error:
            raise self._fail(f"{self.name} printed no JSON") from error
        if not token:
            raise self._fail(f"{self.name} printed no token")
        return token

    def _fail(self, why: str) -> OperationalError:
        do = (
            "Run the plug-in that the kubeconfig names by hand, as the user Fermata runs as; "
            f"if it is merely slow, raise {self._key}.timeout_s"
        )
        return OperationalError("No credential for Kubernetes could be had", why=why, do=do)
