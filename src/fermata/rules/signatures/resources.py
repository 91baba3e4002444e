"""Failures at a declared limit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from fermata.domain.diagnosis import Citation, Hypothesis
from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ChangeFacts, ResourceFacts
from fermata.kit.units import format_size
from fermata.rules.citations import cite
from fermata.rules.logs import LoggedError
from fermata.rules.setting_commits import find_made
from fermata.rules.sightings import Sighting, find_facts
from fermata.rules.signatures.base import Case, Signature, Specificity
from fermata.rules.signatures.limit_settings import LimitSetting, find_limit_setting
from fermata.rules.signatures.remedies import Intent, propose
from fermata.rules.signatures.workloads import (
    ONSET_MARGIN,
    Occurrence,
    Workload,
    cite_words,
    clip,
    is_same_file,
    is_same_service,
)

_MIB = 1024**2
_NEAR_LIMIT = 0.9
_SHORTEST_SHA = 7
_BUILT_WITHIN = timedelta(hours=1)
"""Between a commit and its deployment, for the newest one to be most likely what it brought; a guess."""
_HOST_SHARE = 0.8  # What is left lets the host's other processes breathe (a guess; revisit when measured).
_KILLED = (-9, 137)  # SIGKILL as a negative signal (Python, supervisord) and as a shell reports it (128 + 9).
_TELLS_KILL = re.compile(r"\bsigkill\b|\bsignal:? 9\b", re.IGNORECASE)
"""What gunicorn, uWSGI, celery, nginx and PostgreSQL say of a process of their own that was killed."""
_OUT_OF_MEMORY = (
    "cannot allocate memory", "std::bad_alloc", "heap out of memory", "outofmemoryerror", "runtime: out of memory",
)  # fmt: skip


def is_out_of_memory(error: LoggedError) -> bool:
    """Answer whether a failure says that memory could not be had, in the words of C, C++, Go, Java, Node or Python."""
    if any(link.name == "MemoryError" for link in error.links):
        return True
    return any(words in line.text[:2000].lower() for line in error.lines for words in _OUT_OF_MEMORY)


@dataclass(frozen=True, slots=True)
class _Sign:
    """What says that the limit was hit."""

    words: str
    confidence: float
    error: Occurrence | None = None


def _match(case: Case) -> Sequence[Hypothesis]:
    return [found for workload in case.workloads if (found := _judge(case, workload)) is not None]


def _judge(case: Case, workload: Workload) -> Hypothesis | None:
    resources = workload.resources
    if resources is None or not resources.facts.memory_limit_bytes:
        return None
    sign = _find_sign(case, workload, resources.facts)
    if sign is None:
        return None
    killed = [one for one in workload.errors if _TELLS_KILL.search(one.error.raised.text[:2000])]
    told = sign.error or next(reversed(killed), None)
    citations = (
        *((told.cite(),) if told else ()),
        *cite_words(resources, "limit"),
        *workload.cite_state("for memory", "exit code", "by itself", "exit", "kill"),
    )
    return _propose(case, workload, resources.facts, sign, citations) if citations else None


def _find_sign(case: Case, workload: Workload, facts: ResourceFacts) -> _Sign | None:
    last = next((found for found in reversed(workload.errors) if is_out_of_memory(found.error)), None)
    # An undated error did not keep a steady process from running, whatever it was.
    if last is not None and not (workload.is_steady and not last.is_dated):
        return _Sign(f"its log says {clip(last.error.type or last.error.message)!r}", 0.9, last)
    killed_at = workload.state.facts.kills_within_at if workload.state else None
    if killed_at is not None and killed_at >= case.scope.onset - ONSET_MARGIN:
        return _Sign("processes in it were killed for memory while it went on", 0.8)
    if workload.state is None or workload.is_steady:
        return None
    if workload.state.facts.killed_for_memory:
        return _Sign("the system says that it was killed for memory", 0.9)
    used = max(facts.memory_bytes or 0, facts.memory_peak_bytes or 0)
    if workload.state.facts.exit_code in _KILLED and used >= _NEAR_LIMIT * (facts.memory_limit_bytes or 0):
        return _Sign(f"it was killed while it used {format_size(used)}", 0.6)
    return None


def _propose(
    case: Case, workload: Workload, facts: ResourceFacts, sign: _Sign, citations: tuple[Citation, ...]
) -> Hypothesis:
    limit, available = facts.memory_limit_bytes or 0, facts.host_available_bytes
    deployment = _find_deployment(case, workload)
    made_at = (find_made(workload.state.facts) if workload.state else None) or case.scope.onset
    setting = find_limit_setting(case.changes, limit, made_at)
    commit = _find_commit(case, workload, deployment) if deployment is not None and setting is None else None
    name = workload.entity.name
    # What it had before was enough; of what it never had, twice as much is a beginning.
    called, wanted = ("its former limit", setting.former_bytes) if setting else ("twice its limit", 2 * limit)
    wanted = -(-wanted // _MIB) * _MIB
    suggestions = propose(case, workload.entity, Intent.LIMIT_MEMORY, {"limit_bytes": wanted})
    person_must = ""
    if available is not None and wanted > _HOST_SHARE * available:
        suggestions = ()
        person_must = (
            f"Find memory for {name}: {called} is {format_size(wanted)}, "
            f"and the host has {format_size(available)} to give."
        )
    elif not suggestions:
        person_must = f"Raise the memory limit of {name} from {format_size(limit)} to {format_size(wanted)}."
    return Hypothesis(
        cause="memory_limit_exceeded",
        text=f"{name} needs more memory than its limit of {format_size(limit)} allows: {sign.words}."
        + _mention_change(case, sign)
        + (_mention_deployment(deployment, commit) if deployment is not None else "")
        + (f" {setting.words}" if setting is not None else ""),
        confidence=sign.confidence,
        entity=workload.entity,
        citations=(*citations, *cite_words(deployment, "was created"), *cite_words(commit), *_cite_setting(setting)),
        suggestions=suggestions,
        person_must=person_must,
    )


def _cite_setting(setting: LimitSetting | None) -> tuple[Citation, ...]:
    return () if setting is None else (cite(setting.change.evidence, setting.line),)


def _find_deployment(case: Case, workload: Workload) -> Sighting[ChangeFacts] | None:
    """Return the deployment of this very workload before the onset: what it brought may need more. Not blamed.

    What only says when it was, without what changed, counts too: nothing is said of it but that.
    """
    found = [
        change
        for change in _list_changes(case, "deployment")
        if change.evidence.entity == workload.entity
        and case.scope.window_start <= change.facts.changed_at <= case.scope.onset
    ]
    return max(found, key=lambda change: change.facts.changed_at, default=None)


def _find_commit(case: Case, workload: Workload, deployment: Sighting[ChangeFacts]) -> Sighting[ChangeFacts] | None:
    """Return the commit that a deployment is of; where it does not say, the service's newest of the hour before it."""
    names = (workload.entity.name, workload.entity.namespace, *(workload.state.facts.names if workload.state else ()))
    at, sha = deployment.facts.changed_at, deployment.facts.sha
    found = [
        change
        for change in _list_changes(case, "commit")
        if (_is_of(change, sha) if sha else at - _BUILT_WITHIN <= change.facts.changed_at <= at)
        and any(is_same_service(change.evidence.entity.name, name) for name in names if name)
    ]
    return max(found, key=lambda change: change.facts.changed_at, default=None)


def _is_of(change: Sighting[ChangeFacts], sha: str) -> bool:
    """Answer whether a commit is the one that a label names, which may be abbreviated as git does."""
    return len(sha) >= _SHORTEST_SHA and change.facts.id.startswith(sha)


def _list_changes(case: Case, kind: str) -> list[Sighting[ChangeFacts]]:
    found = (find_facts(item, ChangeFacts) for item in case.evidence if item.kind is EvidenceKind.CHANGE)
    return [change for change in found if change is not None and change.facts.kind == kind]


def _mention_deployment(deployment: Sighting[ChangeFacts], commit: Sighting[ChangeFacts] | None) -> str:
    words = f" {clip(deployment.facts.title, 120)} shortly before."
    if commit is None:
        return words
    named = f"{commit.facts.id[:7]} ({clip(commit.facts.title, 80)})"
    newest = "It is of" if deployment.facts.sha else "The newest commit before that is"
    return f"{words} {newest} {named}: see whether it needs more before you give more."


def _mention_change(case: Case, sign: _Sign) -> str:
    """Name the latest change to a file on the failing stack. A bigger footprint is legitimate, so it is not blamed."""
    files = {frame.file for frame in sign.error.error.frames} if sign.error else set()
    for change in case.changes:
        if change.facts.changed_at > case.scope.onset:
            continue
        if any(is_same_file(file, touched.path) for file in files for touched in change.facts.files):
            return f" {change.facts.id[:7]} ({clip(change.facts.title, 80)}) changed the code that asks for it."
    return ""


MEMORY_LIMIT_EXCEEDED = Signature(
    id="memory_limit_exceeded",
    title="A process needs more memory than its declared limit",
    looks_at=(EvidenceKind.LOGS, EvidenceKind.STATE, EvidenceKind.RESOURCES, EvidenceKind.CHANGE),
    ruled_out_by="No declared limit; or the process has run steadily since, without saying so again.",
    confidence_note="0.9 when the program or the system says so; 0.8 when processes in it were killed while it "
    "went on; 0.6 for a kill close to the limit.",
    action="<system>.set_memory_limit to what a commit had lowered it from, else twice the limit, unless that is more "
    "than 80 % of what the host has available",
    specificity=Specificity.ORIGIN,
    match=_match,
)
"""The limit is the cause, also when a change brought the need: what changed is mentioned, never blamed."""
