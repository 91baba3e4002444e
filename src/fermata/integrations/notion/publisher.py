"""A document as a page of Notion: known by its title and its maker, and left alone once somebody else edited it."""

from __future__ import annotations

import asyncio

from fermata.integrations.notion.blocks import LONGEST_TEXT, split_portions, write_blocks
from fermata.integrations.notion.client import KEY, NotionSession, Sleep
from fermata.integrations.notion.settings import NotionSettings
from fermata.integrations.notion.wire import NotionPage
from fermata.ports.json_api import JsonApi
from fermata.ports.publisher import Order, Published, PublishState, Receipt, Verdict, judge, leave
from fermata.ports.publishing.final import list_left_out, make_blocks
from fermata.ports.publishing.places import require_place

_OTHERS = frozenset({"child_page", "child_database"})
"""Blocks that are whole pages of other people: never deleted."""


class NotionPublisher:
    """Publishes below the pages of the settings."""

    name = KEY

    def __init__(self, api: JsonApi, settings: NotionSettings, sleep: Sleep = asyncio.sleep) -> None:
        self._api = api
        self._settings = settings
        self._sleep = sleep

    def list_places(self) -> tuple[str, ...]:
        """Return the names of the pages."""
        return tuple(self._settings.pages)

    async def publish(self, order: Order) -> Published:
        """Make the page, or bring it up to date."""
        require_place(self, order.place)
        async with self._api.connect() as connected:
            session = NotionSession(connected, self._sleep)
            own = await session.fetch_own_id()
            if order.receipt is not None:
                page = await session.find_page(order.receipt.id)
                if page is None and not order.is_forced:
                    return leave(order, "", f"the page {order.receipt.url} is gone: somebody took it away")
            else:
                page = await self._look(session, order, own)
            if page is None:
                return await self._create(session, order)
            return await self._renew(session, order, page, own)

    async def _look(self, session: NotionSession, order: Order, own: str) -> NotionPage | None:
        """Return the page of a title that was made by us, after a receipt was lost."""
        title = _cut(order.document.title)
        for block in await session.list_blocks(self._settings.pages[order.place]):
            if block.child_page is not None and block.child_page.title == title:
                page = await session.find_page(block.id)
                if page is not None and page.created_by.id == own:
                    return page
        return None

    async def _create(self, session: NotionSession, order: Order) -> Published:
        first, *more = [*split_portions(write_blocks(make_blocks(order.document)))] or [[]]
        page = await session.create_page(self._settings.pages[order.place], _cut(order.document.title), first)
        for portion in more:
            await session.append(page.id, portion)
        return _tell(order, page, PublishState.CREATED)

    async def _renew(self, session: NotionSession, order: Order, page: NotionPage, own: str) -> Published:
        editor = page.last_edited_by.id
        verdict = judge(order, editor, is_untouched=editor == own)
        if verdict is Verdict.LEAVE:
            return leave(order, page.url, "somebody else edited the page last")
        if verdict is Verdict.KEEP:
            return Published(PublishState.UNCHANGED, page.url, order.receipt)
        old = [block for block in await session.list_blocks(page.id) if block.type not in _OTHERS]
        # The new ones first: ended half-way, the page says something twice, and nothing is lost.
        for portion in split_portions(write_blocks(make_blocks(order.document))):
            await session.append(page.id, portion)
        for block in old:
            await session.delete(block.id)
        page = await session.rename(page.id, _cut(order.document.title))
        return _tell(order, page, PublishState.UPDATED)


def _tell(order: Order, page: NotionPage, state: PublishState) -> Published:
    document = order.document
    receipt = Receipt(
        place=order.place, id=page.id, url=page.url, digest=document.digest, version=page.last_edited_by.id
    )
    notes = list_left_out(make_blocks(document), drawings=False)
    return Published(state, page.url, receipt, notes=notes)


def _cut(title: str) -> str:
    return " ".join(title.split())[:LONGEST_TEXT]
