"""A document as a page of Confluence: known by an anchor at its top, and left alone once people changed it."""

from __future__ import annotations

from fermata.integrations.confluence import client
from fermata.integrations.confluence.settings import ConfluenceSettings
from fermata.integrations.confluence.storage import has_anchor, write_storage
from fermata.integrations.confluence.wire import PageAnswer
from fermata.kit.errors import OperationalError, UserError
from fermata.kit.listing import cut_short
from fermata.ports.json_api import ApiSession, JsonApi
from fermata.ports.publisher import Document, Order, Published, PublishState, Receipt, Verdict, judge, leave
from fermata.ports.publishing.final import make_blocks
from fermata.ports.publishing.places import require_place

_CONFLICT = 409
_LONGEST_TITLE = 255


class ConfluencePublisher:
    """Publishes to the spaces of the settings."""

    name = client.KEY

    def __init__(self, api: JsonApi, settings: ConfluenceSettings) -> None:
        self._api = api
        self._settings = settings

    def list_places(self) -> tuple[str, ...]:
        """Return the keys of the spaces."""
        return tuple(self._settings.spaces)

    async def publish(self, order: Order) -> Published:
        """Make the page, or bring it up to date."""
        require_place(self, order.place)
        async with self._api.connect() as session:
            if order.receipt is not None:
                page = await client.find_page(session, order.receipt.id)
                if page is None and not order.is_forced:
                    return leave(order, "", f"the page {order.receipt.url} is gone: somebody took it away")
                if page is not None:
                    return await self._renew(session, order, page)
            return await self._look_and_publish(session, order)

    async def _look_and_publish(self, session: ApiSession, order: Order) -> Published:
        """Publish what nothing is remembered of: the page may be there all the same, after a crash."""
        space_id = await client.fetch_space(session, order.place)
        title = cut_title(order.document.title)
        page = await client.find_titled(session, space_id, title)
        if page is None:
            parent = self._settings.spaces[order.place].parent
            page = await client.create_page(session, space_id, parent, title, _write_body(order.document))
            return await self._finish(session, order, page, PublishState.CREATED)
        if not has_anchor(page.body.storage.value, _name_mark(order.document)):
            raise UserError(
                f"{order.place} has a page {title!r} that Fermata did not make",
                why="titles are unique in a space, and other people's pages are not overwritten",
                do="Rename one of the two",
            )
        return await self._renew(session, order.without_receipt(), page)

    async def _renew(self, session: ApiSession, order: Order, page: PageAnswer) -> Published:
        url = client.find_url(page, self._settings.url)
        version = page.version.number
        verdict = judge(order, str(version), is_untouched=version == 1)
        if verdict is Verdict.LEAVE:
            return leave(order, url, f"somebody changed the page: it is at version {version} now")
        if verdict is Verdict.KEEP:
            return Published(PublishState.UNCHANGED, url, order.receipt)
        try:
            body = _write_body(order.document)
            page = await client.update_page(session, page, cut_title(order.document.title), body)
        except OperationalError as error:
            if error.facts.get("status") != _CONFLICT:
                raise
            return leave(order, url, "somebody saved the page at the same moment")
        return await self._finish(session, order, page, PublishState.UPDATED)

    async def _finish(self, session: ApiSession, order: Order, page: PageAnswer, state: PublishState) -> Published:
        document = order.document
        await client.attach(session, page.id, {_name_file(path): svg for path, svg in document.drawings.items()})
        url = client.find_url(page, self._settings.url)
        version = str(page.version.number)
        receipt = Receipt(place=order.place, id=page.id, url=url, digest=document.digest, version=version)
        return Published(state, url, receipt)


def cut_title(title: str) -> str:
    """Return a title that Confluence takes, of one line."""
    return cut_short(" ".join(title.split()), _LONGEST_TITLE)


def _write_body(document: Document) -> str:
    names = {path: _name_file(path) for path in document.drawings}
    return write_storage(make_blocks(document), _name_mark(document), names)


def _name_mark(document: Document) -> str:
    return f"fermata-{document.safe_key}"


def _name_file(path: str) -> str:
    return path.rpartition("/")[2]
