"""Who writes a kind of line: workers, shards, hosts told apart by a number, one of which may stop while others go on.

"executor 13 heartbeat" and "executor 14 heartbeat" are one shape, and the shape goes on when one of them does not. So
the few values behind a name are followed each by itself. What has many values counts or measures, and is let go of.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol, TypeVar

from fermata.rules.condense.gauges import is_measure_at

WATCHED_FROM = 8
"""Lines of a shape from which on its members are followed: rarer shapes show none that is steady."""
_MOST_PLACES = 6
_MOST_VALUES = 24
_LONGEST = 1_000  # Bytes of a line that is read.
_TRIED = 64  # Lines after which a place with one value only is let go of.
_STEADY = 8  # Fewer lines do not show that a member is steady.
_MISSED = 8  # So many usual gaps without it are a silence,
_MISSED_LONGEST = 2.5  # and so many of its longest,
_LEAST_SILENCE = 0.05  # and such a share of the log.
_LEAST_LIFE = 0.1
_OTHERS = 3  # So many go on for each that stops, once several do.
# A name (two letters at least), and a value that begins with a digit; dates and times are none.
_PLACE = re.compile(rb"([^0-9\r\n]{2,20})([0-9][\w.-]{0,23})(?!:[0-9])(?![\w.-])")
_DATE = re.compile(rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\s{1,2}$")
_LETTERS = re.compile(rb"[A-Za-z].{0,18}?[A-Za-z]")


class Seen(Protocol):
    """When something came."""

    count: int
    first: int
    last: int
    longest: int


_AnySeen = TypeVar("_AnySeen", bound=Seen)


class Member:
    """What was seen of one value."""

    __slots__ = ("count", "first", "last", "last_raw", "longest")

    def __init__(self, line: int, raw: bytes) -> None:
        self.count = 1
        self.first = self.last = line
        self.last_raw = raw
        self.longest = 0
        """Lines from one to the next, where they were most."""


class _Place:
    __slots__ = ("members", "search")

    def __init__(self, name: bytes) -> None:
        self.search = re.compile(re.escape(name) + rb"([\w.-]{1,24})").search
        self.members: dict[bytes, Member] = {}

    def meet(self, raw: bytes, line: int, value: bytes) -> bool:
        """Take in a value that is new; answer whether the place is still worth following."""
        self.members[value] = Member(line, raw)
        return len(self.members) <= _MOST_VALUES


class Members:
    """The values of one shape that may be members, place by place."""

    __slots__ = ("_places",)

    def __init__(self, raw: bytes) -> None:
        names = [
            match[1]
            for match in _PLACE.finditer(raw[:_LONGEST])
            if _LETTERS.search(match[1])
            and not _DATE.search(match[1])
            and raw.find(match[1]) == match.start()
            and not is_measure_at(raw, match.start(2), match.end())
        ]
        self._places = [_Place(name) for name in names[:_MOST_PLACES]]

    @property
    def is_idle(self) -> bool:
        """Answer whether no place is followed any more."""
        return not self._places

    def read(self, raw: bytes, line: int) -> bool:
        """Take in a line of the shape; answer whether any place is still followed."""
        if len(raw) > _LONGEST:
            return True
        for place in self._places:  # Written out, for this runs for each line of some kinds.
            match = place.search(raw)
            if match is None:
                continue
            member = place.members.get(match[1])
            if member is None:
                if not place.meet(raw, line, match[1]):
                    self._leave(place)
                continue
            member.longest = max(member.longest, line - member.last)
            member.count += 1
            member.last, member.last_raw = line, raw
            if member.count == _TRIED and len(place.members) == 1:
                self._leave(place)
        return bool(self._places)

    def _leave(self, place: _Place) -> None:
        self._places = [other for other in self._places if other is not place]

    def list_stopped(self, lines: int) -> list[Member]:
        """Return those that were steady and came no more, while others of their place go on; `lines` is of the log."""
        found: dict[int, Member] = {}
        for place in self._places:
            for member in find_stopped(list(place.members.values()), lines):
                found.setdefault(member.last, member)
        return list(found.values())


def find_stopped(members: Sequence[_AnySeen], lines: int) -> list[_AnySeen]:
    """Return those that were steady and came no more, where enough that were there at the same time go on."""
    steady = [member for member in members if member.count >= _STEADY]
    silent = [member for member in steady if _is_silent(member, lines)]
    going = [member for member in steady if member not in silent]
    stopped = [
        member
        for member in silent
        if member.last - member.first >= _LEAST_LIFE * lines
        and lines - 1 - member.last >= _LEAST_SILENCE * lines
        and any(2 * other.first <= member.first + member.last for other in going)
    ]
    # Where most stop, that is how they are: jobs, sessions, hours of the day.
    return stopped if len(silent) <= max(1, len(going) // _OTHERS) else []


def _is_silent(member: Seen, lines: int) -> bool:
    gap = (member.last - member.first) / (member.count - 1)
    return lines - 1 - member.last >= max(_MISSED * gap, _MISSED_LONGEST * member.longest)
