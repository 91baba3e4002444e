"""What went well and grew worse up to the end: a longer fault would have ended otherwise."""

from __future__ import annotations

from collections.abc import Sequence

from fermata.domain.experiment import SteadyCheck
from fermata.rules.rehearsal.answers import Answer, find_percentile
from fermata.rules.rehearsal.steadiness import FEWEST

_STEP = 1.25
"""From third to third of a fault: the medians of what is steady, or is slow from the first second on, do not grow so
twice. A guess."""
_AHEAD = 3.0
"""Times the length of the fault: growth that would take longer to reach the limit is not told. A guess."""


def describe_growth(check: SteadyCheck, answers: Sequence[Answer]) -> str:
    """Say that a journey became slower and slower under the fault, and when it would be too slow; else nothing.

    Queues, pools and caches that run empty grow with time; the pace of the last two thirds is taken to go on.

    Args:
        answers: Those of the fault's phase.
    """
    ours = sorted((answer for answer in answers if answer.journey == check.journey), key=lambda each: each.sent_s)
    if len(ours) < FEWEST:
        return ""
    count = len(ours)
    parts = (ours[: count // 3], ours[count // 3 : 2 * count // 3], ours[2 * count // 3 :])
    first, middle, last = (find_percentile([answer.took_ms for answer in part], 0.5) for part in parts)
    if not (first * _STEP < middle and middle * _STEP < last < check.max_p95_ms):
        return ""
    # A third's median stands in its middle: the last one's a sixth before the end.
    reached = 5 / 6 + (check.max_p95_ms - last) / (last - middle) / 3
    if reached > _AHEAD:
        return ""
    reached_s = reached * count / check.rate_rps
    return (
        f"{check.journey} became slower up to the end ({first:.0f}, {middle:.0f}, {last:.0f} ms in the thirds of the "
        f"fault), and would take {check.max_p95_ms:g} ms after some {reached_s:.0f} s of it: rehearse it for longer"
    )
