"""One gathering's way through the cluster: one set of connections, and each list asked for once.

The collectors of a gathering start together and ask for much of the same. Whoever comes first asks; the others wait
for the same answer. When the last one has left, everything is closed and forgotten: the next gathering asks anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeVar, cast

from fermata.domain.scope import Scope
from fermata.integrations.kubernetes.client import MOST_ITEMS, Json, KubernetesClient, KubernetesSession, Listing
from fermata.integrations.kubernetes.resources import Resource
from fermata.integrations.kubernetes.scope import list_own
from fermata.integrations.kubernetes.settings import KubernetesSettings
from fermata.kit.clock import Clock

T = TypeVar("T")


class Visit:
    """Answers of one gathering, each asked for once. Made by `Visits`."""

    def __init__(self, client: KubernetesClient) -> None:
        self.settings = client.settings
        self.users = 0
        """Collectors that use it; `Visits` counts."""
        self._client = client
        self._stack = AsyncExitStack()
        self._tasks: dict[Hashable, asyncio.Task[object]] = {}

    async def once(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """Return what `make` brings, made by whoever asks first for the key; a failure is everybody's.

        A waiter that is cancelled leaves it to the others.

        Raises:
            OperationalError: Whatever `make` raised.
        """
        task = self._tasks.get(key)
        if task is None:
            task = asyncio.ensure_future(_run(make))
            # A failure nobody waited for is nobody's.
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
            self._tasks[key] = task
        return cast("T", await asyncio.shield(task))

    async def session(self) -> KubernetesSession:
        """Return the connections of this gathering.

        Raises:
            OperationalError: The kubeconfig cannot be used.
        """

        async def open_session() -> KubernetesSession:
            return await self._stack.enter_async_context(self._client.connect())

        return await self.once("session", open_session)

    async def list(
        self, resource: Resource, namespace: str = "", *, labels: str = "", fields: str = "", most: int = MOST_ITEMS
    ) -> Listing:
        """Return a list, as `KubernetesSession.list_objects` does."""

        async def ask() -> Listing:
            session = await self.session()
            return await session.list_objects(
                resource, namespace, labels=labels, fields=fields, most=most, keeps_pages=True
            )

        return await self.once((resource, namespace, labels, fields, most), ask)

    async def list_metadata(self, resource: Resource, namespace: str) -> Listing:
        """Return names and labels, as `KubernetesSession.list_metadata` does."""

        async def ask() -> Listing:
            return await (await self.session()).list_metadata(resource, namespace)

        return await self.once((resource, namespace, "metadata"), ask)

    async def find(self, resource: Resource, name: str, namespace: str = "") -> Json | None:
        """Return one object; `None` when there is none of that name."""

        async def ask() -> Json | None:
            found = await (await self.session()).find_object(resource, name, namespace)
            return None if found is None else {**found, "kind": resource.kind, "apiVersion": resource.api_version}

        return await self.once((resource, namespace, name, "one"), ask)

    async def close(self) -> None:
        """Stop what is still asked, and close the connections."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._stack.aclose()


class Visits:
    """The gatherings that are under way."""

    def __init__(self, client: KubernetesClient) -> None:
        self._client = client
        self._open: dict[Hashable, Visit] = {}

    @asynccontextmanager
    async def join(self, scope: Scope) -> AsyncIterator[Visit]:
        """Yield the visit of a scope, shared with whoever gathers for it at the same time in the same loop."""
        key = (id(asyncio.get_running_loop()), scope.incident_id, scope.window_end, scope.entities)
        visit = self._open.get(key)
        if visit is None:
            visit = self._open[key] = Visit(self._client)
        visit.users += 1
        try:
            yield visit
        finally:
            visit.users -= 1
            if visit.users == 0:
                if self._open.get(key) is visit:
                    del self._open[key]
                await visit.close()


class ScopeCollector:
    """What every collector of this system has, and which scopes it is asked about."""

    def __init__(self, visits: Visits, clock: Clock, settings: KubernetesSettings) -> None:
        self._visits = visits
        self._clock = clock
        self._settings = settings

    def wants(self, scope: Scope) -> bool:
        """Answer whether the scope names anything that could be an object here."""
        return bool(list_own(scope))


async def _run(make: Callable[[], Awaitable[T]]) -> T:
    return await make()
