"""What a model says of each row, one short line for each: which kind of event it tells, and how much of one it is."""

from __future__ import annotations

import re
from types import MappingProxyType

from pydantic import Field

from fermata.domain.record import Record
from fermata.domain.trail import MessageKind

_KINDS = {
    "cause": MessageKind.ACTION,
    "onset": MessageKind.OBSERVATION,
    "alert": MessageKind.OBSERVATION,
    "report": MessageKind.OBSERVATION,
    "declared": MessageKind.MILESTONE,
    "scope": MessageKind.OBSERVATION,
    "finding": MessageKind.OBSERVATION,
    "excluded": MessageKind.OBSERVATION,
    "decision": MessageKind.DECISION,
    "step": MessageKind.ACTION,
    "effect": MessageKind.OBSERVATION,
    "word": MessageKind.COMMUNICATION,
    "data": MessageKind.OBSERVATION,
    "end": MessageKind.MILESTONE,
}
EVENTS = MappingProxyType(_KINDS)
"""What a row that tells an event may be called, and as which kind of message it is told."""
NONE, OTHER, GUESS, SAME, OUT = "none", "other", "guess", "same", "out"
_PLAIN = {"-": NONE, "none": NONE, "noise": NONE, "detail": NONE, "other": OTHER, "guess": GUESS}
_NAME = r"\d{1,4}[a-z]"
_LINE = re.compile(rf"\s*({_NAME})[*+?xo]{{0,3}}[\s:|]+(.+?)\s*", re.DOTALL)
_SAME = re.compile(rf"(?:=|same(?: as)?|merge(?: into)?)\s*({_NAME})[*+?xo]{{0,3}}")
_OUT = re.compile(rf"out(?: by)?\s+({_NAME})[*+?xo]{{0,3}}")
_EVENT = re.compile(r"([a-z]+)[\s:]*([0-3])(?:\s+(?:at\s+)?(\d\d:\d\d))?")
_AND = re.compile(r"\s*[+;,&]\s*|\s+and\s+")
_MOST_EVENTS = 2
_TURNING = 3


class Verdict(Record):
    """What a row is."""

    n: str
    what: str
    """One of `EVENTS`, or what keeps it from being one."""
    grade: int = Field(default=0, ge=0, le=3)
    """3: a turning point; 2: an event that may be left out; 1: a detail."""
    of: str = ""
    """The row that tells the same, or that excludes it."""
    at: str = ""
    """Another minute that the row shows."""
    also: str = ""
    """One of `EVENTS`, where a row tells another event of another minute."""
    also_at: str = ""
    """That minute; empty: the row's own."""


def read_verdict(line: str) -> Verdict | None:
    """Return what a line says of a row; `None` where it says no such thing."""
    found = _LINE.fullmatch(line)
    if found is None:
        return None
    name, said = found[1], found[2].lower()
    if said in _PLAIN:
        return Verdict(n=name, what=_PLAIN[said])
    if (same := _SAME.fullmatch(said)) is not None:
        return Verdict(n=name, what=SAME, of=same[1])
    if (out := _OUT.fullmatch(said)) is not None:
        return Verdict(n=name, what=OUT, of=out[1])
    events = [event for part in _AND.split(said) if (event := _EVENT.fullmatch(part)) and event[1] in EVENTS]
    if not events or len(events) != len(_AND.split(said)) or len(events) > _MOST_EVENTS:
        return None
    first, *others = events
    second = next((event for event in others if int(event[2]) == _TURNING), None)
    also, also_at = (second[1], second[3] or "") if second is not None else ("", "")
    return Verdict(n=name, what=first[1], grade=int(first[2]), at=first[3] or "", also=also, also_at=also_at)
