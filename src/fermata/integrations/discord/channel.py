"""Cards in a Discord channel: one message per incident that changes, and its thread for what explains it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from fermata.domain.card import Card
from fermata.integrations.discord.answers import (
    MISSING_PERMISSIONS,
    THREAD_ARCHIVED,
    THREAD_EXISTS,
    TOO_LARGE,
    UNKNOWN_CHANNEL,
    UNKNOWN_MESSAGE,
    DiscordRefusal,
    read_object,
)
from fermata.integrations.discord.client import DiscordClient
from fermata.integrations.discord.layout import MOST_CONTENT, Layout, lay_out_card, lay_out_detail, measure, read_mark
from fermata.integrations.discord.markdown import escape
from fermata.integrations.discord.receipt import DiscordReceipt, Shown
from fermata.integrations.discord.rooms import DiscordRooms, read_shown
from fermata.integrations.discord.settings import SNOWFLAKE, DiscordSettings
from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError, TransientError
from fermata.kit.invisible import make_harmless
from fermata.kit.log import get_log
from fermata.ports.chat.attachment import Attachment
from fermata.ports.chat.news import find_news

_log = get_log("discord")
_THREAD_NAME = 100
_ARCHIVE_MINUTES = 1440
"""A day without a word closes a thread's entry in the sidebar; it stays under its message."""
_LOOKED_AT_EVERY = timedelta(minutes=1)
"""How often the card of a plan that waits is looked at: a moderator may delete it, and nobody is told of that."""
SUPPRESSED = 4
"""Flag of a message whose embeds somebody has removed."""
SILENT = 4096
"""Flag of a message that notifies nobody (`SUPPRESS_NOTIFICATIONS`; reference, "Message Flags")."""


class DiscordChannel:
    """Shows cards. Looks for a card before it posts one, whenever it has no receipt."""

    name = "discord"
    renew_every = _LOOKED_AT_EVERY

    def __init__(self, client: DiscordClient, settings: DiscordSettings, clock: Clock) -> None:
        self._client = client
        self._settings = settings
        self._rooms = DiscordRooms(client, clock)

    async def deliver(self, card: Card, *, key: str, receipt: str | None, room: str = "") -> str:
        """Post the card or change the message that is there; return the receipt.

        A message that somebody deleted is posted again, once for each delivery. What is too long for it comes with it
        as a file; if Discord does not take the file, the card stands there without buttons and says why.

        Raises:
            OperationalError: Discord refused (with what to mend), or did not take it; the card may be there without
                buttons.
        """
        place = room or self._settings.channel
        if not SNOWFLAKE.fullmatch(place):
            raise OperationalError(
                f"There is no Discord channel {place!r}",
                why="it is no channel id",
                do='Write the id, from "Copy Channel ID" with developer mode on: discord:1180000000000000001',
            )
        noted = DiscordReceipt.find(receipt, place)
        known = noted or await self._find(place, key)
        delivery = _Delivery(self._client, self._rooms, key, place)
        layout = lay_out_card(card, self._settings.snooze)
        try:
            shown = await delivery.show(layout, known.card if known else None)
            posted = await delivery.explain(card, _follow(known, place, shown))
            return (await delivery.announce(card, posted, was_there=noted is not None)).write()
        except _Gone:
            gone = known.card.id if known else "deleted"
        shown = await delivery.show(layout, None, instead_of=gone)
        posted = await delivery.explain(card, DiscordReceipt(channel=place, card=shown))
        return (await delivery.announce(card, posted, was_there=False)).write()

    async def _find(self, place: str, key: str) -> DiscordReceipt | None:
        try:
            found = await self._rooms.find(place, "card", key)
        except DiscordRefusal as error:
            if error.code or error.status != HTTPStatus.NOT_FOUND:
                raise
            found = None  # A server that speaks Discord's API and keeps no history: then there is nothing to be found.
        return DiscordReceipt(channel=place, card=found) if found else None


class _Gone(Exception):
    """The card's message is not there any more."""


def _follow(known: DiscordReceipt | None, place: str, shown: Shown) -> DiscordReceipt:
    """Return the receipt for what is shown now; another message has another thread."""
    if known is None or known.card.id != shown.id:
        return DiscordReceipt(channel=place, card=shown)
    return known.model_copy(update={"card": shown})


class _Delivery:
    """One card on its way."""

    def __init__(self, client: DiscordClient, rooms: DiscordRooms, key: str, place: str) -> None:
        self._client = client
        self._rooms = rooms
        self._key = key
        self._place = place

    async def show(self, layout: Layout, known: Shown | None, *, instead_of: str = "") -> Shown:
        """Show the card itself, with its files.

        Args:
            instead_of: The message that was deleted: else Discord would take this one for a repetition of it.

        Raises:
            OperationalError: As `DiscordChannel.deliver`.
            _Gone: The message is not there any more.
        """
        try:
            body = layout.build("card", self._key)
            shown = await self._send(self._place, body, layout.files, known, instead_of)
            if shown is known and layout.buttons:
                await self._look_after(shown)
            return shown
        except DiscordRefusal as error:
            if error.code == UNKNOWN_MESSAGE and known is not None:
                raise _Gone from error
            if not layout.files or error.code not in (TOO_LARGE, MISSING_PERMISSIONS):
                raise
            held = ", so it cannot be approved here" if layout.buttons else ""
            doubt = f"{layout.files[0].name} could not be attached: not all of it is to be seen{held}. {error}"
            await self._send(self._place, layout.build("card", self._key, doubt=doubt), (), known, instead_of)
            raise

    async def explain(self, card: Card, receipt: DiscordReceipt) -> DiscordReceipt:
        """Show what explains, in the thread; the card stands already, so a refusal here costs the explanation only.

        Raises:
            TransientError: It may pass: the outbox comes again, and finds the card.
            _Gone: The card's message is not there any more.
        """
        layout = lay_out_detail(card)
        if layout is None:
            return receipt
        try:
            try:
                return await self._explain(layout, card, receipt)
            except DiscordRefusal as error:
                if error.code != UNKNOWN_CHANNEL or not receipt.thread:
                    raise
            # Somebody deleted the thread.
            return await self._explain(layout, card, receipt.model_copy(update={"thread": "", "detail": None}))
        except TransientError:
            raise
        except DiscordRefusal as error:
            if error.code == UNKNOWN_MESSAGE:
                raise _Gone from error
            _log.warning("card.detail_refused", key=self._key, reason=str(error))
            return receipt

    async def announce(self, card: Card, receipt: DiscordReceipt, *, was_there: bool) -> DiscordReceipt:
        """Say in the channel what is news, once: Discord notifies of new messages, and of no edit.

        Args:
            was_there: Whether the card is known to have stood there before: a new message says it by itself.

        Raises:
            OperationalError: Discord did not take it; the card stands, and it is tried again.
        """
        news = find_news(card)
        if news is None or news.key == receipt.announced:
            return receipt
        if was_there and news.is_due(receipt.announced):
            # Told again after something else was told, it is another message: else Discord would give back the first.
            nonce = _write_nonce(self._place, "news", self._key, f"{receipt.announced} {news.key}")
            body = {
                "content": _write_news(news.write(receipt.announced)),
                "message_reference": {"message_id": receipt.card.id, "fail_if_not_exists": False},
                "allowed_mentions": {"parse": []},
                "nonce": nonce,
                "enforce_nonce": True,
                "flags": SILENT if news.is_good else 0,
            }
            await self._client.ask("telling the news", "POST", f"/channels/{self._place}/messages", body=body)
        return receipt.model_copy(update={"announced": news.key})

    async def _explain(self, layout: Layout, card: Card, receipt: DiscordReceipt) -> DiscordReceipt:
        thread, detail = receipt.thread, receipt.detail
        if not thread:
            thread, is_new = await self._open_thread(card, receipt.card.id)
            detail = None if is_new else await self._rooms.find(thread, "detail", self._key)
        body = layout.build("detail", self._key)
        try:
            detail = await self._send(thread, body, layout.files, detail, "")
        except DiscordRefusal as error:
            if error.code == THREAD_ARCHIVED:
                await self._client.ask("opening the thread", "PATCH", f"/channels/{thread}", body={"archived": False})
                detail = await self._send(thread, body, layout.files, detail, "")
            elif error.code == UNKNOWN_MESSAGE and detail is not None:
                detail = await self._send(thread, body, layout.files, None, detail.id)
            else:
                raise
        return receipt.model_copy(update={"thread": thread, "detail": detail})

    async def _open_thread(self, card: Card, message: str) -> tuple[str, bool]:
        """Return the thread of a message, and whether it was made now. It has the message's own id."""
        name = make_harmless(card.title).replace("\n", " ")[:_THREAD_NAME].strip() or "Incident"
        path = f"/channels/{self._place}/messages/{message}/threads"
        try:
            made = await self._client.ask(
                "making the thread", "POST", path, body={"name": name, "auto_archive_duration": _ARCHIVE_MINUTES}
            )
        except DiscordRefusal as error:
            if error.code != THREAD_EXISTS:
                raise
            return message, False
        return str(read_object(made, "making the thread", "id")["id"]), True

    async def _send(
        self, place: str, body: dict[str, Any], files: Sequence[Attachment], known: Shown | None, instead_of: str
    ) -> Shown:
        """Post a message, or change the one that is there if it shows something else."""
        revision = _read_revision(body)
        if known is not None and known.revision == revision:
            return known
        if known is None:
            posted = await self._post(place, body, files, instead_of)
            if posted.revision in ("", revision):
                return posted.model_copy(update={"revision": revision})
            known = posted  # Discord had it already, from a post whose answer was lost, as it was then.
        return await self._edit(place, body, files, known)

    async def _post(self, place: str, body: dict[str, Any], files: Sequence[Attachment], instead_of: str) -> Shown:
        # With `enforce_nonce` Discord gives back the message that has this nonce, for some minutes, instead of making
        # a second one (reference, "Create Message").
        kind = "card" if place == self._place else "detail"
        nonce = _write_nonce(place, kind, self._key, instead_of)
        attached = [{"id": str(number), "filename": file.name} for number, file in enumerate(files)]
        whole = {**body, "nonce": nonce, "enforce_nonce": True, "attachments": attached}
        path = f"/channels/{place}/messages"
        call = f"posting the {kind}"
        return read_shown(read_object(await self._client.ask(call, "POST", path, body=whole, files=files), call, "id"))

    async def _edit(self, place: str, body: dict[str, Any], files: Sequence[Attachment], known: Shown) -> Shown:
        """Change a message; of its files those are kept that it still has, by their names, which hold their digests."""
        wanted = {file.name for file in files}
        kept = [file for file in known.files if file.name in wanted]
        names = {file.name for file in kept}
        fresh = [file for file in files if file.name not in names]
        attached: list[dict[str, Any]] = [{"id": file.id} for file in kept]
        attached += [{"id": str(number), "filename": file.name} for number, file in enumerate(fresh)]
        path = f"/channels/{place}/messages/{known.id}"
        call = "changing the card"
        changed = await self._client.ask(call, "PATCH", path, body={**body, "attachments": attached}, files=fresh)
        answer = read_object(changed, call, "id")
        await self._unhide(path, answer)
        return read_shown(answer).model_copy(update={"revision": _read_revision(body)})

    async def _look_after(self, shown: Shown) -> None:
        """See whether a card that did not change is still there for everybody; show its text again if it was hidden.

        Raises:
            DiscordRefusal: It is gone; or nobody can say.
        """
        path = f"/channels/{self._place}/messages/{shown.id}"
        call = "looking at the card"
        await self._unhide(path, read_object(await self._client.ask(call, "GET", path), call, "id"))

    async def _unhide(self, path: str, message: Mapping[str, Any]) -> None:
        flags = int(message.get("flags") or 0)
        if flags & SUPPRESSED:  # Somebody has hidden what would be approved.
            await self._client.ask("showing the card", "PATCH", path, body={"flags": flags & ~SUPPRESSED})


def _read_revision(body: dict[str, Any]) -> str:
    mark = read_mark(body)
    return mark.revision if mark else ""


def _write_nonce(place: str, kind: str, key: str, more: str) -> str:
    return hashlib.sha256(f"{place} {kind} {key} {more}".encode()).hexdigest()[:25]


def _write_news(text: str) -> str:
    """Return a line as one message's text; a card has all of it."""
    short = text
    while measure(written := escape(short)) > MOST_CONTENT:
        short = f"{short[: len(short) * 3 // 4]} ..."
    return written
