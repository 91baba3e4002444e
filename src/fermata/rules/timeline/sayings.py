"""What a room says: the same sentence by somebody else at another time, or the same but for a word or two.

"Can someone review my PR for pricing?", "Have we tried turning the proxy off and on again": people tell news once, and
who confirms it does so at once and in words of their own.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

from fermata.domain.trail import Message

_WORD = re.compile(r"[\w'\u2019]+(?:[-./]\w+)*")
_READ = 200
"""Characters of a message that are compared."""
_FEWEST = 3
"""Pairs of neighbouring words that two messages share at least: "rolled back to 41" and "rolled back to 40" differ."""
_SAME = 0.4
"""Of the pairs of the longer one, that they share."""
_AT_ONCE = timedelta(minutes=2)
"""In which who says the same again confirms it."""
_COMPARED = 12
"""Of the messages that hold a pair, with which others are compared: what all say was said by then."""


def find_sayings(messages: Sequence[Message]) -> frozenset[str]:
    """Return the ids of people's messages that somebody else says as well, at another time, in nearly the same words.

    Args:
        messages: Of a whole channel, in the order of their time.
    """
    people = [message for message in messages if not message.is_bot]
    pairs = [_list_pairs(message.text) for message in people]
    holders: dict[tuple[str, str], list[int]] = defaultdict(list)
    found: set[str] = set()
    for number, message in enumerate(people):
        if len(pairs[number]) < _FEWEST:
            continue
        shared = Counter(other for pair in pairs[number] for other in holders[pair])
        for other, count in shared.items():
            earlier = people[other]
            is_alike = count >= max(_FEWEST, _SAME * max(len(pairs[number]), len(pairs[other])))
            if is_alike and earlier.user != message.user and message.at - earlier.at > _AT_ONCE:
                found |= {message.id, earlier.id}
        for pair in pairs[number]:
            if len(holders[pair]) < _COMPARED:
                holders[pair].append(number)
    return frozenset(found)


def _list_pairs(text: str) -> frozenset[tuple[str, str]]:
    words = _WORD.findall(text[:_READ].lower())
    return frozenset(pairwise(words))
