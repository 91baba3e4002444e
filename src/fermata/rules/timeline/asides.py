"""Matters that one to three people close among themselves: "done, nothing to do with your outage".

That is often said once, at the end, long after their first message. By then their talk is known: it shares few words
with what everybody else speaks of, and that tells it from one who only excludes a suspicion.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import timedelta

from fermata.rules.timeline.talk import Heard
from fermata.rules.timeline.words import Words

_DENIED = Words(
    r"\b(?:nothing to do with|no relation to|no link to|(?:unrelated|not related|not connected|not linked) (?:to|with)|"
    r"(?:separate|apart|independent|different) (?:from|of)) (?:the |our |your |this |that |all |any )*[\w-]+"
)
_ANSWERS = re.compile(r"\W*(?:no|nope|nah|yes|yep|yeah)\b", re.IGNORECASE)
_READ = 300
"""Characters of a message in which it says so."""
_BEFORE = timedelta(hours=3)
_AFTER = timedelta(minutes=30)
"""Around what closes a matter, in which its people speak of it."""
_MOST_PEOPLE = 3
_THEIRS = 0.5
"""Of what somebody says in that time, that is in threads of the matter, for them to be of it."""
_MOST_SHARED = 0.35
"""Of a matter's words, that others use."""
_MOST_OWN = 0.1
"""Of its messages, that have words of the incident."""
_FEWEST = 2
_MOST = 12
_SHARE = 0.15
"""Of people's messages, that are about it at most."""


def find_asides(told: Sequence[Heard], own: Collection[str]) -> set[str]:
    """Return the ids of the messages about matters that somebody closes as not the incident's.

    Args:
        told: In the order of their time.
        own: Telling words that are the incident's for certain.
    """
    talk = [item for item in told if not item.message.is_bot]
    found: set[str] = set()
    for item in talk:
        if item.message.id not in found and _DENIED.search(item.message.text[:_READ]) is not None:
            found |= _find_aside(item, told, talk, own)
    return found


def _find_aside(last: Heard, told: Sequence[Heard], talk: Sequence[Heard], own: Collection[str]) -> set[str]:
    begun, over = last.message.at - _BEFORE, last.message.at + _AFTER
    near = [item for item in talk if begun <= item.message.at <= over]
    people = _list_people(last.message.user, near)
    about = [item for item in near if item.message.user in people]
    terms = {term for item in about if item is not last for term in item.terms}
    roots = {item.root for item in about}
    spoken = {term for item in near if item is not last and item.root in roots for term in item.terms}
    if last.terms.isdisjoint(spoken) or _ANSWERS.match(last.message.text):
        return set()  # It is somebody else's matter that has nothing to do with theirs.
    shared = terms & {term for item in talk if item.message.user not in people for term in item.terms}
    with_own = sum(not item.terms.isdisjoint(own) for item in about if item is not last)
    is_apart = len(shared) <= _MOST_SHARED * len(terms) and with_own <= _MOST_OWN * len(about)
    if not is_apart or not _FEWEST <= len(about) <= max(_MOST, _SHARE * len(talk)):
        return set()
    monitors = (item for item in told if item.message.is_bot and begun <= item.message.at <= over)
    names = terms - shared
    alerts = {item.message.id for item in monitors if item.terms & names and item.terms.isdisjoint(own)}
    return alerts | {item.message.id for item in about}


def _list_people(user: str, near: Sequence[Heard]) -> set[str]:
    """Return who speaks of the matter: whose it is, and those who speak mostly in its threads; only few, or one."""
    threads = {item.root for item in near if item.message.user == user}
    said: dict[str, list[bool]] = defaultdict(list)
    for item in near:
        said[item.message.user].append(item.root in threads)
    people = {name for name, inside in said.items() if sum(inside) >= _THEIRS * len(inside)} | {user}
    return people if len(people) <= _MOST_PEOPLE else {user}
