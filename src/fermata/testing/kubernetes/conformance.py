"""One suite for two servers: the emulator, and any real API server that somebody names.

What is looked at is what Fermata's actions and collectors rely on: if the emulator and a real server both pass, a test
on the emulator says something about a real cluster. The suite makes a namespace of its own and removes it; of what lies
outside it only reads, or asks for dry runs. No container needs to run. What needs the controllers of a cluster skips
where they do not answer within `CONTROLLERS_WITHIN_S`.

This is the suite's ground: a server, a namespace, short ways to ask. The tests are in tests/integration/kubernetes.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from fermata.integrations.kubernetes.answers import PassingRefusal, Refusal
from fermata.integrations.kubernetes.client import KubernetesClient, KubernetesSession
from fermata.integrations.kubernetes.resources import (
    DEPLOYMENT,
    NAMESPACE,
    REPLICA_SET,
    SERVICE_ACCOUNT,
    Resource,
)
from fermata.integrations.kubernetes.settings import KubernetesSettings
from fermata.kit.clock import SystemClock

CONTROLLERS_WITHIN_S = 10.0
MERGE = "application/merge-patch+json"
APPLY = "application/apply-patch+yaml"
Json = dict[str, Any]


def make_deployment(**more: Any) -> Json:
    """Return a deployment whose image is nowhere to be had: nothing of it needs to run."""
    container: Json = {
        "name": "web",
        "image": "fermata.invalid/web:1",
        "env": [{"name": "LEVEL", "value": "info"}],
        "resources": {"limits": {"memory": "128Mi"}},
    }
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "labels": {"app": "web"}},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": template, **more},
    }


class ServerUnderTest:
    """A server, a namespace on it, and short ways to ask. Base of the suites."""

    namespace = ""

    def make_settings(self) -> KubernetesSettings:
        """Return where the server is, with the permissions of an administrator of one namespace at least."""
        raise NotImplementedError

    @pytest.fixture(autouse=True)
    async def _own_namespace(self) -> AsyncIterator[None]:
        async for _ in self.keep_namespace():
            yield

    async def keep_namespace(self) -> AsyncIterator[None]:
        """Make the namespace, yield once, and remove it."""
        self.namespace = f"fermata-test-{secrets.token_hex(4)}"
        async with self.session() as session:
            await self._make_namespace(session)
            try:
                yield
            finally:
                options = {"kind": "DeleteOptions", "apiVersion": "v1"}
                await session.write("DELETE", NAMESPACE.path(name=self.namespace), options)

    async def _make_namespace(self, session: KubernetesSession) -> None:
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}}
        await session.write("POST", NAMESPACE.path(), body)
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
        try:
            # Pods are refused until it is there; where a controller makes it, it may have been faster.
            await session.write("POST", SERVICE_ACCOUNT.path(self.namespace), account)
        except Refusal as refusal:
            if refusal.code != 409:
                raise

    @asynccontextmanager
    async def session(self, **more: Any) -> AsyncIterator[KubernetesSession]:
        """Yield a session with the server."""
        settings = self.make_settings().model_copy(update=more)
        async with KubernetesClient(settings, SystemClock()).connect() as session:
            yield session

    async def create(
        self, session: KubernetesSession, resource: Resource, value: Json, manager: str = "tester"
    ) -> Json:
        """Create an object in the own namespace."""
        value = {"apiVersion": resource.api_version, "kind": resource.kind, **value}
        given = {"fieldManager": manager}
        for _ in range(int(CONTROLLERS_WITHIN_S * 10)):
            try:
                return await session.write("POST", resource.path(self.namespace), value, params=given)
            except PassingRefusal as refusal:
                # A server before 1.24 takes no pod until a controller has made the service account's token.
                if refusal.reason != "ServerTimeout":
                    raise
                await asyncio.sleep(0.1)
        return await session.write("POST", resource.path(self.namespace), value, params=given)

    async def need_evictions(self, session: KubernetesSession) -> None:
        """Skip where the server is too old for the eviction that is sent (before 1.22)."""
        resources = (await session.get("/api/v1"))["resources"]
        taken = next((one.get("version") for one in resources if one["name"] == "pods/eviction"), "v1")
        if taken != "v1":
            pytest.skip(f"this server takes evictions of policy/{taken} only")

    async def patch(
        self, session: KubernetesSession, value: Json, *, kind: str = MERGE, name: str = "web", **params: str
    ) -> Json:
        """Patch the deployment."""
        path = DEPLOYMENT.path(self.namespace, name)
        given = {"fieldManager": "tester", **params}
        return await session.write("PATCH", path, value, params=given, content_type=kind)

    async def apply(self, session: KubernetesSession, spec: Json, manager: str, **meta: Any) -> Json:
        """Apply a part of the deployment's spec."""
        config = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", **meta}, "spec": spec}
        return await self.patch(session, config, kind=APPLY, fieldManager=manager)

    async def read(self, session: KubernetesSession, name: str = "web") -> Json:
        """Return the deployment."""
        return await session.get(DEPLOYMENT.path(self.namespace, name))

    async def wait_for_revisions(self, session: KubernetesSession, count: int) -> list[Json]:
        """Return the deployment's ReplicaSets once there are so many; skip where no controller makes them."""
        async with asyncio.timeout(CONTROLLERS_WITHIN_S + 1):
            for _ in range(int(CONTROLLERS_WITHIN_S * 10)):
                found = await session.list_objects(REPLICA_SET, self.namespace, labels="app=web")
                if len(found.items) >= count:
                    return [dict(item) for item in found.items]
                await asyncio.sleep(0.1)
        pytest.skip("no deployment controller answers here")
