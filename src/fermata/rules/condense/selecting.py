"""Which candidates fit a budget of tokens: best first, each further one of a kind worth less."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from fermata.rules.condense.scoring import Candidate

_OF_TRACK = 0.85  # What each further line of a shape is worth, times this.
_OF_GROUP = 0.55  # And each further shape of a group.


def select(candidates: Sequence[Candidate], budget: int, cost: Callable[[Candidate], int]) -> list[Candidate]:
    """Return what fits, in the order of the log.

    Args:
        candidates: Best first; a line may occur twice and is taken once.
        cost: Tokens that keeping a candidate takes.
    """
    heap = [(-candidate.score, order, candidate) for order, candidate in enumerate(candidates)]
    heapq.heapify(heap)
    taken: dict[int, Candidate] = {}
    tracks: Counter[int] = Counter()
    groups: dict[int, set[int]] = {}
    left = budget
    while heap and left > 8:
        negative, order, candidate = heapq.heappop(heap)
        if candidate.line in taken:
            continue
        others = len(groups.get(candidate.group, set()) - {candidate.track})
        worth = candidate.score * _OF_TRACK ** tracks[candidate.track] * _OF_GROUP ** min(others, 12)
        if worth < -negative - 1e-9 and heap and worth < -heap[0][0]:
            heapq.heappush(heap, (-worth, order, replace(candidate)))
            continue
        price = cost(candidate)
        if price > left:
            continue
        left -= price
        taken[candidate.line] = candidate
        tracks[candidate.track] += 1
        groups.setdefault(candidate.group, set()).add(candidate.track)
    return [taken[line] for line in sorted(taken)]
