"""How far what a diff can bring fits the kinds of failure that are seen, and how far it would fit any other incident.

Who rewrites a module can bring half of all that ever fails, and so fits half of all incidents: that it fits this one as
well says little. How much a fit says is how seldom it would come about with an incident that has nothing to do with the
change, as a likelihood ratio says; the incidents it is held against stand in `reference.py`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from fermata.rules.changes.failures import weigh
from fermata.rules.changes.reference import INCIDENTS
from fermata.rules.changes.risks import Risk

_OWN = 0.75  # Of a broad kind that shows where the trouble begins.
_SUGGESTED = 0.6  # Of what a word in the lines suggests: it was right half as often as a typed edit, at first sight.
_FIRST, _SECOND, _ALSO = 1.2, 0.4, 0.2  # What the best seen kind of an edit counts, the next one, and what else is.
_LISTED = (1.2, 0.5, 0.3)  # The same for a row: one that lists many kinds must not win by listing.
_BESIDE = 0.2  # Of the next three risks of a change.
_USUAL, _STEP = 0.3, 0.22
"""What a fit is worth with every incident, and how much more for each e-fold of those it does not fit.

Chosen so that the order of worths is that of how often fits of such a share were right among 511 written mechanisms
(`bench/mechanisms.py`), each held against those of other hands.
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """What kinds of failure an incident shows."""

    kinds: Mapping[str, float]
    """Kind -> how far it is seen, 0..1."""
    own: Mapping[str, float]
    """The same for what the changed service shows itself, where the trouble begins with it; empty elsewhere."""


def fit_risks(risks: Sequence[Risk], seen: Seen) -> list[tuple[float, Risk]]:
    """Return each risk with the points by which it fits, the best first; one that does not fit has none."""
    return sorted(((_fit(risk, seen), risk) for risk in risks), key=lambda pair: -pair[0])


def sum_points(fitted: Sequence[tuple[float, Risk]]) -> float:
    """Return the points of a change by its risks, one at least, the best first: the others say little beside it."""
    return fitted[0][0] + _BESIDE * sum(points for points, _ in fitted[1:4])


def find_share(risks: Sequence[Risk], points: float, *, begins: bool) -> float:
    """Return the share of all incidents, above 0 and at most 1, that these risks would fit by as many points.

    Args:
        begins: Whether the trouble begins with the changed service.
    """
    brought = frozenset[str]().union(*(risk.brings for risk in risks))
    count = 0
    for number in {number for kind in brought for number in _index().get(kind, ())}:
        kinds = INCIDENTS[number]
        count += sum_points(fit_risks(risks, Seen(kinds, kinds if begins else {}))) >= points
    return (count + 1) / (len(INCIDENTS) + 1)


def weigh_share(share: float) -> float:
    """Return what a fit is worth that comes about with such a share of all incidents."""
    return _USUAL - _STEP * math.log(share)


@lru_cache(maxsize=1)
def _index() -> dict[str, tuple[int, ...]]:
    """Return kind -> numbers of the reference's incidents that show it."""
    found: dict[str, list[int]] = {}
    for number, kinds in enumerate(INCIDENTS):
        for kind in kinds:
            found.setdefault(kind, []).append(number)
    return {kind: tuple(numbers) for kind, numbers in found.items()}


def _fit(risk: Risk, seen: Seen) -> float:
    """Return the points of a risk."""
    if risk.also is not None:
        return _fit_edit(risk, seen)
    weights = sorted((_see(kind, seen) for kind in risk.brings), reverse=True)
    total = sum(weight * share for weight, share in zip(weights, _LISTED, strict=False))
    return (_SUGGESTED if risk.is_hint else 1.0) * risk.strength * total


def _fit_edit(risk: Risk, seen: Seen) -> float:
    """Return the points of an edit: what it always brings has to be seen, what else it may bring only adds to that."""
    first = sorted((_see(kind, seen) for kind in risk.brings), reverse=True)
    if first[0] <= 0:
        return 0.0
    also = max((_see(kind, seen) for kind in risk.also or ()), default=0.0)
    return risk.strength * (_FIRST * first[0] + _SECOND * sum(first[1:2]) + _ALSO * also)


def _see(kind: str, seen: Seen) -> float:
    """Return how far a kind is seen and tells; where the trouble begins, no callee brought the broad ones."""
    return max(weigh(kind) * seen.kinds.get(kind, 0.0), _OWN * seen.own.get(kind, 0.0))
