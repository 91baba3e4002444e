"""When a running rehearsal is ended before its time: something that the fault was not to touch is going under."""

from __future__ import annotations

from collections.abc import Sequence

from fermata.domain.experiment import SteadyCheck
from fermata.rules.rehearsal.answers import Answer
from fermata.rules.rehearsal.steadiness import describe_answers, list_misses

WINDOW_S = 2
"""Whole seconds that must both be bad: one may be a stall, and each more is a second of harm."""
_OFTEN_RPS = 2.0
"""Below this rate a second may bring no answer: then the last two answers stand for the two seconds."""


def find_breach(checks: Sequence[SteadyCheck], answers: Sequence[Answer], now_s: float) -> str:
    """Say which journey beside the fault has broken its steady state, or return nothing.

    A journey that the fault is expected to hit is no reason: that it suffers is the question. What counts in a second
    is what became known in it: a question that hangs is bad in the second in which it is overdue, not in the one in
    which it was asked, which nobody looks at any more by then.

    Args:
        answers: Of the fault's phase, those that are known by now, with the open ones that are overdue.
        now_s: Seconds since the run began.
    """
    last = int(now_s)
    for check in checks:
        if check.is_hit or check.is_control:
            continue
        seconds = _list_parts(check, answers, last)
        window = [answer for second in seconds for answer in second]
        is_lasting = len(seconds) == WINDOW_S and all(second and list_misses(check, second) for second in seconds)
        if is_lasting and any(miss.is_certain for miss in list_misses(check, window)):
            return f"beside the fault, {describe_answers(check, window)}"
    return ""


def _list_parts(check: SteadyCheck, answers: Sequence[Answer], last: int) -> list[list[Answer]]:
    """Return what became known of a journey in each of the last whole seconds, the earliest first."""
    known = [(answer.find_known_s(check.max_p95_ms), answer) for answer in answers if answer.journey == check.journey]
    if check.rate_rps < _OFTEN_RPS:
        ordered = sorted((pair for pair in known if pair[0] < last), key=lambda pair: pair[0])
        return [[answer] for _, answer in ordered[-WINDOW_S:]]
    return [[answer for at, answer in known if int(at) == last - back] for back in range(WINDOW_S, 0, -1)]
