"""Which messages are about another incident in the same channel.

Messages that share the incident's own words pull towards it, messages that say that they are about something else pull
away, and both pass their pull on through the words, threads and authors they share with the rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from fermata.domain.trail import MessageKind
from fermata.rules.timeline import phrases
from fermata.rules.timeline.reading import Stage
from fermata.rules.timeline.talk import Heard
from fermata.rules.timeline.terms import find_terms

_ROUNDS = 3
_FOREIGN = -0.2
"""A guess; below it the words of another topic prevail."""
_STRAY_ALERT = -0.7
_DOUBT = 0.5
_OTHER_CHANNEL = -0.5
_FEWEST_OWN = 3
"""Messages of the incident that must be known before an alert without a tie to them is taken for another's."""
_SAME_BREATH = timedelta(minutes=4)
"""In which somebody who says nothing telling goes on about what they spoke of."""


@dataclass(frozen=True, slots=True)
class Topics:
    """What is about this incident, and what is not."""

    foreign: frozenset[str]
    """Ids of messages that are about something else."""
    words: frozenset[str]
    """Telling words that this incident's messages share."""


def sort_topics(heard: Sequence[Heard], title: str, channels: Collection[str], related: Iterable[str] = ()) -> Topics:
    """Return which messages are about something else, and the words that are this incident's.

    Args:
        channels: The incident's own; empty when nobody says.
        related: Names of what was deployed and measured: those that share the title's words lend it theirs.
    """
    own = find_terms(title)
    own |= frozenset(term for text in related if (terms := find_terms(text)) & own for term in terms)
    told = [item for item in heard if item.reading.clauses]
    seeds = _plant(told, own, channels)
    scores = _spread(told, seeds, own)
    if sum(score > 0 for score in scores.values()) >= _FEWEST_OWN:
        stray = [item for item in told if _is_alert(item) and item.message.id not in scores]
        if stray:
            scores = _spread(told, seeds | {item.message.id: _STRAY_ALERT for item in stray}, own)
    foreign = frozenset(name for name, score in scores.items() if score < _FOREIGN)
    kept = [item for item in told if item.message.id not in foreign]
    # What is said with certainty lends its words; what needs an anchor lends none.
    sure = {term for item in kept if _is_sure(item) for term in item.terms}
    return Topics(foreign, own | sure)


def _is_sure(item: Heard) -> bool:
    return any(not clause.is_weak and clause.kind is not MessageKind.HYPOTHESIS for clause in item.reading.clauses)


def _plant(told: Sequence[Heard], own: frozenset[str], channels: Collection[str]) -> dict[str, float]:
    seeds: dict[str, float] = {}
    for item in told:
        message = item.message
        if phrases.SEPARATE.search(message.text) and not message.text.rstrip().endswith("?"):
            seeds[message.id] = -1.0
        elif item.terms & own:
            seeds[message.id] = 1.0
        elif channels and message.channel and message.channel not in channels:
            seeds[message.id] = _OTHER_CHANNEL
    return seeds


def _is_alert(item: Heard) -> bool:
    return item.message.is_bot and any(clause.stage is Stage.ALERTED for clause in item.reading.clauses)


def _spread(told: Sequence[Heard], seeds: Mapping[str, float], own: frozenset[str]) -> dict[str, float]:
    scores = dict(seeds)
    for _ in range(_ROUNDS):
        words = _weigh_words(told, scores, own)
        scores = _weigh_messages(told, seeds, scores, words)
    return scores


def _weigh_words(told: Sequence[Heard], scores: Mapping[str, float], own: frozenset[str]) -> dict[str, float]:
    sums: dict[str, list[float]] = defaultdict(list)
    for item in told:
        score = scores.get(item.message.id)
        if score is not None:
            for term in item.terms:
                sums[term].append(score)
    # One message alone says less of a word than many do.
    words = {term: sum(values) / (len(values) + _DOUBT) for term, values in sums.items()}
    return words | dict.fromkeys(own, 1.0)


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
        if name in seeds:
            scores[name] = seeds[name]
        elif root is not None:
            # A thread stays with what it hangs from, whatever words it shares with the rest.
            scores[name] = (2 * root + sum(known)) / (2 + len(known))
        elif known:
            # Words that nobody else uses speak for neither side, and weaken those that do.
            scores[name] = sum(known) / (1 + len(item.terms) / 2)
        elif before is not None and not item.terms and item.message.at - before.message.at <= _SAME_BREATH:
            score = scores.get(before.message.id)
            if score is not None:
                scores[name] = score
    return scores
