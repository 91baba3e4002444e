"""Load that comes in by the door: nobody changed anything, there are only more guests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from fermata.rules.changes.outside_cause import SURGE, Outside, quote_metric, quote_telling
from fermata.rules.changes.symptoms import Moved, Symptoms
from fermata.rules.metrics.semantics import Kind

_ENTRY = frozenset({"gateway", "external", "loadgen"})
_DOORS = frozenset({"gateway", "loadgen"})
_EACH = 1.3  # Requests behind the door for each at it.
_SOON = timedelta(minutes=5)
_GAP_S = 120.0  # Less may be the same trouble, from one look at a metric to the next.
_WORK = re.compile(r"rows|reads?|scans?|blocks|queries|commands?|cmd|lookups|fetch", re.IGNORECASE)
_REDIRECTS = re.compile(r"redirect|(?<![a-z0-9])3xx(?![a-z0-9])|\b30[12378]\b", re.IGNORECASE)
_TOLD = 0.25
_MORE_WORK = 4.0  # Times as much as the load grew: what is done for each request grew, and no guest does that.


def find_surge(symptoms: Symptoms) -> Iterator[Outside]:
    """Find load that comes in by the door, and grows no more behind it than at it."""
    grown = {
        item.service: item
        for item in symptoms.moved
        if item.shift.series.meaning.kind is Kind.TRAFFIC
        and (item.shift.ratio or 0.0) >= SURGE
        and item.shift.onset <= _find_latest(item, symptoms)
    }
    if symptoms.usual & grown.keys():  # As much came in at that hour on other days, and nothing failed then.
        return
    doors = [
        item
        for name, item in grown.items()
        if not any(
            symptoms.kinds_of.get(caller) not in _ENTRY and caller not in grown
            for caller in symptoms.graph.callers.get(name, ())
        )
        and not any(caller in grown for caller in symptoms.graph.callers.get(name, ()))
    ]
    if doors:
        door = max(doors, key=lambda item: item.shift.strength)
        ratio = door.shift.ratio or 0.0
        # Load that grows behind the door, or past services that get as much as ever, is somebody's repetition.
        level = {series.service for series in symptoms.steady if series.meaning.kind is Kind.TRAFFIC}
        # A part that little is asked of may grow more times than the door, by no more requests than came in there.
        come_in = _EACH * (door.shift.after - door.shift.before)
        beyond = any(
            (item.shift.ratio or 0.0) > 2 * ratio and item.shift.after - item.shift.before > come_in
            for item in grown.values()
        )
        repeated = (
            beyond
            or _is_more_work(symptoms, ratio)
            or _is_sent_back(symptoms)
            or len(level & symptoms.failing) >= len(grown)
        )
        entries = {name for name, kind in symptoms.kinds_of.items() if kind in _DOORS}
        # Load that begins further in is a job of our own, or somebody's switch.
        begins_inside = bool(entries & symptoms.watched) and not _is_door(door.service, entries, symptoms)
        confidence = 0.4 if repeated else 0.45 if begins_inside else 0.9 if ratio >= 4 else 0.7
        yield Outside(
            "traffic_surge", door.service,
            f"{door.words}, before or as it began to fail: more came in than usual.", confidence,
            (quote_metric(door), *(quote_telling(one) for one in symptoms.tellings[:1])),
            "Shed or queue load at the door, and add capacity.",
        )  # fmt: skip


def _find_latest(item: Moved, symptoms: Symptoms) -> float:
    """Return until when, in epoch seconds, load may have grown to be what it began with.

    What failed before it, and was over when it came, as a deployment's own minute is, was another trouble.
    """
    latest = (symptoms.began_at + _SOON).timestamp()
    ends = [
        one.last_at for one in symptoms.tellings if one.severe and one.at is not None and one.at.timestamp() < latest
    ]
    is_over = bool(ends) and all(end is not None and end.timestamp() < item.shift.onset - _GAP_S for end in ends)
    return symptoms.onset.timestamp() if is_over else latest


def _is_more_work(symptoms: Symptoms, ratio: float) -> bool:
    """Answer whether a store is asked for far more, and not only because more came in at the door."""
    return any(
        symptoms.kinds_of.get(item.service) in ("db", "cache")
        and _WORK.search(item.shift.series.metric)
        and (item.shift.ratio or 0.0) >= _MORE_WORK * ratio
        for item in symptoms.moved
    )


def _is_sent_back(symptoms: Symptoms) -> bool:
    """Answer whether far more are redirected since: who is sent to where it came from comes again, and again."""
    lines = (text for one in symptoms.tellings if one.weight >= _TOLD for text in one.samples)
    metrics = (item.shift.series.metric for item in symptoms.moved if item.shift.after > item.shift.before)
    return any(_REDIRECTS.search(text) for text in (*lines, *metrics, symptoms.alert_text))


def _is_door(service: str, entries: set[str], symptoms: Symptoms) -> bool:
    """Answer whether requests from outside arrive there: an entry, or called by one that nobody measured."""
    callers = set(symptoms.graph.callers.get(service, ()))
    return symptoms.kinds_of.get(service) in _ENTRY or bool(callers & entries - symptoms.watched)
