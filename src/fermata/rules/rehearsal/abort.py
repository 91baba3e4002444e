"""When a running rehearsal is ended before its time: something that the fault was not to touch is going under."""

from __future__ import annotations

from collections.abc import Sequence

from fermata.domain.experiment import SteadyCheck
from fermata.rules.rehearsal.answers import Answer
from fermata.rules.rehearsal.steadiness import describe_answers, list_misses

WINDOW_S = 2
"""Whole seconds that must both be bad: one may be a stall, and each more is a second of harm."""


def find_breach(checks: Sequence[SteadyCheck], answers: Sequence[Answer], now_s: float) -> str:
    """Say which journey beside the fault has broken its steady state, or return nothing.

    A journey that the fault is expected to hit is no reason: that it suffers is the question. A question that is still
    open belongs into `answers` with the time that it has waited for so far.

    Args:
        answers: Of the fault's phase, those that are known by now.
        now_s: Seconds since the run began.
    """
    last = int(now_s)
    for check in checks:
        if check.is_hit or check.is_control:
            continue
        window = [
            answer
            for answer in answers
            if answer.journey == check.journey and last - WINDOW_S <= int(answer.sent_s) < last
        ]
        seconds = [
            [answer for answer in window if int(answer.sent_s) == last - back] for back in range(1, WINDOW_S + 1)
        ]
        is_lasting = all(second and list_misses(check, second) for second in seconds)
        if is_lasting and any(miss.is_certain for miss in list_misses(check, window)):
            return f"beside the fault, {describe_answers(check, window)}"
    return ""
