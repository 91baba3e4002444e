"""The part of a card that says why: hypotheses with their quotes, and what became of asking a model.

A model's words stand where it says whose they are: never in a heading, never unmarked. `rules.card` puts the card
together.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from fermata.domain.analysis import Analysis, AnalysisOutcome
from fermata.domain.card import CardRow, CardSection, Quote, Tone
from fermata.domain.diagnosis import ActionSuggestion, Citation, Diagnosis, Hypothesis, Verdict
from fermata.domain.evidence import Evidence
from fermata.kit.digest import canonical_json
from fermata.kit.units import format_duration
from fermata.rules.budget import write_usd
from fermata.rules.citations import find_text

_MOST_REFUSALS = 3
_IN_WORDS = "other:"
"""How a cause begins that is no signature's id: the rest is a model's."""
# Words for people beside the number; the steps are a choice of wording, not thresholds of anything.
_CONFIDENCE = ((0.85, "strong"), (0.6, "likely"), (0.35, "possible"), (0.0, "weak"))


def make_section(
    heading: str,
    *,
    paragraphs: Sequence[str] = (),
    rows: Sequence[CardRow] = (),
    quotes: Sequence[Quote] = (),
    diff: str = "",
    detail: bool = False,
) -> CardSection | None:
    """Return a section, or `None` when nothing stands in it. A detail explains, and is not itself approved."""
    said = tuple(paragraph for paragraph in paragraphs if paragraph)
    if not (said or rows or quotes or diff):
        return None
    return CardSection(
        heading=heading, paragraphs=said, rows=tuple(rows), quotes=tuple(quotes), diff=diff, detail=detail
    )


def write_diagnosis(diagnosis: Diagnosis, evidence: Sequence[Evidence]) -> list[CardSection | None]:
    """Return the section of the leading hypothesis and one for each that was considered besides."""
    if diagnosis.verdict is Verdict.HEALTHY:
        return [
            make_section(
                "Why", paragraphs=("Nothing is wrong any more: the alerts resolved, what they are about runs.",)
            )
        ]
    leading = diagnosis.leading
    if leading is None:
        rows = [CardRow(label=f"Check {number}", text=check) for number, check in enumerate(diagnosis.checks, start=1)]
        return [make_section("Why", paragraphs=("Undetermined. These checks would tell more:",), rows=rows)]
    rows = _write_blame(leading, diagnosis.guilty_change)
    if leading.person_must:
        rows.append(CardRow(label="A person must", text=leading.person_must, tone=Tone.WARN))
    others = [
        # Its strongest line is enough to judge it by.
        _write_hypothesis(_name_other(other), other, _write_other(other, leading), evidence, quotes=1)
        for other in diagnosis.hypotheses[1:]
    ]
    return [_write_hypothesis("Why", leading, rows, evidence), *others]


def _name_other(other: Hypothesis) -> str:
    """Return a heading, which holds none of a model's words: those stand where it says whose they are."""
    return "Also considered" if not other.is_by_model else "Also considered, by a model"


def _write_blame(hypothesis: Hypothesis, guilty_change: str | None) -> list[CardRow]:
    is_known = not hypothesis.cause.startswith(_IN_WORDS)
    label = "Cause" if is_known else "Cause, in a model's words"
    rows = [CardRow(label=label, text=hypothesis.cause), CardRow(label="Where", text=hypothesis.entity.ref)]
    if guilty_change:
        # Guilty is what code has weighed; a model's word for it is a model's.
        is_claimed = hypothesis.is_by_model and hypothesis.guilty_change == guilty_change
        rows.append(CardRow(label="Change it blames" if is_claimed else "Guilty change", text=guilty_change))
    return rows


def _write_other(other: Hypothesis, leading: Hypothesis) -> list[CardRow]:
    """Write a runner-up. What it calls for is told where signatures and a model disagree on who leads."""
    rows = _write_blame(other, other.guilty_change)
    if other.tier == leading.tier:
        return rows
    if other.person_must:
        rows.append(CardRow(label="A person would have to", text=other.person_must, tone=Tone.QUIET))
    rows += [
        CardRow(label="Suggests", text=_write_suggestion(item, leading.suggestions), tone=Tone.QUIET)
        for item in other.suggestions
    ]
    return rows


def _write_suggestion(item: ActionSuggestion, leading: Sequence[ActionSuggestion]) -> str:
    settings = ", ".join(f"{name}={canonical_json(value)}" for name, value in item.parameters.items())
    fate = "as the first does" if item in leading else "not proposed"
    return f"{item.name} on {item.target.ref}{f' ({settings})' if settings else ''}; {fate}"


def _write_hypothesis(
    heading: str,
    hypothesis: Hypothesis,
    rows: Sequence[CardRow],
    evidence: Sequence[Evidence],
    *,
    quotes: int | None = None,
) -> CardSection | None:
    """Write a hypothesis; one of which only some quotes are shown is a detail."""
    number = hypothesis.confidence
    words = next(word for floor, word in _CONFIDENCE if number >= floor)
    own = [*rows, CardRow(label="Confidence", text=f"{words} ({number:.2f}, by {hypothesis.tier})")]
    if hypothesis.lost_because:
        own.append(CardRow(label="Why it is not the first", text=hypothesis.lost_because, tone=Tone.QUIET))
    shown = write_quotes(hypothesis.citations, evidence)[:quotes]
    text = f"{hypothesis.tier} says: \u201c{hypothesis.text}\u201d" if hypothesis.is_by_model else hypothesis.text
    return make_section(heading, paragraphs=(text,), rows=own, quotes=shown, detail=quotes is not None)


def write_quotes(citations: Sequence[Citation], evidence: Sequence[Evidence]) -> list[Quote]:
    """Return the quoted words line by line; each once, numbered by where they really begin."""
    by_id = {item.id: item for item in evidence}
    quotes: dict[Quote, None] = {}
    for citation in citations:
        item = by_id.get(citation.evidence_id)
        text = (find_text(item, citation.first_line, citation.last_line) if item else None) or ""
        first = citation.first_line + text[: max(text.find(citation.quote), 0)].count("\n")
        for offset, line in enumerate(citation.quote.split("\n")):
            source = item.title if item else citation.evidence_id
            quotes[Quote(source=source, evidence_id=citation.evidence_id, line=first + offset, text=line)] = None
    return list(quotes)


def write_analysis(analysis: Analysis | None) -> CardSection | None:
    """Write what became of asking a model: a reader has to know who says so, and why somebody does not."""
    if analysis is None:
        return None
    accepted = analysis.outcome is AnalysisOutcome.ACCEPTED
    rows = [CardRow(label="Asked", text=analysis.target)] if analysis.target else []
    rows.append(CardRow(label="Answer", text=analysis.text, tone=Tone.PLAIN if accepted else Tone.WARN))
    told = [reason for reason in analysis.refusals if reason not in analysis.text]
    rows += [CardRow(label="Not accepted", text=reason, tone=Tone.QUIET) for reason in told[:_MOST_REFUSALS]]
    if analysis.action_by:
        rows.append(CardRow(label="Action chosen by", text=analysis.action_by))
    took = format_duration(timedelta(seconds=analysis.seconds))
    rows += [CardRow(label="Left out", text=reason, tone=Tone.WARN) for reason in analysis.left_out[:_MOST_REFUSALS]]
    rows += [CardRow(label="It would check", text=check, tone=Tone.QUIET) for check in analysis.checks]
    cost = f"{write_usd(analysis.cost_usd)} and {took} for {analysis.input_tokens + analysis.output_tokens:,} tokens"
    return make_section("What a model said", rows=[*rows, CardRow(label="Cost", text=cost)], detail=True)
