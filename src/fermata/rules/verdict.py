"""Did it help? Readings before and after an execution become one verdict. Called by the verification in leg 2."""

from __future__ import annotations

from collections.abc import Sequence

from fermata.domain.action import Outcome, PlannedAction
from fermata.domain.execution import HealthReading, StepResult, VerificationVerdict
from fermata.domain.record import Record, Text


class VerdictText(Record):
    """A verdict and the sentence that carries it."""

    verdict: VerificationVerdict
    text: Text


def judge_recovery(
    before: Sequence[HealthReading], after: Sequence[HealthReading], firing_alerts: Sequence[str]
) -> VerdictText:
    """Compare the readings of both sides; the latest reading of an entity counts.

    `worse` is looked for first: one entity that was healthy and is not, or that is further from normal than before.
    `restored` needs every entity read on either side healthy now, and no alert of the incident firing. No reading
    afterwards, or one that is missing, is never `restored`.

    Args:
        before: Readings from right before the execution, in any order; may be empty.
        after: Readings from the end of verification, in any order.
        firing_alerts: Names of the incident's alerts that still fire.
    """
    was, now = _keep_latest(before), _keep_latest(after)
    declined = [(was[ref], now[ref]) for ref in was if ref in now and _is_worse(was[ref], now[ref])]
    if declined:
        words = [f"{new.entity.ref}: {new.text} (before: {old.text})" for old, new in declined]
        return VerdictText(verdict=VerificationVerdict.WORSE, text="; ".join(words))
    missing = [f"{ref} could not be read" for ref in was if ref not in now]
    open_points = [f"{ref}: {reading.text}" for ref, reading in now.items() if not reading.healthy] + missing
    if not now and not missing:
        open_points = ["nothing could be read"]
    if firing_alerts:
        names = sorted(set(firing_alerts))
        open_points.append(f"still firing: {', '.join(names)}")
    if open_points:
        return VerdictText(verdict=VerificationVerdict.UNCHANGED, text="; ".join(open_points))
    healthy = "; ".join(f"{ref}: {reading.text}" for ref, reading in now.items())
    return VerdictText(verdict=VerificationVerdict.RESTORED, text=f"{healthy}; no alert fires")


def tell_not_done(actions: Sequence[PlannedAction], steps: Sequence[StepResult]) -> str:
    """Say which steps of a plan were not done, and why; empty when all were, or when none has failed yet.

    A verdict about the whole says nothing of that: what was done may have helped, or it passed by itself.

    Args:
        actions: The plan's, in order.
        steps: What came of those that were begun, in any order.
    """
    known = {step.action_id: step.result for step in steps}
    if all(result.outcome is not Outcome.FAILED for result in known.values()):
        return ""
    told = []
    for number, action in enumerate(actions, 1):
        result = known.get(action.id)
        if result is not None and result.outcome is not Outcome.FAILED:
            continue
        why = result.detail if result is not None else "It was not begun after that."
        told.append(f"Step {number} of {len(actions)} was not done: {action.name} on {action.target.ref}. {why}")
    return " ".join(told)


def _keep_latest(readings: Sequence[HealthReading]) -> dict[str, HealthReading]:
    return {reading.entity.ref: reading for reading in sorted(readings, key=lambda reading: reading.at)}


def _is_worse(old: HealthReading, new: HealthReading) -> bool:
    return not new.healthy and (old.healthy or new.severity > old.severity)
