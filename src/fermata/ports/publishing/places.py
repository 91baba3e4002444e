"""Places that may be published to: those of the settings, and no other."""

from __future__ import annotations

from fermata.kit.errors import UserError
from fermata.ports.publisher import Publisher


def require_place(publisher: Publisher, place: str) -> None:
    """Refuse a place that the settings do not name: a slip must not publish an incident to the world.

    Raises:
        UserError: It is none of them; they are named.
    """
    known = publisher.list_places()
    if place not in known:
        raise UserError(
            f"{publisher.name} has no place {place!r} in the settings",
            why=f"It has {', '.join(known) or 'none'}",
            do=f"Name one of them, or add it to the settings of {publisher.name}",
        )
