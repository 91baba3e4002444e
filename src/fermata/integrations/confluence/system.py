"""Confluence as the house sees it: a publisher, and what the doctor looks at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import BaseModel

from fermata.integrations.confluence.client import KEY, fetch_space, make_api
from fermata.integrations.confluence.publisher import ConfluencePublisher
from fermata.integrations.confluence.settings import ConfluenceSettings
from fermata.kit.clock import Clock
from fermata.kit.errors import FermataError
from fermata.ports.json_api import ApiSession
from fermata.ports.publisher import Publisher
from fermata.ports.system import CheckResult, System


class Confluence(System):
    """Spaces of Confluence Cloud."""

    name: ClassVar[str] = KEY
    Settings: ClassVar[type[BaseModel]] = ConfluenceSettings

    def __init__(self, settings: ConfluenceSettings, clock: Clock) -> None:
        super().__init__(settings, clock)
        self._api = make_api(settings, clock)

    def find_publisher(self) -> Publisher:
        """Return what publishes pages."""
        return ConfluencePublisher(self._api, self.settings)

    async def check(self) -> Sequence[CheckResult]:
        """Look at each space. Whether the account may write, Confluence does not tell before it is tried."""
        async with self._api.connect() as session:
            return [await _check_space(session, key) for key in self.settings.spaces]


async def _check_space(session: ApiSession, key: str) -> CheckResult:
    name = f"{KEY}: {key}"
    try:
        await fetch_space(session, key)
    except FermataError as error:
        return CheckResult(name=name, ok=False, text=str(error))
    return CheckResult(name=name, ok=True, text="the space can be seen; writing is tried when a page is published")
