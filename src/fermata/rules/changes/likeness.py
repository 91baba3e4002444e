"""How far a change is like those that brought what is seen, in incidents that were written down.

Case-based reasoning (Aamodt and Plaza, "Case-Based Reasoning: Foundational Issues", AI Communications 7(1), 1994): of
the written incidents, those that look most like this one are taken, and a change is held against theirs. Who is as like
the changes of any incident as of these has learned nothing by it, so that both are compared.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from fermata.kit.redaction.marks import MARK
from fermata.rules.changes.live import Change
from fermata.rules.changes.signs import Sign
from fermata.rules.changes.symptoms import Symptoms
from fermata.rules.changes.written import Library, list_change_stems, list_seen_stems, read_library

_NEAREST = 30
_LIKE = 3.0  # An incident twice as like counts eight times.
_LEAST = -0.25  # Points from which on it is a reason: what is nearly as alike may as well be the one.
_CHANCE = 0.03  # Likeness that any two changes have: a share of next to nothing says nothing.


def judge_likeness(changes: Sequence[Change], symptoms: Symptoms) -> Iterator[tuple[Change, Sign]]:
    """Yield what it says against each change that it is less like those than the most alike one.

    For the most alike one it says nothing: in an incident that no change brought, one is the most alike as well.
    """
    if len(changes) < 2:  # Nothing to compare: nothing is read for it.
        return
    library = read_library()
    brought = _blend_alike(library, symptoms)
    if not brought:
        return
    scores = [_score(library.weigh(_list_stems(change)), brought, library.usual) for change in changes]
    most = max(scores)
    first = changes[scores.index(most)].id
    for change, score in zip(changes, scores, strict=True):
        points = round(score - most, 2)
        if points <= _LEAST:
            text = f"{first} is more like changes that brought such failures elsewhere"
            yield change, Sign("likeness", points, text)


def _blend_alike(library: Library, symptoms: Symptoms) -> dict[str, float]:
    """Return stem -> what it counts in the changes of those incidents that look most like this one."""
    alike = library.find_alike(_list_seen(symptoms), _NEAREST)
    total = sum(share**_LIKE for share in alike.values())
    return library.blend({number: share**_LIKE / total for number, share in alike.items()})


def _list_seen(symptoms: Symptoms) -> list[str]:
    """Return the stems of what is seen; what the services are called says nothing of what ails them."""
    texts = [MARK.sub(" ", sample) for telling in symptoms.tellings for sample in telling.samples]
    metrics = [item.shift.series.metric for item in symptoms.moved]
    named = set(list_seen_stems(symptoms.services))
    return [stem for stem in list_seen_stems([*texts, symptoms.alert_text, *metrics]) if stem not in named]


def _list_stems(change: Change) -> Iterator[str]:
    lines = (line for hunk in change.diff.effective for line in hunk.lines if not line.inert)
    return list_change_stems(((line.sign, MARK.sub(" ", line.text)) for line in lines), change.facts.title)


def _score(own: Mapping[str, float], brought: Mapping[str, float], usual: Mapping[str, float]) -> float:
    return math.log((_meet(own, brought) + _CHANCE) / (_meet(own, usual) + _CHANCE))


def _meet(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    return sum(worth * other.get(stem, 0.0) for stem, worth in one.items())
