"""What is observed, and for how long it is kept: the observer's settings as flows take them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Observing:
    """Which rooms are listened to for post-mortems."""

    rooms: frozenset[str] = frozenset()
    """Addresses, `slack:C0123`; empty: nothing is observed."""
    common: frozenset[str] = frozenset()
    """Those of them that were named for every incident; the others are read for incidents whose card is there."""
    homes: Mapping[str, str] = field(default_factory=dict)
    """By chat, the room of cards where no route says another."""
    keep: timedelta = timedelta(days=14)
    """How long what was said is kept. 14 days: a post-mortem is written within two weeks, or never."""
    template: Path | None = None
    """A file with a team's own text for post-mortems; `None`: the shipped one."""

    def covers(self, platform: str, room: str) -> bool:
        """Answer whether a room is observed."""
        return f"{platform}:{room}" in self.rooms

    def list_places(self) -> tuple[tuple[str, str], ...]:
        """Return the observed rooms as platform and room, sorted."""
        split = (room.partition(":") for room in self.rooms)
        return tuple(sorted((platform, room) for platform, _, room in split))

    def find_room(self, address: str) -> str:
        """Return where a card's address leads, `slack:C0123`; empty when it is no room of a chat."""
        platform, _, room = address.partition(":")
        place = room or self.homes.get(platform, "")
        return f"{platform}:{place}" if place else ""

    def list_rooms(self, platform: str) -> tuple[str, ...]:
        """Return the observed rooms of one platform, sorted."""
        prefix = f"{platform}:"
        return tuple(sorted(room.removeprefix(prefix) for room in self.rooms if room.startswith(prefix)))
