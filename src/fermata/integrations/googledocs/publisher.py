"""A document in Google Docs: known by a property of ours, and left alone once somebody else changed it."""

from __future__ import annotations

from fermata.integrations.googledocs import client
from fermata.integrations.googledocs.client import DriveFile
from fermata.integrations.googledocs.html import list_losses, write_html
from fermata.integrations.googledocs.login import KEY
from fermata.integrations.googledocs.settings import GoogleDocsSettings
from fermata.kit.clock import Clock
from fermata.ports.json_api import ApiSession
from fermata.ports.publisher import Document, Order, Published, PublishState, Receipt, Verdict, judge, leave
from fermata.ports.publishing.final import list_left_out, make_blocks
from fermata.ports.publishing.places import require_place

_NOBODY = "nobody"
"""Stands for an editor that Google does not name."""


class GoogleDocsPublisher:
    """Publishes to the folders of the settings."""

    name = KEY

    def __init__(self, settings: GoogleDocsSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock

    def list_places(self) -> tuple[str, ...]:
        """Return the names of the folders."""
        return tuple(self._settings.folders)

    async def publish(self, order: Order) -> Published:
        """Make the document, or bring it up to date."""
        require_place(self, order.place)
        api = await client.make_api(self._settings, self._clock)
        async with api.connect() as session:
            if order.receipt is not None:
                file = await client.find_file(session, order.receipt.id)
                if file is None and not order.is_forced:
                    return leave(order, "", f"the document {order.receipt.url} is gone: somebody took it away")
            else:
                folder = self._settings.folders[order.place]
                file = await client.find_marked(session, folder, order.document.safe_key)
            return await (self._renew(session, order, file) if file else self._create(session, order))

    async def _create(self, session: ApiSession, order: Order) -> Published:
        document, folder = order.document, self._settings.folders[order.place]
        html = _write(document)
        file = await client.create_document(session, folder, document.safe_key, _cut(document.title), html)
        return _tell(order, file, PublishState.CREATED)

    async def _renew(self, session: ApiSession, order: Order, file: DriveFile) -> Published:
        verdict = judge(order, _name_editor(file), is_untouched=file.editor.me)
        if verdict is Verdict.LEAVE:
            return leave(order, file.url, "somebody else changed the document last")
        if verdict is Verdict.KEEP:
            return Published(PublishState.UNCHANGED, file.url, order.receipt)
        document = order.document
        file = await client.update_document(session, file.id, _cut(document.title), _write(document))
        return _tell(order, file, PublishState.UPDATED)


def _write(document: Document) -> str:
    return write_html(_cut(document.title), make_blocks(document))


def _tell(order: Order, file: DriveFile, state: PublishState) -> Published:
    document = order.document
    version = _name_editor(file)
    receipt = Receipt(place=order.place, id=file.id, url=file.url, digest=document.digest, version=version)
    blocks = make_blocks(document)
    return Published(state, file.url, receipt, notes=(*list_left_out(blocks, drawings=False), *list_losses(blocks)))


def _name_editor(file: DriveFile) -> str:
    return file.editor.permission_id or _NOBODY


def _cut(title: str) -> str:
    return " ".join(title.split())
