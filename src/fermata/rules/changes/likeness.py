"""How far a change is like those that brought what is seen, in incidents that were written down.

Case-based reasoning (Aamodt and Plaza, "Case-Based Reasoning: Foundational Issues", AI Communications 7(1), 1994): of
the written incidents, those that look most like this one are taken, and a change is held against theirs. Who is as like
the changes of any incident as of these has learned nothing by it, so that both are compared.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from fermata.kit.redaction.marks import MARK
from fermata.rules.changes.live import Change
from fermata.rules.changes.signs import Sign
from fermata.rules.changes.symptoms import Symptoms
from fermata.rules.changes.written import Library, list_change_stems, list_seen_stems, read_library

_NEAREST = 30
_LIKE = 2.0  # An incident twice as like counts four times.
_CHANCE = 0.03  # Likeness that any two changes have: a share of next to nothing says nothing.
_TOLD = 0.15  # Likeness of a change to one that was written down from which on that one is told.


@dataclass(frozen=True, slots=True)
class Precedent:
    """The written incidents that look like this one."""

    shares: Mapping[int, float]
    """Number of each -> its share, 1 together."""
    stems: Mapping[str, float]
    """Of their changes, as `Library.blend` gives them."""


def judge_likeness(changes: Sequence[Change], symptoms: Symptoms) -> Iterator[tuple[Change, Sign]]:
    """Yield for each change what its likeness says, beside that of the others; it ties nothing by itself."""
    library = read_library()
    precedent = _find_precedent(library, symptoms)
    if not precedent.shares:
        return
    weighed = [(change, library.weigh(_list_stems(change))) for change in changes]
    scores = [_score(own, precedent, library) for _, own in weighed]
    usual = sum(scores) / max(len(scores), 1)
    for (change, own), score in zip(weighed, scores, strict=True):
        points = round(score - usual, 2)
        if points:
            yield change, Sign("likeness", points, _say(own, points, precedent, library))


def _find_precedent(library: Library, symptoms: Symptoms) -> Precedent:
    alike = library.find_alike(_list_seen(symptoms), _NEAREST)
    total = sum(share**_LIKE for share in alike.values()) or 1.0
    shares = {number: share**_LIKE / total for number, share in alike.items()}
    return Precedent(shares, library.blend(shares))


def _list_seen(symptoms: Symptoms) -> list[str]:
    """Return the stems of what is seen; what the services are called says nothing of what ails them."""
    texts = [MARK.sub(" ", sample) for telling in symptoms.tellings for sample in telling.samples]
    metrics = [item.shift.series.metric for item in symptoms.moved]
    named = set(list_seen_stems(symptoms.services, ()))
    found = list_seen_stems([*texts, symptoms.alert_text], metrics)
    return [stem for stem in found if stem.removeprefix("~") not in named]


def _list_stems(change: Change) -> Iterator[str]:
    lines = ((line.sign, line.text) for hunk in change.diff.effective for line in hunk.lines if not line.inert)
    return list_change_stems(lines, MARK.sub(" ", change.facts.title))


def _score(own: Mapping[str, float], precedent: Precedent, library: Library) -> float:
    return math.log((_meet(own, precedent.stems) + _CHANCE) / (_meet(own, library.usual) + _CHANCE))


def _meet(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    return sum(worth * other.get(stem, 0.0) for stem, worth in one.items())


def _say(own: Mapping[str, float], points: float, precedent: Precedent, library: Library) -> str:
    if points < 0:
        return "it is less like what brought the same elsewhere"
    likes = {number: _meet(own, library.weigh(library.incidents[number].change)) for number in precedent.shares}
    near = max(likes, key=lambda number: (likes[number] * precedent.shares[number], -number), default=None)
    said = "it is more like what brought the same elsewhere"
    if near is None or likes[near] < _TOLD:
        return said
    return f"{said} ({library.incidents[near].mechanism})"
