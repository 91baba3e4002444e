"""Whose time of day a place's name stands for: "15:52 pacific", "20:47 zurich time", "half past twelve danish time".

Offsets and the days on which clocks change are those of the places' laws, as they have been since 2007; the library's
tables are files, and rules read none. A place that is not listed is the zone of whoever in the channel lives there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from types import MappingProxyType

_AMERICAN, _EUROPEAN, _NEVER = "american", "european", "never"
_LISTED = {
    (-480, _AMERICAN): "pacific pt california seattle redmond portland vancouver",
    (-420, _AMERICAN): "mountain mt denver",
    (-360, _AMERICAN): "central ct chicago texas austin",
    (-300, _AMERICAN): "eastern et boston toronto",
    (0, _EUROPEAN): "london uk british irish dublin lisbon portuguese",
    (60, _EUROPEAN): (
        "berlin german germany paris french france amsterdam dutch madrid spanish spain rome italian italy vienna "
        "austrian zurich swiss copenhagen danish oslo norwegian stockholm swedish brussels belgian prague czech warsaw "
        "polish poland munich hamburg"
    ),
    (120, _EUROPEAN): "helsinki finnish finland athens greek kyiv bucharest romanian vilnius riga tallinn",
    (-180, _NEVER): "brazil brazilian",
    (330, _NEVER): "india indian bangalore mumbai delhi",
    (480, _NEVER): "singapore",
    (540, _NEVER): "japan japanese tokyo korean seoul",
}  # fmt: skip
_PLACES = MappingProxyType({
    name: (minutes, law) for (minutes, law), names in _LISTED.items() for name in names.split()
})  # fmt: skip
_BARE = frozenset(("pacific", "eastern", "central", "mountain", "et", "ct", "mt", "pt"))
"""Names that stand for a time of day without the word "time"."""
_BEHIND = re.compile(
    r"(?: ?(?:sharp|exactly|on the dot))?[ (,]{0,2}(?P<at>(?:in|at|here in|over in|our) \(?)?(?P<name>[a-z]{2,20})"
    r"(?P<time>\)? time)?\b",
    re.IGNORECASE,
)
_ALONE = re.compile(
    r"\)?(?:\W*$|[.,;:!?)\u2013-]| ?\(|"
    r" (?:and|when|but|as|we|i|it|they|the|until|for|after|before|by|from|to|right|so|today|yesterday|"
    r"on (?:\w+day|the|\d))\b)",
    re.IGNORECASE,
)
"""Behind a place that stands for a time of day: with a noun behind it, it is a part of what runs ("central db", "in
singapore all pods"), and behind "14:30 et" a sentence in French goes on."""
_MARCH, _OCTOBER, _NOVEMBER = 3, 10, 11
_SUNDAY = 6


def find_zone(behind: str, said_at: datetime, places: Mapping[str, tzinfo]) -> tzinfo | None:
    """Return the zone that the words right behind a time of day name; `None`: they name no place.

    Args:
        said_at: When that was said, for the season.
        places: Zones by the lower-case names of the cities in which people of the channel live.
    """
    match = _BEHIND.match(behind)
    if match is None:
        return None
    name = match["name"].lower()
    if match["time"] is None and _ALONE.match(behind, match.end()) is None:
        return None
    is_named = match["time"] is not None or match["at"] is not None
    if name in places and is_named:
        return places[name]
    if name not in _PLACES or not (is_named or name in _BARE):
        return None
    minutes, law = _PLACES[name]
    return timezone(timedelta(minutes=minutes + (60 if _is_summer(said_at, law) else 0)))


def _is_summer(at: datetime, law: str) -> bool:
    day = at.astimezone(UTC).date()
    if law == _AMERICAN:  # From the second Sunday of March to the first of November.
        return _find_sunday(day.year, _MARCH, 8) <= day < _find_sunday(day.year, _NOVEMBER, 1)
    if law == _EUROPEAN:  # From the last Sunday of March to the last of October.
        return _find_sunday(day.year, _MARCH, 25) <= day < _find_sunday(day.year, _OCTOBER, 25)
    return False


def _find_sunday(year: int, month: int, first: int) -> date:
    """Return the first Sunday of a month from a day on."""
    day = date(year, month, first)
    return day + timedelta(days=_SUNDAY - day.weekday())
