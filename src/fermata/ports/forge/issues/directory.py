"""Which groups of a forge somebody is in: asked now, kept for half a minute."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from fermata.kit.clock import Clock

_FRESH = timedelta(seconds=30)
"""How long an answer counts: within the minute that the port allows."""
Ask = Callable[[str], Awaitable[Sequence[str]]]


class GroupDirectory:
    """Remembers what was asked of a forge for a moment: a click and its execution ask twice.

    Args:
        ask: Returns the ids of the groups of an account's number.
    """

    def __init__(self, ask: Ask, clock: Clock) -> None:
        self._ask = ask
        self._clock = clock
        self._known: dict[str, tuple[datetime, Sequence[str]]] = {}

    async def list_groups(self, handle: str) -> Sequence[str]:
        """Return the ids of the groups of one account; none for what is no account's number.

        Raises:
            OperationalError: The forge cannot be asked, or the token may not.
        """
        if not handle.isdecimal():
            return ()
        now = self._clock.now()
        held = self._known.get(handle)
        if held is None or now - held[0] >= _FRESH:
            held = self._known[handle] = now, tuple(await self._ask(handle))
        return held[1]
