"""Earlier incidents that were like this one, and contributing factors that come back: by causes, places and words.

No model and no vector: a team has hundreds of incidents, and why two are alike must be said in words that people can
check. What many incidents share (a service that is in all of them) says little, so each sign is weighed by its rarity.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import log

from fermata.domain.ids import IncidentId
from fermata.domain.record import Instant

_CAUSE, _CAUSE_THERE, _PLACE, _ALERT, _TEXT = 3.0, 1.0, 1.0, 2.0, 2.0
"""Points of a rare sign of each sort: the same cause; and at the same place; the same place; the same rule; words. A
cause was found out, a place and a rule's name are only where it was seen. Guesses; `bench/similar.py` says what they
find."""
_MOST = _CAUSE + _CAUSE_THERE + _PLACE + _ALERT + _TEXT
_ENOUGH = 0.12
"""Of all points: less is a shared word, or one service alone."""
_FEWEST_WORDS = 3
_WORD = re.compile(r"[a-z][a-z_]{2,30}")
_COMMON = re.compile(
    "the|and|for|not|with|has|was|are|its|that|this|from|than|more|which|one|all|any|but|can|over|under|after|before|"
    "into|because|while|when|where|who|what|how|been|being|does|did|done|had|have|just|also|only|then|there|they|them|"
    "too|very|will|would|should|could|out|off|per|via|since|until|within|without"
)


@dataclass(frozen=True, slots=True)
class Past:
    """An incident, as far as likeness is judged by it. Redacted."""

    id: IncidentId
    title: str
    started_at: Instant
    rules: frozenset[str] = frozenset()
    """Names of the alerting rules that fired."""
    places: frozenset[str] = frozenset()
    """Names of what it was about, without what differs between replicas."""
    causes: frozenset[tuple[str, str]] = frozenset()
    """Signature ids that were found, each with the name of where."""
    text: str = ""
    """What else was said of it: titles, summaries, hypotheses."""
    ended: str = ""
    """How it ended, in words for people: what was done, and whether it helped. How it stands, when it is not over."""
    is_over: bool = True
    """Whether it had ended when this was read."""
    words: Mapping[str, int] = field(init=False)

    def __post_init__(self) -> None:
        """Count the words once: each incident is compared with all others."""
        object.__setattr__(self, "words", Counter(_list_words(f"{self.title} {self.text}")))


@dataclass(frozen=True, slots=True)
class Similar:
    """An earlier incident that is like the one asked about."""

    past: Past
    score: float
    """0..1; only for the order."""
    why: tuple[str, ...]
    """What the two share, the strongest first."""


@dataclass(frozen=True, slots=True)
class Recurring:
    """A contributing factor that was found more than once."""

    cause: str
    place: str
    """Where each time; empty when it was in several places."""
    pasts: tuple[Past, ...]
    """The incidents, oldest first."""


def find_similar(asked: Past, others: Sequence[Past], limit: int = 5) -> list[Similar]:
    """Return the incidents that are like one, most alike first; none when none is.

    Args:
        others: The incidents to look through; the one that is asked about is skipped.
    """
    known = [past for past in others if past.id != asked.id]
    weigh = _Weights([asked, *known])
    found = [item for past in known if (item := _compare(asked, past, weigh)) is not None]
    found.sort(key=lambda item: (-item.score, -item.past.started_at.timestamp(), item.past.id))
    return found[:limit]


def list_recurring(pasts: Iterable[Past], fewest: int = 2) -> list[Recurring]:
    """Return the causes that were found in several incidents, the most frequent first, then the latest.

    A cause that always sat in one place is told with it; one incident counts once for a cause.
    """
    by_cause: dict[str, dict[IncidentId, tuple[Past, set[str]]]] = {}
    for past in pasts:
        for cause, place in past.causes:
            by_cause.setdefault(cause, {}).setdefault(past.id, (past, set()))[1].add(place)
    found = []
    for cause, entries in by_cause.items():
        if len(entries) < fewest:
            continue
        inside = set.intersection(*(places for _, places in entries.values()))
        listed = sorted((past for past, _ in entries.values()), key=lambda past: (past.started_at, past.id))
        found.append(Recurring(cause, min(inside, default=""), tuple(listed)))
    found.sort(key=lambda item: (-len(item.pasts), -item.pasts[-1].started_at.timestamp(), item.cause))
    return found


class _Weights:
    """How rare each sign is among the incidents that are known, 0..1."""

    def __init__(self, pasts: Sequence[Past]) -> None:
        self._total = len(pasts)
        self._of: dict[str, Counter[str]] = {
            "cause": Counter(name for past in pasts for name in {cause for cause, _ in past.causes}),
            "place": Counter(name for past in pasts for name in past.places),
            "rule": Counter(name for past in pasts for name in past.rules),
            "word": Counter(name for past in pasts for name in past.words),
        }

    def weigh(self, sort: str, name: str) -> float:
        """Return log(1 + N / n) as a share of the rarest sign's: inverse document frequency."""
        return log(1 + self._total / self._of[sort][name]) / log(1 + self._total)


def _compare(asked: Past, past: Past, weights: _Weights) -> Similar | None:
    shared: list[tuple[float, str]] = [
        *_compare_causes(asked, past, weights),
        *_take_rarest(asked.rules & past.rules, _ALERT, weights, "rule", "the same alert, {}"),
        *_take_rarest(asked.places & past.places, _PLACE, weights, "place", "both about {}"),
    ]
    alike, words = _compare_words(asked.words, past.words, lambda word: weights.weigh("word", word))
    if len(words) >= _FEWEST_WORDS:
        shared.append((alike * _TEXT, f"the same words: {', '.join(words[:5])}"))
    score = sum(points for points, _ in shared) / _MOST
    if score < _ENOUGH:
        return None
    shared.sort(key=lambda pair: -pair[0])
    return Similar(past, round(min(score, 1.0), 3), tuple(text for _, text in shared))


def _compare_causes(asked: Past, past: Past, weights: _Weights) -> list[tuple[float, str]]:
    there = asked.causes & past.causes
    names = {cause for cause, _ in asked.causes} & {cause for cause, _ in past.causes}
    if not names:
        return []
    rarest = max(sorted(names), key=lambda name: (name in dict(there), weights.weigh("cause", name)))
    points = _CAUSE * weights.weigh("cause", rarest)
    place = dict(sorted(there)).get(rarest)
    if place is None:
        return [(points, f"the same cause, {rarest}")]
    return [(points + _CAUSE_THERE, f"the same cause at the same place, {rarest} of {place}")]


def _take_rarest(
    names: frozenset[str], points: float, weights: _Weights, sort: str, text: str
) -> list[tuple[float, str]]:
    if not names:
        return []
    rarest = max(sorted(names), key=lambda name: weights.weigh(sort, name))
    return [(points * weights.weigh(sort, rarest), text.format(rarest))]


def _compare_words(
    one: Mapping[str, int], other: Mapping[str, int], weigh: Callable[[str], float]
) -> tuple[float, list[str]]:
    """Return how much of what the first text says the other says too, 0..1, and the words, the most telling first."""
    shared = sorted(set(one) & set(other), key=lambda word: (-weigh(word), word))
    if not shared:
        return 0.0, []
    # Not the cosine: an incident with a diagnosis has more words, and is no less alike for that.
    whole = sum(weigh(word) ** 2 for word in one)
    return sum(weigh(word) ** 2 for word in shared) / whole, shared


def _list_words(text: str) -> Iterable[str]:
    """Yield words of letters; numbers and ids differ each time."""
    return (word for word in _WORD.findall(text.lower()) if not _COMMON.fullmatch(word))
