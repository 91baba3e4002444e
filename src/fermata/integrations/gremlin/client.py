"""Gremlin's API, as far as one attack needs it: begin, look, halt.

Source: gremlin-python (`attacks.py`, `executions.py`, `http_clients.py`), read November 2026. No account was at hand:
what an answer holds beyond the fields read here was not seen.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from fermata.integrations.gremlin.settings import GremlinSettings
from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError
from fermata.ports.json_api import ApiSession, ApiTarget, JsonApi, NotThere

_GUID = re.compile(r"[0-9A-Za-z-]{8,64}")


class ActiveAttack(BaseModel):
    """An attack that has not ended; the rest of it is not read."""

    model_config = ConfigDict(extra="ignore")

    guid: str = Field(pattern=r"^[0-9A-Za-z-]{8,64}$")


class Execution(BaseModel):
    """What one target makes of an attack."""

    model_config = ConfigDict(extra="ignore")

    stage: str = ""
    """`Running`, `Successful`, `UserHalted`, `TargetNotFound` and others."""


_ACTIVE, _EXECUTIONS = TypeAdapter(list[ActiveAttack]), TypeAdapter(list[Execution])


class GremlinClient:
    """Opens sessions; holds no connection."""

    def __init__(self, settings: GremlinSettings, clock: Clock) -> None:
        self.settings = settings
        target = ApiTarget(
            name="Gremlin",
            url=settings.url,
            headers={"Authorization": f"Key {settings.api_key.get_secret_value()}"},
            timeout_s=settings.timeout_s,
            ca_file=settings.ca_file,
            permissions="the privileges EXPERIMENTS_READ, EXPERIMENTS_RUN and EXPERIMENTS_HALT",
            settings_key="gremlin",
        )
        self._api = JsonApi(target, clock)

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[GremlinSession]:
        """Yield a session; its connections are closed with it."""
        async with self._api.connect() as session:
            yield GremlinSession(session, self.settings)


class GremlinSession:
    """Calls over one set of connections. Every method raises `OperationalError` when Gremlin fails it."""

    def __init__(self, session: ApiSession, settings: GremlinSettings) -> None:
        self._session = session
        self._team = {"teamId": settings.team_id} if settings.team_id else {}

    async def list_active(self) -> list[str]:
        """Return the guids of the team's attacks that have not ended."""
        found = await self._session.get("/attacks/active", _ACTIVE, self._team)
        return [attack.guid for attack in found]

    async def begin(self, attack: Any) -> str:
        """Begin an attack and return its guid. Sent once."""
        reply = await self._session.send("POST", "/attacks/new", params=self._team, body=attack)
        # It comes as bare text or as a JSON string.
        guid = reply.body.decode("utf-8", "replace").strip().strip('"')
        if not _GUID.fullmatch(guid):
            raise OperationalError(
                "Gremlin did not say which attack it began", do="Look for it in Gremlin, and halt it"
            )
        return guid

    async def list_stages(self, guid: str) -> list[str]:
        """Return the stage of each target of an attack; empty before it was handed out."""
        found = await self._session.get("/executions", _EXECUTIONS, {"taskId": guid, **self._team})
        return [execution.stage for execution in found]

    async def halt(self, guid: str) -> None:
        """Tell an attack to end. One that is over already is no error.

        Raises:
            OperationalError: It is no guid: with an empty one, every attack of the team would be halted.
        """
        if not _GUID.fullmatch(guid):
            raise OperationalError(f"{guid[:80]!r} is no attack of Gremlin", do="Look for it in Gremlin, and halt it")
        try:
            await self._session.send("DELETE", f"/attacks/{guid}", params=self._team)
        except NotThere:
            return
