"""Finds the card that may be there already: after a crash, or when the answer to a post was lost. Only our own counts.

A message carries its key in its last footer. What was read once is remembered, so that each further look reads only
what came since. Discord gives back the content of a bot's own messages without the privileged intent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from fermata.integrations.discord.client import DiscordClient
from fermata.integrations.discord.layout import read_mark, simplify_key
from fermata.integrations.discord.receipt import DiscordFile, Shown
from fermata.kit.clock import Clock

_PAGE = 100
_MOST_PAGES = 10
_FAR_BACK = timedelta(days=7)
"""How far back the first look goes. A card that is older is posted again when the outbox has lost its receipt."""
_EPOCH_MS = 1_420_070_400_000
"""Discord's ids count milliseconds since 2015 (reference, "Snowflakes"), in their upper 42 bits."""


@dataclass(slots=True)
class _Room:
    newest: int = 0
    """Id of the newest message that was read."""
    cards: dict[str, Shown] = field(default_factory=dict)
    """The newest message with each key."""


def read_shown(message: Mapping[str, Any]) -> Shown:
    """Return what a message of ours shows, from Discord's answer."""
    mark = read_mark(message)
    files = tuple(DiscordFile(name=str(one["filename"]), id=str(one["id"])) for one in message.get("attachments") or ())
    return Shown(id=str(message["id"]), revision=mark.revision if mark else "", files=files)


class DiscordRooms:
    """What is known of each channel."""

    def __init__(self, client: DiscordClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._rooms: dict[str, _Room] = {}

    async def find(self, channel: str, kind: str, key: str) -> Shown | None:
        """Return the newest message with this key; reads what came since the last look.

        Args:
            channel: A channel's id, or a thread's.
            kind: `card` or `detail`.

        Raises:
            OperationalError: Discord cannot be asked: whether there is one, nobody knows.
        """
        room = self._rooms.setdefault(channel, _Room())
        myself = await self._client.fetch_self_id()
        found = await (self._read_new(channel, room.newest) if room.newest else self._read_back(channel))
        for message in sorted(found, key=lambda one: int(one["id"])):
            room.newest = max(room.newest, int(message["id"]))
            mark = read_mark(message)
            # Whatever others write is not what was approved, whatever its footer says.
            if mark is not None and str((message.get("author") or {}).get("id")) == myself:
                room.cards[f"{mark.kind} {mark.key}"] = read_shown(message)
        return room.cards.get(f"{kind} {simplify_key(key)}")

    async def _read_back(self, channel: str) -> list[Mapping[str, Any]]:
        """Read from the newest message backwards."""
        found: list[Mapping[str, Any]] = []
        oldest = ""
        far_back = (int((self._clock.now() - _FAR_BACK).timestamp() * 1000) - _EPOCH_MS) << 22
        for _ in range(_MOST_PAGES):
            page = await self._read_page(channel, f"&before={oldest}" if oldest else "")
            found += page
            if len(page) < _PAGE or min(int(one["id"]) for one in page) < far_back:
                break
            oldest = str(min(int(one["id"]) for one in page))
        return found

    async def _read_new(self, channel: str, newest: int) -> list[Mapping[str, Any]]:
        """Read forwards from the newest message that is known; each page is of those right after an id."""
        found: list[Mapping[str, Any]] = []
        for _ in range(_MOST_PAGES):
            page = await self._read_page(channel, f"&after={newest}")
            found += page
            if len(page) < _PAGE:
                break
            newest = max(int(one["id"]) for one in page)
        return found

    async def _read_page(self, channel: str, more: str) -> Sequence[Mapping[str, Any]]:
        path = f"/channels/{channel}/messages?limit={_PAGE}{more}"
        answer: Sequence[Mapping[str, Any]] = await self._client.ask("reading the channel's messages", "GET", path)
        return answer
