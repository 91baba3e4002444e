"""Key times that a model takes from another line: only from one whose own words tell such a thing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from fermata.domain.trail import Entry, KeyTime, Status
from fermata.rules.labels.answer import KEY_TIMES, TimeLabel
from fermata.rules.labels.desk import Desk
from fermata.rules.timeline import endings, phrases
from fermata.rules.timeline.stated import find_stated_times
from fermata.rules.timeline.tags import find_marks

WHY = "a model names this line"
_DECLARES = re.compile(
    r"\b(?:declar\w*|incident|sev(?:erity)?[- ]?\d|p[0-3]|inc[-\d]*|major|war ?room|bridge|commander|lead|ic)\b",
    re.IGNORECASE,
)
_ENDS = re.compile(
    r"(?<!roll )(?<!rolled )(?<!rolling )\bback\b|"
    r"\b(?:recover\w*|normal|resolv\w*|clos\w+|clear\w*|stable|healthy|over|fixed|restored|green|drain\w*|mitigat\w*|"
    r"done|down to|caught up|stopped|ok)\b",
    re.IGNORECASE,
)
_MEASURES = re.compile(r"\d ?(?:%|ms\b|s\b|/s\b|k\b|rps\b)")
_SETTLING = timedelta(minutes=45)
_LAG = timedelta(minutes=20)
_BAD = ("BAD", "BAD_MANY")


def move_times(desk: Desk, labels: Sequence[TimeLabel]) -> Mapping[str, KeyTime]:
    """Return the key times with those that labels move; two labels for one name move none."""
    found = dict(desk.draft.key_times)
    names = [label.name for label in labels]
    for label in labels:
        why = "it is named twice" if names.count(label.name) > 1 else _explain_not(desk, label, found)
        if why:
            desk.refuse(f"times {label.name}", label.n, why)
            continue
        entry = desk.lines[label.n]
        at = _find_moment(label.name, entry, desk)
        if label.name in found and found[label.name].at == at:
            continue
        found[label.name] = KeyTime(at, entry.citations[0], WHY)
        desk.applied += 1
    return {name: found[name] for name in KEY_TIMES if name in found}


def _explain_not(desk: Desk, label: TimeLabel, found: Mapping[str, KeyTime]) -> str:
    entry = desk.lines.get(label.n)
    if label.name not in KEY_TIMES:
        return "there is no such key time"
    if entry is None or entry.status is not Status.CONFIRMED:
        return "it is no line that is told as a fact"
    known = found.get(label.name)
    at = _find_moment(label.name, entry, desk)
    if known is not None and known.citation in desk.curves and not _is_dated_before(at, entry, known, desk):
        return "it is measured"
    if not (_tells(label.name, entry, desk) or _settles(label.name, entry, known)):
        return "its words tell no such thing"
    times = {name: other.at for name, other in found.items()} | {label.name: at}
    return "" if _is_in_order(times) else "it would not be in the order of the others"


def _find_moment(name: str, entry: Entry, desk: Desk) -> datetime:
    """Return when that was: of a start the first moment that the message names exactly, else the line's own time."""
    message = desk.messages.get(entry.citations[0])
    if name != "started" or message is None or entry.at != message.at:
        return entry.at
    person = desk.people.get(message.user)
    stated = find_stated_times(message.text, message.at, person.zone if person is not None else None)
    return next((time.at for time in stated if not time.is_rough), entry.at)


def _is_dated_before(at: datetime, entry: Entry, measured: KeyTime, desk: Desk) -> bool:
    """Answer whether somebody dates a start to shortly before a metric shows it: most metrics lag."""
    message = desk.messages.get(entry.citations[0])
    return message is not None and at != message.at and timedelta(0) <= measured.at - at <= _LAG


def _tells(name: str, entry: Entry, desk: Desk) -> bool:
    text = "\n".join(desk.list_sources(entry)) or entry.text
    if name == "started":
        return True
    if phrases.HEDGED.search(entry.text) or entry.text.endswith("?"):
        return False
    if name == "declared":
        return _DECLARES.search(text) is not None
    if name == "detected":
        is_trouble = phrases.SYMPTOM.search(text) or phrases.REPORTED.search(text) or phrases.ALERTED.search(text)
        return bool(is_trouble) or bool(set(_BAD).intersection(find_marks(text))) or desk.is_measured(entry)
    return _ENDS.search(text) is not None and not _is_denied(text)


def _settles(name: str, entry: Entry, known: KeyTime | None) -> bool:
    """Answer whether a line measures something while users get well: "loss 0.3%", to whoever knows what is usual."""
    is_near = known is not None and abs(known.at - entry.at) <= _SETTLING
    is_measure = _MEASURES.search(entry.text) is not None and not _is_denied(entry.text)
    return name == "mitigated" and is_near and is_measure and not phrases.HEDGED.search(entry.text)


def _is_denied(text: str) -> bool:
    return bool(endings.NOT_YET.search(text) or phrases.INTENT.search(text))


def _is_in_order(times: Mapping[str, datetime]) -> bool:
    """Answer whether nothing ends before it began; declared and detected may come in any order."""
    pairs = (("started", "detected"), ("started", "declared"), ("started", "mitigated"), ("mitigated", "resolved"))
    return all(times[first] <= times[last] for first, last in pairs if first in times and last in times)
