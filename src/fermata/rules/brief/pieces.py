"""The evidence of a case under short names: which pieces a model reads first, and which lines of each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from fermata.domain.diagnosis import Diagnosis
from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine
from fermata.domain.facts import GraphFacts
from fermata.rules.brief.diffs import choose_changed
from fermata.rules.brief.fences import show_line
from fermata.rules.brief.manifests import drop_boilerplate, is_settings, list_following, list_naming
from fermata.rules.condense import condense_lines, count_tokens
from fermata.rules.sightings import find_facts
from fermata.rules.signatures.base import Case
from fermata.rules.signatures.cluster_rank import list_symptoms

APART = frozenset({EvidenceKind.CHANGE, EvidenceKind.RUNBOOK})
"""Kinds that have a part of the brief to themselves."""
_WEIGHTS = {
    EvidenceKind.LOGS: 5,
    EvidenceKind.STATE: 4,
    EvidenceKind.OBJECTS: 4,
    EvidenceKind.DATABASE_LOAD: 4,
    EvidenceKind.RESOURCES: 3,
    EvidenceKind.METRICS: 2,
    EvidenceKind.LOG_PATTERNS: 2,
    EvidenceKind.PROVIDER_STATUS: 2,
    EvidenceKind.TRACES: 2,
    EvidenceKind.ENVIRONMENT: 1,
    EvidenceKind.GRAPH: 1,
}
_ABOUT = 6  # A piece about what alerts, or about where a cause may sit, before any other.
_BESIDE = 3  # What that calls comes next: a cause that nobody names sits there more often than elsewhere.
_CITED = 12
_AROUND = 1  # Lines kept beside one that is cited or shows a symptom.
_MOST_WHOLE = 12  # Lines of a piece that is short enough to be shown as it is.
_CUT = 16  # Tokens of the row that says what was cut.
_MOST_NAMING = 4
_OF_MANY = frozenset({"cluster", "namespace"})
_BELOW = 6  # Lines below a state that say since when, why and with which exit code.
_BEFORE = 4  # A manifest's field is told by what stands below it, four times more than by what stands above.
_DIGITS = re.compile(r"\d+")
_LONGEST_CONDENSED = (
    20_000  # Lines of one piece that are condensed: the end of a longer one, which is what is true now.
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of evidence, as the brief calls it."""

    name: str
    """`E1`, in the order of importance."""
    evidence: Evidence
    weight: int
    telling: tuple[int, ...] = ()
    """Numbers of the lines that signatures cite or that show a symptom, or that name what was asked about."""
    is_asked: bool = False
    """Whether more is shown around the telling lines: a model asked for it, or they only name what it is about."""
    is_verbatim: bool = False
    """Whether these very lines were asked for: they are shown in order, each as it is."""

    @property
    def is_near(self) -> bool:
        """Answer whether it is about what alerts, or about where a cause may sit."""
        return self.weight >= _ABOUT + _WEIGHTS[EvidenceKind.LOGS]

    @property
    def heading(self) -> str:
        """Return what it is, on one line."""
        item = self.evidence
        return f"{self.name} {item.kind.value} of {item.entity.ref} by {item.collector}: {item.title}"

    def write(self, budget: int) -> list[str]:
        """Return the lines to show within a budget of tokens, each as `<number>| <text>`; empty when none fits."""
        lines: Sequence[EvidenceLine] = self.evidence.lines[-_LONGEST_CONDENSED:]
        if self.is_verbatim:
            return _show_lines(lines, budget)
        if self.evidence.kind is EvidenceKind.OBJECTS:
            quiet = {line.number for line in lines} - {line.number for line in drop_boilerplate(lines)}
            lines = [line for line in lines if line.number not in quiet or line.number in self.telling]
        whole = [_show(line) for line in lines] if len(lines) <= _MOST_WHOLE or budget > 20 * len(lines) else []
        if whole and sum(map(_price, whole)) <= budget:
            return whole
        kept = self._choose_telling(lines, budget)
        left = budget - sum(_price(text) for text in kept.values())
        rest = [line for line in lines if line.number not in kept]
        if is_settings(self.evidence):
            kept |= self._fill_in_order(rest, left, bool(kept))
        elif self.evidence.kind is not EvidenceKind.OBJECTS or not kept:
            # The counts that condensing writes tell how many lines each of the kept ones stands for.
            for shown in _condense(rest, left):
                kept.setdefault(shown[0], shown[1])
        return [kept[number] for number in sorted(kept)]

    def _fill_in_order(self, rest: Sequence[EvidenceLine], budget: int, has_telling: bool) -> dict[int, str]:  # noqa: FBT001 - private, one caller
        """Return lines of settings as they stand: of a diff what changed, else what is nearest to the telling ones."""
        if self.evidence.kind is EvidenceKind.CHANGE:
            changed = choose_changed(rest, budget, lambda line: _price(_show(line)))
            budget -= sum(_price(_show(line)) for line in changed)
            chosen = {line.number for line in changed}
            shown = _show_first([line for line in rest if line.number not in chosen], budget)
            return {line.number: _show(line) for line in changed} | dict(map(_number, shown))
        if has_telling and not self.is_asked:
            # What is around them in a list of many is noise, until somebody asks; of one object it is what they mean.
            shown = _show_first(self._list_below(rest) if self.evidence.kind is EvidenceKind.OBJECTS else rest, budget)
            return dict(map(_number, shown))
        ranked = sorted(rest, key=lambda line: self._measure_distance(line.number)) if has_telling else rest
        return dict(map(_number, _show_first(ranked, budget)))

    def _list_below(self, rest: Sequence[EvidenceLine]) -> list[EvidenceLine]:
        """Return the few lines that stand below telling ones in the description of one object."""
        if self.evidence.entity.kind in _OF_MANY:
            return []
        return [line for line in rest if any(0 < line.number - told <= _BELOW for told in self.telling)]

    def _measure_distance(self, number: int) -> int:
        """Return how far a line is from the nearest telling one; what comes before it counts as farther."""
        return min(number - told if number >= told else _BEFORE * (told - number) for told in self.telling)

    def _choose_telling(self, lines: Sequence[EvidenceLine], budget: int) -> dict[int, str]:
        """Return telling lines with their neighbours, the most telling first, as far as they fit."""
        by_number = {line.number: line for line in lines}
        kept: dict[int, str] = {}
        alike: set[str] = set()
        left = budget
        for reach in range(_AROUND + 1):
            for number in self.telling:
                for near in sorted({number - reach, number + reach}):
                    line = by_number.get(near)
                    folded = _DIGITS.sub("0", line.text.strip()) if line is not None else ""
                    if line is None or not folded or folded in alike or near in kept:
                        continue
                    text = _show(line)
                    if (price := _price(text)) <= left:
                        alike.add(folded)
                        kept[near] = text
                        left -= price
        return kept


class Pieces:
    """All evidence of a case by its short names."""

    def __init__(self, case: Case, diagnosis: Diagnosis) -> None:
        self._case = case
        telling = _find_telling(case, diagnosis)
        near = {entity.name for entity in case.scope.entities} | {item.entity.name for item in diagnosis.hypotheses}
        beside = _list_callees(case, near)
        weights = {key: _weigh(item, near, beside) + _CITED * (key in telling) for key, item in case.by_id.items()}
        ranked = sorted(
            case.by_id.items(), key=lambda pair: (-weights[pair[0]], pair[1].collector, pair[1].title, pair[0])
        )
        self.all = tuple(
            Piece(f"E{number}", item, weights[key], *_point_out(item, telling.get(key, ()), near))
            for number, (key, item) in enumerate(ranked, start=1)
        )
        """The most important first."""

    @cached_property
    def by_id(self) -> Mapping[str, Piece]:
        """Return the pieces by the id of their evidence."""
        ids = {id(item): key for key, item in self._case.by_id.items()}
        return {ids[id(piece.evidence)]: piece for piece in self.all}

    @cached_property
    def names(self) -> Mapping[str, Evidence]:
        """Return the evidence by its short name."""
        return {piece.name: piece.evidence for piece in self.all}

    def name(self, evidence_id: str) -> str:
        """Return the short name of a piece; its id where the case does not hold it."""
        piece = self.by_id.get(evidence_id)
        return piece.name if piece else evidence_id

    def find(self, evidence_id: str) -> Evidence | None:
        """Return a piece by its id, or `None` where the case does not hold it."""
        piece = self.by_id.get(evidence_id)
        return piece.evidence if piece else None

    def list_evidence(self) -> list[Piece]:
        """Return the pieces that have no part of the brief to themselves and hold lines, the most important first."""
        return [piece for piece in self.all if piece.evidence.kind not in APART and piece.evidence.lines]


def _weigh(item: Evidence, near: set[str], beside: set[str]) -> int:
    """Return what a piece weighs by its kind, and by whom it is about."""
    weight = _WEIGHTS.get(item.kind, 0)
    if _is_about(item, near):
        return weight + _ABOUT
    return weight + _BESIDE * (_is_about(item, beside) or _tells_of(item, near))


def _tells_of(item: Evidence, names: Iterable[str]) -> bool:
    """Answer whether a file of metrics of many holds series of one of them."""
    return item.kind is EvidenceKind.METRICS and bool(list_naming(item, names, 1))


def _is_about(item: Evidence, names: Iterable[str]) -> bool:
    return any(name == item.entity.name or item.entity.name.startswith(f"{name}-") for name in names)


def _list_callees(case: Case, near: set[str]) -> set[str]:
    """Return what is called by whom it is about, where a service graph tells."""
    found = (find_facts(item, GraphFacts) for item in case.evidence if item.kind is EvidenceKind.GRAPH)
    graphs = [sighting.facts for sighting in found if sighting is not None]
    return {edge.callee for graph in graphs for edge in graph.edges if edge.caller in near}


def _point_out(item: Evidence, telling: tuple[int, ...], near: set[str]) -> tuple[tuple[int, ...], bool]:
    """Return the telling lines; without any, those that name what it is about: of a manifest with what is around."""
    if not telling and item.kind is EvidenceKind.METRICS:
        return list_naming(item, near, _MOST_NAMING), False
    if telling or item.kind is not EvidenceKind.OBJECTS or not is_settings(item):
        return telling, False
    naming = list_naming(item, near, _MOST_NAMING)
    return naming, bool(naming)


def _find_telling(case: Case, diagnosis: Diagnosis) -> dict[str, tuple[int, ...]]:
    found: dict[str, dict[int, None]] = {}
    for hypothesis in diagnosis.hypotheses:
        for citation in hypothesis.citations:
            told = found.setdefault(citation.evidence_id, {})
            told[citation.first_line] = None
            if (item := case.by_id.get(citation.evidence_id)) is not None:
                told.update(dict.fromkeys(line.number for line in list_following(item, citation.first_line)))
    for trouble in list_symptoms(case.cluster):
        if trouble.quote is not None:
            found.setdefault(trouble.quote.document, {})[trouble.quote.line] = None
    return {key: tuple(lines) for key, lines in found.items()}


def _show(line: EvidenceLine) -> str:
    return f"{line.number}| {show_line(line.text)}"


def _price(text: str) -> int:
    return count_tokens(text) + 1


def _show_first(lines: Iterable[EvidenceLine], budget: int) -> list[str]:
    """Return lines as they are, in the order given, until one finds no room."""
    shown = []
    for line in lines:
        text = _show(line)
        budget -= _price(text)
        if budget < 0:
            break
        shown.append(text)
    return shown


def _show_lines(lines: Sequence[EvidenceLine], budget: int) -> list[str]:
    """Return the very lines that were asked for, and which of them found no room."""
    shown = _show_first(lines, budget)
    if len(shown) < len(lines):
        shown = _show_first(lines, budget - _CUT)
        left = f"[cut: lines {lines[len(shown)].number}-{lines[-1].number} found no room]"
        shown += [left] if shown else []
    return shown


def _number(shown: str) -> tuple[int, str]:
    return int(shown.partition("|")[0]), shown


def _condense(lines: Sequence[EvidenceLine], budget: int) -> list[tuple[int, str]]:
    """Return (number, shown line) of what condensing keeps."""
    if budget <= 0 or not lines:
        return []
    essence = condense_lines(lines, source="", budget=budget)
    rows = essence.text.split("\n")
    rows = rows[1:] if rows and rows[0].startswith("== ") else rows
    # What is shown instead of a line is never longer than it, so the budget holds.
    return [
        # That a line stands for itself alone needs no saying.
        (kept.line, f"{row.partition('| ')[0].removesuffix(' x1')}| {show_line(kept.text)}")
        for kept, row in zip(essence.kept, rows, strict=False)
    ]
