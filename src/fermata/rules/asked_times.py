"""When a question is about: `since 13:20`, `in the last 10 minutes`, `between 9 and noon`, `yesterday`. Pure.

Clock times are UTC unless an offset stands behind them, as everything that Fermata prints. A time that is still to come
is most likely another zone's, and is asked back: an answer about another day would look like one about today.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

LONGEST_LOOK_BACK = timedelta(days=31)
_DAY = timedelta(days=1)
_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": _DAY,
    "t": _DAY,
    "w": timedelta(weeks=1),
}
"""By their first letter: minutes and Minuten, hours, days and Tage; `Stunden` is told apart from seconds."""
_UNIT = (
    r"(?:s(?:ec(?:ond)?s?)?|sekunden?|m(?:in(?:ute)?[sn]?)?|h(?:(?:ou)?rs?)?|stunden?|d(?:ays?)?|tage?n?|w(?:eeks?)?|wochen?)"
    r"(?![\w-])"
)
_CLOCK = (
    r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?\s?(?:[ap]\.?m\b\.?)?\s?(?:z\b|utc\b|[+-][0-9]{2}:?[0-9]{2}\b)?"
    r"|[0-9]{1,2}\s?(?:[ap]m\b|uhr\b)"
)
_OFFSET = r"\s?(?:z\b|utc\b|[+-][0-9]{2}:?[0-9]{2}\b)?"
_MOMENT = (
    rf"(?:(?:[0-9]{{1,4}}|an?|one|half an)\s*{_UNIT}\s+ago|vor\s+(?:[0-9]{{1,4}}|eine[rnm]?)\s*{_UNIT}"
    rf"|[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?:[t ][0-9]{{2}}:[0-9]{{2}}(?::[0-9]{{2}}(?:\.[0-9]+)?)?{_OFFSET})?"
    rf"|(?:(?:yesterday|gestern|today|heute)(?:\s+(?:at|um))?\s+)?(?:{_CLOCK}|noon|midday|mittags?\b|midnight|mitternacht)"
    r"|today|heute|yesterday|gestern|this morning|heute morgen)"
)
_BETWEEN = re.compile(
    rf"(?i)\b(?:between|from|zwischen)\s+(?P<since>{_MOMENT})\s+(?:and|to|till|until|und|bis)\s+(?P<until>{_MOMENT})"
)
_LAST = re.compile(
    rf"(?i)\b(?:(?:in|over|within|during|for|of|from)\s+)?(?:the\s+|den\s+|der\s+)?(?:last|past|previous|letzte[nr]?)\s+"
    rf"(?:(?P<amount>[0-9]{{1,4}}|few|couple of)\s*)?(?P<unit>{_UNIT})"
)
_MARKED = re.compile(
    rf"(?i)(?<!yesterday )(?<!gestern )(?<!today )(?<!heute )"
    rf"\b(?P<mark>since|after|starting|seit|ab|before|until|till|up to|bis|at|around|about|um|gegen)"
    rf"(?:\s+(?:about|around|ca\.?))?\s+(?P<moment>{_MOMENT})"
)
_BARE = re.compile(rf"(?i)(?<![\w/.:-])(?P<moment>{_MOMENT})(?![\w/:-])")
_SINCE = frozenset(("since", "after", "starting", "seit", "ab"))
_UNTIL = frozenset(("before", "until", "till", "up to", "bis"))
_FEW = 3
_HALF = 0.5
_MORNING = time(6)


@dataclass(frozen=True, slots=True)
class AskedTime:
    """What a question says of time."""

    rest: str
    """The question without it, in which names are looked for."""
    since: datetime | None = None
    until: datetime | None = None
    at: datetime | None = None
    """A moment: something happened then."""
    problem: str = ""
    """Why it cannot be looked at, for the one who asked; empty when it can."""


def read_asked_time(text: str, now: datetime) -> AskedTime:
    """Return when a question is about; nothing but the question itself where it says no time.

    Args:
        now: The instant of asking, aware.
    """
    now = now.astimezone(UTC)
    since = until = at = None
    try:
        if (match := _BETWEEN.search(text)) is not None:
            since, until = _read_moment(match["since"], now)[0], _read_moment(match["until"], now)[0]
        elif (match := _LAST.search(text)) is not None:
            since = now - _measure(match["amount"] or "1", match["unit"])
        elif (match := _MARKED.search(text)) is not None:
            begin, _ = _read_moment(match["moment"], now)
            mark = match["mark"].lower()
            since, until, at = (begin if mark in _SINCE else None, begin if mark in _UNTIL else None, None)
            at = begin if since is None and until is None else None
        elif (match := _BARE.search(text)) is not None:
            begin, end = _read_moment(match["moment"], now)
            since, until, at = (begin, end, None) if end is not None else (None, None, begin)
    except ValueError:
        return AskedTime(text, problem=f"{match[0]!r} is no time of a clock or calendar" if match else "")
    if match is None:
        return AskedTime(text)
    rest = f"{text[: match.start()]} {text[match.end() :]}"
    return AskedTime(rest, since, until, at, _find_problem(since, until, at, now))


def _find_problem(since: datetime | None, until: datetime | None, at: datetime | None, now: datetime) -> str:
    begin = since or at or until
    if begin is not None and begin > now:
        return (
            f"{_write(begin)} is still to come: it is {_write(now)}. Clock times are read as UTC; another zone is "
            f"written as {begin:%H:%M}+02:00, another day as {begin - _DAY:%Y-%m-%dT%H:%M}"
        )
    if begin is not None and begin < now - LONGEST_LOOK_BACK:
        return f"{_write(begin)} is too long ago: a question looks back {LONGEST_LOOK_BACK.days} days at most"
    if since is not None and until is not None and since >= until:
        return f"{_write(since)} is not before {_write(until)}"
    return ""


def _write(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC"


def _measure(amount: str, unit: str) -> timedelta:
    folded = unit.lower()
    step = _UNITS["h"] if folded.startswith("st") else _UNITS[folded[0]]
    words = {"few": _FEW, "couple of": 2, "half an": _HALF}
    return step * (int(amount) if amount.isdecimal() else words.get(amount.lower(), 1))


def _read_moment(text: str, now: datetime) -> tuple[datetime, datetime | None]:
    """Return when it is, and when it ends where it is a day.

    Raises:
        ValueError: There is no such time.
    """
    words = " ".join(text.lower().split())
    midnight = datetime.combine(now.date(), time(), UTC)
    if words in ("today", "heute"):
        return midnight, now
    if words in ("yesterday", "gestern"):
        return midnight - _DAY, midnight
    if words in ("this morning", "heute morgen"):
        return datetime.combine(now.date(), _MORNING, UTC), now
    if (ago := re.fullmatch(rf"(?:vor )?(\w+(?: an)?)\s*({_UNIT})(?: ago)?", words)) and (
        "ago" in words or "vor" in words
    ):
        return now - _measure(ago[1], ago[2]), None
    if re.match(r"[0-9]{4}-", words):
        return _read_date(words)
    day = midnight
    for name, offset in (("yesterday", -_DAY), ("gestern", -_DAY), ("today", timedelta()), ("heute", timedelta())):
        if words.startswith(name):
            day, words = midnight + offset, re.sub(rf"^{name}(?: (?:at|um))? ", "", words)
    return day + _read_clock(words), None


def _read_date(words: str) -> tuple[datetime, datetime | None]:
    plain = words.replace("utc", "z").replace(" z", "z").upper()
    read = datetime.fromisoformat(plain)
    read = read if read.tzinfo else read.replace(tzinfo=UTC)
    return read.astimezone(UTC), read.astimezone(UTC) + _DAY if len(plain) == len("2026-01-01") else None


def _read_clock(words: str) -> timedelta:
    """Return the time since midnight, UTC.

    Raises:
        ValueError: There is no such time.
    """
    if words in ("noon", "midday", "mittag", "mittags"):
        return timedelta(hours=12)
    if words in ("midnight", "mitternacht"):
        return timedelta()
    match = re.match(r"(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?\s?([ap])?", words)
    hour, minute, second, half = match.groups() if match else ("", None, None, None)
    hours = int(hour)
    if half is not None:
        hours = hours % 12 + (12 if half == "p" else 0)
    found = timedelta(hours=hours, minutes=int(minute or 0), seconds=int(second or 0))
    if hours > 23 or int(minute or 0) > 59 or int(second or 0) > 59:
        message = "no time of a day"
        raise ValueError(message)
    if (offset := re.search(r"([+-])(\d{2}):?(\d{2})$", words)) is not None:
        away = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        found -= away if offset[1] == "+" else -away
    return found
