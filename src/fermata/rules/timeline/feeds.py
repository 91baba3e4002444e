"""Bots that speak all day: what a feed says is news only where people speak of the same about then."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from fermata.rules.timeline.talk import Heard
from fermata.rules.timeline.terms import find_terms

_BUSY = 12
"""Messages of a bot, from which it is a feed: nobody reads each of them."""
_OFTEN = 0.25
"""Of a feed's messages that hold a word, from which the word is the feed's own, and tells none of them from others."""
_NEAR = timedelta(minutes=10)
"""Around a message in which people speak of what it tells."""
_SPOKEN = 0.04
"""Of people's messages that hold a word, from which the channel is about it."""
_FEWEST_SPOKEN = 3
_READ = 300
"""Characters of a message in which its words are looked for."""


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
        talk = [item.message for item in heard if not item.message.is_bot] if self._counts else []
        self._times = [message.at for message in talk]
        self._names = frozenset(message.user.lower().lstrip("@") for message in talk)
        # Questions count as well, of which nothing else is read.
        self._talk = [find_terms(message.text[:_READ]) for message in talk]
        spoken = Counter(term for terms in self._talk for term in terms)
        fewest = max(_FEWEST_SPOKEN, _SPOKEN * len(talk))
        self._spoken = frozenset(term for term, count in spoken.items() if count >= fewest)

    def is_feed(self, item: Heard) -> bool:
        """Answer whether a message is one of a bot that speaks all day."""
        return item.message.user in self._counts

    def is_apart(self, item: Heard) -> bool:
        """Answer whether a message is a feed's, and nobody speaks about then of what it is about."""
        if not self.is_feed(item):
            return False
        user = item.message.user
        uses, most = self._uses[user], _OFTEN * self._counts[user]
        if not item.terms.isdisjoint(self._spoken):
            return False
        own = {term for term in item.terms if uses[term] <= most} - self._names
        first = bisect_left(self._times, item.message.at - _NEAR)
        last = bisect_right(self._times, item.message.at + _NEAR)
        return first < last and all(map(own.isdisjoint, self._talk[first:last]))
