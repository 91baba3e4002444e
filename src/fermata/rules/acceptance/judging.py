"""The judgement over one answer: each thing it says looked up, and in words what was not found."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from fermata.domain.action import ActionSpec
from fermata.domain.answer import (
    Answer,
    AnsweredCitation,
    AnsweredHypothesis,
    AnsweredPlan,
    AnsweredSuggestion,
    EvidenceRequest,
)
from fermata.domain.diagnosis import ActionSuggestion, Citation, Diagnosis, Hypothesis, Verdict
from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.ids import EvidenceId
from fermata.kit.invisible import strip_invisible
from fermata.rules.acceptance.changes import complete_ids, find_changes, find_innocent
from fermata.rules.acceptance.duties import find_false_word, find_order
from fermata.rules.acceptance.entities import Register
from fermata.rules.acceptance.grounding import Grounds, list_cited, shows_only_health, speaks_to_readers
from fermata.rules.acceptance.languages import is_foreign
from fermata.rules.acceptance.names import list_hashed_names
from fermata.rules.acceptance.numbers import count_alike, find_unfounded
from fermata.rules.acceptance.opposites import find_opposite
from fermata.rules.acceptance.quotes import find_elsewhere, find_in_headline, find_quote, tells_nothing, unquote
from fermata.rules.acceptance.reading import read_lines
from fermata.rules.acceptance.remedies import find_no_help
from fermata.rules.answers import list_mismatches
from fermata.rules.citations import MAX_QUOTE, cite, find_text
from fermata.rules.condense.reading import flatten
from fermata.rules.signatures import CATALOGUE
from fermata.rules.signatures.base import Case

_OTHER = re.compile(r"other:\s*\S.{0,100}")
_CAUSES = frozenset(signature.id for signature in CATALOGUE)
# As the brief writes a piece at its head, and before its lines.
_PIECE = re.compile(r"\[?(E\d{1,5})(?::[\d-]*)?\]?", re.IGNORECASE)
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]{1,20}://\S+|\]\(\S+|<(?:img|a)\b\S*", re.IGNORECASE)
_FOREIGN = "It is not in English, which is all that can be checked: write it in English, names as they stand"
_MOST_LINES = 40
"""Lines of one citation: more is not a quote, it is a file."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is left of an answer."""

    verdict: Verdict = Verdict.UNDETERMINED
    hypotheses: tuple[Hypothesis, ...] = ()
    """Accepted, in the answer's order."""
    guilty_change: str | None = None
    checks: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    """What does not stand, and that the rest can do without, in words."""
    requests: tuple[EvidenceRequest, ...] = ()
    refusals: tuple[str, ...] = ()
    """Why it is not accepted, in words; empty when it is."""

    @property
    def accepted(self) -> bool:
        """Answer whether everything in it stands."""
        return not self.refusals


class _Refused(Exception):
    """One thing does not stand."""


def judge_answer(
    answer: Answer,
    case: Case,
    diagnosis: Diagnosis,
    names: Mapping[str, Evidence],
    specs: Mapping[str, ActionSpec] | None = None,
    *,
    model: str,
) -> Judgement:
    """Look up all that an answer says.

    Args:
        diagnosis: What signatures made of the case: its entities and targets exist, too.
        names: The evidence by the names of the brief.
        specs: What is known of the catalogue's actions, by name.
        model: Becomes the tier of its hypotheses.
    """
    judge = _Judge(case, diagnosis, names, specs or {}, model)
    refusals = list(_find_contradictions(answer))
    hypotheses: list[Hypothesis] = []
    left_out: list[str] = []
    guilty, doubts = judge.find_guilty(answer.guilty_change)
    for position, claimed in enumerate(_drop_repeated(answer.hypotheses)):
        found, faults = judge.read_hypothesis(claimed, guilty)
        if found is not None:
            suggestions, dropped = judge.read_suggestion(claimed.suggestion, found, guilty)
            left_out += dropped
            duty, withheld = ("", []) if suggestions else judge.read_duty(claimed.person_must)
            left_out += withheld
            hypotheses.append(found.model_copy(update={"suggestions": suggestions, "person_must": duty}))
        elif position == 0:
            refusals += faults
    refusals += doubts
    if refusals:
        return Judgement(refusals=tuple(refusals), requests=answer.requests)
    if hypotheses and guilty:
        hypotheses[0] = hypotheses[0].model_copy(update={"guilty_change": guilty})
    return Judgement(
        verdict=answer.verdict,
        hypotheses=tuple(hypotheses),
        guilty_change=guilty,
        checks=judge.read_checks(answer.checks),
        left_out=tuple(left_out),
        requests=answer.requests,
    )


def judge_sentence(
    text: str,
    citations: Sequence[AnsweredCitation],
    case: Case,
    diagnosis: Diagnosis,
    names: Mapping[str, Evidence],
    *,
    model: str,
) -> Judgement:
    """Look up all that one sentence says, which may as well be that all is well. It is about what it cites first.

    Args:
        names: The evidence by the names of the brief.
    """
    judge = _Judge(case, diagnosis, names, {}, model)
    try:
        about = judge.find_piece(citations[0].evidence).entity.ref
    except _Refused as error:
        return Judgement(refusals=(str(error),))
    claimed = AnsweredHypothesis(
        cause="other: an answer", text=text, confidence=1, entity=about, citations=tuple(citations)
    )
    found, faults = judge.read_claim(claimed)
    return Judgement(hypotheses=(found,) if found else (), refusals=tuple(faults))


def judge_plan(
    value: Any, case: Case, diagnosis: Diagnosis, specs: Mapping[str, ActionSpec]
) -> tuple[tuple[ActionSuggestion, ...], tuple[str, ...]]:
    """Return the actions of a plan that stand, and why the others were dropped.

    The second of two rests on the first, so that what comes after a dropped one is dropped, too.

    Args:
        value: JSON types, as the gateway parsed them.
    """
    try:
        plan = AnsweredPlan.model_validate(value)
    except ValidationError as error:
        return (), (f"The plan has not the shape that was asked for: {error.errors()[0]['msg']}",)
    judge = _Judge(case, diagnosis, {}, specs, "")
    kept: list[ActionSuggestion] = []
    told: list[str] = []
    for claimed in plan.actions:
        found, dropped = judge.read_suggestion(claimed, diagnosis.leading, diagnosis.guilty_change)
        told += dropped
        if not found:
            break
        kept += [item for item in found if item not in kept]
    return tuple(kept), tuple(told)


def drop_widened_targets(judgement: Judgement, first: Case, diagnosis: Diagnosis) -> Judgement:
    """Return the judgement without actions on what only a model's own questions brought in.

    A text from outside can talk a model into asking about a neighbour, which is then observed. What may be acted on is
    framed by code, from the alert: a model may look further, never reach further.

    Args:
        first: The case as it was before any model was asked.
        diagnosis: What signatures made of it.
    """
    register = Register(first, diagnosis)
    beyond: list[str] = []
    hypotheses = []
    for hypothesis in judgement.hypotheses:
        kept = []
        for item in hypothesis.suggestions:
            if register.find_target(item.target.ref, item.target.system) is not None:
                kept.append(item)
            else:
                beyond.append(f"{item.name}: {item.target.ref!r} is beyond what this incident is about")
        hypotheses.append(hypothesis.model_copy(update={"suggestions": tuple(kept)}))
    if not beyond:
        return judgement
    return replace(judgement, hypotheses=tuple(hypotheses), left_out=(*judgement.left_out, *beyond))


def _drop_repeated(hypotheses: Sequence[AnsweredHypothesis]) -> list[AnsweredHypothesis]:
    """Return each hypothesis once: three alike would fill a card, and be no alternative to each other."""
    return list({(item.cause, item.entity, item.text): item for item in reversed(hypotheses)}.values())[::-1]


def _find_contradictions(answer: Answer) -> Sequence[str]:
    if (answer.verdict is Verdict.IDENTIFIED) != bool(answer.hypotheses):
        return ("The verdict is identified exactly when there is a hypothesis: one of the two is wrong",)
    if answer.guilty_change and not answer.hypotheses:
        return ("A change is guilty only of something: name the hypothesis, or no change",)
    return ()


class _Judge:
    """One case, and what may be said of it."""

    def __init__(
        self,
        case: Case,
        diagnosis: Diagnosis,
        names: Mapping[str, Evidence],
        specs: Mapping[str, ActionSpec],
        model: str,
    ) -> None:
        self._case, self._names, self._specs, self._model = case, names, specs, model
        self._register = Register(case, diagnosis)
        self._grounds = Grounds(case, diagnosis)

    def read_hypothesis(self, claimed: AnsweredHypothesis, guilty: str | None) -> tuple[Hypothesis | None, list[str]]:
        """Return the hypothesis, or `None` and every reason why there is none.

        Args:
            guilty: The change that is blamed.
        """
        found, faults = self.read_claim(claimed)
        if found is None:
            return None, faults
        if not self._grounds.concerns(found.entity, self._list_cited(found.citations, guilty)):
            return None, [f"Nothing that is cited is about {_clean(claimed.entity)!r}, or names it: cite what shows it"]
        if shows_only_health(found.citations, self._case.by_id):
            return None, ["All that is cited shows something that runs: cite what shows the fault"]
        return found, []

    def read_claim(self, claimed: AnsweredHypothesis) -> tuple[Hypothesis | None, list[str]]:
        """Return a claim whose words and lines stand, whether or not it is about a fault; or every reason why not."""
        faults: list[str] = []
        citations: list[Citation] = []
        for citation in claimed.citations:
            try:
                citations.append(self.read_citation(citation))
            except _Refused as error:
                faults.append(str(error))
        entity = self._register.find(claimed.entity)
        if entity is None:
            faults.append(f"The entity {_clean(claimed.entity)!r} stands nowhere in the evidence")
        cause = _read_cause(claimed.cause)
        if not cause:
            faults.append(f"The cause {_clean(claimed.cause)!r} is no signature's id: write `other: <a few words>`")
        named = [item for each in claimed.citations if (item := self._find_exact(each.evidence)) is not None]
        faults += self._find_text_faults(claimed, citations, named)
        if not faults and speaks_to_readers(citations, self._case.by_id):
            faults.append("All that is cited tells its reader what to do: it is no proof, cite what shows the fault")
        if faults or entity is None:
            return None, faults
        return Hypothesis(
            cause=cause,
            text=_clean(claimed.text),
            confidence=claimed.confidence,
            tier=self._model,
            entity=entity,
            citations=tuple(dict.fromkeys(citations)),
        ), []

    def read_duty(self, claimed: str) -> tuple[str, list[str]]:
        """Return what a person must do, marked as the model's words, or nothing and why.

        It must not send people away, to something that nobody observed, or to destroy; nor claim an approval.
        """
        duty = _clean(claimed)
        if not duty:
            return "", []
        fault = find_order(duty)
        if _ADDRESS.search(duty):
            fault = "it sends people to an address"
        elif is_foreign(duty, self._grounds.says):
            fault = "it is not in English, which is all that can be checked"
        elif invented := self._list_invented(duty):
            fault = f"the name {invented[0]!r} stands nowhere in the evidence"
        if fault:
            return "", [f"What a person must do, as {self._model} says, is left out: {fault}"]
        return f"{self._model} says: {duty}", []

    def read_checks(self, claimed: Sequence[str]) -> tuple[str, ...]:
        """Return what a person could look at, without what a duty may not say either."""
        told = map(_clean, claimed)
        return tuple(
            check
            for check in told
            if not (_ADDRESS.search(check) or find_order(check) or is_foreign(check, self._grounds.says))
        )

    def _find_text_faults(
        self, claimed: AnsweredHypothesis, citations: Sequence[Citation], named: Sequence[Evidence]
    ) -> list[str]:
        """Return what the words claim beyond what they cite.

        Args:
            named: Pieces that citations name which may not hold: a wrong quote is not a wrong number as well.
        """
        cited = [self._case.by_id[citation.evidence_id] for citation in citations]
        told_in = [*cited, *named]
        sources = [line.text for item in told_in for line in item.lines] + [item.title for item in told_in]
        sources += [f"{alert.value} {alert.summary}" for alert in self._case.alerts]
        faults = [
            f"The number {number} stands in none of the cited pieces: quote it, or leave it out"
            for number in find_unfounded(
                f"{claimed.text} {claimed.cause}", sources, lambda: self._count_lines(citations)
            )
        ]
        faults += [f"The name {name!r} stands nowhere in the evidence" for name in self._list_invented(claimed.text)]
        addresses = [match[0].rstrip(".,;)'\"") for match in _ADDRESS.finditer(f"{claimed.text} {claimed.cause}")]
        if any(address not in text for address in addresses for text in [" ".join(sources)]):
            faults.append("The text holds an address that no cited piece holds")
        told = _clean(f"{claimed.text} {claimed.cause}")
        lines = ["\n".join(list_cited(citation, self._case.by_id[citation.evidence_id])) for citation in citations]
        diffs = [line.text for item in cited if item.kind is EvidenceKind.CHANGE for line in item.lines]
        if is_foreign(told, self._grounds.says):
            faults.append(_FOREIGN)
        # What a cause is called may not excuse what the text says of it.
        opposite = find_opposite(_clean(claimed.text), lines, diffs) or find_opposite(told, lines, diffs)
        return faults + list(filter(None, (opposite, find_false_word(told))))

    def _list_invented(self, text: str) -> list[str]:
        return [name for name in list_hashed_names(text) if not self._grounds.holds(name)]

    def _list_cited(self, citations: Sequence[Citation], guilty: str | None) -> list[Evidence]:
        """Return what is cited, and the change that is blamed."""
        cited = [self._case.by_id[citation.evidence_id] for citation in citations]
        return cited + [change.evidence for change in self._case.changes if change.facts.id == guilty]

    def _count_lines(self, citations: Sequence[Citation]) -> list[int]:
        """Return how many lines there are of the kind of each cited line: the brief shows a model that number."""
        counts = []
        for citation in citations:
            texts = [line.text for line in self._case.by_id[citation.evidence_id].lines]
            cited = find_text(self._case.by_id[citation.evidence_id], citation.first_line, citation.first_line)
            counts.append(count_alike(texts, cited or ""))
        return counts

    def read_citation(self, claimed: AnsweredCitation) -> Citation:
        """Return the citation with the words as they really stand there."""
        item = self.find_piece(claimed.evidence)
        where = f"{_clean(claimed.evidence)}:{_clean(claimed.lines)}"
        span = read_lines(claimed.lines)
        if span is None or span[1] - span[0] >= _MOST_LINES:
            raise _Refused(f"{where} is no line: write `12` or `12-14`, at most {_MOST_LINES} lines")
        quote = unquote(claimed.quote)
        text = find_text(item, *span)
        if tells_nothing(quote, text or ""):
            raise _Refused(f"{where}: {_clean(quote)[:80]!r} tells nothing: quote what carries the claim")
        if text is not None and (found := find_quote(text, quote)) is not None:
            return cite(item, *span, quote=found[:MAX_QUOTE])
        moved = find_elsewhere(item, quote) or self._find_in_headline(item, quote)
        if moved is not None:
            return cite(item, moved)
        if text is None:
            raise _Refused(f"{where}: the evidence does not hold all of these lines")
        raise _Refused(f"{where}: the quoted words do not stand there: {_clean(quote)[:80]!r}")

    def find_piece(self, name: str) -> Evidence:
        """Return what a citation names: a piece of the brief, evidence by its id, or a change by its own."""
        if (item := self._find_exact(name)) is not None:
            return item
        changes = find_changes(name, self._case, self._names)
        if len(changes) == 1:
            return changes[0].evidence
        if changes:
            raise _Refused(f"{_clean(name)!r} names {len(changes)} changes: cite by the names of the brief")
        raise _Refused(f"There is no evidence {_clean(name)!r}: cite by the names of the brief")

    def _find_exact(self, name: str) -> Evidence | None:
        name = name.strip()
        written = _PIECE.fullmatch(name)
        return self._names.get(written[1].upper() if written else name) or self._case.by_id.get(EvidenceId(name))

    def _find_in_headline(self, item: Evidence, quote: str) -> int | None:
        facts = next((change.facts for change in self._case.changes if change.evidence is item), None)
        return find_in_headline(item, facts, quote) if facts is not None else None

    def read_suggestion(
        self, claimed: AnsweredSuggestion | None, against: Hypothesis | None, guilty: str | None
    ) -> tuple[tuple[ActionSuggestion, ...], list[str]]:
        """Return the suggestion, or why it was dropped: the diagnosis can do without it.

        What it would do is found out by its dry run.

        Args:
            against: The hypothesis that the action is for.
            guilty: The change that is blamed.
        """
        if claimed is None:
            return (), []
        try:
            suggestion = self._look_up(claimed)
        except _Refused as error:
            return (), [str(error)]
        cited = self._list_cited(against.citations if against else (), guilty)
        fault = find_no_help(suggestion.name, against.cause if against else "", guilty)
        fault = fault or self._grounds.find_fault(suggestion, self._specs.get(suggestion.name), cited)
        if fault := fault or self._find_innocent(suggestion, guilty):
            return (), [fault]
        unknown = suggestion.name not in self._specs and bool(suggestion.parameters)
        return (suggestion,), [f"{suggestion.name}: its parameters could not be checked here"] * unknown

    def _find_innocent(self, suggestion: ActionSuggestion, guilty: str | None) -> str:
        """Return why an action takes back the wrong change, in words; empty when it does not."""
        if self._grounds.is_own(suggestion):
            return ""
        for name, value in suggestion.parameters.items():
            if (innocent := find_innocent(name, value, guilty, self._case)) is not None:
                blamed = f"the change that is blamed is {guilty}" if guilty else "no change is blamed"
                return f"{suggestion.name}: it is about commit {innocent[:12]}, and {blamed}"
        return ""

    def _look_up(self, claimed: AnsweredSuggestion) -> ActionSuggestion:
        name = claimed.action.strip()
        if name not in self._case.known_actions:
            raise _Refused(f"There is no action {_clean(name)!r} in the catalogue")
        target = self._register.find_target(claimed.target, name.partition(".")[0])
        if target is None:
            raise _Refused(f"The target {_clean(claimed.target)!r} of {name} was not observed")
        parameters = {key: complete_ids(value, self._case) for key, value in claimed.parameters.items()}
        spec = self._specs.get(name)
        if spec is not None and (faults := list_mismatches(parameters, spec.parameters_schema)):
            told = "; ".join(fault.removeprefix("answer: ").removeprefix("answer.") for fault in faults)
            raise _Refused(f"The parameters of {name} do not hold: {told}")
        return ActionSuggestion(name=name, target=target, parameters=parameters)

    def find_guilty(self, claimed: str | None) -> tuple[str | None, list[str]]:
        """Return the id of the change that is blamed, or why it is not to blame."""
        try:
            return self.read_change(claimed), []
        except _Refused as error:
            return None, [str(error)]

    def read_change(self, claimed: str | None) -> str | None:
        """Return the id of the change that is blamed: one whose diff was read, and that was there before the onset."""
        if not claimed:
            return None
        wanted = _clean(claimed)
        changes = find_changes(claimed, self._case, self._names)
        if not changes:
            raise _Refused(f"The change {wanted!r} is none of those whose diffs were read")
        if len(changes) > 1:
            raise _Refused(f"{wanted!r} names {len(changes)} changes: write the whole id of one")
        facts = changes[0].facts
        if facts.changed_at > self._case.scope.onset:
            raise _Refused(f"The change {wanted} came after the onset: it cannot be guilty")
        return facts.id


def _read_cause(claimed: str) -> str:
    """Return the cause as it is shown: a signature's id, or marked as none. Empty for an id that there is not."""
    cause = _clean(claimed)
    if cause in _CAUSES or _OTHER.fullmatch(cause):
        return cause
    marked = f"other: {cause}"
    return marked if " " in cause and _OTHER.fullmatch(marked) else ""


def _clean(text: str) -> str:
    return strip_invisible(flatten(text)).strip()
