"""Notion as the house sees it: a publisher, and what the doctor looks at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import BaseModel

from fermata.integrations.notion.client import KEY, NotionSession, make_api
from fermata.integrations.notion.publisher import NotionPublisher
from fermata.integrations.notion.settings import NotionSettings
from fermata.kit.clock import Clock
from fermata.kit.errors import FermataError
from fermata.ports.publisher import Publisher
from fermata.ports.system import CheckResult, System


class Notion(System):
    """Pages of Notion."""

    name: ClassVar[str] = KEY
    Settings: ClassVar[type[BaseModel]] = NotionSettings

    def __init__(self, settings: NotionSettings, clock: Clock) -> None:
        super().__init__(settings, clock)
        self._api = make_api(settings, clock)

    def find_publisher(self) -> Publisher:
        """Return what publishes pages."""
        return NotionPublisher(self._api, self.settings)

    async def check(self) -> Sequence[CheckResult]:
        """Look at each page. Whether the integration may insert, Notion does not tell before it is tried."""
        async with self._api.connect() as connected:
            session = NotionSession(connected)
            return [await _check_page(session, name, page_id) for name, page_id in self.settings.pages.items()]


async def _check_page(session: NotionSession, name: str, page_id: str) -> CheckResult:
    label = f"{KEY}: {name}"
    try:
        page = await session.find_page(page_id)
    except FermataError as error:
        return CheckResult(name=label, ok=False, text=str(error))
    if page is None:
        text = "Notion has no such page for this integration; open it, and add the integration under Connections"
        return CheckResult(name=label, ok=False, text=text)
    return CheckResult(name=label, ok=True, text="the page can be read; writing is tried when a page is published")
