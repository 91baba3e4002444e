"""What goes on for hours is told once a minute: a store that is away, whoever asks for it ten times a second."""

from __future__ import annotations

import time

_AGAIN_AFTER_S = 60.0
_MOST_KNOWN = 200


class Seldom:
    """Remembers what was told within the last minute. What is remembered has an end: then all may be told once more."""

    def __init__(self) -> None:
        self._told: dict[str, tuple[float, int]] = {}

    def count(self, kind: str) -> int | None:
        """Return how often this was kept back since it was told, to be told now; `None` to keep it back, counted."""
        now = time.monotonic()
        at, kept_back = self._told.get(kind, (now - _AGAIN_AFTER_S, 0))
        if now - at < _AGAIN_AFTER_S:
            self._told[kind] = (at, kept_back + 1)
            return None
        if len(self._told) >= _MOST_KNOWN:
            self._told.clear()
        self._told[kind] = (now, 0)
        return kept_back


def write_kept_back(count: int) -> dict[str, int]:
    """Return the fact for a line of the log; none where nothing was kept back."""
    return {"kept_back": count} if count else {}
