"""When the incident started, was detected, declared, mitigated and resolved, each with the item it is taken from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from fermata.domain.trail import KeyTime, MessageKind, Participant, Trail
from fermata.rules.timeline import phrases
from fermata.rules.timeline.curves import Shift
from fermata.rules.timeline.guesses import is_premature, list_relapses
from fermata.rules.timeline.reading import Stage
from fermata.rules.timeline.stated import StatedTime, find_stated_times
from fermata.rules.timeline.talk import Heard

_AGREE = timedelta(minutes=20)
"""Between what is said and what is measured, for both to mean the same start."""
_BEFORE = timedelta(minutes=90)
"""Before the first sign, in which a metric's move can be the incident's start."""


def find_key_times(trail: Trail, heard: Sequence[Heard], shifts: Sequence[Shift]) -> dict[str, KeyTime]:
    """Return the key times that are told or measured; detected may precede declared.

    Args:
        heard: The incident's own messages that were not taken back, in the order of their time.
        shifts: Of the metrics that are about it.
    """
    found: dict[str, KeyTime] = {}
    detected = _find_detected(heard)
    if detected is not None:
        found["detected"] = detected
    declared = _find_stage(heard, Stage.DECLARED)
    if declared is not None:
        found["declared"] = _tell(declared, "it was declared")
    started = _find_started(trail, heard, shifts, detected)
    if started is not None:
        found["started"] = started
    ends = _find_ends(trail, heard)
    return found | ends


def _tell(item: Heard, why: str, at: datetime | None = None) -> KeyTime:
    return KeyTime(at or item.message.at, item.message.id, why)


def _find_stage(heard: Sequence[Heard], *stages: Stage) -> Heard | None:
    return next((item for item in heard if any(clause.stage in stages for clause in item.reading.clauses)), None)


def _find_detected(heard: Sequence[Heard]) -> KeyTime | None:
    for item in heard:
        if any(clause.stage is Stage.ALERTED for clause in item.reading.clauses):
            return _tell(item, "an alert fired")
        if item.list_clauses(MessageKind.OBSERVATION):
            return _tell(item, "somebody saw it")
        if any(clause.stage is Stage.DECLARED for clause in item.reading.clauses):
            return _tell(item, "it was declared, and nothing before it tells of it")
    return None


def _find_started(
    trail: Trail, heard: Sequence[Heard], shifts: Sequence[Shift], detected: KeyTime | None
) -> KeyTime | None:
    said = _list_said_starts(trail, heard)
    exact = [(item, stated) for item, stated in said if not stated.is_rough]
    measured = min(
        (shift for shift in shifts if detected is None or abs(detected.at - shift.onset) <= _BEFORE),
        key=lambda shift: shift.onset,
        default=None,
    )
    if exact:
        # Who names it last has looked closest.
        item, stated = exact[-1]
        return _tell(item, "somebody says when it started", stated.at)
    if measured is not None and (not said or abs(said[-1][1].at - measured.onset) <= _AGREE):
        return KeyTime(measured.onset, measured.curve.id, "the metric left its normal range")
    if said:
        item, stated = said[-1]
        return _tell(item, "somebody says about when it started", stated.at)
    if detected is not None:
        return KeyTime(detected.at, detected.citation, "the first sign of it; when it began is not told")
    return None


def _list_said_starts(trail: Trail, heard: Sequence[Heard]) -> list[tuple[Heard, StatedTime]]:
    found = []
    for item in heard:
        for clause in item.reading.clauses:
            is_fact = clause.kind in (MessageKind.OBSERVATION, MessageKind.MILESTONE)
            if not is_fact or clause.stage in (Stage.MITIGATED, Stage.RESOLVED) or item.message.is_bot:
                continue
            begins = phrases.STARTED.search(clause.text)
            if begins is None:
                continue
            zone = trail.people.get(item.message.user, Participant(item.message.user)).zone
            stated = find_stated_times(clause.text, item.message.at, zone)
            found += [(item, time) for time in stated[:1]]
    return found


def _find_ends(trail: Trail, heard: Sequence[Heard]) -> dict[str, KeyTime]:
    ends: dict[str, tuple[Heard, str]] = {}
    relapses = list_relapses(heard)
    for item in heard:
        for clause in item.reading.clauses:
            if clause.stage not in (Stage.MITIGATED, Stage.RESOLVED) or (
                item.message.is_bot and clause.stage is Stage.MITIGATED
            ):
                continue
            if is_premature(item, relapses):
                ends.clear()
                continue
            ends.setdefault(str(clause.stage), (item, clause.text))
    found = {}
    for name, (item, text) in ends.items():
        zone = trail.people.get(item.message.user, Participant(item.message.user)).zone
        stated = find_stated_times(text, item.message.at, zone)
        at = stated[-1].at if len(stated) == 1 and not stated[0].is_rough else item.message.at
        found[name] = _tell(item, f"it was said to be {name}", at)
    if "resolved" in found and "mitigated" not in found:
        found["mitigated"] = KeyTime(
            found["resolved"].at, found["resolved"].citation, "nothing tells of it before its end"
        )
    return found
