"""When the incident started: by what was measured, corrected by who says so exactly, not by its trigger."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from fermata.domain.trail import KeyTime, MessageKind, Participant, Trail
from fermata.rules.timeline import phrases
from fermata.rules.timeline.curves import Shift, find_onset, find_shift
from fermata.rules.timeline.dated import dates_signal
from fermata.rules.timeline.harm import list_spans
from fermata.rules.timeline.reading import Stage
from fermata.rules.timeline.stated import StatedTime, find_stated_times
from fermata.rules.timeline.tags import find_tags
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
_FACTS = (MessageKind.OBSERVATION, MessageKind.MILESTONE)
_SETS_IN = re.compile(
    r"\b(?:started|began|starts|begins) (?:to )?(?:climb|ris|fall|fail|grow|drop|tim(?:e|ing) out|error|flap|crash|"
    r"fill|leak|lag|spik|pil|queu|degrad|slow|increas|decreas|stall|hang)\w*",
    re.IGNORECASE,
)
_PLAINLY = re.compile(
    r"\b(?:it|this|the (?:incident|outage|errors?|trouble|problem|issue|drop|spike)) (?:really |actually |all )?"
    r"(?:began|started) (?:at |around |about |~)?\d\d?:\d\d|"
    r"\b(?:p\d\d|latency|errors?|error rate|5xx|lag|failures|timeouts) (?:rate )?(?:started|jump(?:s|ed)|spike(?:s|d)|"
    r"climb(?:s|ed)|r[io]ses?|takes? off|took off|went up|goes up) (?:right |exactly )?(?:at|from) \d\d?:\d\d",
    re.IGNORECASE,
)
_STARTS = re.compile(r"\bstarts\b", re.IGNORECASE)
_BETTER = re.compile(
    r"\b(?:drain(?:s|ed)|recover(?:s|ed)|caught up|healthy again|(?:back|down) to (?:normal|baseline)|all clear|"
    r"works? again)\b",
    re.IGNORECASE,
)
_WORSE = ("BAD", "BAD_MANY")
_NOW = timedelta(minutes=2)
_FROM = re.compile(r"\b(?:since|as of)\b", re.IGNORECASE)
"""What the minute of a start follows: one that stands before it is of something else."""
_STAMP = re.compile(r"^\W*(?:scribe\W*)?\[?\d{1,2}[:h]\d\d(?::\d\d)?\b", re.IGNORECASE)
"""A scribe puts the minute first in which something was said."""
_NOT_OF_IT = (Stage.MITIGATED, Stage.RESOLVED, Stage.DECLARED)


def find_started(
    trail: Trail,
    heard: Sequence[Heard],
    shifts: Sequence[Shift],
    detected: KeyTime | None,
    *,
    talk: Sequence[Heard] = (),
) -> KeyTime | None:
    """Return when the incident started; `None` when nothing tells.

    Args:
        heard: The incident's own messages that tell events, in the order of their time.
        shifts: Of the metrics that are about it.
        detected: The first sign of it.
        talk: All that is said of it: who says plainly when it began need not tell an event.
    """
    said = _list_early(_list_said(trail, heard, talk), detected)
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


def _list_early(said: list[tuple[Heard, StatedTime]], detected: KeyTime | None) -> list[tuple[Heard, StatedTime]]:
    """Return what is said of the start without what lies soon after the first sign: that began, or ended, later.

    Where it lies hours after, it is the sign that was another matter's.
    """
    return [pair for pair in said if detected is None or not _AGREE < pair[1].at - detected.at <= _NEAR]


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


def _list_said(trail: Trail, heard: Sequence[Heard], talk: Sequence[Heard]) -> list[tuple[Heard, StatedTime]]:
    found = []
    told = {item.message.id for item in heard}
    for item in (*heard, *(item for item in talk if item.message.id not in told)):
        for clause in item.reading.clauses:
            # "Started climbing at 17:18" tells of no work, whatever its first word is.
            is_fact = clause.kind in _FACTS or _SETS_IN.search(clause.text) is not None
            is_told = item.message.id in told or _PLAINLY.search(clause.text) is not None
            if not is_fact or not is_told or clause.stage in _NOT_OF_IT or item.message.is_bot:
                continue
            if phrases.STARTED.search(clause.text) is None or _DOING.search(clause.text) is not None:
                continue
            if _is_relief(clause.text):
                continue
            zone = trail.people.get(item.message.user, Participant(item.message.user)).zone
            stated = find_stated_times(clause.text, item.message.at, zone)
            found += [
                (item, time)
                for time in _choose(clause.text, stated)
                # "Alert at 11:52, failing from 3 regions" dates the alert.
                if not dates_signal(clause.text, time) and not _is_plan(clause.text, time, item.message.at)
            ]
    # "We lost 212 orders between 10:26 and 11:10" dates the harm by the first of them.
    spans = [span for span in list_spans(heard, trail.people) if span.first is not None]
    found += [(span.by, StatedTime(span.first, 0)) for span in spans if span.first is not None]
    return sorted(found, key=lambda pair: pair[0].message.at)


def _is_relief(text: str) -> bool:
    """Answer whether a sentence dates since when it is better: "p95 at 210 ms from 23:23 on, the queue drains"."""
    return _BETTER.search(text) is not None and find_tags(text).isdisjoint(_WORSE)


def _is_plan(text: str, time: StatedTime, said_at: datetime) -> bool:
    """Answer whether what a sentence dates comes now: "starts at", said at that minute."""
    return said_at - time.at <= _NOW and _STARTS.search(text) is not None


def _choose(text: str, stated: Sequence[StatedTime]) -> Sequence[StatedTime]:
    """Return the minute that a sentence gives a start, if any: not the scribe's own, nor one before "since"."""
    stamp = _STAMP.match(text)
    later = [time for time in stated if stamp is None or time.position >= stamp.end()]
    word = _FROM.search(text)
    if word is not None and phrases.STARTED.search(_FROM.sub(" ", text)) is None:
        return [time for time in later if time.position >= word.start()][:1]
    return (later or stated)[:1]
