"""Gremlin as the house sees it: one injector, and what the doctor looks at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from pydantic import BaseModel

from fermata.integrations.gremlin.client import GremlinClient
from fermata.integrations.gremlin.faults import GremlinInjector
from fermata.integrations.gremlin.settings import GremlinSettings
from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError
from fermata.ports.faults import Injector
from fermata.ports.sandbox import FaultRules
from fermata.ports.system import CheckResult, System


class Gremlin(System):
    """Attacks of one team."""

    name: ClassVar[str] = "gremlin"
    Settings: ClassVar[type[BaseModel]] = GremlinSettings

    def __init__(self, settings: Any, clock: Clock) -> None:
        super().__init__(settings, clock)
        self.client = GremlinClient(settings, clock)

    def find_injector(self, rules: FaultRules) -> Injector:
        """Return the injector."""
        return GremlinInjector(self.client, self.clock, rules)

    async def check(self) -> Sequence[CheckResult]:
        """Look whether the key is known and sees attacks. Whether it may begin one, Gremlin does not tell."""
        try:
            async with self.client.connect() as session:
                active = await session.list_active()
        except OperationalError as error:
            return (CheckResult(name="gremlin: key", ok=False, text=str(error)),)
        return (CheckResult(name="gremlin: key", ok=True, text=f"it sees attacks; {len(active)} are active"),)
