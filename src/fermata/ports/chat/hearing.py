"""Whether a room's messages do come in: a connection alone does not prove it.

An app without event subscriptions, a bot without the intent for it, a room it is not in: clicks arrive, words do not.
What nobody heard must be read from the history, so only a message that came in counts.
"""

from __future__ import annotations

from datetime import datetime


class Hearing:
    """When the last message of each room came in, in this process."""

    def __init__(self) -> None:
        self._last: dict[str, datetime] = {}

    def note(self, room: str, at: datetime) -> None:
        """Note that a message of a room came in, and was taken."""
        self._last[room] = at

    def find_end(self, room: str, end: datetime, known_from: datetime | None) -> datetime:
        """Return up to when a room's history must be read.

        Args:
            end: Of the time that is asked for.
            known_from: Since when a connection is open without a break, if it is. Messages have come over it only if
                one did.
        """
        last = self._last.get(room)
        is_heard = known_from is not None and last is not None and last >= known_from
        return min(end, known_from) if known_from is not None and is_heard else end
