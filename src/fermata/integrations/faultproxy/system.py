"""The fault proxies as the house sees them: an injector, and what the doctor looks at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import BaseModel

from fermata.integrations.faultproxy.client import ProxyClient
from fermata.integrations.faultproxy.faults import NAME, FaultProxyInjector
from fermata.integrations.faultproxy.graph import FaultProxyGraphReader
from fermata.integrations.faultproxy.settings import FaultProxySettings, ProxySettings
from fermata.kit.errors import OperationalError
from fermata.ports.faults import Injector
from fermata.ports.graph import GraphReader
from fermata.ports.sandbox import FaultRules
from fermata.ports.system import CheckResult, System


class FaultProxySystem(System):
    """Our own fault proxies."""

    name: ClassVar[str] = NAME
    Settings: ClassVar[type[BaseModel]] = FaultProxySettings

    def find_injector(self, rules: FaultRules) -> Injector:
        """Return the injector over all proxies of the settings."""
        return FaultProxyInjector(self.settings, rules)

    def find_graph_reader(self) -> GraphReader:
        """Return what tells which calls go through the proxies."""
        return FaultProxyGraphReader(self.settings)

    async def check(self) -> Sequence[CheckResult]:
        """Look whether each proxy answers, takes the token, and is free."""
        return [await self._check_one(proxy) for proxy in self.settings.proxies]

    async def _check_one(self, proxy: ProxySettings) -> CheckResult:
        name = f"{NAME}: {proxy.edge}"
        try:
            state = await ProxyClient(proxy, self.settings.timeout_s).fetch_state()
        except OperationalError as error:
            return CheckResult(name=name, ok=False, text=str(error))
        if state.get("active"):
            return CheckResult(name=name, ok=False, text=f"the fault of {state.get('experiment')} is active there now")
        return CheckResult(name=name, ok=True, text=f"relays to {state.get('to')}, no fault is active")
