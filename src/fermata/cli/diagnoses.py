"""A diagnosis for people: what is wrong, the lines it rests on, why others lost, the changes, and what is missing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from fermata.cli.output import get_console, get_line_width, show_controls, wrap_hanging
from fermata.domain.diagnosis import Diagnosis, Hypothesis, Verdict
from fermata.kit.clock import format_instant
from fermata.kit.units import format_count, format_duration

if TYPE_CHECKING:
    from fermata.domain.analysis import Analysis
    from fermata.domain.facts import ChangeFacts
    from fermata.flows.bundle.diagnose import Diagnosed
    from fermata.flows.look import Step

_SIGNATURES = "signatures"
_MOST_CHANGES = 5
_MOST_GAPS = 10
_MOST_RUNBOOKS = 3
_MOST_QUOTES = 4
_MOST_QUOTED = 3
"""Lines of one quote."""
_POINTS = re.compile(r" \([+-]\d+\.\d{2}\)")
"""What a sign weighs, behind its words; --json has it."""
_SHORT = 12
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_TITLE = 80
_DOUBTED = 0.5
"""Below this blame a change is the most suspect, which is less than guilty."""
_SUSPECT = 0.02
"""Belief in a change from which on it is not cleared by a cause that leads."""


def print_diagnosis(diagnosed: Diagnosed, steps: Sequence[Step] = (), denial: str = "") -> None:
    """Print a diagnosis on stdout.

    Args:
        steps: What would be proposed, where the systems could be asked for its dry run.
        denial: Why the policy would not let it be held; empty when it would.
    """
    from fermata.flows.bundle.answer import list_cuts
    from fermata.flows.bundle.misplaced import describe_unread
    from fermata.rules.gaps import describe_gaps
    from fermata.rules.runbooks import check_runbooks

    bundle, diagnosis = diagnosed.bundle, diagnosed.diagnosis
    _write_line(f"{bundle.id}: {bundle.title}", style="bold")
    if diagnosis.leading is not None:
        _heading("What is wrong")
        _write_hypothesis(diagnosis.leading, diagnosed)
    elif diagnosis.verdict is Verdict.HEALTHY:
        _heading("Nothing is wrong")
    else:
        _heading("The cause is undetermined")
    if diagnosis.checks:
        _heading("What would settle it")
        _write_items(diagnosis.checks)
    _write_others(diagnosed)
    _write_analysis(diagnosis.analysis)
    _write_changes(diagnosed)
    _heading("What to do")
    _write_actions(diagnosis, steps, denial)
    if checks := check_runbooks(diagnosed.case.evidence):
        _heading("Runbooks")
        _write_some([f"{check.title}: {check.text}" for check in checks], _MOST_RUNBOOKS)
    unread = describe_unread(bundle.unknown_files)
    if missing := [*([unread] if unread else []), *describe_gaps(diagnosis.gaps)]:
        _heading("What is missing")
        _write_some(missing, _MOST_GAPS)
    if cuts := list_cuts(diagnosed):
        _heading("What was cut")
        _write_some([f"{what}: {why}" for what, why in cuts], _MOST_GAPS)
    kinds = len({item.kind for item in bundle.evidence})
    _write_line("")
    asked = "no model was asked" if diagnosis.analysis is None else _write_cost(diagnosis.analysis)
    _write_line(
        f"{format_count(len(bundle.evidence), 'piece')} of evidence of {format_count(kinds, 'kind')}; {asked}.",
        style="dim",
    )


def _write_sureness(hypothesis: Hypothesis) -> str:
    by = "" if hypothesis.tier == _SIGNATURES else f", by {hypothesis.tier}"
    return f"{hypothesis.confidence:.2f}{by}"


def _write_cost(analysis: Analysis) -> str:
    from fermata.rules.budget import write_usd

    took = format_duration(timedelta(seconds=analysis.seconds))
    tokens = analysis.input_tokens + analysis.output_tokens
    calls = format_count(len(analysis.outcomes), "call")
    return f"models cost {write_usd(analysis.cost_usd)} and {took} ({calls}, {tokens:,} tokens)"


def _write_others(diagnosed: Diagnosed) -> None:
    others = diagnosed.diagnosis.hypotheses[1:]
    if others:
        _heading("What else was said, and why it is not the first")
    for other in others:
        _write_items([f"{other.cause} ({_write_sureness(other)}): {other.text} {other.lost_because}"])
        if other.tier != _SIGNATURES:
            # Who says it besides, or says otherwise, has to show its lines, too.
            _write_citations(other, diagnosed)
            if other.person_must:
                _write_line(f"A person would have to act: {other.person_must}", indent=4)


def _write_analysis(analysis: Analysis | None) -> None:
    if analysis is None:
        return
    _heading("What a model said")
    _write_items([analysis.text])
    _write_some([reason for reason in analysis.refusals if reason not in analysis.text], _MOST_GAPS)
    if analysis.action_by:
        _write_items([f"The action was chosen by {analysis.action_by}."])
    _write_some([f"Left out: {reason}" for reason in analysis.left_out], _MOST_GAPS)
    _write_items(f"It would check: {check}" for check in analysis.checks)


def _write_actions(diagnosis: Diagnosis, steps: Sequence[Step], denial: str) -> None:
    from fermata.rules.planning import explain_no_plan

    suggestions = diagnosis.leading.suggestions if diagnosis.leading else ()
    if steps:
        _write_steps(steps)
        _write_items([f"Nothing was changed. {_say_next(steps, denial)}"])
    elif suggestions:
        _write_items(f"{item.name} on {item.target.ref}: needs a live system for its dry run" for item in suggestions)
    elif diagnosis.leading is None and diagnosis.checks:
        _write_items(["No plan: the cause is undetermined. What would settle it stands above."])
    else:
        _write_items([explain_no_plan(diagnosis, "")])
    if diagnosis.leading and diagnosis.leading.person_must and (steps or suggestions):
        # Whose action was taken over, or chosen by a model, may not be all that is needed.
        _write_items([f"A person must act, too: {diagnosis.leading.person_must}"])


def _write_steps(steps: Sequence[Step]) -> None:
    for step in steps:
        name, target = step.suggestion.name, step.suggestion.target.ref
        if step.draft is None:
            _write_items([f"{name} on {target}: not possible now. {step.refusal}"])
            continue
        draft = step.draft
        _write_items([f"{draft.name} on {draft.target.ref} ({draft.risk.value} risk)"])
        told = [draft.dry_run.note, draft.dry_run.blast_radius.text, f"Undo: {draft.dry_run.undo_text}"]
        for text in filter(None, told):
            _write_line(text, indent=4)
        for line in draft.dry_run.diff.splitlines():
            _write_line(line, indent=6, is_quote=True)


def _say_next(steps: Sequence[Step], denial: str) -> str:
    from fermata.flows.plan import INSTEAD

    if denial:
        return f"`fermata up` would hold no plan of this: {denial}. {INSTEAD}."
    if any(step.draft is None for step in steps):
        return "`fermata up` would hold no plan while a step of it is not possible."
    return "To have it held for approval, let the alert reach `fermata up`."


def _write_hypothesis(hypothesis: Hypothesis, diagnosed: Diagnosed) -> None:
    _write_items([f"{hypothesis.text} ({hypothesis.cause}, confidence {_write_sureness(hypothesis)})"])
    _write_citations(hypothesis, diagnosed)


def _write_citations(hypothesis: Hypothesis, diagnosed: Diagnosed) -> None:
    from fermata.flows.bundle.answer import list_cited, locate
    from fermata.flows.bundle.places import Places

    cited, places = list_cited(diagnosed), Places(diagnosed.bundle.files)
    for citation in hypothesis.citations[:_MOST_QUOTES]:
        _write_line(locate(citation, cited, places), style="dim", indent=4)
        lines = citation.quote.split("\n")
        for line in lines[:_MOST_QUOTED]:
            _write_line(line, indent=6, is_quote=True)
        if len(lines) > _MOST_QUOTED:
            _write_line(f"({format_count(len(lines) - _MOST_QUOTED, 'more line')}: see --json)", indent=6)
    left = len(hypothesis.citations) - _MOST_QUOTES
    if left > 0:
        _write_line(f"({format_count(left, 'more citation')}: see --json)", indent=4)


def _write_changes(diagnosed: Diagnosed) -> None:
    from fermata.flows.bundle.answer import find_changes

    diagnosis = diagnosed.diagnosis
    if not diagnosis.changes and diagnosis.guilty_change is None:
        return
    _heading("Changes")
    guilty, known = diagnosis.guilty_change, find_changes(diagnosed)
    blames = {item.id: item.blame for item in diagnosis.changes}
    if guilty:
        sure = "guilty" if blames.get(guilty, 1.0) >= _DOUBTED else "the most suspect"
        if diagnosis.leading and diagnosis.leading.is_by_model and diagnosis.leading.guilty_change == guilty:
            # What stands below weighs it by rules, which may rule it out.
            sure = f"blamed by {diagnosis.leading.tier}"
        words = f"{sure}: {_name_change(guilty, known)}"
    else:
        words = _say_unnamed(diagnosed)
    _write_items([words])
    weighed = [
        f"{_name_change(item.id, known)} ({item.blame:.2f}): {_POINTS.sub('', item.why)}" for item in diagnosis.changes
    ]
    _write_some(weighed, _MOST_CHANGES)


def _say_unnamed(diagnosed: Diagnosed) -> str:
    """Return why no change is named; to clear all takes a cause outside, no suspect, and none unread."""
    from fermata.rules.changes.judge import TIE, judge_changes
    from fermata.rules.signatures.origins import is_outside

    diagnosis, judgement = diagnosed.diagnosis, judge_changes(diagnosed.case)
    likeliest = max((item.blame for item in diagnosis.changes), default=0.0)
    leading = diagnosis.leading
    is_explained = leading is not None and is_outside(leading.cause) and not any(one.unread for one in judgement.ranked)
    if diagnosis.verdict is Verdict.HEALTHY or (is_explained and likeliest < _SUSPECT):
        return "no change is guilty"
    if leading is not None and likeliest >= _SUSPECT:
        is_tied = bool(judgement.ranked) and judgement.ranked[0].tie >= TIE
        what = "the first of these may have brought it" if is_tied else "nothing ties one of these to it closely"
        return f"no change is named: another cause leads, and {what}"
    return f"no change is named: {judgement.none_because or 'nothing ties one closely'}"


def _name_change(change_id: str, known: Mapping[str, ChangeFacts]) -> str:
    """Return an id with what people know a change by: what it is, its title, its author and its time."""
    short = change_id[:_SHORT] if _SHA.fullmatch(change_id) else change_id
    facts = known.get(change_id)
    if facts is None:
        return short
    title = facts.title if len(facts.title) <= _TITLE else f"{facts.title[: _TITLE - 1]}\u2026"
    author = f" by {facts.author}" if facts.author else ""
    return f'{short}, {facts.kind.replace("_", " ")} "{title}"{author}, {format_instant(facts.changed_at)}'


def _heading(text: str) -> None:
    _write_line("")
    _write_line(text, style="bold")


def _write_some(items: Sequence[str], most: int) -> None:
    """Print the first items, and how many more there are."""
    _write_items(items[:most])
    if len(items) > most:
        _write_items([f"{len(items) - most} more: see --json"])


def _write_items(items: Iterable[str]) -> None:
    for item in items:
        _write_line(item, indent=2)


def _write_line(text: str, *, indent: int = 0, style: str = "", is_quote: bool = False) -> None:
    """Print text from outside as one line, however many it has, so that it cannot look like a line of the report's own.

    It is never taken as markup, and moves no cursor.
    """
    console = get_console()
    width = get_line_width(console)
    shown = show_controls(text.replace("\n", " ").replace("\t", " "))
    if width is not None:
        shown = wrap_hanging(shown, width=width, indent=indent, breaks_words=is_quote)
    console.print(" " * indent + shown, style=style, markup=False, soft_wrap=True)
