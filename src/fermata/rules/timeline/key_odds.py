"""Which minute of a channel is a key time: how much the words of each message speak for it, and where it stands.

The rules of `milestones` name one message by the reasons they give. What they cannot weigh is that another message says
it more plainly, that nothing said later does, or that three things were said in that minute. Here every minute at which
somebody wrote, and every one that somebody names, competes with the one that the rules found.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from heapq import nsmallest
from itertools import accumulate
from math import exp, log1p

from fermata.domain.trail import KEY_TIMES, KeyTime, Message, Trail
from fermata.rules.timeline.key_weights import PLACES
from fermata.rules.timeline.key_words import KEY_WORDS, list_marks, sum_marks
from fermata.rules.timeline.stated import find_stated_times
from fermata.rules.timeline.talk import Heard

FEATURES = (
    *("is_stated", "words", "rank", "is_best", "below_best", "said_before", "said_after", "said_then", "is_silent"),
    *("after_first", "before_last", "told_later", "stated_words", "rise"),
    *(f"{what} {name}" for name in KEY_TIMES for what in ("words at", "words before", "words apart")),
    *(f"{what} {name}" for name in KEY_TIMES for what in ("rules at", "rules before", "rules apart", "rules without")),
    "is_stated_found",
)
"""Names of what is measured of a minute, in the order of `Candidate.values`."""
_NEAR = 60.0
"""Seconds within which two minutes are one."""
_TOGETHER = 45.0
"""Seconds within which what speaks for a minute is added up."""
_MOST = 60
"""Messages whose words speak for a key time most, which are weighed; and so many beside each that the rules found."""
_STATED = 5
_READ = 1500
"""Characters of a message in which times are looked for."""
_ORDER = (("started", "mitigated"), ("started", "resolved"), ("detected", "resolved"), ("mitigated", "resolved"))
"""Pairs of which the second cannot be before the first."""
FEWEST = 20
"""Messages from which on minutes are weighed: no channel that the weights were fitted on is shorter."""
_SURE = 0.4
"""The share of all that speaks for a key time from which on a minute is it, whatever the rules found."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A minute that may be a key time."""

    at: float
    """Seconds since the epoch."""
    message: Message
    """What was said then, or names it."""
    values: tuple[float, ...]


class Talk:
    """What is said of an incident, with what is counted once for all key times.

    Args:
        heard: Without what is about something else, in the order of its time.
    """

    def __init__(self, trail: Trail, heard: Sequence[Heard], found: Mapping[str, KeyTime]) -> None:
        self._trail, self._messages = trail, [item.message for item in heard]
        self._times = [message.at.timestamp() for message in self._messages]
        marks = [list_marks(item) for item in heard]
        self._sums = {name: sum_marks(marks, KEY_WORDS[name]) for name in KEY_TIMES}
        best = {name: max(range(len(sums)), key=sums.__getitem__) for name, sums in self._sums.items()}
        self._best = [self._times[best[name]] for name in KEY_TIMES]
        self._found = {name: time.at.timestamp() for name, time in found.items()}
        self._stated: dict[int, list[float]] = {}

    def list_candidates(self, name: str) -> list[Candidate]:
        """Return the minutes that compete for one key time, measured."""
        sums = self._sums[name]
        ranks = self._rank(sums)
        least, best = min(sums), max(sums)
        before = [least, *accumulate(sums, max)]
        after = [*list(accumulate(reversed(sums), max))[::-1], least]
        found = []
        for number in sorted(ranks):
            said = sums[number]
            for at in (self._times[number], *self._list_stated(number)):
                is_stated = at != self._times[number]
                start, end = bisect_left(self._times, at - _NEAR), bisect_right(self._times, at + _NEAR)
                values = (
                    float(is_stated),
                    said,
                    log1p(ranks[number]),
                    float(ranks[number] == 0),
                    said - best,
                    before[number],
                    after[number + 1],
                    max(sums[start:end], default=least),
                    float(start == end),
                    _shrink(at - self._times[0]),
                    _shrink(self._times[-1] - at),
                    _shrink(self._times[number] - at),
                    said if is_stated else 0.0,
                    max(0.0, said - before[number]) if number else 0.0,
                    *self._measure_others(at),
                    float(is_stated and name in self._found and abs(at - self._found[name]) <= _NEAR),
                )
                found.append(Candidate(at, self._messages[number], values))
        return found

    def _rank(self, sums: Sequence[float]) -> dict[int, int]:
        """Return the messages to weigh, with how many speak louder: the loudest, and those beside what was found.

        In a storm, or where a source gives days alone, all of a channel may stand beside it: the loudest of them do.
        """
        order = sorted(range(len(sums)), key=lambda number: -sums[number])
        ranks = {number: rank for rank, number in enumerate(order[:_MOST])}
        for at in self._found.values():
            near = range(bisect_left(self._times, at - _NEAR), bisect_right(self._times, at + _NEAR))
            beside = nsmallest(_MOST, near, key=lambda number: -sums[number])
            ranks |= {number: _MOST for number in beside if number not in ranks}
        return ranks

    def _measure_others(self, at: float) -> list[float]:
        """Return where a minute stands to what the words say of each key time, and to what the rules do."""
        values = []
        for best in self._best:
            values += _measure_apart(at - best)
        for name in KEY_TIMES:
            own = self._found.get(name)
            values += [0.0, 0.0, 0.0, 1.0] if own is None else [*_measure_apart(at - own), 0.0]
        return values

    def _list_stated(self, number: int) -> list[float]:
        if number not in self._stated:
            self._stated[number] = list_stated(self._trail, self._messages[number])
        return self._stated[number]


def list_stated(trail: Trail, message: Message) -> list[float]:
    """Return the times that a message names, but for its own."""
    person = trail.people.get(message.user)
    times = find_stated_times(message.text[:_READ], message.at, None if person is None else person.zone)
    own = message.at.timestamp()
    return [at for time in times if abs((at := time.at.timestamp()) - own) > _NEAR][:_STATED]


def _measure_apart(seconds: float) -> list[float]:
    return [float(abs(seconds) <= _NEAR), float(seconds > _NEAR), abs(_shrink(seconds))]


def _shrink(seconds: float) -> float:
    """Return minutes on a scale on which an hour is not sixty times a minute."""
    size = log1p(abs(seconds) / 60)
    return size if seconds >= 0 else -size


def weigh_key_times(trail: Trail, heard: Sequence[Heard], found: Mapping[str, KeyTime]) -> dict[str, KeyTime]:
    """Return the key times that the rules found, another minute for each of which the talk speaks much more.

    None that they did not find: of a talk in which nobody says that it is over, some minute says it most.

    Args:
        heard: What is said of the incident, in the order of its time.
        found: What the rules found.
    """
    if len(heard) < FEWEST:
        return dict(found)
    talk = Talk(trail, heard, found)
    cited = {item.message.id for item in heard}
    settled = dict(found)
    for name, own in found.items():
        # What was measured is known to the second.
        chosen = choose(talk.list_candidates(name), PLACES[name]) if own.citation in cited else None
        if chosen is not None and abs(own.at.timestamp() - chosen.at) > _NEAR:
            settled[name] = _tell(chosen, own)
    return _keep_order(settled, found)


def _keep_order(settled: dict[str, KeyTime], found: Mapping[str, KeyTime]) -> dict[str, KeyTime]:
    """Return key times that can be true together: each was weighed alone."""
    start, seen = (found.get(name) for name in ("started", "detected"))
    is_sign = start is not None and seen is not None and (start.at, start.citation) == (seen.at, seen.citation)
    if start is not None and is_sign and settled["started"] == start and settled["detected"].at < start.at:
        # The start that nobody tells is the first sign, which is another now.
        settled["started"] = replace(settled["detected"], why=start.why)
    for _ in _ORDER:  # What goes back for one pair may stand the wrong way round in another.
        for first, last in _ORDER:
            if first in settled and last in settled and settled[first].at > settled[last].at:
                settled |= {name: found[name] for name in (first, last)}
    return settled


def choose(candidates: Sequence[Candidate], weights: Sequence[float], least: float = _SURE) -> Candidate | None:
    """Return the minute that has most of what speaks for any; `None` where it has less of it than a share."""
    odds = [sum(value * weight for value, weight in zip(one.values, weights, strict=True)) for one in candidates]
    most = max(odds)
    shares = [exp(own - most) for own in odds]
    total = sum(shares)
    together = [
        sum(share for other, share in zip(candidates, shares, strict=True) if abs(other.at - one.at) <= _TOGETHER)
        for one in candidates
    ]
    best = max(range(len(candidates)), key=together.__getitem__)
    if together[best] / total < least:
        return None
    # Of what was said then, what says it.
    near = (number for number, one in enumerate(candidates) if abs(one.at - candidates[best].at) <= _TOGETHER)
    return candidates[max(near, key=shares.__getitem__)]


def _tell(chosen: Candidate, other: KeyTime) -> KeyTime:
    """Return a minute as a key time, with what the rules found instead: whoever edits may know better."""
    at = chosen.message.at
    seconds = chosen.at - at.timestamp()
    why = "what is said then speaks for it most"
    if abs(seconds) > _NEAR:
        at, why = at + timedelta(seconds=seconds), "the minute that is named for it most likely"
    shape = "%H:%M" if other.at.date() == at.date() else "%Y-%m-%d %H:%M"
    return KeyTime(at, chosen.message.id, f"{why}; or {other.at:{shape}}: {other.why}")
