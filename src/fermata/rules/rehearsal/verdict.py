"""The verdict: graceful, contained, collapsed; or that there is none, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from fermata.domain.experiment import Experiment, FaultKind, Phase, SteadyCheck, Verdict, WireSample
from fermata.kit.listing import write_some
from fermata.rules.rehearsal.answers import Answer
from fermata.rules.rehearsal.comparison import Lasting, describe_fix
from fermata.rules.rehearsal.steadiness import (
    FEWEST,
    GRACEFUL_SHARE,
    LIKELY,
    Holding,
    Standing,
    compute_bounds,
    describe_answers,
    find_noise,
    is_going_under,
    judge_check,
    list_calm,
    list_unwell,
)
from fermata.rules.rehearsal.trend import describe_growth

_MOST_TOLD = 3
_FINE = (Verdict.GRACEFUL, Verdict.CONTAINED)
_FEWEST_PROBES = 3
_PASSED_ON = (FaultKind.LATENCY, FaultKind.SLOW_BODY, FaultKind.BANDWIDTH)
"""Faults that let every call reach the callee."""
_UNREACHED_ALLOWED = 0.05
"""As many as may fail with nobody the wiser. A restart of a second or two is more of a fault's time."""
_AT_ONCE = (FaultKind.ERROR, FaultKind.RESET, FaultKind.KILL)
"""Faults that let nobody wait. Under the others an error that comes at once may be a full queue's refusal."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a run brought."""

    answers: Sequence[Answer]
    """Of all phases."""
    affected: int
    """Calls or replicas that the injector says it hit."""
    probes: int = 0
    """How often the runner asked through what is broken; 0 where it cannot."""
    felt: int = 0
    """How many of these felt the fault."""
    is_gone: bool = True
    """The fault was seen to be gone, on the injector's side and by the probe."""
    recovered: bool | None = None
    """Whether all journeys came back; `None`: it was not asked."""
    unreached: float = 0.0
    """Share of the calls under the fault that its own injector saw fail, where it let all pass: the callee was gone."""
    disturbed: Sequence[str] = ()
    """What else was done to what answers there while the fault was, in words."""
    breach: str = ""
    """Why the run was aborted by what it measured."""
    stopped: str = ""
    """Why it was ended early otherwise: a person, a halt, a lost lease."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and its reason."""

    verdict: Verdict
    why: str
    fix_first: str = ""


def judge(experiment: Experiment, evidence: Evidence) -> Judgement:
    """Judge a run whose fault was asked for.

    The rule: invalid, if the fault was never seen on the wire, though it had its time. Collapsed, if a journey that
    it was not to touch suffered for certain, or went under until that ended the run, or not all came back. Graceful, if
    those it was to touch kept 95 % good answers; contained, if they did not, and nothing else was lost. Noise on the
    machine can only make things worse: under it a good result stands, and a bad one is inconclusive unless the seconds
    without it prove it alone. So is what was too little, too close, or ended before its time, and a bad result of a
    fault that lets all calls pass, while the callee itself was not there, or of any fault beside which something else
    was done to what answers there.
    """
    judgement = _judge_seen(experiment, evidence)
    if evidence.disturbed and judgement.verdict not in (Verdict.GRACEFUL, Verdict.INVALID):
        told = write_some(evidence.disturbed, _MOST_TOLD)
        beside = f"beside the fault {told}, and what came of which cannot be told"
        return Judgement(Verdict.INCONCLUSIVE, f"{judgement.why}; but {beside}. Rehearse it again without that")
    if judgement.verdict not in (Verdict.CONTAINED, Verdict.COLLAPSED) or evidence.unreached < _UNREACHED_ALLOWED:
        return judgement
    whom = experiment.target.callee or experiment.target.service
    gone = (
        f"{evidence.unreached:.0%} of the calls reached no {whom}: it was gone or began anew, and this fault lets "
        "every call pass. Look whether it fell under it, and rehearse it again"
    )
    return Judgement(Verdict.INCONCLUSIVE, f"{judgement.why}; but {gone}")


def _judge_seen(experiment: Experiment, evidence: Evidence) -> Judgement:
    if evidence.stopped and evidence.affected == 0:
        return Judgement(Verdict.INCONCLUSIVE, f"ended early: {evidence.stopped}; it had hit nothing by then")
    unseen = _find_unseen(evidence)
    if unseen:
        return Judgement(Verdict.INVALID, unseen)
    during = [answer for answer in evidence.answers if answer.phase is Phase.FAULT]
    noise = find_noise(experiment.checks, during)
    beside = _judge_beside(experiment, during)
    suffering = [standing.text for standing in beside if standing.holding is Holding.SUFFERS]
    if suffering:
        why = f"the fault reached what it was not to touch: {'; '.join(suffering)}"
        names = [standing.journey for standing in beside if standing.holding is Holding.SUFFERS]
        pairs = [(check, _select(check, during)) for check in experiment.checks if check.journey in names]
        failed = names if experiment.fault.kind in _AT_ONCE and _fail_at_once(pairs) else ()
        return _blame(experiment, why, noise and _doubt_collapse(experiment, during, noise), failed=failed)
    if evidence.breach and _is_going_under(experiment, evidence.answers):
        return _blame(experiment, f"the fault reached what it was not to touch: {evidence.breach}", noise)
    if evidence.stopped or evidence.breach:
        return Judgement(Verdict.INCONCLUSIVE, f"ended early: {evidence.stopped or evidence.breach}")
    if not evidence.is_gone:
        return Judgement(Verdict.INCONCLUSIVE, "the fault could not be seen to be gone")
    if evidence.recovered is False:
        return _judge_lasting(experiment, [item for item in evidence.answers if item.phase is Phase.RECOVERY], noise)
    judgement = _judge_hit(experiment, during, beside, noise)
    growing = [describe_growth(check, during) for check in experiment.checks if not check.is_control]
    told = "; ".join(filter(None, growing))
    return replace(judgement, why=f"{judgement.why}; but {told}") if told and judgement.verdict in _FINE else judgement


def _judge_beside(experiment: Experiment, answers: Sequence[Answer]) -> list[Standing]:
    return [judge_check(check, answers) for check in experiment.checks if not check.is_hit and not check.is_control]


def _is_going_under(experiment: Experiment, answers: Sequence[Answer]) -> bool:
    """Answer whether what ended the run grew up to its end: its bad seconds are few, as they are what ended it."""
    before, during = (
        [answer for answer in answers if answer.phase is phase] for phase in (Phase.BASELINE, Phase.FAULT)
    )
    beside = [check for check in experiment.checks if not check.is_hit and not check.is_control]
    return any(is_going_under(check, during, before) for check in beside)


def _doubt_collapse(experiment: Experiment, during: Sequence[Answer], noise: str) -> str:
    """Return the noise, or nothing: where the seconds without it prove the collapse by themselves."""
    calm = list_calm(during)
    proves = any(standing.holding is Holding.SUFFERS for standing in _judge_beside(experiment, calm))
    return "" if proves and not find_noise(experiment.checks, calm) else noise


def _find_unseen(evidence: Evidence) -> str:
    if evidence.affected == 0:
        return "the fault was never seen: the injector says that it hit nothing"
    if evidence.probes >= _FEWEST_PROBES and evidence.felt == 0:
        return f"the fault was never seen: none of {evidence.probes} probes felt it, whatever the injector says"
    return ""


def _judge_lasting(experiment: Experiment, after: Sequence[Answer], noise: str) -> Judgement:
    """Judge a run after whose fault not all came back, and name what did not."""
    ended_s = max((answer.sent_s for answer in after), default=0.0)
    unwell = list_unwell(experiment.checks, after, ended_s) if after else []
    told = "; ".join(describe_answers(check, answers) for check, answers in unwell)
    why = f"not all came back within {experiment.recovery.total_seconds():g} s after the fault"
    lasting = Lasting.ERRORS if _fail_at_once(unwell) else Lasting.WAITS
    noise = noise or find_noise(experiment.checks, after)
    return _blame(experiment, f"{why}. In its last seconds {told}" if told else why, noise, lasting)


def find_unreached(experiment: Experiment, wire: Iterable[WireSample]) -> float:
    """Return which share of the calls under a fault failed, by its own injector, though the fault lets all pass."""
    seen = [sample for sample in wire if sample.phase is Phase.FAULT]
    calls = sum(sample.calls for sample in seen)
    if experiment.fault.kind not in _PASSED_ON or calls <= 0:
        return 0.0
    return min(1.0, sum(sample.failed for sample in seen) / calls)


def _fail_at_once(pairs: Iterable[tuple[SteadyCheck, Sequence[Answer]]]) -> bool:
    """Answer whether most bad answers were errors in the time that a good one may take: they waited for nothing."""
    return _are_most(pairs, lambda check, answer: not answer.is_open and answer.took_ms <= check.max_p95_ms)


def _is_waited_for(pairs: Iterable[tuple[SteadyCheck, Sequence[Answer]]]) -> bool:
    """Answer whether most bad answers were good but for their time, or did not come as long as somebody waited."""
    return _are_most(pairs, lambda check, answer: answer.ok or answer.took_ms >= check.timeout_s * 1000)


def _are_most(
    pairs: Iterable[tuple[SteadyCheck, Sequence[Answer]]], is_so: Callable[[SteadyCheck, Answer], bool]
) -> bool:
    bad = [(check, answer) for check, answers in pairs for answer in answers if not answer.is_good(check.max_p95_ms)]
    return sum(is_so(check, answer) for check, answer in bad) * 2 > len(bad)


def _blame(
    experiment: Experiment, why: str, noise: str, lasting: Lasting | None = None, failed: Sequence[str] = ()
) -> Judgement:
    if noise:
        return Judgement(Verdict.INCONCLUSIVE, f"{why}; but {noise}")
    fix_first = describe_fix(experiment, Verdict.COLLAPSED, failed=failed, lasting=lasting)
    return Judgement(Verdict.COLLAPSED, why, fix_first)


def _judge_hit(experiment: Experiment, during: Sequence[Answer], beside: Sequence[Standing], noise: str) -> Judgement:
    """Judge the journeys that the fault was to touch, once nothing else has suffered."""
    unclear = [standing.text for standing in beside if standing.holding is not Holding.HOLDS]
    if unclear:
        return Judgement(Verdict.INCONCLUSIVE, f"it cannot be told from chance: {'; '.join(unclear)}")
    hit = [(check, _select(check, during)) for check in experiment.checks if check.is_hit]
    few = [describe_answers(check, answers) for check, answers in hit if len(answers) < FEWEST]
    if few:
        return Judgement(Verdict.INCONCLUSIVE, f"too little was seen: {'; '.join(few)}")
    lost = [(check, answers) for check, answers in hit if _count_good(check, answers) < GRACEFUL_SHARE * len(answers)]
    if not lost:
        kept = "; ".join(describe_answers(check, answers) for check, answers in hit) or "no journey was to be hit"
        return Judgement(Verdict.GRACEFUL, f"all went on under the fault: {kept}")
    told = "; ".join(describe_answers(check, answers) for check, answers in lost)
    if not any(_is_lost(check, answers) for check, answers in lost):
        return Judgement(Verdict.INCONCLUSIVE, f"too close to {GRACEFUL_SHARE:.0%} to tell: {told}")
    if noise:
        calm = list_calm(during)
        still = [_is_lost(check, ours) for check, _ in lost if len(ours := _select(check, calm)) >= FEWEST]
        if not any(still) or find_noise(experiment.checks, calm):
            return Judgement(Verdict.INCONCLUSIVE, f"{told}; but {noise}")
    return Judgement(
        Verdict.CONTAINED,
        f"what was hit failed, and nothing else did: {told}",
        describe_fix(
            experiment, Verdict.CONTAINED, failed=[check.journey for check, _ in lost], waited=_is_waited_for(lost)
        ),
    )


def _select(check: SteadyCheck, answers: Sequence[Answer]) -> list[Answer]:
    return [answer for answer in answers if answer.journey == check.journey]


def _count_good(check: SteadyCheck, answers: Sequence[Answer]) -> int:
    return sum(answer.is_good(check.max_p95_ms) for answer in answers)


def _is_lost(check: SteadyCheck, answers: Sequence[Answer]) -> bool:
    """Answer whether it is certain enough that fewer good answers than asked for were kept."""
    _, high = compute_bounds(_count_good(check, answers), len(answers), LIKELY)
    return high < GRACEFUL_SHARE
