"""Failures seen in the life of processes: what waits for another, what was stopped, what only crashes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fermata.domain.diagnosis import Citation, Hypothesis
from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.facts import StateFacts, WorkloadPhase
from fermata.rules.citations import cite
from fermata.rules.signatures.base import Case, Signature, Specificity
from fermata.rules.signatures.remedies import Intent, propose
from fermata.rules.signatures.workloads import Occurrence, Sighting, Workload, clip, contains_word, is_same_service

_UNREACHABLE = (
    "connection refused", "connectionrefusederror", "econnrefused", "no route to host", "timed out", "etimedout",
    "timeouterror", "connecttimeout", "readtimeout", "deadline exceeded", "connection reset", "econnreset",
)  # fmt: skip
_PORT = re.compile(r"(?::|port=)([0-9]{2,5})(?![0-9])")
_ENDED = (WorkloadPhase.STOPPED, WorkloadPhase.EXITED)


def _match_dependency(case: Case) -> Sequence[Hypothesis]:
    down = [workload for workload in case.workloads if workload.state is not None and workload.is_failing]
    callers = [
        workload for workload in case.workloads if workload.alerted and workload.phase is not WorkloadPhase.STOPPED
    ]
    found: dict[str, Hypothesis] = {}
    for caller in callers:
        for hypothesis in _blame_dependencies(case, caller, down):
            found.setdefault(hypothesis.entity.ref, hypothesis)
    return list(found.values())


def _blame_dependencies(case: Case, caller: Workload, down: Sequence[Workload]) -> Sequence[Hypothesis]:
    """Blame each object that is down and that the caller's failures lead to; a lone one also without such a lead."""
    failures = [occurrence for occurrence in caller.errors if _is_unreachable(occurrence)]
    others = [workload for workload in down if not _is_same(workload.entity, caller.entity)]
    if not failures:
        return ()
    found = []
    for other in others:
        linked = next((failure for failure in reversed(failures) if _leads_to(failure, caller, other)), None)
        if linked is not None:
            found.append(_propose_dependency(case, caller, other, linked, confidence=0.8))
    if not found and len(others) == 1:
        return [_propose_dependency(case, caller, others[0], failures[-1], confidence=0.5)]
    return found


def _is_same(one: Entity, other: Entity) -> bool:
    """Answer whether two objects are one service, however their sources know it: nobody is its own dependency.

    A log is a service's, the state beside it a container's or a process's, and either may number its instances.
    """
    apart = one.namespace and other.namespace and one.namespace != other.namespace
    return not apart and is_same_service(one.name, other.name)


def _is_unreachable(occurrence: Occurrence) -> bool:
    return any(words in line.text[:2000].lower() for line in occurrence.error.lines for words in _UNREACHABLE)


def _leads_to(failure: Occurrence, caller: Workload, other: Workload) -> bool:
    """Answer whether a failure names the other object, or a port that belongs to it by the environment of either."""
    texts = [line.text[:2000] for line in failure.error.lines]
    if any(contains_word(text.lower(), other.entity.name.lower()) for text in texts):
        return True
    ports = {port for text in texts for port in _PORT.findall(text)}
    prefix = other.entity.name.upper().replace("-", "_")
    theirs = other.environment.facts.variables.values() if other.environment else ()
    ours = caller.environment.facts.variables.items() if caller.environment else ()
    known = [*theirs, *(value for name, value in ours if name.startswith(prefix))]
    return any(value == port or value.endswith(f":{port}") for value in known for port in ports)


def _propose_dependency(
    case: Case, caller: Workload, other: Workload, failure: Occurrence, *, confidence: float
) -> Hypothesis:
    name, state = other.entity.name, other.phase.value.replace("_", " ")
    suggestions = propose(case, other.entity, Intent.RESTART) if other.phase in _ENDED else ()
    person_must = f"Start {name} again." if other.phase in _ENDED else f"Find out why {name} does not stay up."
    return Hypothesis(
        cause="dependency_refused",
        text=f"{name} is {state}, and {caller.entity.name} cannot reach what it calls: "
        f"{clip(failure.error.raised.text)}.",
        confidence=confidence,
        entity=other.entity,
        citations=(failure.cite(), *other.cite_state()),
        suggestions=suggestions,
        person_must="" if suggestions else person_must,
    )


def _match_stopped(case: Case) -> Sequence[Hypothesis]:
    return [found for workload in case.workloads if workload.alerted and (found := _judge_stopped(case, workload))]


def _judge_stopped(case: Case, workload: Workload) -> Hypothesis | None:
    state, name = workload.state, workload.entity.name
    citations = workload.cite_state("stopped", "exit")
    if state is None or not citations or not _has_ended_quietly(state):
        return None
    how = "was stopped" if state.facts.phase is WorkloadPhase.STOPPED else "ended by itself without an error"
    suggestions = propose(case, workload.entity, Intent.RESTART)
    return Hypothesis(
        cause="stopped_process",
        text=f"{name} {how} and nothing started it again. If somebody stopped it on purpose, it should stay so.",
        confidence=0.6,
        entity=workload.entity,
        citations=citations,
        suggestions=suggestions,
        person_must="" if suggestions else f"Find out who stopped {name}, and start it again.",
    )


def _has_ended_quietly(state: Sighting[StateFacts]) -> bool:
    exited_well = state.facts.phase is WorkloadPhase.EXITED and state.facts.exit_code == 0
    return state.facts.phase is WorkloadPhase.STOPPED or exited_well


def _match_crash(case: Case) -> Sequence[Hypothesis]:
    return [found for workload in case.workloads if (found := _judge_crash(workload)) is not None]


def _judge_crash(workload: Workload) -> Hypothesis | None:
    state = workload.state
    if state is None or not workload.is_failing or _has_ended_quietly(state):
        return None
    citations = (
        *workload.cite_state("exit code", "by itself", "exit"),
        *(found for log in workload.logs for found in _cite_end(log)),
    )
    if not citations:
        return None
    name, code = workload.entity.name, state.facts.exit_code
    end = "it does not stay up" if code is None else f"it ends with exit code {code}"
    return Hypothesis(
        cause="crash_loop",
        text=f"{name} is {state.facts.system_state}: {end}. Why is not known from this alone.",
        confidence=0.2,
        entity=workload.entity,
        citations=citations,
        person_must=f"Find out why {name} ends: read its log around the last exit.",
    )


def _cite_end(log: Evidence) -> tuple[Citation, ...]:
    last = next((line for line in reversed(log.lines) if line.text.strip()), None)
    return (cite(log, last.number),) if last is not None else ()


DEPENDENCY_REFUSED = Signature(
    id="dependency_refused",
    title="A process cannot reach another one, which is down",
    looks_at=(EvidenceKind.LOGS, EvidenceKind.STATE, EvidenceKind.ENVIRONMENT),
    ruled_out_by="Every other observed process runs; or several are down and no failure leads to one of them.",
    confidence_note="0.8 when the failure names the process or its port, 0.5 when it is merely the only one down.",
    action="<system>.restart of the process that is down, if it was stopped or exited; none while it crashes: a person "
    "must find out why",
    specificity=Specificity.RELATION,
    match=_match_dependency,
)
"""The failing dependent is explained by its failing dependency: the cause sits there."""

STOPPED_PROCESS = Signature(
    id="stopped_process",
    title="A process was stopped, or ended by itself, and stayed so",
    looks_at=(EvidenceKind.STATE,),
    ruled_out_by="It ended with an error; it runs; or the alerts are not about it.",
    confidence_note="0.6: that it is down is certain, that nobody meant it is not.",
    action="<system>.restart",
    specificity=Specificity.STATE,
    match=_match_stopped,
)
"""What is down and has no other explanation."""

CRASH_LOOP = Signature(
    id="crash_loop",
    title="A process ends again and again",
    looks_at=(EvidenceKind.STATE, EvidenceKind.LOGS),
    ruled_out_by="It runs, or ended without an error.",
    confidence_note="0.2: it is a symptom. It never leads; alone it makes the diagnosis undetermined.",
    action="none: a person must find out why it ends",
    specificity=Specificity.SYMPTOM,
    match=_match_crash,
)
"""A symptom, kept so that it is listed and explained, never blamed."""
