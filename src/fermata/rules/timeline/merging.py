"""Several messages of one event become one line, which cites them all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from fermata.domain.trail import Entry, MessageKind, Status
from fermata.rules.timeline.posts import State
from fermata.rules.timeline.reading import Stage

_REACH = timedelta(minutes=12)
_STAGE_REACH = {
    Stage.ALERTED: timedelta(minutes=3),
    Stage.DECLARED: timedelta(minutes=15),
    Stage.MITIGATED: timedelta(seconds=70),
    Stage.CLEARED: timedelta(minutes=2),
    Stage.RESOLVED: timedelta(minutes=2),
}
_NAMED = (Stage.ALERTED, Stage.CLEARED)
"""Of these there are many at a time; what they are about tells them apart."""
_SAME_MINUTE = timedelta(seconds=75)
_ALIKE_REACH = timedelta(minutes=4)
_ALIKE = 0.45
"""Shared part of the smaller set of words; a guess, checked on the development cases."""
_SAME = 0.7
"""The same for what was said minutes apart."""
_GRADE = re.compile(r"\b(?:sev(?:erity)?|p|prio(?:rity)?)[ -]?(\d)\b", re.IGNORECASE)
_POSTED_REACH = timedelta(minutes=5)
"""Between what somebody posts to a status page and the page's own word of it: pages tell a chat within moments, and
people tell it before or after."""
_PAGE = re.compile(r"\bstatus ?page\b", re.IGNORECASE)
_MOST_CITED = 8
_MOST_LOOKED_AT = 200
"""Lines before one that are compared with it: a flood must not make it slow."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line with what tells whether it is another one's event."""

    entry: Entry
    terms: frozenset[str]
    stage: Stage | None = None
    is_new: bool = True
    shape: str = ""
    """A bot's text without its numbers: the same again is the same alert."""
    is_recalled: bool = False
    """Its time is named in words, some time after it."""
    post: State | None = None
    """The state that a post of a status page says; a person's, too, who pastes it."""


def merge_lines(lines: Sequence[Line]) -> list[Line]:
    """Return the lines in the order of their time, those of one event as one; the earliest gives time and actor."""
    merged: list[Line] = []
    for line in sorted(lines, key=lambda line: line.entry.at):
        position = _find_same(merged, line)
        if position is None:
            merged.append(line)
        else:
            merged[position] = _join(merged[position], line)
    return merged


def _find_same(merged: Sequence[Line], line: Line) -> int | None:
    for position in range(len(merged) - 1, max(-1, len(merged) - 1 - _MOST_LOOKED_AT), -1):
        earlier = merged[position]
        gap = line.entry.at - earlier.entry.at
        if gap > _REACH:
            return None
        if _is_same(earlier, line, gap):
            return position
    return None


def _is_same(earlier: Line, line: Line, gap: timedelta) -> bool:
    if earlier.entry.status is not line.entry.status:
        return False
    if earlier.shape and earlier.shape == line.shape:
        return True
    if _is_other_end(earlier, line):
        return False
    if gap <= _POSTED_REACH and _is_same_post(earlier, line):
        return True
    shared = len(earlier.terms & line.terms)
    if earlier.stage is not None and _fold(earlier.stage) is _fold(line.stage):
        if earlier.stage is Stage.DECLARED and _grade(earlier) and _grade(line) and _grade(earlier) != _grade(line):
            return False
        return gap <= _STAGE_REACH[earlier.stage] and (earlier.stage not in _NAMED or shared > 0)
    is_alike = shared >= max(2, _ALIKE * min(len(earlier.terms), len(line.terms)))
    if gap <= _SAME_MINUTE:
        return is_alike
    if earlier.entry.kind is not line.entry.kind or earlier.stage is not line.stage:
        return False
    if line.entry.status is Status.CONFIRMED and line.entry.kind is MessageKind.OBSERVATION and not line.is_new:
        return True
    # A few shared words are what the incident is about, not which event of it.
    return shared >= max(3, _SAME * min(len(earlier.terms), len(line.terms))) and gap <= _ALIKE_REACH


def _is_other_end(earlier: Line, line: Line) -> bool:
    """Answer whether one monitor tells the ends of two alerts, which are two events however near."""
    is_end = earlier.stage is Stage.CLEARED and line.stage is Stage.CLEARED
    return is_end and bool(earlier.shape and line.shape) and earlier.entry.actors == line.entry.actors


def _is_same_post(earlier: Line, line: Line) -> bool:
    """Answer whether a person and a status page tell the same post: either says its state, or that it was made."""
    if earlier.post is not None and line.post is not None:
        return earlier.post is line.post and not (earlier.shape and line.shape)
    told, other = (earlier, line) if earlier.post is not None else (line, earlier)
    is_said = other.entry.kind is MessageKind.COMMUNICATION and not other.shape
    return told.post is not None and is_said and _PAGE.search(other.entry.text) is not None


def _grade(line: Line) -> set[str]:
    """Return how grave a line says that it is: SEV-2 raised to SEV-1 is news."""
    return {match[1] for match in _GRADE.finditer(line.entry.text)}


def _fold(stage: Stage | None) -> Stage | None:
    # A monitor that comes back tells what people tell by "it has recovered".
    return Stage.MITIGATED if stage is Stage.CLEARED else stage


def _join(earlier: Line, line: Line) -> Line:
    if earlier.shape and earlier.shape == line.shape:
        return earlier  # A flood is told by its first line.
    citations = tuple(dict.fromkeys((*earlier.entry.citations, *line.entry.citations)))[:_MOST_CITED]
    entry = replace(earlier.entry, citations=citations)
    return replace(earlier, entry=entry, terms=earlier.terms | line.terms, post=earlier.post or line.post)
