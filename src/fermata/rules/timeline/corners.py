"""Corners of a channel: one, two or three people speak of a matter of their own, which one of them says is theirs.

In a long channel that is said once, at the end perhaps: "our thing is over too". What has alerts or deploys of its own
has a name, and by that the rest is found.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fermata.rules.timeline.talk import Heard
from fermata.rules.timeline.words import Words

_CLOSES = Words(
    r"\bclos(?:e|es|ed|ing) (?:out )?(?:mine|ours|(?:my|our) (?:own |side |little )*"
    r"(?:side|thing|one|issue|ticket|case|matter|incident|alert|part))\b|"
    r"\b(?:my|our) (?:own |side |little )*(?:thing|issue|problem|matter|one) (?:is|was) (?:also |now )?"
    r"(?:over|done|fixed|gone|closed|solved|resolved|separate|unrelated)\b|"
    r"\b(?:bug|issue|problem|thing|outage|incident|alert|failure|matter) (?:is|was) (?:a )?(?:separate|unrelated)\b|"
    r"\bnot our [\w-]+ (?:thing|issue|problem|matter)\b"
)
"""How people speak of a matter as theirs, and not the room's."""
_MOST_PEOPLE = 3
"""Who name a matter of its own."""
_FEWEST = 2
"""Messages about it."""
_MOST_TALK = 0.1
"""Of people's messages, that are about it at most."""
_MOST = 8
"""Messages about it that are few in any channel."""
_FOCUS = 0.5
"""Of what somebody says, that is about it at least, for it to be theirs."""
_THEIRS = 0.5
"""Of what is said about it, that those say whose it is."""
_MOST_OWN = 0.34
"""Of what is said about it, that has words of the incident."""
_RETURNING = 3
"""Messages of one person in which a word is, that names what they speak of."""
_JOINT = re.compile(r"[-_./]")
"""In a name that means one thing only."""
_BREATH = timedelta(minutes=4)
"""In which somebody goes on about what they spoke of."""
_AROUND = timedelta(minutes=30)
"""After it is named last, in which whose it is speaks of it."""


def closes(text: str) -> bool:
    """Answer whether somebody speaks of a matter as their own, which is over or separate."""
    return _CLOSES.search(text) is not None


class _Talk:
    """What people say, by its words and by who says it."""

    def __init__(self, told: Sequence[Heard]) -> None:
        self.items = [item for item in told if not item.message.is_bot]
        self.users: dict[str, set[str]] = defaultdict(set)
        self.by_user: dict[str, list[Heard]] = defaultdict(list)
        for item in self.items:
            self.by_user[item.message.user].append(item)
            for term in item.terms:
                self.users[term].add(item.message.user)

    def list_rare(self, names: Iterable[str], own: Collection[str]) -> frozenset[str]:
        """Return the names that people use, few of them, and that are not the incident's."""
        rare = {name for name in names if name not in own and 1 <= len(self.users[name]) <= _MOST_PEOPLE}
        whole = {user for name in rare if _JOINT.search(name) for user in self.users[name]}
        # Where people use its whole name, a part of it that others use as well means something else.
        return frozenset(name for name in rare if not whole or self.users[name] <= whole)

    def list_returning(self, item: Heard, rare: Collection[str]) -> frozenset[str]:
        """Return the words of a message that its author comes back to: a matter needs no alert to have a name."""
        uses = Counter(term for each in self.by_user[item.message.user] for term in each.terms.intersection(rare))
        names = frozenset(term for term, count in uses.items() if count >= _RETURNING)
        return names if len(names) > 1 else frozenset()


def find_corners(
    told: Sequence[Heard], declared: Collection[str], entities: Sequence[Collection[str]], own: Collection[str]
) -> set[str]:
    """Return the ids of the messages about matters that somebody says are their own.

    Args:
        told: In the order of their time.
        declared: Ids of the messages that say so.
        entities: Names of what has alerts, deploys or metrics, each with all of its words.
        own: Telling words that are the incident's for certain.
    """
    talk = _Talk(told)
    found: set[str] = set()
    for item in talk.items:
        if item.message.id in declared:
            rare = talk.list_rare(item.terms, own)
            for entity in entities:
                if not rare.isdisjoint(entity):
                    found |= _find_corner(_Matter(told, talk, talk.list_rare(entity, own), own), item.message.user)
            names = talk.list_returning(item, rare)
            found |= (
                _find_corner(_Matter(told, talk, names, own, is_named=False), item.message.user) if names else set()
            )
    return found


@dataclass(frozen=True, slots=True)
class _Matter:
    """What may be a matter of its own, by its names."""

    told: Sequence[Heard]
    talk: _Talk
    names: frozenset[str]
    own: Collection[str]
    is_named: bool = True
    """Something has alerts, deploys or metrics by its names; else somebody only comes back to these words."""


def _find_corner(matter: _Matter, owner: str) -> set[str]:
    """Return the ids of what is about a matter, where those who name it speak of little else."""
    talk = matter.talk
    about = [item for item in talk.items if not item.terms.isdisjoint(matter.names)]
    ids = {item.message.id for item in about}
    users = Counter(item.message.user for item in about)
    focused = {user for user in users if _is_focused(talk.by_user[user], ids)}
    if not matter.is_named:
        # Chatter is of no matter, and counts neither way.
        about_any = matter.names.union(matter.own)
        said = [item for item in talk.by_user[owner] if not item.terms.isdisjoint(about_any)]
        focused = {owner} if _is_focused(said, ids) else set()
    theirs = sum(users[user] for user in focused)
    if owner not in focused or theirs < _THEIRS * len(about) or not _is_small(about, matter):
        return set()
    begun, over = about[0].message.at - _BREATH, about[-1].message.at + _AROUND
    found = {item.message.id for item in matter.told if item.message.is_bot and item.terms & matter.names}
    for item in talk.items:
        is_theirs = item.message.user in focused
        is_meant = (item.message.id in ids and (matter.is_named or is_theirs)) or (
            is_theirs and begun <= item.message.at <= over
        )
        is_named = is_theirs and any(_JOINT.search(name) for name in item.terms & matter.names)
        if is_meant and (is_named or item.terms.isdisjoint(matter.own)):
            found.add(item.message.id)
    return found


def _is_small(about: Sequence[Heard], matter: _Matter) -> bool:
    """Answer whether little is said of a matter, by few, and hardly in the incident's words."""
    most = max(_MOST, _MOST_TALK * len(matter.talk.items))
    with_own = sum(not item.terms.isdisjoint(matter.own) for item in about)
    is_few = len({item.message.user for item in about}) <= _MOST_PEOPLE
    return is_few and _FEWEST <= len(about) <= most and with_own <= _MOST_OWN * len(about)


def _is_focused(items: Sequence[Heard], ids: Collection[str]) -> bool:
    """Answer whether somebody speaks mostly of a matter, or goes on about it."""
    last: datetime | None = None
    count = 0
    for item in items:
        if item.message.id in ids:
            last = item.message.at
            count += 1
        elif last is not None and item.message.at - last <= _BREATH:
            count += 1
    return count >= _FOCUS * len(items)
