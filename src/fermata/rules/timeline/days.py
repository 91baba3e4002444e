"""Which day a time of day is of, where that is said beside it: "29 december, 21:17 utc", "thursday 08:50"."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, tzinfo

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY = (
    r"(?P<weekday>mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?|sat(?:urday)?|"
    r"sun(?:day)?)"
)
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
# "Yesterday's deploy" and "the friday release" are which one, whenever it was taken back.
_OWNS = (
    r"(?!['\u2019]s\b)(?! (?:releases?|deploy\w*|rollouts?|builds?|versions?|config\w*|migrations?|changes?|patch\w*|"
    r"(?:hot)?fix\w*|incidents?|outages?|jobs?|batch|runs?|backups?|reports?|one)\b)"
)
_DATE = rf"\b(?:{_DAY}(?: of)? {_MONTH}|(?P<ago>yesterday)|{_WEEKDAY})\b{_OWNS}"
_AMERICAN = rf"\b{_MONTH}\.? {_DAY}\b(?![:.h]\d){_OWNS}"
# All that may stand between a day and its time of day: what is told in between has another time.
_GAP_AHEAD = (
    r"[ ,(.)@~-]{0,3}(?:(?:20\d\d|at|around|about|from|since|between|by|the|in|early|late|night|morning|evening|"
    r"afternoon|local)[ ,(.)@~-]{0,3}){0,4}$"
)
_GAP_BEHIND = (
    r"^[ ,()-]{0,3}(?:(?:utc|gmt|z|[a-z]{2,4}t|pacific|eastern|central|mountain|(?:[a-z]{2,20}\)? )?time|local|"
    r"here|sharp|or so|on|the|of|late|last)[ ,()-]{0,3}){0,4}"
)
_AHEAD = tuple(re.compile(rf"{day}{_GAP_AHEAD}", re.IGNORECASE) for day in (_AMERICAN, _DATE))
_BEHIND = tuple(re.compile(rf"{_GAP_BEHIND}{day}", re.IGNORECASE) for day in (_AMERICAN, _DATE))
_WORDS = frozenset(("sat", "sun", "mon", "wed"))
"""Weekdays cut short that are other words as well: the queue sat, a `mon` of Ceph."""
_BESIDE = re.compile(r"[ ,(.]{0,3}$")
_LED = re.compile(r"\b(?:on|since|last|this|from|until)\W{1,2}$", re.IGNORECASE)
_BEFORE = 24
"""Characters before a time of day in which its day is named."""
_AFTER = 34
_CUT = re.compile(r"[.;!?\n]|\d[:h]\d\d")
"""What ends the words that belong to a time of day."""
_COMING = re.compile(
    r"\b(?:next|coming|until|till|by|review|meeting|retro|planned|scheduled|due|expires?|will)\b", re.IGNORECASE
)
_LONGEST = timedelta(days=300)
_WEEK = 7


def find_day(text: str, start: int, end: int, said_at: datetime, zone: tzinfo) -> date | None:
    """Return the day that is said of the time of day between two places of a text, where that is past.

    `None`: none is named, or the one that is named has not come.

    Args:
        zone: Whose calendar is meant.
    """
    before, after = text[max(0, start - _BEFORE) : start], text[end : end + _AFTER]
    cut = list(_CUT.finditer(before))
    before = before[cut[-1].end() :] if cut else before
    after = _CUT.split(after, maxsplit=1)[0]
    if _COMING.search(before) is not None:
        return None
    today = said_at.astimezone(zone).date()
    for words, patterns in ((before, _AHEAD), (after, _BEHIND)):
        match = next(filter(None, (pattern.search(words) for pattern in patterns)), None)
        if match is not None and _is_day(match, words):
            return _read(match.groupdict(), today)
    return None


def _is_day(match: re.Match[str], words: str) -> bool:
    """Answer whether a weekday that is another word as well is one here: "sat 14:05", "14:05 utc sat", "on sat at"."""
    weekday = match.groupdict().get("weekday")
    if weekday is None or weekday.lower() not in _WORDS:
        return True
    start, end = match.span("weekday")
    return _LED.search(words[:start]) is not None or _BESIDE.match(words[end:]) is not None


def _read(parts: dict[str, str | None], today: date) -> date | None:
    if parts.get("ago") is not None:
        return today - timedelta(days=1)
    if (weekday := parts.get("weekday")) is not None:
        return today - timedelta(days=(today.weekday() - _WEEKDAYS.index(weekday.lower()[:3])) % _WEEK)
    month, day = _MONTHS.index((parts["month"] or "").lower()[:3]) + 1, int(parts["day"] or 0)
    year = today.year if (month, day) <= (today.month, today.day) else today.year - 1
    try:
        found = date(year, month, day)
    except ValueError:  # The 31st of a month of thirty days.
        return None
    return found if today - found <= _LONGEST else None
