"""Which candidates fit a budget of tokens: best first, each further one of a kind worth less."""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Callable, Sequence

from fermata.rules.condense.scoring import Candidate

_OF_TRACK = 0.85  # What each further line of a shape is worth, times this.
_OF_GROUP = 0.45  # And each further shape of a group.
_OF_SIGN = 0.985  # And each further line that stands out by the same.
_MOST_OTHERS = 12
_LEAST = 4  # Tokens: no line of a log is shorter with its number.
_EQUAL = 1e-9
_USUAL_LENGTH = 120  # Bytes; longer lines must tell more. A line of 1,000 counts half.
_THRIFT = 0.4


def select(candidates: Sequence[Candidate], budget: int, cost: Callable[[Candidate], int]) -> list[Candidate]:
    """Return what fits, in the order of the log.

    Args:
        candidates: Best first; a line may occur twice and is taken once.
        cost: Tokens that keeping a candidate takes.
    """
    heap = [(-_weigh(candidate), order, candidate) for order, candidate in enumerate(candidates)]
    heapq.heapify(heap)
    taken: dict[tuple[int, int], Candidate] = {}
    tracks: Counter[tuple[int, int]] = Counter()
    signs: Counter[str] = Counter()
    groups: dict[tuple[int, int], set[int]] = {}
    left = budget
    while heap and left > _LEAST:
        negative, order, candidate = heapq.heappop(heap)
        line = (candidate.source, candidate.line)
        track, group = (candidate.source, candidate.track), (candidate.source, candidate.group)
        if line in taken:
            continue
        sign = candidate.sign
        others = len(groups.get(group, set()) - {candidate.track})
        worth = _weigh(candidate) * _OF_TRACK ** tracks[track] * _OF_GROUP ** min(others, _MOST_OTHERS)
        if sign:
            worth *= _OF_SIGN ** signs[sign]
        if heap and worth < min(-negative, -heap[0][0]) - _EQUAL:
            heapq.heappush(heap, (-worth, order, candidate))
            continue
        price = cost(candidate)
        if price <= left:
            left -= price
            taken[line] = candidate
            tracks[track] += 1
            signs[candidate.sign] += 1
            groups.setdefault(group, set()).add(candidate.track)
    return [taken[line] for line in sorted(taken)]


def _weigh(candidate: Candidate) -> float:
    """Return the score, less for a line that takes the place of several."""
    return candidate.score * min(1.0, math.pow(_USUAL_LENGTH / max(1, len(candidate.raw)), _THRIFT))
