"""Chaos Mesh as the house sees it: one injector, and what the doctor looks at."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any, ClassVar

from pydantic import BaseModel

from fermata.integrations.chaosmesh.client import ChaosMeshClient, ChaosMeshSession
from fermata.integrations.chaosmesh.faults import ChaosMeshInjector
from fermata.integrations.chaosmesh.objects import CRD_API, PLURALS
from fermata.integrations.chaosmesh.settings import ChaosMeshSettings
from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError
from fermata.ports.faults import Injector
from fermata.ports.sandbox import FaultRules
from fermata.ports.system import CheckResult, System

if find_spec("lightkube") is None:  # Imported on first use; but who may configure this system is to know now.
    raise ModuleNotFoundError("No module named 'lightkube'", name="lightkube")


class ChaosMesh(System):
    """Faults in one cluster."""

    name: ClassVar[str] = "chaosmesh"
    Settings: ClassVar[type[BaseModel]] = ChaosMeshSettings

    def __init__(self, settings: Any, clock: Clock) -> None:
        super().__init__(settings, clock)
        self.client = ChaosMeshClient(settings)

    def find_injector(self, rules: FaultRules) -> Injector:
        """Return the injector."""
        return ChaosMeshInjector(self.client, self.clock, rules)

    async def check(self) -> Sequence[CheckResult]:
        """Look whether Chaos Mesh is installed and its controller runs. Never raises for an expected failure."""
        try:
            async with self.client.connect() as session:
                kinds = await asyncio.gather(*(_check_kind(session, kind) for kind in PLURALS))
                return (*kinds, await _check_controller(session))
        except OperationalError as error:
            return (CheckResult(name="chaosmesh: connection", ok=False, text=str(error)),)


async def _check_kind(session: ChaosMeshSession, kind: str) -> CheckResult:
    try:
        await session.get(f"{CRD_API}/{PLURALS[kind]}.chaos-mesh.org")
    except OperationalError as error:
        return CheckResult(name=f"chaosmesh: {kind}", ok=False, text=str(error))
    return CheckResult(name=f"chaosmesh: {kind}", ok=True, text="its definition can be read")


async def _check_controller(session: ChaosMeshSession) -> CheckResult:
    settings = session.settings
    path = f"/apis/apps/v1/namespaces/{settings.controller_namespace}/deployments/{settings.controller}"
    try:
        found = await session.get(path)
    except OperationalError as error:
        return CheckResult(name="chaosmesh: controller", ok=False, text=str(error))
    ready = (found.get("status") or {}).get("readyReplicas") or 0
    text = (
        f"{ready} of its replicas are ready"
        if ready
        else "No replica of it is ready: faults would neither begin nor end"
    )
    return CheckResult(name="chaosmesh: controller", ok=bool(ready), text=text)
