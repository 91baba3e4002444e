"""Bots that speak all day: what a feed says is news only where people speak of the same about then."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from fermata.rules.timeline.talk import Heard

_BUSY = 12
"""Messages of a bot, its alerts and posts apart, from which it is a feed: nobody reads each of them."""
_OFTEN = 0.25
"""Of a feed's messages that hold a word, from which the word is the feed's own: it says nothing of what one is about."""
_NEAR = timedelta(minutes=10)
"""Around a message in which people speak of what it tells."""
_SPOKEN = 0.04
"""Of people's messages that hold a word, from which the channel is about it."""
_FEWEST_SPOKEN = 3


class Feeds:
    """The feeds of a channel, and what people say beside them.

    Args:
        heard: The whole channel, in the order of its time.
    """

    def __init__(self, heard: Sequence[Heard]) -> None:
        told = Counter(item.message.user for item in heard if item.message.is_bot)
        self._counts = {user: count for user, count in told.items() if count >= _BUSY}
        self._uses = {user: Counter[str]() for user in self._counts}
        for item in heard:
            if item.message.is_bot and item.message.user in self._uses:
                self._uses[item.message.user].update(item.terms)
        self._talk = [item for item in heard if not item.message.is_bot]
        self._times = [item.message.at for item in self._talk]
        self._names = frozenset(item.message.user.lower().lstrip("@") for item in self._talk)
        spoken = Counter(term for item in self._talk for term in item.terms)
        fewest = max(_FEWEST_SPOKEN, _SPOKEN * len(self._talk))
        self._spoken = frozenset(term for term, count in spoken.items() if count >= fewest)

    def is_apart(self, item: Heard) -> bool:
        """Answer whether a message is a feed's, and nobody speaks about then of what it is about."""
        user = item.message.user
        if user not in self._counts:
            return False
        uses, most = self._uses[user], _OFTEN * self._counts[user]
        if not item.terms.isdisjoint(self._spoken):
            return False
        own = {term for term in item.terms if uses[term] <= most} - self._names
        first = bisect_left(self._times, item.message.at - _NEAR)
        last = bisect_right(self._times, item.message.at + _NEAR)
        return first < last and all(own.isdisjoint(other.terms) for other in self._talk[first:last])
