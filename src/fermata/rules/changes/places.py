"""Where a change works and since when, against where and when the trouble begins."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from itertools import pairwise

from fermata.kit.units import format_duration
from fermata.rules.changes.charts import find_charted, find_valued
from fermata.rules.changes.climbs import FILLS
from fermata.rules.changes.live import TOLERANCE, Change, Effect
from fermata.rules.changes.signs import Sign
from fermata.rules.changes.symptoms import STORES, Moved, Symptoms

EXPLAINED = 0.6
"""What remains of the signs of a service that suffers from what it calls."""
_AT_ONCE = frozenset({"flag", "config", "terraform", "migration"})
_STEPS = ((12.0, 1.2), (45.0, 0.75), (240.0, 0.25), (1800.0, 0.0), (4320.0, -0.5))
# Minutes before the first sign, and what they are worth.
_SLOW = timedelta(minutes=10)  # What filled up in less is the fault itself.
_UNTRIED = 0.75
_DAY = timedelta(hours=30)
_UNSURE = 0.75  # Others were rolled out on record, this one was not: perhaps it never was.
_TROUBLED = 0.4
_CONTENT = frozenset({"null", "parse", "data", "schema", "encoding", "constraint"})


def judge_place(change: Change, effect: Effect, symptoms: Symptoms) -> tuple[Sign, float]:
    """Return the sign of place, and the share of a change's other signs that counts, 0..1.

    The share is less where what the changed service calls already explains its failure.
    """
    services = list_affected(change, effect, symptoms)
    if not services:
        return Sign("place", 0.5, "it names no service"), 1.0
    names = ", ".join(sorted(services)[:3])
    begins = services & symptoms.origins
    if begins:
        return Sign("place", 1.5, f"the trouble begins at {', '.join(sorted(begins)[:2])}"), 1.0
    accused = services & symptoms.accused
    if accused:
        return Sign("place", 1.5, f"what fails complains of {min(accused)}"), 1.0
    if any(name in symptoms.graph.callees.get(origin, ()) for origin in symptoms.origins for name in services):
        return Sign("place", 1.0, f"what fails first calls {names}"), 1.0
    calls = {callee for name in services for callee in symptoms.graph.callees.get(name, ())}
    used = sorted(name for name in calls & symptoms.origins if symptoms.kinds_of.get(name) in STORES)
    if used:
        # A store does what it is asked; what it is asked is its callers' doing.
        points = 1.25 if services & symptoms.failing else 1.0
        return Sign("place", points, f"{names} uses {used[0]}, where the trouble shows"), 1.0
    return _judge_distance(services, names, calls, symptoms)


def _judge_distance(services: frozenset[str], names: str, calls: set[str], symptoms: Symptoms) -> tuple[Sign, float]:
    """Judge the place of who is not where the trouble begins, by what ties it to what fails."""
    if services & symptoms.failing and any(symptoms.kinds_of.get(name) == "queue" for name in services):
        # Who takes from a queue is drawn as its callee, and waits for it, not the other way about.
        return Sign("place", 1.5, f"{names} fails"), 1.0
    if services & symptoms.refused:
        return Sign("place", 1.25, f"{names} sends what {min(calls & symptoms.origins)} refuses"), 1.0
    if services & symptoms.failing:
        return Sign("place", 0.25, f"{names} fails, and so does what it calls"), EXPLAINED
    if calls & symptoms.origins and any(symptoms.kinds_of.get(name) == "gateway" for name in services):
        return Sign("place", 0.75, f"{names} decides what reaches {min(calls & symptoms.origins)}"), 1.0
    fed = {callee for name in symptoms.failing for callee in symptoms.graph.callees.get(name, ())}
    # Of queues some draw the call the way of the message: the queue to who takes from it.
    fed |= {name for name in calls if symptoms.failing & set(symptoms.graph.callees.get(name, ()))}
    shared = sorted(name for name in calls & fed if symptoms.kinds_of.get(name) in STORES)
    if shared and (_CONTENT & symptoms.own_kinds.keys() or services & symptoms.woken):
        return Sign("place", 1.0, f"what fails reads from {shared[0]} what {names} writes"), 1.0
    if shared:
        # What one writes there the other reads.
        return Sign("place", 0.5, f"{names} shares {shared[0]} with what fails"), 1.0
    reachable = _list_reachable(symptoms)
    if services & reachable or calls & symptoms.failing:
        return Sign("place", 0.25, f"{names} has to do with what fails"), 0.8
    return _judge_stranger(services, names, calls, symptoms)


def _judge_stranger(services: frozenset[str], names: str, calls: set[str], symptoms: Symptoms) -> tuple[Sign, float]:
    """Judge the place of who neither fails nor is asked by what does."""
    if any(symptoms.origins & symptoms.graph.list_reachable(name) for name in services):
        return Sign("place", 0.25, f"what {names} asks for reaches what fails"), 0.8
    both = calls & _list_asked(symptoms)
    if both:  # Whatever the graph calls it, and though nothing of it is measured: they can be in each other's way.
        return Sign("place", 0.25, f"{names} asks {min(both)}, as what fails does"), 0.8
    if services <= symptoms.mapped and _are_well(services, symptoms):
        return Sign("place", -1.5, f"{names} is well, and nothing that fails depends on it"), 0.5
    return Sign("place", -0.75, f"nobody says what depends on {names}"), 0.8


def _list_asked(symptoms: Symptoms) -> frozenset[str]:
    """Return what those ask for that fail or were alerted of."""
    hurt = symptoms.failing | symptoms.alerted
    return frozenset(callee for name in hurt for callee in symptoms.graph.callees.get(name, ()))


def _list_reachable(symptoms: Symptoms) -> frozenset[str]:
    """Return what those ask for, directly or not, that fail first or were alerted of."""
    begin = symptoms.alerted | symptoms.origins
    if _CONTENT & symptoms.kinds.keys():  # What is wrong was put together from what several were asked for.
        begin |= symptoms.failing
    return frozenset(name for own in begin for name in symptoms.graph.list_reachable(own))


def _are_well(services: frozenset[str], symptoms: Symptoms) -> bool:
    return all(symptoms.abnormal.get(name, 0.0) < _TROUBLED for name in services)


def list_affected(change: Change, effect: Effect, symptoms: Symptoms) -> frozenset[str]:
    """Return the services a change works on: those it names, and the databases that a migration of theirs is run in."""
    services = effect.services
    if not services:
        told = " ".join([change.facts.ref, change.facts.title, *change.diff.paths])
        words = set(re.findall(r"[\w-]+", told))
        services = frozenset(name for name in symptoms.services if name in words)
    if not services:
        apps = {name for name in symptoms.services if symptoms.kinds_of.get(name) not in STORES}
        services = frozenset({find_valued(change.diff.effective, apps)} - {""})
    if not services and symptoms.charted:
        services = frozenset({find_charted(change.diff.hunks, symptoms.charted)} - {""})
    if change.facts.kind != "migration":
        return services
    callees = {callee for service in services for callee in symptoms.graph.callees.get(service, ())}
    return services | {name for name in callees if symptoms.kinds_of.get(name) in ("db", "cache")}


def judge_time(change: Change, effect: Effect, symptoms: Symptoms) -> Sign:
    """Return the sign of time: before the first sign, or before something of its services began to fill."""
    at = effect.find_time(symptoms.origins) or change.facts.changed_at
    ago, why = symptoms.began_at - at, effect.why
    filling = _find_filling(at, list_affected(change, effect, symptoms), symptoms)
    if filling is not None:
        ago = timedelta(seconds=filling.shift.onset - at.timestamp())
        name = filling.shift.series.metric
        later = f" {format_duration(max(ago, timedelta()))} after it" if change.facts.is_dated else ""
        why = f"{why}; {name} of {filling.service} began to climb{later}"
    points = _measure_time(ago / timedelta(minutes=1), at_once=change.facts.kind in _AT_ONCE)
    woken = list_affected(change, effect, symptoms) & symptoms.woken
    if woken and ago <= _DAY:  # It had no occasion to show before.
        points, why = max(points, _UNTRIED), f"{why}; {min(woken)} did next to nothing until then"
    return Sign("time", points if effect.certain else min(points, 0.25) - _UNSURE, why)


def _measure_time(minutes: float, *, at_once: bool) -> float:
    """Return the points of time: a straight line between the steps, so that no minute decides."""
    steps = ((4.0, 1.75 if at_once else 1.25), *_STEPS)
    if minutes <= steps[0][0]:
        return steps[0][1]
    for (early, high), (late, low) in pairwise(steps):
        if minutes <= late:
            return round(high - (high - low) * (minutes - early) / (late - early), 2)
    return steps[-1][1]


def _find_filling(at: datetime, services: frozenset[str], symptoms: Symptoms) -> Moved | None:
    """Return what of these services first began to fill after an instant, which may hurt hours later only."""
    since, until = (at - TOLERANCE).timestamp(), (symptoms.began_at - _SLOW).timestamp()
    filling = (
        item
        for item in symptoms.moved
        if item.service in services and item.shift.series.meaning.kind in FILLS and since <= item.shift.onset < until
    )
    return min(filling, key=lambda item: item.shift.onset, default=None)
