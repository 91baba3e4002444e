"""The prediction beside the measurement, and what follows from both."""

from __future__ import annotations

from collections.abc import Mapping

from fermata.domain.experiment import Expected, Experiment, Prediction, Verdict

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
_SAFE = 0.9
"""Of the pool: above it, arrivals that bunch fill it (`rules/weakness/formulas`)."""


def compare(prediction: Prediction, verdict: Verdict, measured: Mapping[str, float]) -> tuple[str, ...]:
    """Return prediction beside measurement, a line for each that both have, and one for the outcome.

    Args:
        measured: By the names of the prediction's numbers: `in_flight`, `calls_per_s`, `wait_ms`.
    """
    lines = []
    for name, (words, unit) in _NAMES.items():
        for key, bound in ((name, ""), (f"most_{name}", "at most ")):
            predicted = prediction.numbers.get(key)
            if isinstance(predicted, int | float) and name in measured:
                both = (_write(predicted), _write(measured[name]))
                lines.append(f"{words}: {bound}{both[0]}{unit} predicted, {both[1]}{unit} measured")
    shown = _SHOWS.get(prediction.expected)
    if verdict in (Verdict.INCONCLUSIVE, Verdict.INVALID) or shown is None:
        told = "nothing to compare"
    else:
        told = "as predicted" if shown is verdict else "not as predicted"
    lines.append(f"outcome: {prediction.expected.value} predicted, {verdict.value} measured: {told}")
    return tuple(lines)


def describe_fix(experiment: Experiment, verdict: Verdict, *, came_back: bool = True) -> str:
    """Say what to change first; empty when nothing failed."""
    target, numbers = experiment.target, experiment.prediction.numbers
    whom = f"{target.service}'s calls to {target.callee}" if target.callee else f"the calls to {target.service}"
    if verdict is Verdict.CONTAINED:
        hit = ", ".join(check.journey for check in experiment.checks if check.is_hit)
        return f"Let {hit} go on without an answer: a fallback for {whom}, and a breaker, so that nobody waits for it."
    if verdict is not Verdict.COLLAPSED:
        return ""
    if not came_back:
        return f"Bound what waits for {whom}: a queue that outlives the fault keeps the outage going after it."
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
