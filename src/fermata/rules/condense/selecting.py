"""Which candidates fit a budget of tokens: best first, each further one that is like those taken worth less."""

from __future__ import annotations

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

from fermata.rules.condense.scoring import Candidate

_OF_TRACK = 0.85  # What each further line of a shape is worth, times this.
_OF_GROUP = 0.35  # And each further shape of a group.
_MOST_OF_GROUP = 1.4  # And at most: however much a kind tells, its first line has told it.
_OF_LIKE = 0.8  # And each further group of those that say nearly the same.
_OF_SIGN = 0.985  # And each further line that stands out by the same.
_OF_SPOT = 0.95  # And each further line of one place in the log, unless it tells much by itself.
_SPOT = 40  # Lines of a place: what was written there is of one event, and others have their part of it to tell.
_LOUD = 3.0  # The score from which a line tells much by itself.
_MOST_OTHERS = 12
_LEAST = 4  # Tokens: no line of a log is shorter with its number.
_EQUAL = 1e-9
_USUAL_LENGTH = 120  # Bytes; longer lines must tell more. A line of 480 counts half.
_THRIFT = 0.5


def select(
    candidates: Sequence[Candidate],
    budget: int,
    cost: Callable[[Candidate], float],
    measure: Callable[[Candidate], int],
) -> list[Candidate]:
    """Return what fits, in the order of the log.

    Args:
        candidates: Best first; a line may occur twice and is taken once.
        cost: Tokens that keeping a candidate takes.
        measure: Characters of a candidate that are shown, roughly.
    """
    weights = [_weigh(candidate, measure(candidate)) for candidate in candidates]
    heap = [
        (-weight, order, candidate) for order, (weight, candidate) in enumerate(zip(weights, candidates, strict=True))
    ]
    heapq.heapify(heap)
    taken = _Taken()
    left: float = budget
    while heap and left > _LEAST:
        negative, order, candidate = heapq.heappop(heap)
        if (candidate.source, candidate.line) in taken.lines:
            continue
        worth = taken.rate(candidate, weights[order])
        if heap and worth < min(-negative, -heap[0][0]) - _EQUAL:
            heapq.heappush(heap, (-worth, order, candidate))
            continue
        price = cost(candidate)
        if price <= left:
            left -= price
            taken.add(candidate)
    return [taken.lines[line] for line in sorted(taken.lines)]


class _Taken:
    """What was taken, by all that makes a further line less of a news."""

    def __init__(self) -> None:
        self.lines: dict[tuple[int, int], Candidate] = {}
        self._tracks: Counter[tuple[int, int]] = Counter()
        self._groups: defaultdict[tuple[int, int], set[int]] = defaultdict(set)
        self._likes: defaultdict[tuple[int, int], set[int]] = defaultdict(set)
        self._spots: Counter[tuple[int, int]] = Counter()
        self._signs: Counter[str] = Counter()

    def add(self, candidate: Candidate) -> None:
        source = candidate.source
        self.lines[source, candidate.line] = candidate
        self._tracks[source, candidate.track] += 1
        self._groups[source, candidate.group].add(candidate.track)
        self._likes[source, candidate.like].add(candidate.group)
        self._spots[source, candidate.line // _SPOT] += 1
        self._signs[candidate.sign] += 1

    def rate(self, candidate: Candidate, weight: float) -> float:
        """Return what is left of a candidate's weight beside what was taken."""
        source = candidate.source
        others = len(self._groups[source, candidate.group] - {candidate.track})
        alike = len(self._likes[source, candidate.like] - {candidate.group})
        worth = weight * _OF_TRACK ** self._tracks[source, candidate.track] * _OF_LIKE ** min(alike, _MOST_OTHERS)
        if others:
            worth = min(worth * _OF_GROUP ** min(others, _MOST_OTHERS), _MOST_OF_GROUP)
        if candidate.sign:
            worth *= _OF_SIGN ** self._signs[candidate.sign]
        if candidate.score < _LOUD:
            worth *= _OF_SPOT ** self._spots[source, candidate.line // _SPOT]
        return worth


def _weigh(candidate: Candidate, length: int) -> float:
    """Return the score, less for a line that takes the place of several."""
    return candidate.score * min(1.0, math.pow(_USUAL_LENGTH / max(1, length), _THRIFT))
