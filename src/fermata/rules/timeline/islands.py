"""Other matters in a channel: each begins where somebody says so, and is told by its own words, threads and people.

What a channel says is about its incident; another matter is an island in it. It is short, it brings words that nobody
said before, and its messages answer each other.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fermata.rules.timeline.reading import Stage
from fermata.rules.timeline.talk import Heard

SURELY = -1.0
"""It is about something else."""
ELSEWHERE = -0.7
"""It is in another channel than the incident's: a hint that needs no talk before it."""
HINT = -0.5
"""It is where it has nothing else to do with the incident."""
_LASTS = timedelta(minutes=75)
"""After an island's last message, in which its words mean it."""
_FRESH = timedelta(minutes=10)
"""In which a word is news still: somebody says it, and somebody else what it is."""
_SAME_BREATH = timedelta(minutes=4)
"""In which somebody who names nothing of the incident goes on about what they spoke of."""
_ANSWER = timedelta(minutes=5)
"""In which a message that points back means the one before it."""
_LOOK_BACK = 40
_LOOKS = 2
_MOST = 8
_MANY = 3
"""People who speak of what a hint began, for it to be no other matter."""
_SHARE = 0.25
"""Of what people say, that is about an island at most."""
_LENDS = 2
"""One of so many words of a message must be an island's, for the others to become that."""
_FEWEST_SHARED = 2
_FEWEST_NEW = 2
_FEWEST_BEFORE = 5
"""Messages of the incident after which new words may be another matter's."""


_JOINT = re.compile(r"[-_./]")


@dataclass(slots=True)
class _Island:
    last: datetime
    number: int
    people: set[str] = field(default_factory=set)
    speakers: Counter[str] = field(default_factory=Counter)
    """How many messages each person who is no bot writes in it."""
    names: set[str] = field(default_factory=set)
    is_sure: bool = True
    """Somebody said that it is another matter: a hint is taken for one only while few speak of it."""
    count: int = 0
    """Of people's messages."""


class Sea:
    """A channel with the islands in it.

    Args:
        own: Telling words that are the incident's for certain.
    """

    def __init__(self, own: frozenset[str]) -> None:
        self._own = own
        self._said: dict[str, datetime] = {}
        self._by_word: dict[str, _Island] = {}
        self._by_name: dict[str, _Island] = {}
        self._faint: dict[tuple[str, str], _Island] = {}
        """By the ids of messages that say little of it and who wrote them, and alone goes on about it under those."""
        self._by_user: dict[str, _Island | None] = {}
        self._before: deque[Heard] = deque(maxlen=_LOOK_BACK)
        self._names: set[str] = set()
        self._count = 0
        self._islands: list[_Island] = []

    def read(self, item: Heard, score: float, *, points_back: bool) -> None:
        """Take in the next message.

        Args:
            score: Below zero: it says that it is about something else; above zero: it is the incident's for certain.
            points_back: What it says, it says of the message before it.
        """
        island = self._find(item, score)
        if island is None and score < 0 and self._is_opened(item, score, points_back=points_back):
            island = _Island(item.message.at, len(self._islands), is_sure=score <= ELSEWHERE)
            self._islands.append(island)
        if island is None:
            self._hear(item)
        else:
            # What says little of an island may be of anything: it lends no words.
            shared = sum(self._by_word.get(term) is island for term in item.terms)
            is_telling = score < 0 or bool(item.message.thread) or _LENDS * shared >= max(1, len(item.terms))
            self._join(island, item, lends=is_telling)
            if score < 0:
                island.is_sure = island.is_sure or score <= ELSEWHERE
                self._look_back(island, item, points_back=points_back)
        self._by_user[item.message.user] = island
        self._before.append(item)

    def _hear(self, item: Heard) -> None:
        """Take in what is the incident's; what its monitors say may be of anything."""
        if not item.message.is_bot:
            self._count += 1
            for term in item.terms:
                self._said.setdefault(term, item.message.at)

    def list_names(self) -> set[str]:
        """Return the ids of the messages of all islands, but for those that the channel is mostly about."""
        most = max(_MOST, _SHARE * (self._count + sum(island.count for island in self._islands)))
        islands = [island for island in self._islands if island.count <= most and not self._is_shared(island)]
        return {name for island in islands for name in island.names}

    def _is_shared(self, island: _Island) -> bool:
        """Answer whether a mere hint began what many people speak of at length: that is the room's own."""
        many = sum(number > 1 for number in island.speakers.values())
        return not island.is_sure and many >= _MANY and island.count > _MOST

    def _find(self, item: Heard, score: float) -> _Island | None:
        """Return the island that a message belongs to."""
        message = item.message
        if message.thread in self._by_name:
            # A thread stays with what it hangs from, whatever words it shares with the rest.
            return self._by_name[message.thread]
        if (faint := self._faint.get((message.thread or "", message.user))) is not None:
            return faint
        if score > 0:
            return None
        # A part of a name that is an island's, `cache` of `runner-cache`, means that.
        parts = {part for term in item.terms if term in self._by_word for part in _JOINT.split(term)}
        ties = sum(self._is_own(term) for term in item.terms - parts)
        shared = [island for term in item.terms if (island := self._by_word.get(term)) is not None]
        spoken = self._by_user.get(message.user)
        is_same_breath = spoken is not None and not message.is_bot and message.at - spoken.last <= _SAME_BREATH
        if shared:
            counts = Counter(island.number for island in shared)
            best = max(shared, key=lambda island: (counts[island.number], island.last, island.number))
            count = counts[best.number]
            is_theirs = message.user in best.people
            is_late = message.at - best.last > (_LASTS if is_theirs or message.is_bot else _FRESH)
            # In a thread of the incident, beside its words, and long after, it takes more to speak of something else.
            is_doubtful = bool(message.thread) or (is_late and (ties > 0 or not is_theirs))
            needed = max(ties + bool(message.thread or (ties and not is_theirs)), _FEWEST_SHARED if is_doubtful else 1)
            if count + (is_same_breath and best is spoken) >= needed:
                return best
        return spoken if is_same_breath and not ties and not message.thread else None

    def _is_own(self, term: str) -> bool:
        return term not in self._by_word and (term in self._own or term in self._said)

    def _is_fresh(self, term: str, at: datetime) -> bool:
        return term not in self._own and (term not in self._said or at - self._said[term] <= _FRESH)

    def _is_opened(self, item: Heard, score: float, *, points_back: bool) -> bool:
        """Answer whether a message begins another matter: a hint needs words that are new, and none that is not."""
        ties = sum(self._is_own(term) for term in item.terms)
        if score > SURELY:
            fresh = len(item.terms) - ties
            is_begun = score <= ELSEWHERE or self._count >= _FEWEST_BEFORE
            return is_begun and fresh >= max(_FEWEST_NEW, 2 * ties)
        # "Thread for this": what is apart has a name, or was named just before.
        return (ties == 0 and (bool(item.terms) or points_back)) or any(
            self._is_fresh(term, item.message.at) for term in item.terms
        )

    def _join(self, island: _Island, item: Heard, *, lends: bool = True) -> None:
        island.last = max(island.last, item.message.at)
        island.people.add(item.message.user)
        island.names.add(item.message.id)
        self._names.add(item.message.id)
        if not item.message.is_bot:
            island.speakers[item.message.user] += 1
            island.count += 1
        if not lends:
            if item.terms:
                self._faint[item.message.id, item.message.user] = island
            return
        self._by_name[item.message.id] = island
        for term in item.terms:
            if self._is_fresh(term, item.message.at):
                self._by_word[term] = island

    def _look_back(self, island: _Island, item: Heard, *, points_back: bool) -> None:
        """Take in what was said of an island before anybody said that it is one."""
        # What is taken in lends its words, by which more may be found.
        meant = next((each for each in reversed(self._before) if not _is_post(each)), None) if points_back else None
        for _ in range(_LOOKS):
            for earlier in reversed(self._before):
                gap = item.message.at - earlier.message.at
                if gap > _FRESH:
                    break
                if earlier.message.id in self._names or any(c.stage is Stage.DECLARED for c in earlier.reading.clauses):
                    continue
                is_meant = earlier is meant and gap <= _ANSWER and earlier.message.user != item.message.user
                if is_meant or self._is_about(island, item, earlier, points_back=points_back):
                    self._join(island, earlier)
                if is_meant:
                    self._by_user[earlier.message.user] = island

    def _is_about(self, island: _Island, item: Heard, earlier: Heard, *, points_back: bool) -> bool:
        """Answer whether a message before one that opens an island is about that, by its words and by who said it."""
        is_own = earlier.message.user == item.message.user and not item.message.is_bot
        is_breath = is_own and not points_back and item.message.at - earlier.message.at <= _SAME_BREATH
        if is_breath and self._is_said_alone(earlier):
            return True
        shared = sum(self._by_word.get(term) is island for term in earlier.terms)
        if shared <= sum(term in self._own for term in earlier.terms):
            return False
        return is_own or earlier.message.is_bot or 2 * shared >= len(earlier.terms)

    def _is_said_alone(self, item: Heard) -> bool:
        """Answer whether a message names something that is not the incident's and that nobody else names around it."""
        others = [each for each in self._before if not each.message.is_bot and each.message.user != item.message.user]
        is_new = bool(item.terms) and self._own.isdisjoint(item.terms)
        return is_new and not item.message.thread and all(item.terms.isdisjoint(each.terms) for each in others)


def _is_post(item: Heard) -> bool:
    return any(clause.post is not None for clause in item.reading.clauses)


def find_islands(
    told: Sequence[Heard], seeds: Mapping[str, float], own: Collection[str], pointers: Collection[str]
) -> set[str]:
    """Return the ids of the messages that are about another matter.

    Args:
        told: In the order of their time.
        seeds: Below zero: what says that it is about something else; above zero: what is the incident's for certain.
        own: Telling words that are the incident's for certain.
        pointers: Ids of those below zero that say so of the message before them.
    """
    sea = Sea(frozenset(own))
    for item in told:
        sea.read(item, seeds.get(item.message.id, 0.0), points_back=item.message.id in pointers)
    return sea.list_names()
