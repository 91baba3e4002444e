"""Notion over its API: pages, and the blocks they are made of."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel

from fermata.integrations.notion.blocks import Json
from fermata.integrations.notion.settings import NotionSettings
from fermata.integrations.notion.wire import BlockList, NotionBlock, NotionPage, UserMark, Written
from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError, TransientError
from fermata.ports.json_api import ApiSession, ApiTarget, JsonApi, NotThere

T = TypeVar("T", bound=BaseModel)
Sleep = Callable[[float], Awaitable[None]]

KEY = "notion"
VERSION = "2022-06-28"
RIGHTS = "Read content, Update content and Insert content, and a connection to the page"
_MOST_PAGES = 50
_TRIES = 6
_LONGEST_WAIT = timedelta(seconds=30)
"""Notion asks for a second or so when it is asked more than three times a second."""
_TOO_OFTEN = 429


def make_api(settings: NotionSettings, clock: Clock) -> JsonApi:
    """Return what opens sessions."""
    target = ApiTarget(
        name="Notion",
        url=settings.url,
        headers={"Authorization": f"Bearer {settings.token.get_secret_value()}", "Notion-Version": VERSION},
        timeout_s=settings.timeout_s,
        most_at_once=1,
        ca_file=settings.ca_file,
        permissions=RIGHTS,
        settings_key=KEY,
    )
    return JsonApi(target, clock)


class NotionSession:
    """Calls over open connections, as slow as Notion asks for."""

    def __init__(self, session: ApiSession, sleep: Sleep = asyncio.sleep) -> None:
        self._session = session
        self._sleep = sleep

    async def fetch_own_id(self) -> str:
        """Return the id of the integration's own user."""
        return (await self._call("GET", "/v1/users/me", UserMark)).id

    async def find_page(self, page_id: str) -> NotionPage | None:
        """Return a page; `None` when it is not there, not for this integration, or in the bin."""
        try:
            page = await self._call("GET", f"/v1/pages/{quote(page_id, safe='')}", NotionPage)
        except NotThere:
            return None
        return page if page.is_there else None

    async def list_blocks(self, page_id: str) -> list[NotionBlock]:
        """Return the blocks right below a page.

        Raises:
            OperationalError: There are too many to tell what is there; else as every call.
        """
        found: list[NotionBlock] = []
        cursor = ""
        for _ in range(_MOST_PAGES):
            params = {"page_size": "100", **({"start_cursor": cursor} if cursor else {})}
            answer = await self._call("GET", f"{_children(page_id)}", BlockList, params=params)
            found += answer.results
            if not answer.next_cursor:
                return found
            cursor = answer.next_cursor
        raise OperationalError(
            f"A page of Notion has more than {_MOST_PAGES * 100:,} blocks",
            why="What is on it cannot be told",
            do=f"Name a page of its own in {KEY}.pages",
        )

    async def create_page(self, parent: str, title: str, blocks: Sequence[Json]) -> NotionPage:
        """Make a page with its first portion of blocks."""
        body = {"parent": {"page_id": parent}, "properties": _write_title(title), "children": list(blocks)}
        return await self._call("POST", "/v1/pages", NotionPage, body=body)

    async def rename(self, page_id: str, title: str) -> NotionPage:
        """Give a page a title, and return it as it is then."""
        body = {"properties": _write_title(title)}
        return await self._call("PATCH", f"/v1/pages/{quote(page_id, safe='')}", NotionPage, body=body)

    async def append(self, page_id: str, blocks: Sequence[Json]) -> None:
        """Put one portion of blocks at the end of a page."""
        await self._call("PATCH", _children(page_id), Written, body={"children": list(blocks)})

    async def delete(self, block_id: str) -> None:
        """Put a block into the bin; one that is there already is no failure."""
        try:
            await self._call("DELETE", f"/v1/blocks/{quote(block_id, safe='')}", Written)
        except NotThere:
            return

    async def _call(
        self, method: str, path: str, shape: type[T], *, body: Any = None, params: dict[str, str] | None = None
    ) -> T:
        for _ in range(_TRIES - 1):
            try:
                return await self._session.write(method, path, shape, body=body, params=params)
            except TransientError as error:
                wait = error.retry_after
                # Only what was certainly not done: refused for its number, or not sent at all meanwhile.
                if wait is None or wait > _LONGEST_WAIT or error.facts.get("status", _TOO_OFTEN) != _TOO_OFTEN:
                    raise
                await self._sleep(wait.total_seconds())
        return await self._session.write(method, path, shape, body=body, params=params)


def _children(page_id: str) -> str:
    return f"/v1/blocks/{quote(page_id, safe='')}/children"


def _write_title(title: str) -> Json:
    return {"title": {"title": [{"type": "text", "text": {"content": title}}]}}
