"""What an incident is about: the metrics that moved with it, and the messages and words that are its own."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from fermata.domain.trail import Trail
from fermata.rules.timeline.curves import Shift, find_shift
from fermata.rules.timeline.talk import Heard, hear
from fermata.rules.timeline.terms import find_terms
from fermata.rules.timeline.topics import Topics, sort_topics

_TOGETHER = timedelta(minutes=4)
_LATER = timedelta(minutes=15)
"""After the incident's own metrics, from which another's move is another incident's."""
_READ = 300
"""Characters of a message in which a metric's words are looked for."""
_LETTERS = re.compile(r"[a-z]{3,}")
_LINKING = frozenset(
    ("the", "and", "for", "are", "not", "all", "was", "has", "with", "from", "after", "before", "then")
)
_MUCH = 0.5
"""Of the messages about the metric that people speak of most, from which on another counts as well."""
_LONG = 4
"""Letters from which on a title's word is looked for inside others: "card" in "mastercard"."""


def choose_shifts(trail: Trail) -> list[Shift]:
    """Return the moves of the metrics that are about this incident: by its title's words, else by its talk's."""
    found = [shift for curve in trail.curves if (shift := find_shift(curve)) is not None]
    words = find_terms(trail.title)
    titled = [shift for shift in found if find_terms(shift.curve.name) & words] or _list_named(trail.title, found)
    if not titled and found:
        titled = [_find_spoken(trail, found)]
    # What moves in the same minutes moves for the same reason.
    return [shift for shift in found if any(abs(shift.onset - other.onset) <= _TOGETHER for other in titled)]


def _list_named(title: str, shifts: Sequence[Shift]) -> list[Shift]:
    """Return the moves that share most of a title's common words, else those whose names contain one of its words."""
    # "Turn" is a common word, but not in a title.
    bare = _list_bare(title)
    shared = [len(bare & _list_bare(shift.curve.name)) for shift in shifts]
    if any(shared):
        return [shift for shift, count in zip(shifts, shared, strict=True) if count == max(shared)]
    long = sorted(word for word in bare if len(word) >= _LONG)
    return [shift for shift in shifts if any(word in shift.curve.name.lower() for word in long)]


def _list_bare(text: str) -> set[str]:
    return {word.removesuffix("s") for word in _LETTERS.findall(text.lower()) if word not in _LINKING}


def _find_spoken(trail: Trail, shifts: Sequence[Shift]) -> Shift:
    """Return the first move of those that people speak of much: that of a small incident beside it may come first."""
    talk = Counter(
        term for message in trail.messages if not message.is_bot for term in find_terms(message.text[:_READ])
    )
    counts = [sum(talk[term] for term in find_terms(shift.curve.name)) for shift in shifts]
    spoken = [shift for shift, count in zip(shifts, counts, strict=True) if count >= _MUCH * max(counts)]
    return min(spoken, key=lambda shift: shift.onset)


def find_topics(trail: Trail, moved: Sequence[Shift]) -> tuple[list[Heard], Topics]:
    """Return the channel as it was heard, and what of it is this incident's.

    Args:
        moved: Of the metrics that are about it.
    """
    heard = hear(trail.messages)
    related = [f"{deploy.service} {deploy.title}" for deploy in trail.deploys]
    shifts = [shift for curve in trail.curves if (shift := find_shift(curve)) is not None]
    measured = [s.curve.name for s in shifts if any(abs(s.onset - own.onset) <= _LATER for own in moved)]
    related += measured
    # What moved is what the incident is about, even where its title has other words for it.
    title = " ".join((trail.title, *(shift.curve.name for shift in moved)))
    others = _list_others(trail, moved)
    return heard, sort_topics(heard, title, trail.channels, related=related, measured=measured, others=others)


def _list_others(trail: Trail, moved: Sequence[Shift]) -> list[str]:
    """Return the metrics of other incidents: what moves with this one or before it may be its cause."""
    if not moved:
        return []
    onset = min(shift.onset for shift in moved)
    shifts = [shift for curve in trail.curves if (shift := find_shift(curve)) is not None]
    return [shift.curve.name for shift in shifts if shift.onset - onset > _LATER]
