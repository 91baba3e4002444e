"""What people took back during the incident, and whether that helped: a change undone without effect was not it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from fermata.rules.changes.live import Change, Rollouts
from fermata.rules.changes.symptoms import Symptoms
from fermata.rules.metrics.semantics import Kind

_BACK = re.compile(r"roll(?:ed|ing)?[ -]?back|revert|previous|restore|undo|back to", re.IGNORECASE)
_SYMPTOMS = (Kind.ERRORS, Kind.LATENCY, Kind.SUCCESS)
_SETTLES = timedelta(minutes=5)
_LOOKED_AT = timedelta(minutes=10)
_NEAR = 0.35  # Of the way between normal and the fault: what is left when a service recovers.


@dataclass(frozen=True, slots=True)
class Undoing:
    """A change that was taken back."""

    by: str
    at: datetime
    helped: bool | None
    """`None` when the metrics end too early, or do not agree."""


def find_undoing(change: Change, changes: Sequence[Change], rollouts: Rollouts, symptoms: Symptoms) -> Undoing | None:
    """Return who took a change back after the fault began, if anybody did."""
    carrier = rollouts.find_running_carrier(change)
    for later in changes:
        at = later.facts.changed_at
        if (
            at > symptoms.began_at
            and later.id != change.id
            and rollouts.is_done(later)
            and _undoes(later, change, carrier)
        ):
            return Undoing(later.id, at, _has_helped(symptoms, at))
    return None


def _undoes(later: Change, change: Change, carrier: Change | None) -> bool:
    own, other = change.facts, later.facts
    if own.kind == "flag":
        return other.kind == "flag" and other.ref == own.ref and bool(own.ref)
    if carrier is not None:
        return later.is_release and other.service == carrier.facts.service and bool(_BACK.search(other.title))
    if own.kind != other.kind or not _BACK.search(other.title):
        return False
    return bool(own.service and own.service == other.service) or bool(set(change.diff.paths) & set(later.diff.paths))


def _has_helped(symptoms: Symptoms, at: datetime) -> bool | None:
    """Answer whether what fails came back to normal after an instant."""
    recovered = []
    begin = (at + _SETTLES).timestamp()
    for item in symptoms.moved:
        series, shift = item.shift.series, item.shift
        if series.meaning.kind not in (Kind.ERRORS, Kind.LATENCY, Kind.SUCCESS) or item.service not in symptoms.failing:
            continue
        after = [
            value
            for time, value in zip(series.times, series.values, strict=True)
            if time >= begin and value is not None
        ]
        if series.times[-1] - at.timestamp() >= _LOOKED_AT.total_seconds() and len(after) >= 3:
            recovered.append(abs(median(after[-5:]) - shift.before) <= _NEAR * abs(shift.after - shift.before))
    if not recovered:
        return None
    share = sum(recovered) / len(recovered)
    return True if share >= 0.6 else False if share <= 0.2 else None
