"""Last lines of those that stop while others of their kind go on: by number in one shape, by name in several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from fermata.rules.condense.members import find_stopped
from fermata.rules.condense.survey import Surveyed

_MOST_STOPPED = 8  # More are how the log is.


class Stopped(NamedTuple):
    """The last line of one of several."""

    track: int
    line: int
    raw: bytes


def list_stopped(surveyed: Surveyed, named: Sequence[bool]) -> list[Stopped]:
    """Return the last lines of members that stop: workers, shards, hosts; none where many do.

    Args:
        surveyed: The log.
        named: For each group whether its shapes are so many that they differ in names.
    """
    found: list[Stopped] = []
    by_group: dict[int, list[int]] = {}
    for index, (track, group) in enumerate(zip(surveyed.tracks, surveyed.group_of, strict=True)):
        if track.saying.is_frame:
            continue
        members = track.members.list_stopped(surveyed.lines) if track.members is not None else []
        found += [Stopped(index, member.last, member.last_raw) for member in members]
        if named[group]:
            by_group.setdefault(group, []).append(index)
    for indexes in by_group.values():
        silent = find_stopped([surveyed.tracks[index] for index in indexes], surveyed.lines)
        found += [
            Stopped(index, track.last, track.last_raw)
            for index in indexes
            if (track := surveyed.tracks[index]) in silent
        ]
    return found if len(found) <= _MOST_STOPPED else []
