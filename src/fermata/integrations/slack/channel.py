"""Cards in a Slack channel: one message per incident that changes, and its thread for what explains it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from fermata.domain.card import Card
from fermata.integrations.slack.answers import SlackRefusal
from fermata.integrations.slack.blocks import Block, escape
from fermata.integrations.slack.client import SlackClient
from fermata.integrations.slack.layout import (
    Layout,
    compute_blocks_digest,
    lay_out_card,
    lay_out_detail,
    write_summary,
)
from fermata.integrations.slack.receipt import SlackReceipt
from fermata.integrations.slack.rooms import CARD_EVENT, DETAIL_EVENT, SlackRooms, write_metadata
from fermata.integrations.slack.settings import CONVERSATION, SlackSettings
from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError, TransientError
from fermata.kit.log import get_log
from fermata.ports.chat.attachment import Attachment
from fermata.ports.chat.news import find_news

_log = get_log("slack")
_LONGEST_TEXT = 3000
"""Characters of what notifications give; everything is in the blocks."""
_GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found"})
"""Slack's codes for a message that cannot be changed any more: deleted, or closed by the workspace's rules."""
_STANDS = frozenset({"cant_update_message", "edit_window_closed"})
"""Those of a message that stands as it was, buttons and all, beside the one that is posted in its place."""
_LEFT = "This card changes no more: Slack does not let it. The incident goes on in a newer card in this channel."
_LOOKED_AT_EVERY = timedelta(minutes=1)
"""How often the card of a plan that waits is looked at: an administrator may delete it, and take the app away."""


class SlackChannel:
    """Shows cards. Looks for a card before it posts one, whenever it has no receipt."""

    name = "slack"
    renew_every = _LOOKED_AT_EVERY

    def __init__(self, client: SlackClient, settings: SlackSettings, clock: Clock) -> None:
        self._client = client
        self._settings = settings
        self._rooms = SlackRooms(client, clock)

    async def deliver(self, card: Card, *, key: str, receipt: str | None, room: str = "") -> str:
        """Post the card or change the message that is there; return the receipt.

        A message that somebody deleted is posted again, and so is one that cannot be changed any more, whose thread
        then says that. What is too long for it is attached in its thread before it gets buttons: if that fails, it
        stands there without them and says why.

        Raises:
            OperationalError: Slack refused (with what to mend), or did not take it; the card may be there without
                buttons.
        """
        place = room or self._settings.channel
        if not CONVERSATION.fullmatch(place):
            raise OperationalError(
                f"There is no Slack channel {place!r}",
                why="it is no channel id",
                do='Write the id, like C0123ABCD ("View channel details", at the bottom): slack:C0123ABCD',
            )
        known = noted = SlackReceipt.find(receipt, place)
        known = known or await self._find(place, key)
        delivery = _Delivery(self._client, self._rooms, card, key, place)
        layout = lay_out_card(card, key, self._settings.snooze)
        try:
            if known is not None and layout.files and not known.searched:
                known = await self._search_thread(known, delivery)
            known = await self._show_detail(delivery, await delivery.show(layout, known))
        except _Gone as gone:
            self._rooms.forget(place, key)
            old, known = known, await self._show_detail(delivery, await delivery.show(layout, None), is_new=True)
            if old is not None and gone.code in _STANDS:
                await delivery.leave(old)
            noted = None
        return (await delivery.announce(known, was_there=noted is not None)).write()

    async def _find(self, place: str, key: str) -> SlackReceipt | None:
        try:
            ts = await self._rooms.find_card(place, key)
        except SlackRefusal as error:
            if error.code != "unknown_method":
                raise
            ts = None  # A server that speaks Slack's API and keeps no history: then there is nothing to be found.
        return SlackReceipt(channel=place, ts=ts, searched=False) if ts else None

    async def _show_detail(self, delivery: _Delivery, known: SlackReceipt, *, is_new: bool = False) -> SlackReceipt:
        """Show what explains; the card stands already, so a refusal here costs the explanation only.

        Args:
            is_new: Whether the card was posted just now, so that it cannot have been deleted.
        """
        layout = lay_out_detail(delivery.card, delivery.key)
        if layout is None:
            return known
        try:
            if not known.searched:
                known = await self._search_thread(known, delivery)
            return await delivery.show_detail(layout, known)
        except TransientError:
            raise  # It may pass: the outbox comes again, and finds the card.
        except OperationalError as error:
            if isinstance(error, SlackRefusal) and error.code == "thread_not_found" and not is_new:
                raise _Gone(error.code) from error
            _log.warning("card.detail_refused", key=delivery.key, reason=str(error))
            return known

    async def _search_thread(self, known: SlackReceipt, delivery: _Delivery) -> SlackReceipt:
        try:
            detail_ts, titles = await self._rooms.read_thread(known.channel, known.ts, delivery.key)
        except SlackRefusal as error:
            if error.code in _GONE:
                raise _Gone(error.code) from error
            raise
        files = tuple(dict.fromkeys((*known.files, *_read_digests(titles))))
        return known.model_copy(update={"detail_ts": detail_ts, "files": files, "searched": True})


def _read_digests(titles: Sequence[str]) -> list[str]:
    return [title.rpartition("sha256 ")[2].rstrip(")") for title in titles]


class _Gone(Exception):
    """The message is not there any more, or cannot be changed."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _Delivery:
    """One card on its way."""

    def __init__(self, client: SlackClient, rooms: SlackRooms, card: Card, key: str, place: str) -> None:
        self.card = card
        self.key = key
        self._client = client
        self._rooms = rooms
        self._place = place

    async def show(self, layout: Layout, known: SlackReceipt | None) -> SlackReceipt:
        """Show the card itself, its files first.

        Raises:
            OperationalError: As `SlackChannel.deliver`.
            _Gone: The message cannot be changed any more.
        """
        missing = [file for file in layout.files if known is None or file.sha256 not in known.files]
        if missing and known is None:
            known = await self._send(layout.build(doubt="its files are being attached."), None)
        if missing and known is not None:
            try:
                known = await self._attach(missing, known)
            except OperationalError as error:
                await self._send(layout.build(doubt=self._say_doubt(missing, error)), known)
                raise
        blocks = layout.build()
        shown = await self._send(blocks, known)
        if shown is known and self.card.can_decide and not missing:
            return await self._see(layout, blocks, shown)
        return shown

    async def _see(self, layout: Layout, blocks: list[Block], known: SlackReceipt) -> SlackReceipt:
        """See whether a card that did not change still stands with its files, and whether its channel takes changes.

        By changing it into itself: a history tells neither that the channel was archived nor that the app lost a right.
        A file that somebody deleted is attached again: without it nobody sees all that they would approve.
        """
        try:
            await self._update(blocks, known)
        except _Gone as gone:
            # It stands; posted anew it would be closed again within minutes, and again.
            if gone.code != "edit_window_closed":
                raise
        if not layout.files:
            return known
        _, titles = await self._rooms.read_thread(known.channel, known.ts, self.key)
        files = tuple(_read_digests(titles))
        is_whole = all(file.sha256 in files for file in layout.files)
        return known if is_whole else await self.show(layout, known.model_copy(update={"files": files}))

    async def show_detail(self, layout: Layout, known: SlackReceipt) -> SlackReceipt:
        """Show what explains, in the thread.

        Raises:
            OperationalError: As `SlackChannel.deliver`.
        """
        missing = [file for file in layout.files if file.sha256 not in known.files]
        known = await self._attach(missing, known) if missing else known
        blocks = layout.build()
        digest = compute_blocks_digest(blocks)
        if digest == known.detail_shown:
            return known
        message = self._write(blocks, "Evidence and details", DETAIL_EVENT)
        if known.detail_ts:
            try:
                await self._client.ask(
                    "chat.update", lambda web: web.chat_update(channel=known.channel, ts=known.detail_ts, **message)
                )
                return known.model_copy(update={"detail_shown": digest})
            except SlackRefusal as error:
                if error.code not in _GONE:
                    raise
        posted = await self._post(message, thread_ts=known.ts)
        return known.model_copy(update={"detail_ts": posted, "detail_shown": digest})

    async def announce(self, known: SlackReceipt, *, was_there: bool) -> SlackReceipt:
        """Say in the thread what is news, once, and in the channel what calls people: Slack tells nobody of a change.

        Args:
            was_there: Whether the card is known to have stood there before: of a new message people are told by Slack.

        Raises:
            OperationalError: Slack did not take it; the card stands, and it is tried again.
        """
        news = find_news(self.card)
        if news is None or news.key == known.announced:
            return known
        if was_there and news.is_due(known.announced):
            text = escape(news.write(known.announced))[:_LONGEST_TEXT]
            is_loud = not news.is_good  # What calls nobody stays in the thread, for those who follow it.
            await self._client.ask(
                "chat.postMessage",
                lambda web: web.chat_postMessage(
                    channel=known.channel, thread_ts=known.ts, reply_broadcast=is_loud, text=text, mrkdwn=False
                ),
            )
        return known.model_copy(update={"announced": news.key})

    async def leave(self, old: SlackReceipt) -> None:
        """Say in the thread of a card that stands and cannot be changed that it is not the incident's card any more."""
        try:
            await self._client.ask(
                "chat.postMessage",
                lambda web: web.chat_postMessage(channel=old.channel, thread_ts=old.ts, text=_LEFT, mrkdwn=False),
            )
        except OperationalError as error:  # The newer card stands; tried again, it would stand twice.
            _log.warning("card.not_left", key=self.key, reason=str(error))

    async def _send(self, blocks: list[Block], known: SlackReceipt | None) -> SlackReceipt:
        digest = compute_blocks_digest(blocks)
        if known is not None and known.shown == digest:
            return known
        if known is None:
            message = self._write(blocks, write_summary(self.card), CARD_EVENT)
            return SlackReceipt(channel=self._place, ts=await self._post(message), shown=digest)
        await self._update(blocks, known)
        return known.model_copy(update={"shown": digest})

    async def _update(self, blocks: list[Block], known: SlackReceipt) -> None:
        # Always with blocks: of an update with text alone, Slack's pages say both that old blocks go and stay.
        message = self._write(blocks, write_summary(self.card), CARD_EVENT)
        try:
            await self._client.ask(
                "chat.update", lambda web: web.chat_update(channel=self._place, ts=known.ts, **message)
            )
        except SlackRefusal as error:
            if error.code in _GONE:
                raise _Gone(error.code) from error
            raise

    async def _post(self, message: dict[str, Any], **where: Any) -> str:
        # A page that a card names must not fetch itself into the channel.
        answer = await self._client.ask(
            "chat.postMessage",
            lambda web: web.chat_postMessage(
                channel=self._place, unfurl_links=False, unfurl_media=False, **where, **message
            ),
        )
        return str(answer["ts"])

    def _write(self, blocks: list[Block], text: str, event: str) -> dict[str, Any]:
        return {"blocks": blocks, "text": escape(text)[:_LONGEST_TEXT], "metadata": write_metadata(event, self.key)}

    async def _attach(self, files: Sequence[Attachment], known: SlackReceipt) -> SlackReceipt:
        uploads = [
            # The digest is in the title, where it is found again when the answer was lost.
            {"filename": file.name, "content": file.content, "title": f"{file.title} (sha256 {file.sha256})"}
            for file in files
        ]
        await self._client.ask(
            "the upload of a file",
            lambda web: web.files_upload_v2(file_uploads=uploads, channel=known.channel, thread_ts=known.ts),
        )
        return known.model_copy(update={"files": (*known.files, *(file.sha256 for file in files))})

    def _say_doubt(self, files: Sequence[Attachment], error: OperationalError) -> str:
        held = ", so it cannot be approved here" if self.card.can_decide else ""
        return f"{files[0].name} could not be attached: not all of it is to be seen{held}. {error}"
