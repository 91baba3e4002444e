"""When that was what a sentence tells: mostly when it was said, sometimes when it says.

A wrong time is worse than the message's own: what is dated beside the event, in doubt or in passing does not count.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo

from fermata.domain.trail import Message, Trail
from fermata.rules.timeline.reading import Clause
from fermata.rules.timeline.stated import find_stated_times

_APART = timedelta(seconds=60)
_BESIDE = re.compile(
    r"\b(?:since|because|when|after|as(?! of\W*$)|while|until)\b(?!\W*$).*\w|\b(?:offset|created|valid|due)\b",
    re.IGNORECASE,
)
_BEGINS = re.compile(
    r"\b(?:since|from|start\w*|beg[aiu]n\w*|first|onset|earliest|back to|as of)\b[^.;]{0,40}$", re.IGNORECASE
)
# "No orders since 09:10" is a report, and news when it is made; the start is taken from it elsewhere.
_SINCE = re.compile(r"(?:\bsince|(?<!\bas)\W\bof)\W*(?:about|around|roughly|~)?\W*$", re.IGNORECASE)
_DATES_ITSELF = re.compile(r"\b(?:start|beg[aiu]n|onset|kick)\w*\b", re.IGNORECASE)
_DATED = re.compile(r"\b(?:at|since|from|on|as of|by me,|around)\W*$", re.IGNORECASE)
_ZONED = re.compile(
    r"\S+ ?(?:[ap]m )?\(?(?:utc|gmt|z\b|[a-z]{2,4}t\b|our|my|local|here|\w+ time|(?:in )?[a-z]+ time|hrs|uhr)",
    re.IGNORECASE,
)
_LED = re.compile(r"^\W*(?:scribe\W*)?\d{1,2}[:h]\d\d", re.IGNORECASE)
_ENDS = re.compile(r"(?:ed|en|sent|done|live|out|up|down|over|then|back)\W*$", re.IGNORECASE)
_WHOSE = re.compile(r"(?:[\w-]+ ){2,4}(?:our|my|local|here|utc|gmt|[a-z]{2,4}t\b|[a-z]+ time)", re.IGNORECASE)
_AT = re.compile(r"\bat\W*$", re.IGNORECASE)
_MET_BEFORE = timedelta(seconds=60)
_MET_AFTER = timedelta(seconds=120)
_FEWEST_MET = 2
"""Moments of a recap at which somebody wrote, from which its zone is known."""


class Moments:
    """The times that the messages of a trail name."""

    def __init__(self, trail: Trail) -> None:
        self._zones = {name: person.zone for name, person in trail.people.items() if person.zone is not None}
        named = {str(zone): zone for zone in self._zones.values()}
        # "19:10 Paris time", by whoever it is said.
        self._cities = {
            name.rpartition("/")[2].replace("_", " ").lower(): zone for name, zone in named.items() if "/" in name
        }
        self._times = [message.at for message in trail.messages]

    def find(self, clause: Clause, message: Message) -> datetime | None:
        """Return when that was what a sentence tells; `None`: when it was said."""
        if message.is_bot:
            return None
        plain = clause.text.lower()
        city = next((zone for name, zone in self._cities.items() if name in plain), None)
        return _find_moment(clause, message, city or self._zones.get(message.user), is_named=city is not None)

    def list_recap(self, clauses: Sequence[Clause], message: Message) -> list[tuple[Clause, datetime]]:
        """Return the moments that a recap lists, by the zone in which most of them are ones at which somebody wrote.

        None at all where too few are: its zone is not known then.
        """
        best: list[tuple[Clause, datetime]] = []
        most = _FEWEST_MET - 1
        for zone in (self._zones.get(message.user, UTC), UTC):
            dated = [(clause, at) for clause in clauses if (at := _find_moment(clause, message, zone)) is not None]
            met = sum(self._is_met(at) for _, at in dated)
            if met > most:
                best, most = dated, met
        return best

    def _is_met(self, at: datetime) -> bool:
        return bisect_right(self._times, at + _MET_AFTER) > bisect_left(self._times, at - _MET_BEFORE)


def _find_moment(clause: Clause, message: Message, zone: tzinfo | None, *, is_named: bool = False) -> datetime | None:
    stated = find_stated_times(clause.text, message.at, zone, is_only=clause.is_recap or is_named)
    stated = tuple(time for time in stated if not time.is_rough) or stated
    if len(stated) != 1 or stated[0].is_name or message.at - stated[0].at <= _APART:
        return None
    if clause.is_recap or _LED.match(clause.text):
        return stated[0].at  # A scribe puts the minute first, whatever it is that happened then.
    if clause.is_impact:
        return None
    before, after = clause.text[: stated[0].position], clause.text[stated[0].position :]
    # "... since we resized at 07:00" dates what is told beside it, not what is told.
    if _BESIDE.search(before) or (_SINCE.search(before) and not _DATES_ITSELF.search(clause.text)):
        return None
    is_last = not after.partition(" ")[2].strip(" .!)")  # "Mitigated 13:29", "notice published 09:30."
    is_dated = bool(_DATED.search(before) or _ZONED.match(after) or (is_last and _ENDS.search(before)))
    is_dated = is_dated or _BEGINS.search(before) is not None
    if (stated[0].is_rough and not (_AT.search(before) and _names_zone(after))) or clause.is_found:
        # What was found is news when it is said, whenever it happened; "ten minutes ago" is no minute of its own.
        is_dated = _BEGINS.search(before) is not None
    return stated[0].at if is_dated else None


def _names_zone(after: str) -> bool:
    """Answer whether a time in words says whose it is: "ten to six Lisbon time" is meant to the minute."""
    return _WHOSE.match(after) is not None
