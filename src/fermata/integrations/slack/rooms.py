"""Finds the card that may be there already: after a crash, or when the answer to a post was lost. Only our own counts.

A card carries its key twice: in the message's metadata and in the id of its first block, since metadata may be hidden
from an app. What was read once is remembered, so that each further look reads only what came since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from fermata.integrations.slack.client import SlackClient
from fermata.kit.clock import Clock

CARD_EVENT, DETAIL_EVENT = "fermata_card", "fermata_detail"
_PAGE = 200
_MOST_PAGES = 10
_FAR_BACK = timedelta(days=7)
"""How far back a look goes at least. A card that is older is posted again when the outbox has lost its receipt."""


def write_metadata(event: str, key: str) -> dict[str, Any]:
    """Return the metadata that a card or its detail carries."""
    return {"event_type": event, "event_payload": {"key": key}}


@dataclass(slots=True)
class _Room:
    newest: str = ""
    """Id of the newest message that was read; ids are seconds of Slack's own clock, and sort."""
    cards: dict[str, str] = field(default_factory=dict)
    """Id of the newest message with each key."""


class SlackRooms:
    """What is known of each conversation."""

    def __init__(self, client: SlackClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._rooms: dict[str, _Room] = {}

    async def find_card(self, channel: str, key: str) -> str | None:
        """Return the id of the newest message with this key; reads what came since the last look.

        Raises:
            OperationalError: Slack cannot be asked: whether there is one, nobody knows.
        """
        room = self._rooms.setdefault(channel, _Room())
        # By Slack's own ids, never by this machine's clock: one that is wrong must not hide a card.
        oldest, far_back = room.newest, (self._clock.now() - _FAR_BACK).timestamp()
        myself = await self._client.fetch_self()
        found: list[Mapping[str, Any]] = []
        cursor = ""
        for _ in range(_MOST_PAGES):
            page = await self._read_page(channel, oldest, cursor)
            found += page.get("messages") or ()
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor or (found and float(found[-1].get("ts") or 0) < far_back):
                break
        for message in sorted(found, key=lambda message: str(message.get("ts"))):
            room.newest = max(room.newest, str(message.get("ts")))
            known = _read_key(message, CARD_EVENT, "card:") if myself.wrote(message) else None
            if known is not None:
                room.cards[known] = str(message.get("ts"))
        return room.cards.get(key)

    def forget(self, channel: str, key: str) -> None:
        """Drop what is known of a card: its message is gone."""
        self._rooms.setdefault(channel, _Room()).cards.pop(key, None)

    async def find_key(self, channel: str, ts: str) -> str | None:
        """Return the key of our card that a thread hangs from; `None`: it hangs from something else.

        Raises:
            OperationalError: Slack cannot be asked.
        """
        page = await self._client.ask(
            "conversations.replies",
            lambda web: web.conversations_replies(channel=channel, ts=ts, limit=1, include_all_metadata=True),
        )
        myself = await self._client.fetch_self()
        heads = [one for one in page.get("messages") or () if one.get("ts") == ts and myself.wrote(one)]
        return next((_read_key(one, CARD_EVENT, "card:") for one in heads), None)

    async def read_thread(self, channel: str, ts: str, key: str) -> tuple[str, tuple[str, ...]]:
        """Return the id of our detail message in a thread (empty: none) and the titles of our files in it.

        Raises:
            OperationalError: Slack cannot be asked.
        """
        myself = await self._client.fetch_self()
        detail, titles, cursor = "", [], ""
        for _ in range(_MOST_PAGES):
            at = cursor
            page = await self._client.ask(
                "conversations.replies",
                lambda web, at=at: web.conversations_replies(  # type: ignore[misc]  # the loop's own cursor
                    channel=channel, ts=ts, limit=_PAGE, include_all_metadata=True, **({"cursor": at} if at else {})
                ),
            )
            messages: Sequence[Mapping[str, Any]] = page.get("messages") or ()
            # Whatever others put into the thread is not what was approved, however it is called.
            for message in filter(myself.wrote, messages):
                if _read_key(message, DETAIL_EVENT, "detail:") == key:
                    detail = str(message.get("ts"))
                titles += [str(file.get("title")) for file in message.get("files") or ()]
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                break
        return detail, tuple(titles)

    async def _read_page(self, channel: str, oldest: str, cursor: str) -> Mapping[str, Any]:
        more: dict[str, Any] = {name: value for name, value in (("cursor", cursor), ("oldest", oldest)) if value}
        return await self._client.ask(
            "conversations.history",
            lambda web: web.conversations_history(channel=channel, limit=_PAGE, include_all_metadata=True, **more),
        )


def _read_key(message: Mapping[str, Any], event: str, prefix: str) -> str | None:
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") == event:
        return str((metadata.get("event_payload") or {}).get("key"))
    first: Mapping[str, Any] = next(iter(message.get("blocks") or ()), {})
    block_id = str(first.get("block_id", ""))
    return block_id.removeprefix(prefix) if block_id.startswith(prefix) else None
