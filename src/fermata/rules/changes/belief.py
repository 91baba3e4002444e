"""How likely each change is to be the one: its signs together, against the other changes, and against none of them.

The points of signs are set by hand, from reasons. What kinds of signs are worth beside each other, and how much more
one change needs than the rest, cannot be told by reasons: these few numbers were fitted to what the rules said of exams
of several hands at first sight, each judged with what was fitted to the others (docs/changes.md).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from fermata.rules.changes.signs import Sign

WORTH = {
    "place": 0.3, "time": 0.79, "kind": 1.04, "word": 0.72, "number": 0.46, "frame": 0.6, "named": 0.75,
    "activated": 0.6, "due": 0.6, "load": 0.67, "copies": 1.1, "mends": 0.6, "known": 1.0, "undone": 1.52,
    "constant": 0.98, "size": 1.71, "spread": 1.74, "adds": 0.49, "switch": 0.78, "together": 1.4, "likeness": 0.4,
}  # fmt: skip
"""Kind of sign -> what its points are worth, as `bench/changes_weights.py` fitted it before likeness was known of.

Of likeness less than half of what is fitted: hands that write incidents and exams from memory think of the same ones.
"""
_STEEP = 2.0  # A point more makes a change about seven times as likely.
_NONE = 1.02  # Points that speak for none of a single change, beside a cause outside that is seen.
_NOT_READ = 1.7
"""Points that speak for what was not read: of ten incidents what did it is taken to be among the changes that were read
in seven. A cause outside that is seen takes its place, and is not added to it."""
_EACH = 0.45  # Points more for each change beside it in logarithms: of many one is near by chance.
_DOUBTED = 0.4  # Confidence in a cause outside of the changes up to which it is one among many.
_DOUBT = 7.0  # Points that speak for none by a certain one.


def weigh_signs(signs: Iterable[Sign]) -> tuple[Sign, ...]:
    """Return signs with the points that they proved to be worth, the weightiest first."""
    found = (replace(sign, points=round(WORTH[sign.name] * sign.points, 2)) for sign in signs)
    return tuple(sorted(found, key=lambda sign: -abs(sign.points)))


def share_belief(points: Sequence[float], doubt: float) -> tuple[float, ...]:
    """Return how likely each change is to be the one, 0..1; what they lack of 1 is that none is.

    Args:
        points: Of each change that is not ruled out.
        doubt: Confidence in the surest cause outside of the changes, 0..1. A doubtful one says no more than that what
            did it may not be among what was read, which is so without any.
    """
    near = _EACH * math.log(max(len(points), 2))
    none = near + max(_NOT_READ, _NONE + _DOUBT * max(0.0, doubt - _DOUBTED))
    most = max([none, *points])
    weights = [math.exp(_STEEP * (own - most)) for own in points]
    total = sum(weights) + math.exp(_STEEP * (none - most))
    return tuple(weight / total for weight in weights)
