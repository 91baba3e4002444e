"""When that was what a sentence tells: mostly when it was said, sometimes when it says.

A wrong time is worse than the message's own: what is dated beside the event, in doubt or in passing does not count.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo

from fermata.domain.trail import Message, Trail
from fermata.rules.timeline.dating import Told, find_dated
from fermata.rules.timeline.reading import Clause
from fermata.rules.timeline.stated import StatedTime, find_stated_times

_APART = timedelta(seconds=60)
_MET_BEFORE = timedelta(seconds=60)
_MET_AFTER = timedelta(seconds=120)
_LONG_BEFORE = timedelta(hours=3)
"""Before anybody spoke; what led to an incident may have been then, but in another zone people spoke of it."""
_MOST_ROOMS = 2
"""Zones in which most is said, which may be meant."""
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
        said = Counter(zone for message in trail.messages if (zone := self._zones.get(message.user)) is not None)
        self._rooms = [zone for zone, _ in said.most_common(_MOST_ROOMS)]

    def find(self, clause: Clause, message: Message, *, is_alone: bool = True) -> datetime | None:
        """Return when that was what a sentence tells; `None`: when it was said.

        Args:
            is_alone: Nothing else in its message tells anything.
        """
        if message.is_bot:  # A time in a monitor's text is one of its fields.
            return None
        stated = find_stated_times(clause.text, message.at, self._zones.get(message.user), places=self._cities)
        past = [time for time in stated if message.at - time.at > _APART]
        met = any(self._is_met(time.at) for time in past)
        dated = find_dated(Told(clause, message, is_alone=is_alone, is_met=met), past)
        return self._move_home(clause, message, dated) if dated is not None else None

    def _move_home(self, clause: Clause, message: Message, dated: StatedTime) -> datetime:
        """Return a time as the room means it where by the speaker's zone it would be hours before anybody spoke.

        Who takes over from another zone says the room's times as they read them; that somebody wrote then shows it.
        """
        if self._times[0] - dated.at <= _LONG_BEFORE:
            return dated.at
        for zone in self._rooms:
            found = find_stated_times(clause.text, message.at, zone, is_only=True, places=self._cities)
            for time in found:
                if time.position == dated.position and self._is_met(time.at):
                    return time.at
        return dated.at

    def list_recap(self, clauses: Sequence[Clause], message: Message) -> list[tuple[Clause, datetime]]:
        """Return the moments that a recap lists, by the zone in which most of them are ones at which somebody wrote.

        None at all where too few are: its zone is not known then.
        """
        best: list[tuple[Clause, datetime]] = []
        most = _FEWEST_MET - 1
        for zone in (self._zones.get(message.user, UTC), UTC):
            dated = [(clause, at) for clause in clauses if (at := self._find_listed(clause, message, zone)) is not None]
            met = sum(self._is_met(at) for _, at in dated)
            if met > most:
                best, most = dated, met
        return best

    def _is_met(self, at: datetime) -> bool:
        return bisect_right(self._times, at + _MET_AFTER) > bisect_left(self._times, at - _MET_BEFORE)

    def _find_listed(self, clause: Clause, message: Message, zone: tzinfo) -> datetime | None:
        stated = find_stated_times(clause.text, message.at, zone, is_only=True, places=self._cities)
        stated = tuple(time for time in stated if not time.is_rough) or stated
        if len(stated) != 1 or stated[0].is_name or message.at - stated[0].at <= _APART:
            return None
        return stated[0].at
