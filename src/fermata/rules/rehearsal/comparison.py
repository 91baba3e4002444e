"""The prediction beside the measurement, and what follows from both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum, auto

from fermata.domain.experiment import (
    Expected,
    Experiment,
    ExperimentResult,
    Measured,
    Phase,
    Prediction,
    SteadyCheck,
    Verdict,
    WireSample,
)
from fermata.rules.rehearsal.steadiness import FEWEST, GRACEFUL_SHARE, LIKELY, compute_bounds


class Lasting(Enum):
    """How an outage goes on after its fault."""

    WAITS = auto()
    """Nothing is answered in time."""
    ERRORS = auto()
    """Errors are, in the time that a good answer may take."""


_NAMES: Mapping[str, tuple[str, str]] = {
    "in_flight": ("calls in flight", ""),
    "calls_per_s": ("calls ended a second", ""),
    "wait_ms": ("mean time of a call", " ms"),
}
_SHOWS: Mapping[Expected, Verdict] = {
    Expected.COLLAPSE: Verdict.COLLAPSED,
    Expected.DEGRADE: Verdict.CONTAINED,
    Expected.GRACEFUL: Verdict.GRACEFUL,
}
_SERVED = 0.5
"""Of the answers: a journey that is for certain answered less often is lost, which is what a plan calls a collapse."""
_LOAD_KEPT = 0.8
"""Of the rate that a prediction is for: what came less often than this did not try it. Some seconds of a steady rate
vary by a tenth."""
_SAFE = 0.9
"""Of the pool: above it, arrivals that bunch fill it (`rules/weakness/formulas`)."""


def list_failing(checks: Sequence[SteadyCheck], measured: Sequence[Measured]) -> tuple[Measured, ...]:
    """Return what was measured under the fault of the journeys to be hit that for certain kept too few answers.

    An answer in time with a good status counts, however long it took.
    """
    hit = {check.journey for check in checks if check.is_hit}
    under = (item for item in measured if item.journey in hit and item.phase is Phase.FAULT)
    return tuple(item for item in under if _is_below(item, GRACEFUL_SHARE))


def is_handled(experiment: Experiment, result: ExperimentResult) -> bool:
    """Answer whether the fault was handled: nothing else suffered, and what was hit was answered all the same.

    Slower is allowed; half of the answers are not, whoever foresaw it: those users got an error. Not where the load was
    missing that the prediction is for: nothing was shown then.
    """
    is_held = result.verdict in (Verdict.GRACEFUL, Verdict.CONTAINED)
    is_tried = not find_short_load(experiment.prediction, result.wire)
    return is_held and is_tried and not list_failing(experiment.checks, result.measured)


def find_short_load(prediction: Prediction, wire: Sequence[WireSample]) -> str:
    """Say that fewer calls came before the fault than the prediction is for; empty where enough did, or nobody knows.

    Args:
        wire: Of the whole run. Under the fault itself a full pool lets fewer calls through, whatever is asked.
    """
    rate = prediction.numbers.get("rate_rps")
    before = [sample for sample in wire if sample.phase is Phase.BASELINE]
    if not isinstance(rate, int | float) or not before:
        return ""
    came = sum(sample.calls for sample in before) / sum(sample.seconds for sample in before)
    if came >= _LOAD_KEPT * rate:
        return ""
    return f"calls a second before the fault: the prediction is for {_write(rate)}, and {_write(came)} came"


def _is_below(item: Measured, share: float) -> bool:
    """Answer whether for certain fewer than this share of the questions were answered."""
    if item.ok_ratio is None or item.requests < FEWEST:
        return False
    return compute_bounds(round(item.ok_ratio * item.requests), item.requests, LIKELY)[1] < share


def compare(
    prediction: Prediction,
    verdict: Verdict,
    measured: Mapping[str, float],
    *,
    failing: Sequence[Measured] = (),
    wire: Sequence[WireSample] = (),
) -> tuple[str, ...]:
    """Return prediction beside measurement, a line for each that both have, and one for the outcome.

    Args:
        measured: By the names of the prediction's numbers: `in_flight`, `calls_per_s`, `wait_ms`.
        failing: As `list_failing`: one that is lost is what a plan calls a collapse, without being the verdict of that
            name.
        wire: As `find_short_load`: a prediction for another load is not refuted by a run without it.
    """
    short = find_short_load(prediction, wire)
    lines = [f"{short}; --rate asks more often"] if short else []
    for name, (words, unit) in _NAMES.items():
        for key, bound in ((name, ""), (f"most_{name}", "at most ")):
            predicted = prediction.numbers.get(key)
            if isinstance(predicted, int | float) and name in measured:
                both = (_write(predicted), _write(measured[name]))
                lines.append(f"{words}: {bound}{both[0]}{unit} predicted, {both[1]}{unit} measured")
    failing = failing if verdict is Verdict.CONTAINED else ()
    is_lost = any(_is_below(item, _SERVED) for item in failing)
    gone = f" ({', '.join(map(_tell_service, failing))})" if failing else ""
    told = _tell_outcome(prediction, verdict, is_lost=is_lost)
    if short and told in ("as predicted", "not as predicted") and verdict is not Verdict.COLLAPSED and not is_lost:
        told = "not tried at the load that it is for"
    lines.append(f"outcome: {prediction.expected.value} predicted, {verdict.value} measured{gone}: {told}")
    return tuple(lines)


def _tell_service(item: Measured) -> str:
    if _is_below(item, _SERVED):
        return f"{item.journey} no longer served"
    return f"{item.journey} served in part: {item.ok_ratio or 0:.0%} answered"


def _tell_outcome(prediction: Prediction, verdict: Verdict, *, is_lost: bool) -> str:
    shown = _SHOWS.get(prediction.expected)
    if verdict in (Verdict.INCONCLUSIVE, Verdict.INVALID) or shown is None:
        return "nothing to compare"
    # A plan speaks of journeys: it says "collapse" of one that is lost, "degrade" of one that is still served. What was
    # computed for a single call (it names no weak point) says nothing of who asks behind it.
    if is_lost and prediction.expected is Expected.COLLAPSE:
        return "as predicted"
    if is_lost and prediction.expected is Expected.DEGRADE and prediction.weak_point:
        return "worse than predicted"
    return "as predicted" if shown is verdict else "not as predicted"


def describe_fix(
    experiment: Experiment,
    verdict: Verdict,
    *,
    failed: Sequence[str] = (),
    waited: bool = False,
    lasting: Lasting | None = None,
) -> str:
    """Say what to change first; empty when nothing failed.

    Args:
        failed: For `contained` the journeys that the fault was to hit and that did not go on; others that it was to
            hit may have. For `collapsed` those beside it, where they failed with errors that waited for nothing.
        waited: For `contained`: most of what they lost was not failed with but waited for.
        lasting: How journeys that did not come back still failed after the fault; `None`: all came back.
    """
    target, numbers = experiment.target, experiment.prediction.numbers
    whom = f"{target.service}'s calls to {target.callee}" if target.callee else f"the calls to {target.service}"
    if verdict is Verdict.CONTAINED:
        who = ", ".join(failed)
        # A fallback that stands behind a wait without end is never reached.
        bound = f"Bound how long {who} waits for {whom}: a timeout, retries included. Then let" if waited else "Let"
        return (
            f"{bound} {who} go on without an answer: a fallback for {whom}, and a breaker, so that nobody waits for it."
        )
    if verdict is not Verdict.COLLAPSED:
        return ""
    if lasting is Lasting.ERRORS:
        return (
            f"Find out what goes on failing after {whom}: errors that come at once wait for nothing. Often a breaker "
            "stays open for too long, or a connection that broke is not made anew."
        )
    if lasting is Lasting.WAITS:
        return f"Bound what waits for {whom}: a queue that outlives the fault keeps the outage going after it."
    if failed:
        who = ", ".join(failed)
        return (
            f"Find out why {who} fails with {whom}, at once and not by waiting: give it a fallback, or keep the call "
            "out of it. Where it is meant to need the call, say so with --hit, and rehearse it again."
        )
    rate, pool = numbers.get("rate_rps"), numbers.get("pool")
    if isinstance(rate, int | float) and isinstance(pool, int | float) and rate > 0:
        longest_ms = pool / rate * 1000 * _SAFE
        return (
            f"Give {whom} a timeout of at most {longest_ms:.0f} ms, retries included: {pool:g} slots at {rate:.3g} "
            "calls/s bear no more. Then give them slots of their own, so that a full pool holds nobody else."
        )
    return f"Give {whom} a timeout, and slots of their own, so that those who wait for them hold nobody else."


def _write(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
