"""Key times that a model takes from another line: only from one that can tell such a thing, and in their order.

People end incidents in fragments ("flat. over.") and numbers ("queue 0, p95 210 ms"), and declare them in plain words
("I take it"). Which of them means what is a matter of reading; what is refused is what cannot mean it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from fermata.domain.trail import KEY_TIMES, Entry, KeyTime, MessageKind, Status
from fermata.rules.labels.answer import TimeLabel
from fermata.rules.labels.desk import Desk
from fermata.rules.timeline import draft_postmortem, endings, phrases
from fermata.rules.timeline.stated import find_stated_times
from fermata.rules.timeline.tags import find_tags

WHY = "a model names this line"
NO_LATER = "no later than what it was detected by"
AGAIN = "the next best, as a model takes the line before for another incident's"
_DECLARES = re.compile(
    r"\b(?:declar\w*|incident|sev(?:erity)?[- ]?\d|p[0-3]|inc[-\d]*|major|war ?room|bridge|commander|lead|ic)\b",
    re.IGNORECASE,
)
_ENDS = re.compile(
    r"(?<!roll )(?<!rolled )(?<!rolling )\bback\b|"
    r"\b(?:recover\w*|normal|resolv\w*|clos(?:ed|es|ing)|clear(?:ed|s)?|stable|healthy|over|fixed|restored|green|"
    r"drain\w*|mitigat\w*|done|down to|caught up|stopped|ok|gone|flat|quiet|zero|clean|passes|flowing|success|"
    r"processed|delivered|finished|completed?|up again|is up)\b|\u2705",
    re.IGNORECASE,
)
_GOOD = re.compile(
    r"\b(?:recover(?:s|ed|y)|resolved|fixed|restored|drain(?:s|ed)|mitigated|healthy|back to|rolled back|all clear|"
    r"caught up)\b",
    re.IGNORECASE,
)
_DENIES = re.compile(
    r"\b(?:yet|never|until|once|when|if|hope\w*|should|unresolved|premature\w*|too (?:early|soon)|maybe|"
    r"not (?!seen|one\b|any\b|a single)\w+|(?:is|has|are|was|do|does|did)n'?t|"
    r"still (?:not|no|fail\w*|see\w*|broken|down|bad|high|elevated|climbing|rising|waiting)|"
    r"no (?:improvement|change|effect|luck|difference))\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<![\w#.-])\d+(?:[.,:/]\d+)*(?: ?(?:%|[a-z]{1,3}\b))?")
_CODE = re.compile(r"[45]\d\ds?")
"""A status of HTTP: a name, and no measure."""
_SHORT = 60
"""Characters of a fragment."""
_LONGEST_LAG = timedelta(hours=3)
"""After its first sign, in which a start that rules measured is no start."""
_LONGEST_EARLIER = timedelta(hours=24)
"""Before a metric moves, in which what moved it began."""
_BAD = ("BAD", "BAD_MANY")
_ENDINGS = ("mitigated", "resolved")
_DONE = (MessageKind.ACTION, MessageKind.DECISION)


def restore_times(desk: Desk) -> None:
    """Give key times that rest on another incident's lines to the next best: what rules find without those."""
    lost = [name for name, found in desk.key_times.items() if found.citation in desk.foreign]
    if not lost:
        return
    trail = desk.trail
    own = replace(
        trail,
        messages=[one for one in trail.messages if one.id not in desk.foreign],
        deploys=[one for one in trail.deploys if one.id not in desk.foreign],
        curves=[one for one in trail.curves if one.id not in desk.foreign],
    )
    again = draft_postmortem(own).key_times
    for name in lost:
        del desk.key_times[name]
    for name in lost:
        found = again.get(name)
        if found is not None and _is_in_order({**_list_moments(desk.key_times), name: found.at}):
            desk.key_times[name] = replace(found, why=AGAIN)


def move_times(desk: Desk, labels: Sequence[TimeLabel], untold: Collection[str] = ()) -> None:
    """Move the key times that labels move; two labels for one name move none.

    What moves one later lets another move, so that those out of order are looked at again.

    Args:
        untold: Key times that no row tells, as all answers say.
    """
    names = [label.name for label in labels]
    given_up = [name for name in KEY_TIMES if name in untold and name not in names and _give_up(desk, name, labels)]
    waiting: list[TimeLabel] = []
    for label in labels:
        why = "it is named twice" if names.count(label.name) > 1 else _explain_not(desk, label)
        if why:
            desk.refuse(f"times {label.name}", label.n, why)
        else:
            waiting.append(label)
    moved = {label.name: _find_moment(label, desk) for label in waiting}
    if "started" not in moved:
        for label in waiting:
            _let_start_go(desk, label, is_given_up="started" in given_up)
    if _is_in_order(_list_moments(desk.key_times) | moved):
        for label in waiting:
            _move(desk, label)
        return
    while movable := [label for label in waiting if _fits(desk, label)]:
        _move(desk, movable[0])
        waiting.remove(movable[0])
    for label in waiting:
        desk.refuse(f"times {label.name}", label.n, "it would not be in the order of the others")


def _give_up(desk: Desk, name: str, labels: Sequence[TimeLabel]) -> bool:
    """Take away a key time by rules that cannot be true beside one that is named and can be; a measured one stays."""
    own = desk.key_times.get(name)
    if own is None or own.citation in desk.curves:
        return False
    del desk.key_times[name]
    for label in labels:
        if _explain_not(desk, label):
            continue
        is_turned = own.citation in desk.lines[label.n].citations and (name in _ENDINGS) != (label.name in _ENDINGS)
        if is_turned or not _is_in_order({name: own.at, label.name: _find_moment(label, desk)}):
            desk.applied += 1
            return True
    desk.key_times[name] = own
    return False


def _let_start_go(desk: Desk, label: TimeLabel, *, is_given_up: bool) -> None:
    """Take a start by rules that a label's first sign comes shortly before to that sign: what is seen has begun."""
    start, at = desk.key_times.get("started"), _find_moment(label, desk)
    is_late = start is not None and timedelta(0) < start.at - at <= _LONGEST_LAG
    if label.name == "detected" and (is_late or is_given_up):
        desk.key_times["started"] = KeyTime(at, desk.lines[label.n].citations[0], NO_LATER)


def _move(desk: Desk, label: TimeLabel) -> None:
    at = _find_moment(label, desk)
    if label.name in desk.key_times and desk.key_times[label.name].at == at:
        return
    desk.key_times[label.name] = KeyTime(at, desk.lines[label.n].citations[0], WHY)
    desk.applied += 1


def _fits(desk: Desk, label: TimeLabel) -> bool:
    return _is_in_order(_list_moments(desk.key_times) | {label.name: _find_moment(label, desk)})


def _explain_not(desk: Desk, label: TimeLabel) -> str:
    entry = desk.lines.get(label.n)
    if label.name not in KEY_TIMES:
        return "there is no such key time"
    if entry is None or entry.status is not Status.CONFIRMED:
        return "it is no line that is told as a fact"
    known = desk.key_times.get(label.name)
    if known is not None and known.citation == entry.citations[0] and known.at == _find_moment(label, desk):
        return ""
    if known is not None and known.citation in desk.curves and not _is_surer(label, entry, known, desk):
        return "it is measured"
    return "" if _TELLS[label.name](label.name, entry, desk) else "its words tell no such thing"


def _find_moment(label: TimeLabel, desk: Desk) -> datetime:
    """Return when that was: of a start the first moment that the message names exactly, else the line's own time."""
    entry = desk.lines[label.n]
    message = desk.messages.get(entry.citations[0])
    if label.name != "started" or message is None or entry.at != message.at:
        return entry.at
    person = desk.people.get(message.user)
    stated = find_stated_times(message.text, message.at, person.zone if person is not None else None)
    return next((time.at for time in stated if not time.is_rough), entry.at)


def _is_surer(label: TimeLabel, entry: Entry, measured: KeyTime, desk: Desk) -> bool:
    """Answer whether a line tells a time better than a metric: people date it, or it began before the metric moved."""
    at = _find_moment(label, desk)
    message = desk.messages.get(entry.citations[0])
    is_dated = message is not None and at != message.at
    is_before = timedelta(0) <= measured.at - at <= _LONGEST_EARLIER
    return label.name != "started" or is_dated or (is_before and not desk.is_measured(entry))


def _tells_start(_name: str, entry: Entry, desk: Desk) -> bool:
    """Answer whether something can have begun with a line: not with good news."""
    text = _read(entry, desk)
    return _is_trouble(text, entry, desk) or not (_GOOD.search(text) and desk.is_persons(entry))


def _tells_trouble(_name: str, entry: Entry, desk: Desk) -> bool:
    """Answer whether a line can be the first sign: somebody may be unsure of it, or ask who else sees it."""
    text = _read(entry, desk)
    is_record = entry.citations[0] in desk.deploys
    if entry.kind is MessageKind.HYPOTHESIS or is_record:
        return False
    is_sign = entry.kind not in _DONE
    return not _GOOD.search(text) and (is_sign or _is_trouble(text, entry, desk))


def _is_trouble(text: str, entry: Entry, desk: Desk) -> bool:
    is_told = phrases.SYMPTOM.search(text) or phrases.REPORTED.search(text) or phrases.ALERTED.search(text)
    return bool(is_told) or not find_tags(text).isdisjoint(_BAD) or desk.is_measured(entry)


def _tells_declaration(_name: str, entry: Entry, desk: Desk) -> bool:
    """Answer whether a line can declare: by its words, or as a person's who neither reports nor ends anything."""
    text = _read(entry, desk)
    if phrases.HEDGED.search(entry.text) or _is_question(entry):
        return False
    if _DECLARES.search(text):
        return True
    return desk.is_persons(entry) and not _GOOD.search(text) and not phrases.REPORTED.search(text)


def _tells_end(name: str, entry: Entry, desk: Desk) -> bool:
    """Answer whether a line can end something: by its words, a measure or a fragment, and not with what began it."""
    text = _read(entry, desk)
    if phrases.HEDGED.search(entry.text) or _is_question(entry) or _is_denied(text):
        return False
    begun = {known.citation for other, known in desk.key_times.items() if other not in _ENDINGS}
    if begun.intersection(entry.citations):
        return False
    if _ENDS.search(text):
        return True
    if phrases.REPORTED.search(text) or phrases.ALERTED.search(text):
        return False
    if any(not _CODE.fullmatch(found[0]) for found in _NUMBER.finditer(text)):
        return True
    is_done = entry.kind in _DONE and name == "mitigated"
    is_fragment = desk.is_persons(entry) and len(entry.text) <= _SHORT
    return (is_done or is_fragment) and not phrases.SYMPTOM.search(text)


_TELLS = {
    "started": _tells_start,
    "detected": _tells_trouble,
    "declared": _tells_declaration,
    "mitigated": _tells_end,
    "resolved": _tells_end,
}


def _read(entry: Entry, desk: Desk) -> str:
    message = desk.messages.get(entry.citations[0])
    return message.text if message is not None else entry.text


def _is_question(entry: Entry) -> bool:
    return entry.text.endswith("?") and not entry.text.endswith("??")


def _is_denied(text: str) -> bool:
    return bool(_DENIES.search(text) or phrases.INTENT.search(text) or endings.RELAPSED.search(text))


def _list_moments(key_times: Mapping[str, KeyTime]) -> dict[str, datetime]:
    return {name: found.at for name, found in key_times.items()}


def _is_in_order(times: Mapping[str, datetime]) -> bool:
    """Answer whether nothing ends before it began; declared and detected may come in any order."""
    pairs = (
        ("started", "detected"),
        ("started", "declared"),
        ("started", "mitigated"),
        ("detected", "mitigated"),
        ("mitigated", "resolved"),
    )
    return all(times[first] <= times[last] for first, last in pairs if first in times and last in times)
