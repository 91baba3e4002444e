"""When the incident started: by what was measured, corrected by who says so exactly, not by its trigger."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from fermata.domain.trail import KeyTime, MessageKind, Participant, Trail
from fermata.rules.timeline import phrases
from fermata.rules.timeline.curves import Shift, find_onset, find_shift
from fermata.rules.timeline.harm import list_spans
from fermata.rules.timeline.reading import Stage
from fermata.rules.timeline.stated import StatedTime, find_stated_times
from fermata.rules.timeline.talk import Heard

_AGREE = timedelta(minutes=5)
"""Between what is said and what is measured, for both to mean the same start: people round, and mean the trigger."""
_NEAR = timedelta(minutes=90)
"""Around the first sign, in which a metric's move can be the incident's start."""
_LONG_BEFORE = timedelta(hours=10)
"""The same where nothing moved nearer: some trouble is seen hours late."""
_TOGETHER = timedelta(minutes=10)
"""Around the move of the incident's own metric, in which another's move is of the same trouble."""
_DOING = re.compile(r"\bsince\b.{0,30}\b(?:i|we)(?:'?ve|'?m|'?re| have| had| am| are| was| were)\b", re.IGNORECASE)
"""Since when somebody does something about it: "since 22:03 i've had a profiler up"."""
_NOT_OF_IT = (Stage.MITIGATED, Stage.RESOLVED, Stage.DECLARED)


def find_started(
    trail: Trail, heard: Sequence[Heard], shifts: Sequence[Shift], detected: KeyTime | None
) -> KeyTime | None:
    """Return when the incident started; `None` when nothing tells.

    Args:
        heard: The incident's own messages that tell events, in the order of their time.
        shifts: Of the metrics that are about it.
        detected: The first sign of it.
    """
    said = _list_said(trail, heard)
    measured = _find_measured(trail, shifts, detected)
    # Who names it last has looked closest, unless the metric says otherwise.
    exact = [
        (item, stated)
        for item, stated in said
        if not stated.is_rough and (measured is None or abs(stated.at - measured.onset) <= _AGREE)
    ]
    # Hours before anybody saw it is when its trigger came, where somebody else dates the trouble itself.
    near = [pair for pair in exact if detected is not None and abs(detected.at - pair[1].at) <= _NEAR]
    if exact:
        item, stated = (near or exact)[-1]
        return KeyTime(stated.at, item.message.id, "somebody says when it started")
    if measured is not None:
        return KeyTime(measured.onset, measured.curve.id, "the metric left its normal range")
    if said:
        item, stated = said[-1]
        return KeyTime(stated.at, item.message.id, "somebody says about when it started")
    if detected is not None:
        return KeyTime(detected.at, detected.citation, "the first sign of it; when it began is not told")
    return None


def _find_measured(trail: Trail, shifts: Sequence[Shift], detected: KeyTime | None) -> Shift | None:
    """Return the move that is the start, of all metrics: the one in the title is not always the first that hurt."""
    if detected is None:
        return find_onset(shifts)
    own = [shift for shift in shifts if abs(detected.at - shift.onset) <= _NEAR]
    moved = [shift for curve in trail.curves if (shift := find_shift(curve)) is not None]
    near = [shift for shift in moved if abs(detected.at - shift.onset) <= _NEAR]
    if own:
        first = min(shift.onset for shift in own)
        near = [shift for shift in near if abs(shift.onset - first) <= _TOGETHER]
    late = [shift for shift in shifts if timedelta(0) <= detected.at - shift.onset <= _LONG_BEFORE]
    return find_onset(near or late)


def _list_said(trail: Trail, heard: Sequence[Heard]) -> list[tuple[Heard, StatedTime]]:
    found = []
    for item in heard:
        for clause in item.reading.clauses:
            is_fact = clause.kind in (MessageKind.OBSERVATION, MessageKind.MILESTONE)
            if not is_fact or clause.stage in _NOT_OF_IT or item.message.is_bot:
                continue
            if phrases.STARTED.search(clause.text) is None or _DOING.search(clause.text) is not None:
                continue
            zone = trail.people.get(item.message.user, Participant(item.message.user)).zone
            stated = find_stated_times(clause.text, item.message.at, zone)
            found += [(item, time) for time in stated[:1]]
    # "We lost 212 orders between 10:26 and 11:10" dates the harm by the first of them.
    spans = [span for span in list_spans(heard, trail.people) if span.first is not None]
    found += [(span.by, StatedTime(span.first, 0)) for span in spans if span.first is not None]
    return sorted(found, key=lambda pair: pair[0].message.at)
