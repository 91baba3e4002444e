"""When the incident started, was detected, declared, mitigated and resolved, each with the item it is taken from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fermata.domain.trail import KeyTime, MessageKind, Participant, Trail
from fermata.rules.timeline import endings, phrases
from fermata.rules.timeline.curves import Shift, find_onset, is_felt
from fermata.rules.timeline.endings import find_grade
from fermata.rules.timeline.guesses import is_premature
from fermata.rules.timeline.posts import State
from fermata.rules.timeline.reading import Stage
from fermata.rules.timeline.reports import tells_trouble
from fermata.rules.timeline.stated import StatedTime, find_stated_times
from fermata.rules.timeline.tags import find_marks
from fermata.rules.timeline.talk import Heard

_AGREE = timedelta(minutes=20)
"""Between what is said and what is measured, for both to mean the same start."""
_TROUBLE = (State.INVESTIGATING, State.IDENTIFIED)
_SAID = re.compile(r"\bmitigated\b", re.IGNORECASE)
_SETTLING = timedelta(minutes=15)
"""After a metric's way back, in which people say that it is over."""
_HEARD_BEFORE = timedelta(minutes=12)
_AFTER = timedelta(minutes=3)
"""After a metric's move, at which it may be said to have started."""
_EARLY = timedelta(minutes=2)
"""Before a metric is back to normal, at which people may rightly say that it is over."""
_BEFORE = timedelta(minutes=90)
"""Before the first sign, in which a metric's move can be the incident's start."""
_GOOD = frozenset({"GOOD", "PERCENT", "QUANTITY", "FRACTION"})
"""Good news, or a measurement, which is good news once the metric is back."""
_SHIPS = re.compile(
    r"\b(?:deploy\w*|promot\w+|roll(?:ed|ing|s)? ?out|rollouts?|publish\w*|merged?|releas\w+|upgrad\w+|success\w*|"
    r"succeeded|completed|finished|build|pipeline|shipped|synced|live|started by|triggered by|backup|snapshot)\b|"
    r"(?:->|\u2192) ?(?:\d+ ?%|prod\w*)",
    re.IGNORECASE,
)
"""What a bot says of its own work: it detects nothing, however bad its words sound."""
_READ = 200
_SMALL = 2
"""The grade from which on a ticket is none of an emergency."""
_OUTLIVED = timedelta(minutes=5)
_REFIRES = timedelta(minutes=30)
_TOLD_MITIGATED = "it was said to be mitigated"
_NEWS = (MessageKind.OBSERVATION, MessageKind.MILESTONE, MessageKind.COMMUNICATION)


@dataclass(frozen=True, slots=True)
class _Sign:
    """Something that speaks for an end of the impact."""

    time: KeyTime
    text: str
    """What says so, where its words may say that it is not over yet."""


def find_key_times(
    trail: Trail,
    heard: Sequence[Heard],
    shifts: Sequence[Shift],
    relapses: Sequence[datetime],
    *,
    talk: Sequence[Heard] = (),
) -> dict[str, KeyTime]:
    """Return the key times that are told or measured; detected may precede declared.

    Args:
        heard: The incident's own messages that were not taken back, in the order of their time.
        shifts: Of the metrics that are about it.
        relapses: When people said that it is back.
        talk: All that is said of it: what users felt counts by whoever passed it on, even where no line tells it.
    """
    found: dict[str, KeyTime] = {}
    detected = _find_detected(heard)
    if detected is not None:
        detected = _find_report(trail, talk, detected) or detected
    if detected is not None:
        found["detected"] = detected
    declared = _find_declared(heard)
    if declared is not None:
        found["declared"] = _tell(declared, "it was declared")
    else:
        found |= _find_posted(heard, "declared", State.INVESTIGATING, State.IDENTIFIED)
    started = _find_started(trail, heard, shifts, detected)
    if started is not None:
        found["started"] = started
    begins = find_beginning(found)
    # What is said to be over before anything was wrong is another matter, or a time misread.
    since = heard if begins is None else [item for item in heard if item.message.at >= begins]
    return found | _find_ends(trail, since, shifts, relapses, begins)


def find_beginning(key_times: Mapping[str, KeyTime]) -> datetime | None:
    """Return the earlier of start and first sign, before which nothing can have ended; `None` where neither is told."""
    return min((key_times[name].at for name in ("started", "detected") if name in key_times), default=None)


def _find_posted(heard: Sequence[Heard], name: str, *states: State) -> dict[str, KeyTime]:
    """Return the last turn of a status page to one of the states, where it did not turn back."""
    found: Heard | None = None
    for item in heard:
        state = next((clause.post for clause in item.reading.clauses if clause.post is not None), None)
        if state in states:
            found = found or item
        elif state in _TROUBLE:
            found = None
    return {} if found is None else {name: _tell(found, f"a status page says so: {name}")}


def _tell(item: Heard, why: str, at: datetime | None = None) -> KeyTime:
    return KeyTime(at or item.message.at, item.message.id, why)


def _find_declared(heard: Sequence[Heard]) -> Heard | None:
    """Return the first declaration; of a ticket that a tool opened for something small, the one that raised it."""
    told = [item for item in heard if any(clause.stage is Stage.DECLARED for clause in item.reading.clauses)]
    first = told[0] if told else None
    if first is None or not first.message.is_bot or (grade := find_grade(first.message.text)) is None:
        return first
    if grade < _SMALL:
        return first
    raised = (item for item in told[1:] if (other := find_grade(item.message.text)) is not None and other < grade)
    return next(raised, first)


def _find_detected(heard: Sequence[Heard]) -> KeyTime | None:
    for item in heard:
        if any(clause.stage is Stage.ALERTED for clause in item.reading.clauses):
            return _tell(item, "an alert fired")
        if any(clause.post in _TROUBLE for clause in item.reading.clauses):
            return _tell(item, "a status page told of it")
        is_work = item.message.is_bot and _SHIPS.search(item.message.text[:_READ]) is not None
        if not is_work and any(_is_sign(clause.text) for clause in item.list_clauses(MessageKind.OBSERVATION)):
            return _tell(item, "somebody saw it")
        if any(clause.stage is Stage.DECLARED for clause in item.reading.clauses):
            return _tell(item, "it was declared, and nothing before it tells of it")
    return None


def _find_report(trail: Trail, talk: Sequence[Heard], detected: KeyTime) -> KeyTime | None:
    """Return the first word of users shortly before the first sign: what came hours before was another matter."""
    near = (item for item in talk if timedelta(0) < detected.at - item.message.at <= _HEARD_BEFORE)
    item = next((item for item in near if tells_trouble(item, trail.people)), None)
    return None if item is None else _tell(item, "users felt it")


def _is_sign(text: str) -> bool:
    is_trouble = phrases.SYMPTOM.search(text) or phrases.REPORTED.search(text) or "BAD" in set(find_marks(text))
    return bool(is_trouble)


def _find_started(
    trail: Trail, heard: Sequence[Heard], shifts: Sequence[Shift], detected: KeyTime | None
) -> KeyTime | None:
    said = _list_said_starts(trail, heard)
    exact = [(item, stated) for item, stated in said if not stated.is_rough]
    measured = find_onset([shift for shift in shifts if detected is None or abs(detected.at - shift.onset) <= _BEFORE])
    if exact:
        # Who names it last has looked closest, unless the metric says otherwise.
        near = [
            (item, stated)
            for item, stated in exact
            if measured is None or -_AGREE <= stated.at - measured.onset <= _AFTER
        ]
        if near:
            item, stated = near[-1]
            return _tell(item, "somebody says when it started", stated.at)
    if measured is not None:
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
            if not is_fact or clause.stage in (Stage.MITIGATED, Stage.RESOLVED, Stage.DECLARED) or item.message.is_bot:
                continue
            begins = phrases.STARTED.search(clause.text)
            if begins is None:
                continue
            zone = trail.people.get(item.message.user, Participant(item.message.user)).zone
            stated = find_stated_times(clause.text, item.message.at, zone)
            found += [(item, time) for time in stated[:1]]
    return found


def _find_ends(
    trail: Trail,
    heard: Sequence[Heard],
    shifts: Sequence[Shift],
    relapses: Sequence[datetime],
    begins: datetime | None,
) -> dict[str, KeyTime]:
    told = _list_told_ends(trail, heard, relapses, begins)
    found = {}
    if told[Stage.RESOLVED]:
        item, text = told[Stage.RESOLVED][-1]
        found["resolved"] = _tell(item, "it was said to be resolved", _date_end(trail, item, text))
    # What people say of an end goes before what a status page does.
    found = _find_posted(heard, "resolved", State.RESOLVED) | found
    if "resolved" in found and _is_fired_again(heard, found["resolved"].at):
        del found["resolved"]
    # What was closed hurt nobody any more: good news after it are of what was left to do.
    last = found["resolved"].at + _OUTLIVED if "resolved" in found else None
    mitigated = _find_mitigated(trail, heard, shifts, told[Stage.MITIGATED], relapses, last)
    if mitigated is not None:
        found["mitigated"] = mitigated
        # Who says "mitigated" after it was closed says that it was closed too early.
        if last is not None and mitigated.at > last:
            del found["resolved"]
    elif "resolved" in found:
        found["mitigated"] = KeyTime(
            found["resolved"].at, found["resolved"].citation, "nothing tells of it before its end"
        )
    return found


def _is_fired_again(heard: Sequence[Heard], end: datetime) -> bool:
    """Answer whether an alert that is news fired soon after an end: it was no end, whoever called it that."""
    return any(
        timedelta(0) < item.message.at - end <= _REFIRES
        for item in heard
        if any(clause.stage is Stage.ALERTED for clause in item.reading.clauses)
    )


def _find_mitigated(
    trail: Trail,
    heard: Sequence[Heard],
    shifts: Sequence[Shift],
    told: Sequence[tuple[Heard, str]],
    relapses: Sequence[datetime],
    last: datetime | None,
) -> KeyTime | None:
    """Return when users felt it no more: when somebody says so, else the first good news once a metric was back."""
    for item, text in told:
        if _SAID.search(text):
            return _tell(item, _TOLD_MITIGATED, _date_end(trail, item, text))
    back = _find_back(shifts)
    if back is not None and last is not None and back > last:
        back = None
    signs = [_Sign(_tell(item, _TOLD_MITIGATED, _date_end(trail, item, text)), text) for item, text in told]
    signs += _list_signs(heard, relapses, is_back=back is not None)
    posted = _find_posted(heard, "mitigated", State.MONITORING, State.RESOLVED)
    signs += [_Sign(time, "") for time in posted.values()]
    signs = [sign for sign in signs if last is None or sign.time.at <= last]
    if back is not None:
        late = [sign for sign in signs if sign.time.at >= back - _EARLY]
        signs = [sign for sign in late if sign.time.at - back <= _SETTLING] or late
    sure = [sign for sign in signs if not endings.PROGRESS.search(sign.text)]
    return min((sign.time for sign in sure or signs), key=lambda time: time.at, default=None)


def _list_signs(heard: Sequence[Heard], relapses: Sequence[datetime], *, is_back: bool) -> Iterator[_Sign]:
    """Yield what monitors say of an end, and good news, which only a metric that is back makes the end's."""
    for item in heard:
        clauses = item.reading.clauses
        if item.message.is_bot:
            if any(clause.stage is Stage.CLEARED for clause in clauses) and not is_premature(item, relapses):
                yield _Sign(_tell(item, "a monitor says that it is over"), "")
        elif is_back:
            text = " ".join(clause.text for clause in clauses if clause.kind in _NEWS and not clause.is_recap)
            if _GOOD.intersection(find_marks(text)) and not any(clause.stage is Stage.MITIGATED for clause in clauses):
                yield _Sign(_tell(item, "good news while the metric came back"), "")


def _find_back(shifts: Sequence[Shift]) -> datetime | None:
    """Return when the first metric of what users feel was back; of what machines use up where there is none."""
    back = [shift for shift in shifts if shift.recovered is not None]
    felt = [shift for shift in back if is_felt(shift)]
    return min((shift.recovered for shift in felt or back if shift.recovered is not None), default=None)


def _date_end(trail: Trail, item: Heard, text: str) -> datetime:
    """Return the minute that an end names, else when it was said."""
    zone = trail.people.get(item.message.user, Participant(item.message.user)).zone
    stated = find_stated_times(text, item.message.at, zone)
    return stated[-1].at if len(stated) == 1 and not stated[0].is_rough else item.message.at


def _list_told_ends(
    trail: Trail, heard: Sequence[Heard], relapses: Sequence[datetime], begins: datetime | None
) -> dict[Stage, list[tuple[Heard, str]]]:
    """Return the ends that people tell, without those that did not hold or lie before the beginning."""
    told: dict[Stage, list[tuple[Heard, str]]] = {Stage.MITIGATED: [], Stage.RESOLVED: []}
    for item in heard:
        for clause in item.reading.clauses:
            if clause.stage not in told or (item.message.is_bot and clause.stage is Stage.MITIGATED):
                continue
            if begins is not None and _date_end(trail, item, clause.text) < begins:
                continue
            if is_premature(item, relapses):
                for ends in told.values():
                    ends.clear()
            else:
                told[clause.stage].append((item, clause.text))
    return told
