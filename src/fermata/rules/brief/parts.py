"""The parts of a brief beside the evidence: each a few lines within its share of tokens."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import timedelta

from fermata.domain.alert import Alert
from fermata.domain.diagnosis import Diagnosis, Hypothesis
from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine
from fermata.domain.facts import ChangeFacts
from fermata.domain.scope import UNKNOWN_ONSET, Scope
from fermata.kit.clock import format_instant
from fermata.kit.listing import write_some
from fermata.kit.units import format_duration
from fermata.rules.brief.diffs import choose_changed
from fermata.rules.brief.fences import show_line
from fermata.rules.brief.manifests import list_following
from fermata.rules.brief.pieces import Pieces
from fermata.rules.condense import count_tokens
from fermata.rules.runbooks import Freshness, check_runbooks
from fermata.rules.sightings import Sighting, find_facts
from fermata.rules.signatures.base import Case
from fermata.rules.signatures.cluster_rank import list_symptoms

_MOST_HYPOTHESES = 3
_MOST_QUOTED = 4
_MOST_DIFFS = 4
_MOST_FILES = 3
_MOST_RELEASES = 2
_LEAST_SHA = 7
_LONGEST_WHY = 110
_SHORT_ID = 12
_SHORT_TITLE = 80
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_AN_INSTANT = timedelta(seconds=1)
"""What `frame_scope` puts between an onset that is now and the end of the window."""
_THRESHOLD = "threshold"
"""An annotation that is a bare number: without its name it says nothing."""
_QUIET_ANNOTATIONS = ("runbook_url", "dashboard_url", "runbook", "dashboard")


def fit(lines: Iterable[str], budget: int) -> list[str]:
    """Return lines as long as they fit a budget of tokens; one that does not is left out, and later ones may fit."""
    kept: list[str] = []
    for line in lines:
        price = count_tokens(line) + 1
        if price <= budget:
            kept.append(line)
            budget -= price
    return kept


def is_asked_now(case: Case) -> bool:
    """Answer whether somebody asks how things are: the onset is then the instant of asking, and no beginning."""
    scope = case.scope
    return not case.alerts and scope.onset != UNKNOWN_ONSET and scope.window_end - scope.onset <= _AN_INSTANT


def write_scope(scope: Scope, *, is_asked: bool = False) -> str:
    """Return the frame in our own words: instants only, for names come from labels.

    Args:
        is_asked: As `is_asked_now` has it.
    """
    if is_asked:
        return (
            f"Asked at {format_instant(scope.onset)}; when it began is not known, and may be long before. Looked at "
            f"{format_instant(scope.window_start)} to {format_instant(scope.window_end)}."
        )
    if scope.onset == UNKNOWN_ONSET:
        return "When it began is not known: nothing that was collected tells a time."
    return (
        f"Onset {format_instant(scope.onset)}; looked at {format_instant(scope.window_start)} to "
        f"{format_instant(scope.window_end)}."
    )


def list_alerts(scope: Scope, alerts: Sequence[Alert], question: str) -> list[str]:
    """Return what it is about, what a person asked, and the alerts, one line each."""
    entities = ", ".join(show_line(entity.ref, 120) for entity in scope.entities[:8])
    lines = [f"about| {entities}"] if entities else []
    lines += [f"question| {show_line(question)}"] if question else []
    for number, alert in enumerate(alerts, start=1):
        labels = " ".join(f"{name}={value}" for name, value in sorted(alert.labels.items()) if name != "alertname")
        said = [
            f"{name} {text}" if name == _THRESHOLD else text
            for name, text in sorted(alert.annotations.items())
            if name not in _QUIET_ANNOTATIONS and text not in (alert.summary, alert.name)
        ]
        value = f"value {alert.value}" if alert.value else ""
        summary = alert.summary if alert.summary != alert.name else ""
        words = [alert.name, alert.status.value, alert.severity.value, value, summary, labels, *said]
        lines.append(f"A{number}| {show_line('; '.join(filter(None, words)))}")
    return lines


def list_first(case: Case, diagnosis: Diagnosis, pieces: Pieces) -> list[str]:
    """Return what the signatures found, each claim with the lines it cites, or what is wrong and unexplained."""
    lines = [f"verdict| {diagnosis.verdict.value}"]
    for number, hypothesis in enumerate(diagnosis.hypotheses[:_MOST_HYPOTHESES], start=1):
        lines += _write_hypothesis(f"S{number}", hypothesis, pieces)
    lines += [f"check| {show_line(check)}" for check in diagnosis.checks[:2]]
    if not diagnosis.hypotheses:
        for trouble in list_symptoms(case.cluster):
            place = f" [{pieces.name(trouble.quote.document)}:{trouble.quote.line}]" if trouble.quote else ""
            lines.append(f"symptom| {show_line(trouble.text)}{place}")
    return lines


def _write_hypothesis(name: str, hypothesis: Hypothesis, pieces: Pieces) -> list[str]:
    words = f"{hypothesis.cause} at {hypothesis.entity.ref} ({hypothesis.confidence:.2f}): {hypothesis.text}"
    lines = [f"{name}| {show_line(words)}"]
    for citation in hypothesis.citations[:_MOST_QUOTED]:
        first = citation.quote.split("\n")[0]
        place = f"{pieces.name(citation.evidence_id)}:{citation.first_line}"
        lines.append(f"{name} cites {place}| {show_line(first, 200)}")
        if (item := pieces.find(citation.evidence_id)) is not None:
            below = list_following(item, citation.first_line)
            told = pieces.name(citation.evidence_id)
            lines += [f"{name} cites {told}:{line.number}| {show_line(line.text, 200)}" for line in below]
    if hypothesis.lost_because:
        lines.append(f"{name} is not first| {show_line(hypothesis.lost_because, 200)}")
    lines += [
        f"{name} suggests| {show_line(f'{item.name} on {item.target.ref} {dict(item.parameters)}')}"
        for item in hypothesis.suggestions
    ]
    return lines


def list_changes(
    case: Case, diagnosis: Diagnosis, pieces: Pieces, budget: int, *, names_authors: bool = False
) -> list[str]:
    """Return the changes whose diffs were read, the most suspect first: the first few with the lines that changed."""
    ranked = {verdict.id: rank for rank, verdict in enumerate(diagnosis.changes)}
    known = {verdict.id: verdict for verdict in diagnosis.changes}
    changes = sorted(case.changes, key=lambda item: ranked.get(item.facts.id, len(ranked)))
    heads = []
    releases = _list_releases(case)
    for position, change in enumerate(changes):
        verdict = known.get(change.facts.id)
        # Why a change is hardly suspected fills pages, and is what a second opinion must not lean on.
        why = f", {verdict.why[:_LONGEST_WHY]}" if verdict and position < _MOST_DIFFS // 2 else ""
        blame = f"; signatures: blame {verdict.blame:.2f}{why}" if verdict else ""
        told = _write_change(change.facts, case, most_files=_MOST_FILES if position < _MOST_DIFFS else 1)
        told += _tell_release(change.facts, releases, case)
        told += f"; by {change.facts.author}" if names_authors and change.facts.author else ""
        heads.append(f"{pieces.name(change.evidence.id)}| {show_line(told + blame)}")
    kept = fit(heads, budget * 11 // 20)
    left = budget - sum(count_tokens(line) + 1 for line in kept)
    fitting = set(kept)
    lines = []
    shown = [(head, change) for head, change in zip(heads, changes, strict=True) if head in fitting]
    for position, (head, change) in enumerate(shown):
        lines.append(head)
        if position < _MOST_DIFFS:
            diff = _list_diff(change, pieces, left // 2 if position == 0 else left // 3)
            left -= sum(count_tokens(line) + 1 for line in diff)
            lines += diff
    others = [change for head, change in zip(heads, changes, strict=True) if head not in fitting]
    # One that is hardly suspected may still be it: a name in a line is enough to ask for its diff.
    named = fit([f"more| {_name_shortly(change, case, pieces)}" for change in others], left)
    lines += named
    if len(named) < len(others):
        lines.append(f"more| {len(others) - len(named)} further changes are not shown")
    return lines


def _name_shortly(change: Sighting[ChangeFacts], case: Case, pieces: Pieces) -> str:
    """Return what a change is in a few words, for one whose diff has to be asked for."""
    facts = change.facts
    told = facts.id[:_SHORT_ID] if _SHA.fullmatch(facts.id) else facts.id
    where = facts.service or facts.repository.rpartition("/")[2]
    words = f"{facts.kind} {told} {facts.title[:_SHORT_TITLE].strip()}; {where}; {_tell_when(facts, case)}"
    return f"{pieces.name(change.evidence.id)} {show_line(words)}"


def name_change(facts: ChangeFacts) -> str:
    """Return the headline of a change: what it is, its id and its title. Acceptance takes it for a quote."""
    return f"{facts.kind} {facts.id} {facts.title}"


def _write_change(facts: ChangeFacts, case: Case, *, most_files: int) -> str:
    where = " ".join(filter(None, (facts.service, facts.repository, facts.environment, facts.state)))
    files = [file.path for file in facts.files]
    touched = f"; touches {write_some(files, most_files)}" if files and most_files else ""
    return f"{name_change(facts)}; {where}{touched}; {_tell_when(facts, case)}"


def _list_releases(case: Case) -> tuple[ChangeFacts, ...]:
    """Return what brought commits into effect and says which, oldest first: most of it has no diff of its own."""
    found = (find_facts(item, ChangeFacts) for item in case.evidence if item.kind is EvidenceKind.CHANGE)
    named = (item.facts for item in found if item is not None and item.facts.kind != "commit")
    return tuple(sorted((facts for facts in named if facts.sha or facts.commits), key=lambda facts: facts.changed_at))


def _tell_release(facts: ChangeFacts, releases: Sequence[ChangeFacts], case: Case) -> str:
    """Return the first releases that say they carry a commit, by where they went: it hurts nobody there before."""
    first: dict[str, str] = {}
    for release in releases if facts.kind == "commit" else ():
        if any(_is_same_commit(facts.id, carried) for carried in (release.sha, *release.commits)):
            words = " ".join(filter(None, (release.kind, release.id, release.environment, release.state)))
            first.setdefault(release.environment, f"; in {words} {_tell_when(release, case)}")
    return "".join(list(first.values())[:_MOST_RELEASES])


def _is_same_commit(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    return len(shorter) >= _LEAST_SHA and longer.startswith(shorter)


def _tell_when(facts: ChangeFacts, case: Case) -> str:
    if not facts.is_dated:
        return "time unknown"
    before = case.scope.onset - facts.changed_at
    onset = "the question" if is_asked_now(case) else "the onset"
    return f"{format_duration(abs(before))} {'before' if before >= timedelta(0) else 'AFTER'} {onset}"


def _list_diff(change: Sighting[ChangeFacts], pieces: Pieces, budget: int) -> list[str]:
    name = pieces.name(change.evidence.id)

    def show(line: EvidenceLine) -> str:
        return f"{name}:{line.number}| {show_line(line.text, 200)}"

    chosen = choose_changed(change.evidence.lines, budget, lambda line: count_tokens(show(line)) + 1)
    return [show(line) for line in chosen]


def list_runbooks(evidence: Sequence[Evidence], pieces: Pieces) -> list[str]:
    """Return the passages that were found to fit what runs; no other is told as fact."""
    fresh = {check.evidence_id for check in check_runbooks(evidence) if check.freshness is Freshness.VERIFIED}
    lines = []
    for piece in pieces.all:
        if piece.evidence.kind is EvidenceKind.RUNBOOK and piece.evidence.id in fresh:
            lines.append(f"{piece.name}| {show_line(piece.evidence.title)}")
            lines += [
                f"{piece.name}:{line.number}| {show_line(line.text)}"
                for line in piece.evidence.lines
                if line.text.strip()
            ]
    return lines


def list_gaps(diagnosis: Diagnosis) -> list[str]:
    """Return what could not be looked at."""
    return [
        f"gap| {show_line(f'{gap.collector} {gap.entity.ref if gap.entity else str()}: {gap.reason}', 200)}"
        for gap in dict.fromkeys(diagnosis.gaps)
    ]
