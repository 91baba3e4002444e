"""Which lines of an evidence stand on an incident's page: all of a short one, of a long one those that matter. Pure.

What a card cites is always among them, with its neighbours; the whole stands on a page of its own. So the page of an
incident with a hundred thousand lines of log stays one that a phone can open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fermata.domain.evidence import Evidence, EvidenceLine
from fermata.domain.ids import EvidenceId
from fermata.flows.readings import IncidentView

MOST_LINES = 120
"""So many are shown without a word: three screens."""
_ENDS = 12
"""Lines kept at the beginning and at the end of a longer one."""
_AROUND = 4
"""Lines kept before and after one that is cited."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line as it is shown."""

    line: EvidenceLine
    is_cited: bool
    left_out: int
    """Lines of the evidence left out right before it."""
    is_gap: bool
    """Numbers are missing before it: the evidence itself does not hold those lines."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """One piece of evidence as it is shown."""

    id: EvidenceId
    item: Evidence
    rows: tuple[Row, ...]
    cited: int
    """How many of its lines a hypothesis or the plan rests on."""
    left_out: int
    """Lines that are not shown; 0 when all are."""


def list_cited(view: IncidentView) -> dict[str, set[int]]:
    """Return evidence id -> numbers of the lines that hypotheses, the plan or the card cite."""
    citations = [*(view.plan.citations if view.plan else ())]
    for hypothesis in view.diagnosis.hypotheses if view.diagnosis else ():
        citations += hypothesis.citations
    cited: dict[str, set[int]] = {}
    for citation in citations:
        cited.setdefault(citation.evidence_id, set()).update(range(citation.first_line, citation.last_line + 1))
    for section in view.card.sections:
        for quote in section.quotes:
            cited.setdefault(quote.evidence_id, set()).add(quote.line)
    return cited


def list_excerpts(view: IncidentView) -> tuple[Excerpt, ...]:
    """Return every evidence of an incident as its page shows it, in the order of the view."""
    cited = list_cited(view)
    return tuple(cut(item, cited) for item in view.evidence)


def list_earlier(view: IncidentView, excerpts: Iterable[Excerpt]) -> frozenset[EvidenceId]:
    """Return which evidence only earlier looks collected, and nothing cites: it stands behind that of the newest look.

    Empty when the newest look's own is not known, or was nothing: then nothing is put behind.
    """
    looks = (entry for entry in reversed(view.journal) if entry.event.kind == "evidence.collected")
    look = next(looks, None)
    told = look.event.data.get("evidence") if look is not None else None
    newest = (
        {item.get("id") for item in told if isinstance(item, Mapping)} if isinstance(told, (list, tuple)) else set()
    )
    if look is None or not newest:
        return frozenset()
    # What a model asked for is collected after the look, and stands in no entry of it.
    return frozenset(
        excerpt.id
        for excerpt in excerpts
        if excerpt.id not in newest and not excerpt.cited and excerpt.item.observed_at <= look.at
    )


def cut(item: Evidence, cited: Mapping[str, Iterable[int]], *, whole: bool = False) -> Excerpt:
    """Return an evidence as it is shown.

    Args:
        cited: As `list_cited` gives it.
        whole: Leave no line out.
    """
    # An id is a digest over all lines: worked out once, not for each of them.
    evidence_id = item.id
    numbers = set(cited.get(evidence_id, ()))
    places = [place for place, line in enumerate(item.lines) if line.number in numbers]
    count = len(item.lines)
    kept = range(count) if whole or count <= MOST_LINES else sorted(_choose(count, places))
    rows: list[Row] = []
    before = -1
    for place in kept:
        line = item.lines[place]
        is_gap = place > 0 and line.number != item.lines[place - 1].number + 1
        rows.append(Row(line, line.number in numbers, place - before - 1, is_gap))
        before = place
    return Excerpt(evidence_id, item, tuple(rows), cited=len(places), left_out=count - len(kept))


def _choose(count: int, places: Iterable[int]) -> set[int]:
    kept = {*range(_ENDS), *range(count - _ENDS, count)}
    for place in places:
        kept.update(range(max(0, place - _AROUND), min(count, place + _AROUND + 1)))
    return kept
