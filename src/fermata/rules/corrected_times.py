"""Key times that a person corrected in a post-mortem's first lines: they count, and are marked as that person's.

The rules' own values stand in the first lines of what is generated. Where people's text says otherwise, they corrected
it: the table, the figures and the drawings follow, and nothing else has to be remembered. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from fermata.domain.trail import KEY_TIMES, KeyTime

ACKNOWLEDGED = "acknowledged"
NAMES = ("started", "detected", ACKNOWLEDGED, *KEY_TIMES[2:])
"""In the order they usually come. The acknowledgement has no line of its own: whoever adds one, tells it."""
WHY = "a person corrected it"

_FRONT = re.compile(r"\A---\n(?P<lines>(?:.*\n)*?)---(?:\n|\Z)")
_LINE = re.compile(rf"^(?P<name>{'|'.join(NAMES)}):(?P<value>.*)$", re.MULTILINE)
_COMMENT = re.compile(r"[ \t]#")
_NOTHING = frozenset(("", "null", "~", "none", "unknown"))
_CLOCK = re.compile(r"(\d{1,2}:\d\d(?::\d\d)?) ?(?:utc|z)?", re.IGNORECASE)
_DAY = timedelta(days=1)
_FIRST_YEAR, _LAST_YEAR = 1970, 2100
_FARTHEST = timedelta(days=3660)
"""From what the rules know, from which on a year is a slip: nobody writes of an incident ten years later."""


@dataclass(frozen=True, slots=True)
class Corrections:
    """What a person wrote over the key times that the rules found."""

    times: Mapping[str, datetime | None] = field(default_factory=dict)
    """By name; `None`: they took it out."""
    unreadable: tuple[str, ...] = ()
    """Lines that are no time, or one that no incident has, as they stand there."""


def read_corrections(base: str, text: str) -> Corrections:
    """Return what people's text says of the key times that its generated form does not.

    A time without a zone is UTC, as all of them there; one without a day is of the day that is nearest to the rules'
    own time, else to the start. A text without these lines corrects nothing.

    Args:
        base: What was generated last.
        text: What people made of it.
    """
    own, said = _read_lines(base), _read_lines(text)
    near = _list_known(own)
    times: dict[str, datetime | None] = {}
    unreadable: list[str] = []
    for name, value in said.items():
        was = own.get(name)
        # A line that was not generated was added: its nothing takes the acknowledgement out.
        if was is not None and (value == was or (value.lower() in _NOTHING and was.lower() in _NOTHING)):
            continue
        if value.lower() in _NOTHING:
            times[name] = None
            continue
        at = _read_moment(value, near.get(name) or next(iter(near.values()), None))
        if at is None or not _is_possible(at, near.values()):
            unreadable.append(f"{name}: {value}")
        elif at != near.get(name):
            times[name] = at
    return Corrections(times, tuple(unreadable))


def correct(found: Mapping[str, KeyTime], times: Mapping[str, datetime | None]) -> dict[str, KeyTime]:
    """Return key times with those that a person corrected, each with what the rules had; in their usual order."""
    told = dict(found) | {
        name: KeyTime(at, "", WHY, corrects=found.get(name), is_corrected=True)
        for name, at in times.items()
        if at is not None
    }
    return {name: told[name] for name in NAMES if name in told and times.get(name, ...) is not None}


def _read_lines(text: str) -> dict[str, str]:
    front = _FRONT.match(text)
    found = _LINE.finditer(front["lines"]) if front is not None else ()
    return {match["name"]: _COMMENT.split(match["value"], 1)[0].strip().strip("\"'") for match in found}


def _list_known(lines: Mapping[str, str]) -> dict[str, datetime]:
    read = ((name, _read_moment(value, None)) for name, value in lines.items())
    return {name: at for name, at in read if at is not None}


def _read_moment(value: str, near: datetime | None) -> datetime | None:
    """Return a moment as people write it; a time of the day alone needs one that it is near to."""
    clock = _CLOCK.fullmatch(value)
    if clock is None:
        return _read_instant(value)
    if near is None:
        return None
    try:
        of_day = time.fromisoformat(clock[1].zfill(5 if clock[1].count(":") == 1 else 8))
    except ValueError:
        return None
    return min(_list_days(of_day, near.astimezone(UTC).date()), key=lambda at: abs(at - near))


def _is_possible(at: datetime, known: Iterable[datetime]) -> bool:
    """Answer whether an incident can have been then: year 1 and year 9999 are slips, and so is 2062 for 2026."""
    is_of_our_time = _FIRST_YEAR <= at.year < _LAST_YEAR
    return is_of_our_time and all(abs(at - other) <= _FARTHEST for other in known)


def _list_days(of_day: time, day: date) -> Iterator[datetime]:
    same = datetime.combine(day, of_day, UTC)
    yield from (same, same - _DAY, same + _DAY)


def _read_instant(value: str) -> datetime | None:
    if ":" not in value:
        # A day alone would be read as its first minute, and a figure counted from it.
        return None
    plain = re.sub(r" ?utc$", "Z", value, flags=re.IGNORECASE)
    try:
        at = datetime.fromisoformat(re.sub(r"(?<=\d) (?=[+-]\d\d:?\d\d$)", "", plain).replace(" ", "T", 1))
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
