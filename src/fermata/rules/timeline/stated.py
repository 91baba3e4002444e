"""Times that people say in words, by the speaker's zone: "14:42 our time", "around ten past nine", "20 min ago".

A time of day names no day and often no zone. The nearest moment before the message that fits what was said is meant;
where that would be hours away, nothing is resolved: a wrong time is worse than the message's own.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from types import MappingProxyType

from fermata.rules.timeline.days import find_day
from fermata.rules.timeline.zones import find_zone

# Offsets in minutes of the abbreviations people write; those that several countries use for different zones are left
# out, and the speaker's own zone decides.
_ABBREVIATIONS = {
    "utc": 0, "gmt": 0, "z": 0, "wet": 0, "bst": 60, "west": 60, "cet": 60, "cest": 120, "eet": 120, "eest": 180,
    "est": -300, "edt": -240, "cdt": -300, "mst": -420, "mdt": -360, "pst": -480, "pdt": -420, "jst": 540,
    "sgt": 480, "aest": 600, "aedt": 660, "nzst": 720, "nzdt": 780, "msk": 180, "eat": 180, "wat": 60, "cat": 120,
    "sast": 120, "brt": -180, "pkt": 300, "npt": 345, "ict": 420, "wib": 420, "hkt": 480, "pht": 480, "kst": 540,
}  # fmt: skip
_UTC = frozenset(("utc", "gmt", "z"))
_SPEAKERS = frozenset({"ist", "cst", "ast", "gst"})
"""Abbreviations that several countries use for different zones: whoever says them means their own."""
_NUMBERS = {
    word: number
    for number, word in enumerate(
        (
            *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
            *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
        ),
        start=1,
    )
} | {"a": 1, "an": 1, "quarter": 15, "twenty five": 25, "twenty-five": 25}
_HOUR = r"(?P<hour>\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|noon|midnight)"
_COUNTED = r"(?:%|percent|min|sec|pods|req|nodes|times|x\b|ms\b|rps|k\b|errors|users)"
"""What a number is of that is no hour."""
_ZONE = r"(?P<zone>our (?:local )?time|my (?:local )?time|local(?: time)?|here|[a-z]{1,4}\b)?"
_CLOCK = re.compile(
    rf"\b(?P<hour>\d{{1,2}})(?::|h)(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d)(?:\.\d+)?)?(?![\d%])"
    rf" ?(?P<half>[ap]\.?m\b\.?)?(?: ?\(?{_ZONE})?",
    re.IGNORECASE,
)
_BARE = re.compile(rf"\b(?P<hour>\d{{1,2}}) ?(?P<half>[ap]\.?m\b)\.?(?: ?\(?{_ZONE})?", re.IGNORECASE)
_PACKED = re.compile(r"\b(?P<hour>[01]\d|2[0-3])(?P<minute>[0-5]\d) ?(?P<zone>utc|gmt|z|hrs|hours)\b", re.IGNORECASE)
_WORDED = re.compile(
    # "From 20 to 4" are two numbers, and so are "0.1 to 11%".
    rf"\b(?:(?<!from )(?<!\d\.)(?=\d)|(?=[a-z]))(?P<minute>half|quarter|five|ten|twenty(?:[- ]five)?|\d{{1,2}})"
    rf"(?: minutes| mins?)? (?P<side>past|after|to|before|(?<!\d )of) {_HOUR}(?!\d)(?!\.\d)(?! ?{_COUNTED})"
    rf"(?: o'?clock)?(?: (?:in the )?(?P<part>morning|afternoon|evening))?(?:,? {_ZONE})?",
    re.IGNORECASE,
)
_WHOLE = re.compile(
    rf"\b(?:at|around|about|since|from|~|until) ?(?P<about>about |around |"
    rf"roughly )?{_HOUR}(?: o'?clock)?(?: (?:in the )?"
    rf"(?P<part>morning|afternoon|evening))?(?:,? (?P<zone>our time|my time|local time|utc|gmt))?(?=[\s,.;:!)]|$)"
    rf"(?!,\d)(?!\.\d)(?! ?(?:{_COUNTED}|hour|of|am|pm|to\b|\d))",
    re.IGNORECASE,
)
_MINUTE = re.compile(r"\b(?:at|since|seen|from|around|was|by) :(?P<past>[0-5]\d)\b", re.IGNORECASE)
"""Minutes of the hour that is running, or that is just over."""
_AGO = re.compile(
    r"\b(?P<count>\d+|half an|an|a|one|two|three|four|five|six|seven|eight|nine|ten|fifteen|"
    r"twenty|thirty|forty|fifty)[ -]?(?P<unit>h(?:ou)?rs?|h|m(?:in(?:ute)?s?)?|mins|s(?:ec(?:ond)?s?)?)\b(?: or so)? "
    r"ago\b",
    re.IGNORECASE,
)
_STAMP = re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?\d*(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?")
# A time that is set or awaited, not told of.
_AHEAD = re.compile(
    r"(?:\b(?:by|until|till|til|eta|next update|update at|before|after|meet(?:ing)?(?: at)?|sync(?: at)?|call at|"
    r"again at|"
    r"expires? at|scheduled (?:for|at)|due|deadline|back at|window|will .{0,30}|going to .{0,30}|"
    r"(?:recheck|check back|reconvene|another update|update you|post|regroup).{0,12}))\W*(?:at |around |about )?$",
    re.IGNORECASE,
)
_ROUGH = re.compile(r"(?:~|\b(?:around|about|roughly|approx\w*|ish|circa|or so|somewhere|think))\W*$", re.IGNORECASE)
_NAMING = re.compile(r"\b(?:the|a|an|my|our|this|that|his|her|their|your)\W*$", re.IGNORECASE)
_SKEW = timedelta(minutes=2)
_BEFORE = 120
"""Characters before a time in which is said what is meant by it; the longest words for that have 60."""
_PLACE = 40
"""Characters behind a time of day in which its place is named."""
_LONGEST_SURE = timedelta(hours=14)
"""Back from the message, for a time whose half of the day is known: a night between the event and who tells of it."""
_LONGEST_GUESS = timedelta(hours=6)
"""The same where half of the day or zone is guessed."""


@dataclass(frozen=True, slots=True)
class StatedTime:
    """A moment that a message names."""

    at: datetime
    position: int
    """Where in the text it stands."""
    is_rough: bool = False
    """It was said to be about then."""
    is_name: bool = False
    """It only tells which one is meant: "the 14:02 deploy"."""
    end: int = 0
    """Where in the text its zone stands, or what follows."""


@dataclass(frozen=True, slots=True)
class _Said:
    """How a time of day is to be understood."""

    at: datetime
    """When it was said."""
    zones: tuple[tzinfo, ...]
    """Which of them may be meant, the speaker's first."""
    places: Mapping[str, tzinfo]


_NOWHERE: Mapping[str, tzinfo] = MappingProxyType({})


def find_stated_times(
    text: str,
    said_at: datetime,
    zone: tzinfo | None,
    *,
    is_only: bool = False,
    places: Mapping[str, tzinfo] = _NOWHERE,
) -> tuple[StatedTime, ...]:
    """Return the past moments that a text names, in the order of the text.

    Args:
        said_at: When it was said; a time of day is the nearest one before it.
        zone: The speaker's; without one a time without a zone is UTC.
        is_only: A time without a zone is the speaker's, and not perhaps UTC.
        places: Zones by the lower-case names of the cities in which people of the channel live.
    """
    found: dict[int, StatedTime] = {}
    # Sorted, and apart from each other: one text may be a log with thousands of clocks.
    starts: list[int] = []
    ends: list[int] = []
    zones = (zone or UTC,) if is_only or zone is None or zone is UTC else (zone, UTC)
    for match, at, is_rough in _list_candidates(text, _Said(said_at, zones, places)):
        start, end = match.span()
        place = bisect_left(ends, start + 1)
        if place < len(starts) and starts[place] < end:
            continue
        starts.insert(place, start)
        ends.insert(place, end)
        before = text[max(0, start - _BEFORE) : start]
        if at is not None and at <= said_at + _SKEW and not _AHEAD.search(before):
            rough = is_rough or _ROUGH.search(before) is not None
            is_name = _NAMING.search(before) is not None
            behind = match.start("zone") if match.groupdict().get("zone") else end
            found[start] = StatedTime(min(at, said_at), start, rough, is_name, behind)
    return tuple(found[start] for start in sorted(found))


def _list_candidates(text: str, said: _Said) -> Iterator[tuple[re.Match[str], datetime | None, bool]]:
    for match in _STAMP.finditer(text):
        yield match, _read_stamp(match[0]), False
    for match in _AGO.finditer(text):
        yield match, said.at - _read_span(match), True
    for pattern in (_CLOCK, _BARE, _PACKED, _WORDED, _WHOLE):
        for match in pattern.finditer(text):
            yield match, _resolve(match, text, said), pattern in (_WORDED, _WHOLE)
    for match in _MINUTE.finditer(text):
        # Of the speaker's hour: in India it begins half an hour beside the one of UTC.
        at = (
            said.at.astimezone(said.zones[0])
            .replace(minute=int(match["past"]), second=0, microsecond=0)
            .astimezone(UTC)
        )
        yield match, at if at <= said.at else at - timedelta(hours=1), False


def _read_stamp(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text.replace(" UTC", "Z").replace(" ", "T", 1).replace(" ", ""))
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


_TENS = {"fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50}


def _read_span(match: re.Match[str]) -> timedelta:
    word, unit = match["count"].lower(), match["unit"].lower()
    number = 0.5 if word == "half an" else float(word if word.isdigit() else _TENS.get(word) or _NUMBERS[word])
    if unit.startswith("h"):
        return timedelta(hours=min(number, 48))
    return timedelta(seconds=min(number, 10_000) * (1 if unit.startswith("s") else 60))


def _resolve(match: re.Match[str], text: str, said: _Said) -> datetime | None:
    parts = match.groupdict()
    clock = _read_clock(parts)
    if clock is None:
        return None
    hours, minute, is_sure = clock
    zones, is_named = _choose_zones(match, text, said)
    second = int(parts.get("second") or 0)
    day = find_day(text, *match.span(), said.at, zones[0])
    # "7:39 our time" may be of the evening. Who writes UTC counts to 24, and who names a day means what is written.
    is_plain = is_sure and (day is not None or (parts.get("zone") or "").lower() in _UTC)
    moments = [
        moment
        for place in zones
        for hour in (hours[:1] if is_plain or (is_sure and place is not zones[0]) else hours)
        for moment in _list_moments(said.at, place, day, _Clock(hour, minute, second))
        if moment <= said.at + _SKEW
    ]
    best = max(moments, default=None)
    if day is not None:
        return best
    # What was said without a zone may have been meant in UTC or at home: the nearer one, and only when it is near.
    longest = _LONGEST_SURE if is_sure and (is_named or len(zones) == 1) else _LONGEST_GUESS
    return best if best is not None and said.at - best <= longest else None


def _read_clock(parts: dict[str, str | None]) -> tuple[tuple[int, ...], int, bool] | None:
    """Return the hours that may be meant, the minute, and whether the half of the day is known."""
    word = (parts["hour"] or "").lower()
    if word in ("noon", "midnight"):
        hour, is_sure = 12 if word == "noon" else 24, True
    else:
        hour, is_sure = int(word) if word.isdigit() else _NUMBERS[word], False
    minute = _read_minute((parts.get("minute") or "0").lower())
    half = (parts.get("half") or "").replace(".", "").lower()
    if half or (part := parts.get("part")):
        is_later = half == "pm" or (not half and part is not None and part.lower() != "morning")
        hour, is_sure = hour % 12 + (12 if is_later else 0), True
    if (parts.get("side") or "").lower() in ("to", "before", "of"):
        hour, minute = hour - 1, 60 - minute
    if hour > 24 or not 0 <= minute <= 59:  # "90 of 21" counts something.
        return None
    # 14:42 has one meaning, 09:08 nearly always; "ten past nine" has two.
    is_written = parts.get("side") is None and parts.get("minute") is not None
    is_whole = is_sure or hour > 12 or hour == 0 or (is_written and word.startswith("0"))
    hours = (hour % 24,) if is_whole else (hour % 24, (hour + 12) % 24)
    return hours, minute, is_sure or is_written


def _read_minute(word: str) -> int:
    return int(word) if word.isdigit() else 30 if word == "half" else _NUMBERS[word]


def _choose_zones(match: re.Match[str], text: str, said: _Said) -> tuple[tuple[tzinfo, ...], bool]:
    word = (match.groupdict().get("zone") or "").lower()
    if word in _ABBREVIATIONS:
        return (timezone(timedelta(minutes=_ABBREVIATIONS[word])),), True
    if word.endswith("time") or word in ("here", "local") or word in _SPEAKERS:
        return said.zones[:1], True
    start = match.start("zone") if word else match.end()
    place = find_zone(text[start : start + _PLACE], said.at, said.places)
    return (said.zones, False) if place is None else ((place,), True)


@dataclass(frozen=True, slots=True)
class _Clock:
    hour: int
    minute: int
    second: int


def _list_moments(said_at: datetime, zone: tzinfo, day: date | None, clock: _Clock) -> Iterator[datetime]:
    local = said_at.astimezone(zone)
    days = [local.date() - timedelta(days=days) for days in (0, 1)] if day is None else [day]
    for each in days:
        # An hour that the end of summer time repeats is both; the nearer one is meant.
        for fold in (0, 1):
            moment = datetime(each.year, each.month, each.day, clock.hour, clock.minute, clock.second, tzinfo=zone)
            yield moment.replace(fold=fold).astimezone(UTC)
