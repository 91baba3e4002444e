"""Whether a journey is as its steady state says: yes, no, or nobody can tell.

Between a point estimate that misses the tolerance and a miss that cannot be chance lies a zone in which nothing is
claimed. Its edge is Wilson's interval for a share (E. B. Wilson, "Probable Inference, the Law of Succession, and
Statistical Inference", Journal of the American Statistical Association 22, 1927), which also holds for few questions
and for shares near 0 and 1, where the usual one is wrong (Brown, Cai, DasGupta, "Interval Estimation for a Binomial
Proportion", Statistical Science 16, 2001). Questions within one second are not independent, a stall of the machine hits
them together: so a journey suffers only when several seconds of it do.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile

from fermata.domain.experiment import SteadyCheck
from fermata.rules.rehearsal.answers import Answer, find_percentile

GRACEFUL_SHARE = 0.95
"""Good answers that a journey must keep under the fault to have gone on."""
FEWEST = 20
"""Questions in a phase below which nothing good is claimed; a few can be enough to be certain of something bad."""
SLOW_ALLOWED = 0.05
"""Share of the answers that may be slower than a limit on the 95th percentile; it is what the percentile means."""
CERTAIN = 2.58
"""Standard deviations for 99 %: a verdict of collapse is somebody's week."""
LIKELY = 1.96
"""Standard deviations for 95 %."""
_FEWEST_BAD_S = 2
_BAD_SHARE = 0.25
"""Of the seconds. A stall of the machine spoils two of them; a fault that is there spoils them all."""
_LAST_S = 3
"""In a row, up to the end: one more than a stall spoils."""
_LATE_MS = 100.0
"""A watcher that asks so much later than planned measures the machine it runs on."""
_LATE_ALLOWED = 0.05
_CALM_SHARE = 0.5
"""Of a baseline's questions that were asked in seconds without such a delay: they show it then. A guess."""
_CALM_S = 3.0
"""How long all must be well before it counts as recovered."""


class Holding(StrEnum):
    """Whether a steady state holds."""

    HOLDS = "holds"
    SUFFERS = "suffers"
    UNCLEAR = "unclear"
    """Worse than agreed, and it may be chance."""
    UNSEEN = "unseen"
    """Too few questions."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One journey over one phase, judged."""

    journey: str
    holding: Holding
    text: str
    """In words, with the numbers: `refund: 31 % of 200 answered well, 99 % agreed`."""


def compute_bounds(hits: int, count: int, deviations: float) -> tuple[float, float]:
    """Return Wilson's interval for a share.

    Args:
        count: Above 0.
        deviations: How many standard deviations wide, to each side.
    """
    share, square = hits / count, deviations**2
    middle = (share + square / (2 * count)) / (1 + square / count)
    spread = deviations / (1 + square / count) * math.sqrt(share * (1 - share) / count + square / (4 * count**2))
    return max(0.0, middle - spread), min(1.0, middle + spread)


def judge_check(check: SteadyCheck, answers: Sequence[Answer]) -> Standing:
    """Judge one journey by the answers of one phase; those of other journeys are left out."""
    ours = [answer for answer in answers if answer.journey == check.journey]
    text = describe_answers(check, ours)
    misses = list_misses(check, ours)
    if any(miss.is_certain for miss in misses) and _is_lasting(check, ours):
        return Standing(check.journey, Holding.SUFFERS, text)
    if len(ours) < FEWEST:
        return Standing(check.journey, Holding.UNSEEN, f"{text}; too few to say anything")
    return Standing(check.journey, Holding.UNCLEAR if misses else Holding.HOLDS, text)


def _is_lasting(check: SteadyCheck, answers: Sequence[Answer]) -> bool:
    seconds = _list_seconds(answers)
    bad = sum(bool(list_misses(check, group)) for group in seconds)
    return bad >= max(_FEWEST_BAD_S, _BAD_SHARE * len(seconds))


def is_going_under(check: SteadyCheck, answers: Sequence[Answer], before: Sequence[Answer]) -> bool:
    """Answer whether a journey grew worse second after second up to the end, until it was bad: no stall does that.

    Worse is a second that is bad, or in which most answers took longer than 95 % did before. The very last one may be
    better: what was asked in it is let go with the fault.

    Args:
        answers: Of the fault's phase.
        before: Of the baseline. Those of other journeys are left out of both.
    """
    usual = [answer.took_ms for answer in before if answer.journey == check.journey]
    usual_ms = find_percentile(usual, 0.95) if usual else check.max_p95_ms
    seconds = _list_seconds([answer for answer in answers if answer.journey == check.journey])
    if seconds and not _is_worse(check, seconds[-1], usual_ms):
        seconds.pop()
    row = list(takewhile(lambda group: _is_worse(check, group, usual_ms), reversed(seconds)))
    return len(row) >= _LAST_S and any(list_misses(check, group) for group in row)


def _is_worse(check: SteadyCheck, answers: Sequence[Answer], usual_ms: float) -> bool:
    is_slower = find_percentile([answer.took_ms for answer in answers], 0.5) > usual_ms
    return is_slower or bool(list_misses(check, answers))


def _list_seconds(answers: Sequence[Answer]) -> list[list[Answer]]:
    """Return the answers by the second in which they were asked, the earliest first; without those nobody asked in."""
    by_second: defaultdict[int, list[Answer]] = defaultdict(list)
    for answer in sorted(answers, key=lambda each: each.sent_s):
        by_second[int(answer.sent_s)].append(answer)
    return list(by_second.values())


@dataclass(frozen=True, slots=True)
class Miss:
    """A tolerance that was missed."""

    is_certain: bool
    """It cannot be chance."""


def list_misses(check: SteadyCheck, answers: Sequence[Answer]) -> list[Miss]:
    """Return which tolerances these answers of one journey miss: good answers, and how fast they are."""
    failed = sum(not answer.ok for answer in answers)
    slow = sum(answer.took_ms > check.max_p95_ms for answer in answers)
    found = []
    for hits, allowed in ((failed, 1 - check.min_ok_ratio), (slow, SLOW_ALLOWED)):
        # A hair of tolerance: 1 - 0.99 is a little more than 0.01 to a computer, and sometimes a little less.
        if hits > allowed * len(answers) + 1e-9:
            low, _ = compute_bounds(hits, len(answers), CERTAIN)
            found.append(Miss(low > allowed))
    return found


def describe_answers(check: SteadyCheck, answers: Sequence[Answer]) -> str:
    """Say how a journey's questions were answered, beside what was agreed."""
    if not answers:
        return f"{check.journey}: nothing was seen"
    count = len(answers)
    share = sum(answer.ok and not answer.is_open for answer in answers) / count
    # Of an answer that never came nobody says that it came soon.
    fast = sum(answer.is_good(check.max_p95_ms) and not answer.is_open for answer in answers) / count
    false = sum(answer.is_false for answer in answers)
    lack = f'without "{check.holds}"' if check.holds else "telling of an error in its JSON"
    told = f" ({false} had a good status, {lack})" if false else ""
    return (
        f"{check.journey}: {_write_share(share)} of {count} answered{told}, "
        f"{_write_share(fast)} within {check.max_p95_ms:g} ms "
        f"(agreed: {_write_share(check.min_ok_ratio)}, {_write_share(1 - SLOW_ALLOWED)})"
    )


def judge_baseline(checks: Sequence[SteadyCheck], answers: Sequence[Answer]) -> str:
    """Say why the steady state is none; empty when it holds. Where it says something, nothing may be injected.

    Seconds in which the watcher itself was late count only where the others are too few to show it.

    Args:
        answers: Those of the baseline.
    """
    late = find_lateness(answers)
    calm = list_calm(answers) if late else []
    if late and len(calm) >= _CALM_SHARE * len(answers) and not _list_unsteady(checks, calm):
        return ""
    unsteady = _list_unsteady(checks, answers)
    told = "; ".join(standing.text for standing in unsteady)
    if any(standing.holding is not Holding.UNSEEN for standing in unsteady):
        return f"the steady state does not hold: {told}"
    few = f"too few answers came to tell whether the steady state holds: {told}" if unsteady else ""
    why = " - ".join(filter(None, (few, late)))
    return why and f"{why}. Run it again once this machine has less to do, or measure a longer baseline"


def _list_unsteady(checks: Sequence[SteadyCheck], answers: Sequence[Answer]) -> list[Standing]:
    standings = [judge_check(check, answers) for check in checks]
    return [standing for standing in standings if standing.holding is not Holding.HOLDS]


def find_lateness(answers: Sequence[Answer]) -> str:
    """Say that the watcher could not keep its own pace; empty when it could."""
    late = sum(answer.late_ms > _LATE_MS for answer in answers)
    if answers and late > _LATE_ALLOWED * len(answers):
        return f"the watcher itself was late with {_write_share(late / len(answers))} of its questions: a busy machine"
    return ""


def list_calm(answers: Sequence[Answer]) -> list[Answer]:
    """Return the answers of those seconds in which the watcher kept its pace: what is bad in them was not its doing."""
    return [answer for group in _list_seconds(answers) if not find_lateness(group) for answer in group]


def find_noise(checks: Sequence[SteadyCheck], answers: Sequence[Answer]) -> str:
    """Say why what was seen in a phase may be the machine's doing; empty when nothing speaks for it."""
    for check in checks:
        if check.is_control:
            standing = judge_check(check, answers)
            if standing.holding in (Holding.SUFFERS, Holding.UNCLEAR):
                return f"what the fault cannot reach suffered too: {standing.text}"
    return find_lateness(answers)


def has_recovered(checks: Sequence[SteadyCheck], answers: Sequence[Answer], now_s: float) -> bool:
    """Answer whether every journey has been well for three seconds.

    Args:
        answers: Those of questions asked since the fault was gone.
        now_s: Seconds since the run began.
    """
    began = min((answer.sent_s for answer in answers), default=now_s)
    return now_s - began >= _CALM_S and not list_unwell(checks, answers, now_s)


def list_unwell(
    checks: Sequence[SteadyCheck], answers: Sequence[Answer], now_s: float
) -> list[tuple[SteadyCheck, list[Answer]]]:
    """Return each journey that was not well in the three seconds up to now, with its answers in them."""
    recent: defaultdict[str, list[Answer]] = defaultdict(list)
    for answer in answers:
        if answer.sent_s >= now_s - _CALM_S:
            recent[answer.journey].append(answer)
    pairs = [(check, recent[check.journey]) for check in checks]
    return [(check, ours) for check, ours in pairs if not ours or list_misses(check, ours)]


def _write_share(share: float) -> str:
    return f"{share * 100:.3g} %"
