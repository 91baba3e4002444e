"""Which messages are about another incident in the same channel.

Messages that share the incident's own words pull towards it, messages that say that they are about something else pull
away, and both pass their pull on through the words, threads and authors they share with the rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import fsum

from fermata.domain.trail import MessageKind
from fermata.rules.timeline import phrases
from fermata.rules.timeline.reading import Stage
from fermata.rules.timeline.subjects import sort_posts
from fermata.rules.timeline.talk import Heard
from fermata.rules.timeline.terms import find_terms
from fermata.rules.timeline.weights import SURE

_ROUNDS = 3
_FOREIGN = -0.14
"""A guess; below it the words of another topic prevail."""
_STRAY_ALERT = -0.7
_DOUBT = 0.5
_OTHER_CHANNEL = -0.5
_FEWEST_OWN = 3
"""Messages of the incident that must be known before an alert without a tie to them is taken for another's."""
_ROOT = 6
"""Words that a thread's first message weighs as much as."""
_HABIT = 0.5
_SAME_TALK = timedelta(minutes=12)
"""In which somebody is likely to speak of the same thing still."""
_SAME_STRAY = timedelta(minutes=30)
"""After an alert of something else, in which its words mean that."""
_MOST_FOLLOWERS = 3
_SAME_BREATH = timedelta(minutes=4)
"""In which somebody who says nothing telling goes on about what they spoke of."""


@dataclass(frozen=True, slots=True)
class Topics:
    """What is about this incident, and what is not."""

    foreign: frozenset[str]
    """Ids of messages that are about something else."""
    words: frozenset[str]
    """Telling words that this incident's messages share."""


def sort_topics(
    heard: Sequence[Heard],
    title: str,
    channels: Collection[str],
    *,
    related: Iterable[str] = (),
    others: Iterable[str] = (),
) -> Topics:
    """Return which messages are about something else, and the words that are this incident's.

    Args:
        channels: The incident's own; empty when nobody says.
        related: Names of what was deployed and measured: those that share the title's words lend it theirs.
        others: Names of what was measured and is not this incident's.
    """
    own = find_terms(title)
    own |= frozenset(term for text in related if (terms := find_terms(text)) & own for term in terms)
    other = frozenset(term for text in others for term in find_terms(text)) - own
    told = [item for item in heard if item.reading.clauses or item.terms]
    posts = {name: 1.0 if is_own else -1.0 for name, is_own in sort_posts(heard, own).items()}
    seeds = _plant(told, own, other, channels) | posts
    fixed = dict.fromkeys(own, 1.0) | dict.fromkeys(other, -1.0)
    scores = _spread(told, seeds, fixed)
    if sum(score > 0 for score in scores.values()) >= _FEWEST_OWN:
        ours = {term for item in told if seeds.get(item.message.id, 0) > 0 for term in item.terms}
        stray = [item for item in told if _is_alert(item) and len(item.terms & ours) * 2 < len(item.terms)]
        strayed = {item.message.id: _STRAY_ALERT for item in stray}
        if any(seed < 0 for seed in seeds.values()):
            scores = _spread(told, seeds | strayed, fixed)
        else:
            # Nobody speaks of anything else: what else alerts may be the cause, and its words be this incident's.
            scores |= strayed | dict.fromkeys(_list_followers(told, stray, ours), _STRAY_ALERT)
    foreign = frozenset(name for name, score in scores.items() if score < _FOREIGN)
    kept = [item for item in told if item.message.id not in foreign]
    # What is said with certainty lends its words; what needs an anchor lends none.
    sure = {term for item in kept if _is_sure(item) for term in item.terms}
    return Topics(foreign, own | sure)


def _is_sure(item: Heard) -> bool:
    return any(clause.weight >= SURE and clause.kind is not MessageKind.HYPOTHESIS for clause in item.reading.clauses)


def _plant(
    told: Sequence[Heard], own: frozenset[str], other: frozenset[str], channels: Collection[str]
) -> dict[str, float]:
    seeds: dict[str, float] = {}
    for item in told:
        message = item.message
        is_asked = message.text.rstrip().endswith("?") and phrases.SEPARATELY.match(message.text) is None
        if phrases.SEPARATE.search(message.text) and not is_asked:
            seeds[message.id] = -1.0
            if message.thread:
                # "Is that the same thing?" - "No, separate": the thread is about that.
                seeds.setdefault(message.thread, -1.0)
        elif any(clause.stage is Stage.DECLARED for clause in item.reading.clauses):
            seeds[message.id] = 1.0
        elif (ties := len(item.terms & own) - len(item.terms & other)) != 0:
            seeds[message.id] = 1.0 if ties > 0 else -1.0
        elif channels and message.channel and message.channel not in channels:
            seeds[message.id] = _OTHER_CHANNEL
    return seeds


def _is_alert(item: Heard) -> bool:
    return item.message.is_bot and any(clause.stage is Stage.ALERTED for clause in item.reading.clauses)


def _list_followers(told: Sequence[Heard], stray: Sequence[Heard], ours: Collection[str]) -> list[str]:
    """Return the ids of messages that speak of a stray alert soon after it, and as little of the incident."""
    alerted: dict[str, datetime] = {}
    later = {item.message.id for item in stray}
    found = []
    for item in told:
        if item.message.id in later:
            alerted |= dict.fromkeys(item.terms.difference(ours), item.message.at)
        elif alerted:
            near = [term for term in item.terms if term in alerted and item.message.at - alerted[term] <= _SAME_STRAY]
            found += [item.message.id] if near and len(near) >= len(item.terms.intersection(ours)) else []
    # What many go on about has become the incident's.
    return found if len(found) <= _MOST_FOLLOWERS else []


def _spread(told: Sequence[Heard], seeds: Mapping[str, float], fixed: Mapping[str, float]) -> dict[str, float]:
    scores = dict(seeds)
    for _ in range(_ROUNDS):
        words = _weigh_words(told, scores, fixed)
        scores = _weigh_messages(told, seeds, scores, words)
    return scores


def _weigh_words(told: Sequence[Heard], scores: Mapping[str, float], fixed: Mapping[str, float]) -> dict[str, float]:
    sums: dict[str, list[float]] = defaultdict(list)
    for item in told:
        score = scores.get(item.message.id)
        if score is not None:
            for term in item.terms:
                sums[term].append(score)
    # One message alone says less of a word than many do.
    words = {term: sum(values) / (len(values) + _DOUBT) for term, values in sums.items()}
    return words | dict(fixed)


def _weigh_messages(
    told: Sequence[Heard], seeds: Mapping[str, float], earlier: Mapping[str, float], words: Mapping[str, float]
) -> dict[str, float]:
    scores: dict[str, float] = {}
    spoken: dict[str, Heard] = {}
    for item in told:
        name = item.message.id
        before = spoken.get(item.message.user)
        spoken[item.message.user] = item
        known = [words[term] for term in item.terms if term in words]
        root = scores.get(item.root, earlier.get(item.root)) if item.root != name else None
        if root is not None and root * seeds.get(name, 0.0) <= 0:
            # A thread stays with what it hangs from, whatever words it shares with the rest.
            scores[name] = (_ROOT * root + fsum(known)) / (_ROOT + len(known))
        elif name in seeds:
            scores[name] = seeds[name]
        else:
            score = _weigh_alone(item, known, before, scores)
            if score is not None:
                scores[name] = score
    return scores


def _weigh_alone(
    item: Heard, known: Sequence[float], before: Heard | None, scores: Mapping[str, float]
) -> float | None:
    """Return what a message outside threads is about, by its words and by what its author spoke of just before."""
    gap = item.message.at - before.message.at if before is not None else None
    earlier = scores.get(before.message.id) if before is not None else None
    if known:
        # Words that nobody else uses speak for neither side, and weaken those that do.
        score = fsum(known) / (1 + len(item.terms) / 2)
        is_habit = earlier is not None and gap is not None and gap <= _SAME_TALK and score * earlier >= 0
        return score + _HABIT * earlier if is_habit and earlier is not None else score
    if earlier is not None and gap is not None and gap <= (_SAME_TALK if item.terms else _SAME_BREATH):
        return earlier * (_HABIT if item.terms else 1)
    return None
