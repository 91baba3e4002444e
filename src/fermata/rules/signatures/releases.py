"""A new image that does not stay up: what ran before it is the way back, whatever is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta

from fermata.domain.diagnosis import ActionSuggestion, Citation, Hypothesis
from fermata.domain.entity import Entity
from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ChangeFacts, WorkloadPhase
from fermata.kit.units import format_duration
from fermata.rules.citations import cite
from fermata.rules.sightings import Sighting
from fermata.rules.signatures.base import Case, Signature, Specificity
from fermata.rules.signatures.remedies import Intent, propose
from fermata.rules.signatures.workloads import ONSET_MARGIN, Workload, cite_words, clip, is_same_service

_TOLERANCE = timedelta(minutes=2)
"""How far after the alert an image may be dated: an engine's clock and an alert's may differ."""
_REPLACED = "took the place of"
"""As a deployment's title says it: created anew from the same image is no new image."""
_ENDED = (WorkloadPhase.CRASH_LOOP, WorkloadPhase.EXITED)
_FATAL = re.compile(r"\bfatal\b|\bpanic\b|\berror\b|\bexception\b|\bcannot\b|\bcould not\b|\bfailed\b", re.IGNORECASE)
_TAIL = 50
_FRONT = 500


def _match(case: Case) -> Sequence[Hypothesis]:
    return [found for workload in case.workloads for found in judge_release(case, workload)]


def judge_release(case: Case, workload: Workload) -> Iterator[Hypothesis]:
    """Yield the new image that a workload does not stay up with, where that is so."""
    state = workload.state
    if state is None or state.facts.phase not in _ENDED or state.facts.exit_code == 0:
        return
    release = find_release(case, workload)
    if release is None:
        return
    said = _find_last_words(workload)
    suggestions = go_back(case, workload)
    name, before = workload.entity.name, case.scope.onset - release.facts.changed_at
    when = f"{format_duration(abs(before))} {'before' if before > timedelta() else 'after'} the alert began"
    words = f", and says last: {clip(said[1]).rstrip('.')}" if said else ""
    yield Hypothesis(
        cause="new_image_does_not_stay_up",
        text=f"{clip(release.facts.title, 120)} {when}; {name} has not stayed up since{words}.",
        confidence=0.6,
        entity=workload.entity,
        citations=(*cite_words(release, "was created"), *((said[0],) if said else ()), *workload.cite_state("exit")),
        suggestions=suggestions,
        person_must="" if suggestions else f"Run {name} from the image before, and mend the new one.",
    )


def find_release(case: Case, workload: Workload) -> Sighting[ChangeFacts] | None:
    """Return the new image of this very workload, shortly before the alert; all of its ends came after it."""
    earliest, latest = case.scope.onset - ONSET_MARGIN, case.scope.onset + _TOLERANCE
    for change in case.changes:
        facts = change.facts
        is_own = facts.kind == "deployment" and change.evidence.entity == workload.entity
        if is_own and _REPLACED in facts.title and earliest <= facts.changed_at <= latest:
            return change
    return None


def go_back(case: Case, workload: Workload) -> tuple[ActionSuggestion, ...]:
    """Return the way back to what ran before: of a workload, then of each replica that was given the same image.

    One that goes on with it breaks again what the others mended, if it shares anything with them.
    """
    own = _find_deployment(case, workload.entity)
    replicas = [
        other.entity
        for other in case.workloads
        if own is not None
        and other.entity != workload.entity
        # Another project on the same host may have a service of this name and image: it is not asked about.
        and is_same_service(other.entity.name, workload.entity.name)
        and _is_same_release(own, _find_deployment(case, other.entity))
    ]
    return tuple(
        step for entity in (workload.entity, *replicas) for step in propose(case, entity, Intent.PREVIOUS_RELEASE)
    )


def _find_deployment(case: Case, entity: Entity) -> ChangeFacts | None:
    """Return the latest deployment of an object that is known to have replaced another image."""
    own = [change.facts for change in case.changes if change.evidence.entity == entity]
    found = [facts for facts in own if facts.kind == "deployment" and _REPLACED in facts.title]
    return max(found, key=lambda facts: facts.changed_at, default=None)


def _is_same_release(own: ChangeFacts, other: ChangeFacts | None) -> bool:
    return (
        other is not None and bool(own.ref) and (own.service, own.ref, own.sha) == (other.service, other.ref, other.sha)
    )


def _find_last_words(workload: Workload) -> tuple[Citation, str] | None:
    """Return the last line near a log's end that says what was fatal, else the last one at all."""
    lines = [(log, line) for log in workload.logs for line in log.lines[-_TAIL:] if line.text.strip()]
    fatal = [(log, line) for log, line in lines if _FATAL.search(line.text[:_FRONT])]
    if not lines:
        return None
    log, line = (fatal or lines)[-1]
    return cite(log, line.number), line.text


NEW_IMAGE = Signature(
    id="new_image_does_not_stay_up",
    title="What was started from a new image does not stay up",
    looks_at=(EvidenceKind.STATE, EvidenceKind.CHANGE, EvidenceKind.LOGS),
    ruled_out_by="The container runs, or ended with exit code 0; it was created anew from the same image, or more than "
    "15 minutes before the alert; or what the images hold was not read.",
    confidence_note="0.6: when it began is certain, what is wrong in the image is not told.",
    action="<system>.recreate_with_previous_image; none where nobody offers that: a person must",
    specificity=Specificity.STATE,
    match=_match,
    blames_change=True,
)
"""The image is the change that fits, until something says more exactly what is wrong."""
