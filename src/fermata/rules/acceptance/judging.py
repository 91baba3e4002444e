"""The judgement over one answer: each thing it says looked up, and in words what was not found."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fermata.domain.action import ActionSpec
from fermata.domain.answer import Answer, AnsweredCitation, AnsweredHypothesis, AnsweredSuggestion, EvidenceRequest
from fermata.domain.diagnosis import ActionSuggestion, Citation, Diagnosis, Hypothesis, Verdict
from fermata.domain.evidence import Evidence
from fermata.kit.invisible import strip_invisible
from fermata.rules.acceptance.entities import Register
from fermata.rules.acceptance.numbers import find_unfounded
from fermata.rules.acceptance.reading import read_lines
from fermata.rules.answers import list_mismatches
from fermata.rules.brief import show_line
from fermata.rules.citations import MAX_QUOTE, cite, find_text
from fermata.rules.condense.reading import flatten
from fermata.rules.signatures import CATALOGUE
from fermata.rules.signatures.base import Case

_OTHER = re.compile(r"other:\s*\S.{0,100}")
_CAUSES = frozenset(signature.id for signature in CATALOGUE)
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]{1,20}://\S+|\]\(\S+|<(?:img|a)\b\S*", re.IGNORECASE)
_MOST_LINES = 40
"""Lines of one citation: more is not a quote, it is a file."""
_LEAST_QUOTE = 12
"""Characters of a quote that is looked for in another line than the one it names."""


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
    for position, claimed in enumerate(answer.hypotheses):
        found, faults = judge.read_hypothesis(claimed)
        if found is not None:
            hypotheses.append(found)
        elif position == 0:
            refusals += faults
    guilty = None
    try:
        guilty = judge.read_change(answer.guilty_change)
    except _Refused as error:
        refusals.append(str(error))
    if refusals:
        return Judgement(refusals=tuple(refusals), requests=answer.requests)
    if hypotheses and guilty:
        hypotheses[0] = hypotheses[0].model_copy(update={"guilty_change": guilty})
    return Judgement(
        verdict=answer.verdict,
        hypotheses=tuple(hypotheses),
        guilty_change=guilty,
        checks=tuple(_clean(check) for check in answer.checks if not _ADDRESS.search(check)),
        requests=answer.requests,
    )


def refuse_widened_targets(judgement: Judgement, first: Case, diagnosis: Diagnosis) -> Judgement:
    """Return the judgement, or a refusal when an action is about what only a model's own questions brought in.

    A text from outside can talk a model into asking about a neighbour, which is then observed. What may be acted on is
    framed by code, from the alert: a model may look further, never reach further.

    Args:
        first: The case as it was before any model was asked.
        diagnosis: What signatures made of it.
    """
    register = Register(first, diagnosis)
    beyond = [
        suggestion.target.ref
        for hypothesis in judgement.hypotheses
        for suggestion in hypothesis.suggestions
        if register.find_target(suggestion.target.ref, suggestion.target.system) is None
    ]
    if not beyond:
        return judgement
    reasons = tuple(f"The target {ref!r} is beyond what this incident is about: suggest no action" for ref in beyond)
    return Judgement(refusals=reasons, requests=judgement.requests)


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

    def read_hypothesis(self, claimed: AnsweredHypothesis) -> tuple[Hypothesis | None, list[str]]:
        """Return the hypothesis, or `None` and every reason why there is none."""
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
        if claimed.cause not in _CAUSES and not _OTHER.fullmatch(claimed.cause):
            faults.append(f"The cause {_clean(claimed.cause)!r} is no signature's id: write `other: <a few words>`")
        faults += self._find_text_faults(claimed, citations)
        suggestions: tuple[ActionSuggestion, ...] = ()
        if claimed.suggestion is not None:
            try:
                suggestions = (self.read_suggestion(claimed.suggestion),)
            except _Refused as error:
                faults.append(str(error))
        if faults or entity is None:
            return None, faults
        return Hypothesis(
            cause=_clean(claimed.cause),
            text=_clean(claimed.text),
            confidence=claimed.confidence,
            tier=self._model,
            entity=entity,
            citations=tuple(dict.fromkeys(citations)),
            suggestions=suggestions,
            person_must="" if suggestions else self._read_duty(claimed.person_must),
        ), []

    def _read_duty(self, claimed: str) -> str:
        """Return what a person must do, marked as the model's words; empty when it is none, or sends people away."""
        duty = _clean(claimed)
        return f"{self._model} says: {duty}" if duty and not _ADDRESS.search(duty) else ""

    def _find_text_faults(self, claimed: AnsweredHypothesis, citations: Sequence[Citation]) -> list[str]:
        """Return what the words claim beyond what they cite."""
        cited = [self._case.by_id[citation.evidence_id] for citation in citations]
        sources = [line.text for item in cited for line in item.lines] + [item.title for item in cited]
        sources += [f"{alert.value} {alert.summary}" for alert in self._case.alerts]
        faults = [
            f"The number {number} stands in none of the cited pieces: quote it, or leave it out"
            for number in find_unfounded(f"{claimed.text} {claimed.cause}", sources)
        ]
        addresses = [match[0].rstrip(".,;)'\"") for match in _ADDRESS.finditer(f"{claimed.text} {claimed.cause}")]
        if any(address not in text for address in addresses for text in [" ".join(sources)]):
            faults.append("The text holds an address that no cited piece holds")
        return faults

    def read_citation(self, claimed: AnsweredCitation) -> Citation:
        """Return the citation with the words as they really stand there."""
        item = self._names.get(claimed.evidence.strip())
        if item is None:
            raise _Refused(f"There is no evidence {_clean(claimed.evidence)!r}: cite by the names of the brief")
        where = f"{claimed.evidence.strip()}:{_clean(claimed.lines)}"
        span = read_lines(claimed.lines)
        if span is None or span[1] - span[0] >= _MOST_LINES:
            raise _Refused(f"{where} is no line: write `12` or `12-14`, at most {_MOST_LINES} lines")
        quote = _unquote(claimed.quote)
        text = find_text(item, *span)
        if text is not None and (found := _find_quote(text, quote)) is not None:
            return cite(item, *span, quote=found[:MAX_QUOTE])
        moved = _find_elsewhere(item, quote)
        if moved is not None:
            return cite(item, moved)
        if text is None:
            raise _Refused(f"{where}: the evidence does not hold all of these lines")
        raise _Refused(f"{where}: the quoted words do not stand there: {_clean(quote)[:80]!r}")

    def read_suggestion(self, claimed: AnsweredSuggestion) -> ActionSuggestion:
        """Return the suggestion; what it would do is found out by its dry run."""
        name = claimed.action.strip()
        if name not in self._case.known_actions:
            raise _Refused(f"There is no action {_clean(name)!r} in the catalogue: suggest none, or one of the list")
        target = self._register.find_target(claimed.target, name.partition(".")[0])
        if target is None:
            raise _Refused(f"The target {_clean(claimed.target)!r} of {name} was not observed")
        spec = self._specs.get(name)
        if spec is not None:
            faults = list_mismatches(dict(claimed.parameters), spec.parameters_schema)
            if faults:
                raise _Refused(f"The parameters of {name} do not hold: {'; '.join(faults)}")
        return ActionSuggestion(name=name, target=target, parameters=dict(claimed.parameters))

    def read_change(self, claimed: str | None) -> str | None:
        """Return the id of the change that is blamed: one whose diff was read, and that was there before the onset."""
        if not claimed:
            return None
        wanted = claimed.strip()
        for change in self._case.changes:
            facts = change.facts
            if wanted == facts.id or (len(wanted) >= _SHORTEST_ID and facts.id.startswith(wanted)):
                if facts.changed_at > self._case.scope.onset:
                    raise _Refused(f"The change {_clean(wanted)} came after the onset: it cannot be guilty")
                return facts.id
        raise _Refused(f"The change {_clean(wanted)!r} is none of those whose diffs were read")


_SHORTEST_ID = 7
"""Digits of a commit's id that name it."""


def _unquote(quote: str) -> str:
    """Return the words without the number that the brief writes before a line."""
    text = re.sub(r"^\s*\d+(?: x[\d?]+)?(?: cut)?\|\s?", "", quote)
    return text.strip()


def _find_quote(text: str, quote: str) -> str | None:
    """Return the quoted words as they stand in the lines; `None` when they do not.

    Blanks may differ, and what the brief showed instead of the line itself counts as the line.
    """
    if not quote:
        return None
    if quote in text:
        return quote
    pattern = r"\s+".join(re.escape(word) for word in quote.split())
    if match := re.search(pattern, text):
        return match[0].strip()
    shown = " ".join(" ".join(show_line(line) for line in text.split("\n")).split())
    return text.strip() if len(quote) >= _LEAST_QUOTE and " ".join(quote.split()) in shown else None


def _find_elsewhere(item: Evidence, quote: str) -> int | None:
    """Return the one line that holds the words: a wrong number, with words that stand elsewhere, is a slip."""
    if len(quote) < _LEAST_QUOTE:
        return None
    found = [line.number for line in item.lines if quote in line.text]
    return found[0] if len(found) == 1 else None


def _clean(text: str) -> str:
    return strip_invisible(flatten(text)).strip()
