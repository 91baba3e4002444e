"""Which alerts of a channel's monitors are of something else than its incident."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fermata.rules.timeline.reading import Stage
from fermata.rules.timeline.talk import Heard
from fermata.rules.timeline.terms import find_terms

_DISOWNED = re.compile(
    r"^\W*mine\b|\b(?:(?:is|that'?s|it'?s) (?:me|mine)|(?:is|that'?s|it'?s|are) known|always does|ignor(?:e|ing)|"
    r"expected|clears? itself|not (?:ours?|touch|related)|nightly|other team|unrelated|own problem|planned|routine)\b",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"(?P<weak>[,;.] ?(?:and |so )?not (?:the |our |your )?[\w-]+)|"
    r"\b(?:nothing to do with|no relation to|(?:unrelated|not related|not connected) to|(?:separate|apart) from|"
    r"independent of) (?:the |our |your )?[\w-]+",
    re.IGNORECASE,
)
"""How somebody says of an alert which matter it is not of, by that one's name."""
_FAILED = re.compile(r"\b(?:job|run|task|backup|train(?:ing)?|cron\w*|nightly)\b.{0,30}\bfailed\b", re.IGNORECASE)
"""A job's failure, told by a bot, is an alert to whoever answers it."""
_REPLY = timedelta(minutes=5)
"""In which somebody says whose an alert is."""
_AROUND = timedelta(minutes=30)
"""Before and after an alert, in which its words mean it."""
_ALIKE = 0.5
"""Of the words of an end, that its beginning has."""
_TIED = 4
"""One of so many words of an alert must be the incident's."""
_LEAST_STEM = 4
"""Letters of a name that others begin with."""
_SEVERAL = 2
"""Words of an alert that a message has to be about it, where one of them means many things."""
_MOST_TALK = 6
_FEW = 2
_MOST_SHARE = 0.4
"""Of people's messages, that are about a small matter at most."""
_MOST_PEOPLE = 2


@dataclass(slots=True)
class Alarm:
    """An alert, and its end where there is one."""

    fired: Heard
    names: frozenset[str]
    """Its words that stay when it ends."""
    cleared: Heard | None = None

    @property
    def last(self) -> datetime:
        """Return the moment from which nothing more is known of it."""
        return (self.cleared or self.fired).message.at


class Names:
    """The incident's own words, as alerts name things.

    Args:
        own: Telling words that are the incident's for certain.
    """

    def __init__(self, own: Collection[str]) -> None:
        self.own = frozenset(own)
        self._stems = tuple(sorted(term for term in own if len(term) >= _LEAST_STEM))

    def share(self, names: Collection[str]) -> bool:
        """Answer whether a name is one of the incident's, or begins with one: `slurmctld` is of `slurm`."""
        return any(name in self.own or name.startswith(self._stems) for name in names)

    def is_apart(self, item: Heard, ours: Collection[str]) -> bool:
        """Answer whether an alert shares too little with the incident's own words, and with those of its talk."""
        names = _list_names(item)
        return not self.share(names) and _TIED * len(names.intersection(ours)) < len(names)


class _People:
    """What people say, by its words and by its time."""

    def __init__(self, told: Sequence[Heard]) -> None:
        self.items = [item for item in told if not item.message.is_bot]
        self._times = [item.message.at for item in self.items]
        self._uses: dict[str, list[int]] = defaultdict(list)
        for number, item in enumerate(self.items):
            for term in item.terms:
                self._uses[term].append(number)

    def list_next(self, at: datetime) -> list[Heard]:
        """Return the message that follows, if one follows soon."""
        first = bisect_left(self._times, at)
        return [item for item in self.items[first : first + 1] if item.message.at - at <= _REPLY]

    def list_soon(self, at: datetime) -> list[Heard]:
        """Return what is said in the time in which somebody says whose an alert is."""
        return self.items[bisect_left(self._times, at) : bisect_right(self._times, at + _REPLY)]

    def list_about(self, names: Collection[str]) -> list[Heard] | None:
        """Return what has one of these words, in the order of time; `None` when it is more than of a small matter."""
        found: set[int] = set()
        for name in sorted(names):
            found.update(self._uses.get(name, ())[: _MOST_TALK + 1])
        return [self.items[number] for number in sorted(found)] if len(found) <= _MOST_TALK else None

    def list_close(self, names: Collection[str]) -> list[Heard]:
        """Return what has several of these words, where one alone means many things; none when that is much."""
        found = Counter(number for name in names for number in self._uses.get(name, ()))
        close = sorted(number for number, count in found.items() if count >= _SEVERAL)
        return [self.items[number] for number in close] if len(close) <= _MOST_TALK else []


def list_alarms(told: Iterable[Heard]) -> list[Alarm]:
    """Return the alerts in the order in which they fired, each with its last end.

    Args:
        told: In the order of their time.
    """
    alarms: list[Alarm] = []
    fired: dict[tuple[str, str], Alarm] = {}
    for item in told:
        stages = {clause.stage for clause in item.reading.clauses} if item.message.is_bot else set()
        names = _list_names(item) if stages else frozenset()
        if Stage.ALERTED in stages or (stages and _FAILED.search(item.message.text) is not None):
            alarms.append(Alarm(item, names))
            fired |= dict.fromkeys(((item.message.user, name) for name in names), alarms[-1])
        elif Stage.CLEARED in stages:
            begun = [alarm for name in sorted(names) if (alarm := fired.get((item.message.user, name))) is not None]
            best = max(begun, key=lambda alarm: len(alarm.names & names), default=None)
            if best is not None and len(best.names & names) >= _ALIKE * len(names):
                best.cleared = item
    return alarms


def find_strays(told: Sequence[Heard], alarms: Iterable[Alarm], names: Names) -> set[str]:
    """Return the ids of alerts of another matter: people say that they are, or few speak of them, and of nothing else.

    Args:
        told: In the order of their time.
        alarms: All that were told.
        names: The incident's own.
    """
    found: set[str] = set()
    people = _People(told)
    for alarm in alarms:
        if names.share(alarm.names):
            continue
        disowners = _list_disowners(alarm, people, names)
        if disowners or _is_small(alarm, people, names):
            found |= {item.message.id for item in (alarm.fired, alarm.cleared, *disowners) if item is not None}
    return found


def list_ends(alarms: Iterable[Alarm], found: Collection[str]) -> set[str]:
    """Return the ids of the ends of alerts that are of another matter.

    Args:
        found: Ids of what is of another matter.
    """
    return {
        alarm.cleared.message.id for alarm in alarms if alarm.cleared is not None and alarm.fired.message.id in found
    }


def _list_names(item: Heard) -> frozenset[str]:
    """Return the words of an alert that stay when it ends: its numbers do not."""
    return frozenset(term for term in item.terms if not any(letter.isdigit() for letter in term))


def _list_disowners(alarm: Alarm, people: _People, names: Names) -> list[Heard]:
    """Return who soon says that an alert is theirs, known, or of no interest here."""
    at = alarm.fired.message.at
    answers = [
        item
        for item in [*(people.list_about(alarm.names) or ()), *people.list_next(at)]
        if timedelta(0) <= item.message.at - at <= _REPLY
        and _DISOWNED.search(item.message.text)
        and item.terms.isdisjoint(names.own)
    ]
    return answers + [item for item in people.list_soon(at) if _denies(item, alarm, names)]


def _denies(item: Heard, alarm: Alarm, names: Names) -> bool:
    """Answer whether somebody says of an alert that it is not the incident, by the incident's own words."""
    text = item.message.text
    denied = _DENIED.search(text)
    if denied is None:
        return False
    rest = find_terms(_DENIED.sub(" ", text))
    # "That's the cache, not us" may be said of a part of the incident: it must be the alert's by more than a word.
    fewest = _SEVERAL if denied["weak"] else 1
    return rest.isdisjoint(names.own) and len(rest & alarm.names) >= fewest


def _is_small(alarm: Alarm, people: _People, names: Names) -> bool:
    """Answer whether an alert began and ended, and one or two people said a little of it, and of nothing else.

    What they said is no other matter by that alone: its words may be the incident's, told by people in other words.
    """
    about = people.list_about(alarm.names) if alarm.cleared is not None else []
    if about is None:
        about = people.list_close(alarm.names)
    if not about or len({item.message.user for item in about}) > _MOST_PEOPLE:
        return False
    # Where nothing says what the incident is, or much of the talk is about the alert, it is the incident's.
    if not names.own or len(about) > max(_FEW, _MOST_SHARE * len(people.items)):
        return False
    begun, over = alarm.fired.message.at - _AROUND, alarm.last + _AROUND
    return all(begun <= item.message.at <= over and item.terms.isdisjoint(names.own) for item in about)
