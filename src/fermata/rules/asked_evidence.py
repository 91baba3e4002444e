"""From what a model asks to see to where it is looked for: its words mapped to kinds of evidence and to entities. Pure.

The list of what may be asked is closed, and all of it only reads. A name that was not seen is asked of nobody: what a
model writes must not reach a query.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fermata.domain.answer import EvidenceRequest, Wanted
from fermata.domain.diagnosis import Diagnosis
from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine
from fermata.domain.scope import Scope
from fermata.rules.acceptance.entities import Register
from fermata.rules.acceptance.reading import read_lines
from fermata.rules.brief.manifests import is_settings, list_naming
from fermata.rules.brief.pieces import Piece
from fermata.rules.signatures.base import Case

_KINDS: Mapping[Wanted, frozenset[EvidenceKind]] = {
    Wanted.LOGS: frozenset({EvidenceKind.LOGS, EvidenceKind.LOG_PATTERNS}),
    Wanted.STATE: frozenset(
        {EvidenceKind.STATE, EvidenceKind.RESOURCES, EvidenceKind.ENVIRONMENT, EvidenceKind.DESIRED}
    ),
    Wanted.OBJECTS: frozenset({EvidenceKind.OBJECTS}),
    Wanted.METRICS: frozenset({EvidenceKind.METRICS}),
    Wanted.TRACES: frozenset({EvidenceKind.TRACES}),
    Wanted.CHANGES: frozenset({EvidenceKind.CHANGE}),
    Wanted.DATABASE: frozenset({EvidenceKind.DATABASE_LOAD}),
    Wanted.TICKETS: frozenset({EvidenceKind.TICKET}),
}
_PLACE = re.compile(r"\s*(E\d{1,5})\s*:\s*(.+)")
_MOST_LINES = 400
_MOST_NAMING = 8
_MANY = frozenset({EvidenceKind.OBJECTS, EvidenceKind.METRICS, EvidenceKind.TRACES})
"""Kinds of which one piece is about many: each of its lines, or its objects, says whose it is."""


@dataclass(frozen=True, slots=True)
class Question:
    """One request, understood."""

    words: str
    """As it is shown above its answer."""
    kinds: frozenset[EvidenceKind] = frozenset()
    entity: Entity | None = None
    """What it is about; `None` for lines, and for a name that nobody knows."""
    lines: Evidence | None = None
    """The piece with only the lines that were asked for."""
    piece: Evidence | None = None
    """The piece that was asked for by the brief's name for it, whatever its kind."""


def understand(
    requests: Sequence[EvidenceRequest], case: Case, diagnosis: Diagnosis, names: Mapping[str, Evidence]
) -> tuple[Question, ...]:
    """Return each request as what can be looked for, in order, each once."""
    register = Register(case, diagnosis)
    questions = []
    for request in dict.fromkeys(requests):
        words = f"{request.what.value} of {request.of}"
        if request.what is Wanted.LINES or _PLACE.fullmatch(request.of):
            questions.append(Question(words, lines=_find_lines(request.of, names)))
        elif (piece := names.get(request.of.strip())) is not None:
            questions.append(Question(words, piece=piece))
        else:
            questions.append(Question(words, _KINDS[request.what], register.find(request.of)))
    return tuple(questions)


def widen_scope(scope: Scope, questions: Sequence[Question]) -> Scope | None:
    """Return the frame in which collectors look for what was asked; `None` when nothing is to be asked of them."""
    entities = tuple(dict.fromkeys(item.entity for item in questions if item.entity is not None))
    return scope.model_copy(update={"entities": entities}) if entities else None


def choose_pieces(
    question: Question, known: Sequence[Evidence], fresh: Sequence[Evidence], names: Mapping[str, Evidence]
) -> list[Piece]:
    """Return what answers a question, what was just gathered first.

    Args:
        known: The evidence of the case before.
        fresh: What collectors brought for this batch.
        names: Of all of it, by the names the brief uses.
    """
    if question.lines is not None:
        found = [question.lines]
    elif question.piece is not None:
        found = [question.piece]
    elif question.entity is None:
        return []
    else:
        name = question.entity.name
        once = {id(item): item for item in (*fresh, *known)}.values()
        found = [item for item in once if item.kind in question.kinds and _is_about(item, name)]
        # Where it is described itself comes before where others refer to it.
        found.sort(key=lambda item: item.kind is EvidenceKind.OBJECTS and not list_naming(item, [name], 1, own=True))
    by_object = {id(item): name for name, item in names.items()}
    original = {id(item): by_object.get(id(item)) or _find_name(item, names) for item in found}
    wanted = question.lines is not None
    return [
        Piece(original[id(item)], item, 1, _find_naming(item, question), is_asked=True, is_verbatim=wanted)
        for item in found
    ]


def _find_naming(item: Evidence, question: Question) -> tuple[int, ...]:
    """Return the first lines that name what was asked about, where a piece is about many: those of the object itself.

    A namespace's objects come as one piece; others there refer to it, too.
    """
    if question.entity is None or not (is_settings(item) or item.kind in _MANY):
        return ()
    naming = list_naming(item, [question.entity.name], _MOST_NAMING)
    return list_naming(item, [question.entity.name], _MOST_NAMING, own=True) or naming


def _find_name(item: Evidence, names: Mapping[str, Evidence]) -> str:
    """Return the name of the piece that some lines were taken from."""
    return next(name for name, other in names.items() if _tell(other) == _tell(item))


def _tell(item: Evidence) -> tuple[str, str, str]:
    return item.title, item.query, item.entity.ref


def _find_lines(place: str, names: Mapping[str, Evidence]) -> Evidence | None:
    match = _PLACE.fullmatch(place)
    item = names.get(match[1]) if match else None
    span = read_lines(match[2]) if match else None
    if item is None or span is None:
        return None
    first, last = span[0], min(span[1], span[0] + _MOST_LINES)
    lines: tuple[EvidenceLine, ...] = tuple(line for line in item.lines if first <= line.number <= last)
    return item.model_copy(update={"lines": lines}) if lines else None


def _is_about(item: Evidence, name: str) -> bool:
    own = item.entity.name
    if own == name or own.startswith(f"{name}-") or name.startswith(f"{own}-"):
        return True
    return item.kind in _MANY and bool(list_naming(item, [name], 1))
