"""NRQL over NerdGraph, New Relic's GraphQL API.

Source: New Relic documentation, "NerdGraph tutorial: Query your data using NRQL". Errors come with HTTP 200 and a
class; an account that the key may not see is `null` beside one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from pydantic import BaseModel

from fermata.integrations.newrelic.settings import HOSTS, NewRelicSettings
from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError, TransientError
from fermata.ports.graphql import ask_graphql
from fermata.ports.json_api import ApiSession, ApiTarget, JsonApi

KEY = "newrelic"
_PATH = "/graphql"
_NRQL = """
query Nrql($account: Int!, $nrql: Nrql!, $timeout: Seconds) {
  actor { account(id: $account) { nrql(query: $nrql, timeout: $timeout) { results } } }
}
"""
_ACCOUNT = """
query Account($account: Int!) {
  actor { user { name } account(id: $account) { name } }
}
"""
_LONGEST_S = 70  # What NerdGraph waits for at most.


class _Results(BaseModel):
    results: list[dict[str, Any]]


class _NrqlAccount(BaseModel):
    nrql: _Results


class _NrqlActor(BaseModel):
    account: _NrqlAccount


class _NrqlData(BaseModel):
    actor: _NrqlActor


class _Name(BaseModel):
    name: str | None = None


class _AccountActor(BaseModel):
    user: _Name
    account: _Name


class _AccountData(BaseModel):
    actor: _AccountActor


class NewRelicClient:
    """Opens sessions. Holds no connection itself, so it may be used from any event loop."""

    def __init__(self, settings: NewRelicSettings, clock: Clock) -> None:
        self.settings = settings
        self._target = ApiTarget(
            name="New Relic",
            url=settings.url or HOSTS[settings.region],
            headers={"API-Key": settings.api_key.get_secret_value()},
            timeout_s=settings.timeout_s,
            ca_file=settings.ca_file,
            permissions=f"a user key of region {settings.region}, whose user may read account {settings.account_id}",
            settings_key=KEY,
        )
        self._api = JsonApi(self._target, clock)

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[NewRelicSession]:
        """Yield a session for a few calls on the running loop; its connections close with it."""
        async with self._api.connect() as session:
            yield NewRelicSession(session, self._target, self.settings)


class NewRelicSession:
    """Calls over one set of connections. Every method raises `OperationalError` when New Relic fails it."""

    def __init__(self, session: ApiSession, target: ApiTarget, settings: NewRelicSettings) -> None:
        self._session = session
        self._target = target
        self._settings = settings

    async def query(self, nrql: str) -> list[dict[str, Any]]:
        """Return the rows of a query."""
        variables = {
            "account": self._settings.account_id,
            "nrql": nrql,
            "timeout": max(1, min(_LONGEST_S, int(self._settings.timeout_s))),
        }
        try:
            data = await ask_graphql(self._session, self._target, _PATH, _NRQL, variables, shape=_NrqlData)
        except TransientError as error:
            if "NRQL Syntax Error" not in error.why:
                raise
            # New Relic calls it a server error; asking again would bring the same.
            do = f"Try it in the query builder, and correct {KEY}.services"
            raise OperationalError("New Relic refused a query", why=error.why, do=do) from error
        return data.actor.account.nrql.results

    async def describe_account(self) -> str:
        """Return the account's name and whose key it is."""
        variables = {"account": self._settings.account_id}
        data = await ask_graphql(self._session, self._target, _PATH, _ACCOUNT, variables, shape=_AccountData)
        user, account = data.actor.user.name or "somebody", data.actor.account.name or "without a name"
        return f"account {self._settings.account_id} ({account}), with the key of {user}"
