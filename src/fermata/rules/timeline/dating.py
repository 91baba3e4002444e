"""Whether a sentence tells what was at the minute that it names, or is news of the minute in which it was said.

"For the record, rolled back at 14:20" is told at 14:20; "no orders since 14:20" is a report, made when somebody found
that. Most sentences with a time of day are neither so plain: marks of what stands before, behind and around it are
weighed, as somebody does who reads it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import log

from fermata.domain.trail import Message, MessageKind
from fermata.rules.timeline.dating_weights import ALWAYS, WEIGHTS
from fermata.rules.timeline.reading import Clause, Stage
from fermata.rules.timeline.stated import StatedTime

_NEXT = r"(?:utc|z)? ?(?:-|\u2013|\u2192|->"
_BEFORE = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("behind at", r"\bat\W*$"),
        ("behind since", r"\bsince\W*$"),
        ("behind nothing", r"^\W*(?:scribe\W*)?$"),
        ("behind was", r"\b(?:was|is|were)\W*$"),
        ("behind what is over", r"\b(?:live|off|on|out|up|back|done|sent|over|down|through|went|\w{2,}ed)\W*$"),
        ("behind a limit", r"\b(?:to|until|till|and|between)\W*$"),
        ("end of a span", rf"\d ?{_NEXT}|to|and)\s*$"),
        ("behind a first", r"\b(?:first|earliest|starts?|started|starting|beg[aiu]ns?|onset)\b"),
        ("behind a last", r"\b(?:last|final)\b"),
        ("lasting", r"\b(?:is|are|has been|have been|'s been) (?:[\w'%/]+[ ,]+){0,4}since\b"),
        ("beside another", r"\b(?:since|because|when|after|while|until)\b(?!\W*$).*\w"),
    )
)  # fmt: skip
"""Of what stands before the time, in lower case."""
_BEHIND = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("begin of a span", rf" ?{_NEXT}|to |and |until |till )\s*\d"),
        (
            "with its zone",
            r" ?\(?(?:utc|gmt|z\b|[a-z]{2,4}t\b|our|my|local|here|(?:in )?\w+ time|pacific|eastern|central)",
        ),
        ("before when", r"\W*(?:when|right|so|before|as)\b"),
        ("at the end", r"\W*$"),
    )
)
"""Of what stands behind it."""
_RECORD = (
    r"\bfor the (?:record|notes?|doc|log|timeline|write|report|pen|book|protocol|scribe)|write.?up|timeline|"
    r"\brecap|correction|scroll|postmortem|protocol"
)
_SOURCE = (
    r"\blogs?\b|\bgraphs?\b|\bacc(?:ording)?\b|audit|count(?:ed|ing)|history|kibana|prom\w*|trace|report|screen|"
    r"curve|dashboard"
)
_AROUND = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("for the record", _RECORD),
        ("from a source", _SOURCE),
        ("to the minute", r"exact|sharp|precise|on the dot|\bvery\b|to the (?:second|minute)"),
        ("told to others", r"status|update|posted|banner|notice|tickets|customers?|calls?"),
    )
)
"""Of the whole message."""
_OTHER = re.compile(
    r"\b(?:since|because|after|until|till) (?:we|i|they|he|she|you|somebody|someone)\b[^.;]*$", re.IGNORECASE
)
"""Before a time that is of what somebody did, beside what is told: "rejected since we resized it at 07:00"."""
_SECONDS = re.compile(r"\d+:\d\d:\d\d")
_NUMBER = re.compile(r"\d+")
_MANY = 2
_SHORT, _SOON = 3.0, 10.0
"""Minutes from what is named to what is said."""
_KINDS = {
    MessageKind.ACTION: "an act",
    MessageKind.MILESTONE: "a milestone",
    MessageKind.COMMUNICATION: "a word to others",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence that names times, and what it stands in."""

    clause: Clause
    message: Message
    is_alone: bool = True
    """Nothing else in its message tells anything."""
    is_met: bool = False
    """Somebody wrote in the minutes that are named."""


def list_marks(told: Told, stated: Sequence[StatedTime], number: int) -> dict[str, float]:
    """Return what speaks for and against one of the times that a sentence names, with how much of it is there.

    Args:
        stated: The times, in the order of the text; they are before the message.
        number: Which of them is meant.
    """
    time = stated[number]
    text = told.clause.text.lower()
    before, clock, behind = text[: time.position], text[time.position : time.end], text[time.end :]
    around = told.message.text.lower()
    found = [name for name, pattern in _BEFORE if pattern.search(before)]
    found += [name for name, pattern in _BEHIND if pattern.match(behind)]
    found += [name for name, pattern in _AROUND if pattern.search(around)]
    gap = (told.message.at - time.at) / timedelta(minutes=1)
    facts = {
        "said soon after": gap < _SHORT,
        "said shortly after": gap < _SOON,
        "somebody wrote then": told.is_met,
        "about then": time.is_rough,
        "to the second": _SECONDS.match(clock) is not None,
        "not the first": number > 0,
        "all there is": told.is_alone,
        "several numbers": len(_NUMBER.findall(before + behind)) >= _MANY,
        "what users felt": told.clause.is_impact,
        "found": told.clause.is_found,
        "mitigated": told.clause.stage is Stage.MITIGATED,
        _KINDS.get(told.clause.kind, ""): told.clause.kind in _KINDS,
    }
    marks = dict.fromkeys((*found, *(name for name, is_there in facts.items() if is_there)), 1.0)
    return marks | {"minutes": log(max(gap, 1.0))}


def find_dated(told: Told, stated: Sequence[StatedTime]) -> StatedTime | None:
    """Return the time at which that was what a sentence tells; `None`: it is news of when it was said.

    Args:
        stated: The times that the sentence names, in the order of the text; they are before the message.
    """
    weighed = [
        (odds, time)
        for number, time in enumerate(stated)
        # "The 14:02 deploy" is which one, and not when.
        if not time.is_name and _OTHER.search(told.clause.text[: time.position]) is None
        if (odds := weigh_time(told, stated, number)) > 0
    ]
    return max(weighed, key=lambda pair: pair[0])[1] if weighed else None


def weigh_time(told: Told, stated: Sequence[StatedTime], number: int) -> float:
    """Return how much speaks for one of the times that a sentence names, as logarithm of the odds."""
    marks = list_marks(told, stated, number)
    return ALWAYS + sum(WEIGHTS.get(mark, 0.0) * much for mark, much in marks.items())
