"""Failures seen in the life of processes: what waits for another, what was stopped, what only crashes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fermata.domain.diagnosis import Citation, Hypothesis
from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine
from fermata.domain.facts import StateFacts, WorkloadPhase
from fermata.rules.citations import cite
from fermata.rules.sightings import Sighting
from fermata.rules.signatures.base import Case, Signature, Specificity
from fermata.rules.signatures.executables import BUILD_FOR_HOST
from fermata.rules.signatures.failed_calls import calls_another
from fermata.rules.signatures.reach import find_lone, is_paused, is_unreachable, is_unresolved, leads_to, was_well
from fermata.rules.signatures.releases import find_release, go_back, judge_release
from fermata.rules.signatures.remedies import Intent, propose
from fermata.rules.signatures.workloads import Occurrence, Workload, cite_words, clip, is_same_service

_ENDED = (WorkloadPhase.STOPPED, WorkloadPhase.EXITED)
_BY_SIGNAL = 128
# Linux on x86 and ARM (signal(7)). A program may end with such a code by itself; that of a crash hardly ever does.
_SIGNALS = {
    4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL", 15: "SIGTERM",
    11: "SIGSEGV: it touched memory that is not its own",
}  # fmt: skip
_CRASHES = frozenset({4, 6, 7, 8, 11})
_PORT_ADVICE = (
    "Find out what holds that port of the host (`ss -ltnp`), and free it or publish another one; then start {name}."
)
_UNPAUSE = (
    "Find out who paused {name} and why, then unpause it, as `docker unpause` or `kill -CONT` does. A restart ends its "
    "processes: what they hold in memory would be lost."
)
# Of the engine's words, those about what the image holds: the image before it may hold it right.
_IN_THE_IMAGE = re.compile(r"unable to start container process: exec:|exec format error")
# Words of the engine (moby `daemon/start.go` and `libnetwork`, runc) and of systemd (`exec_child`), in lower case, by
# what a person does about it.
_START_ERRORS = {
    "exec format error": BUILD_FOR_HOST,
    "address already in use": _PORT_ADVICE,
    "port is already allocated": _PORT_ADVICE,
    "executable file not found": "Correct the command of {name} or its image: what it should run is not in there.",
    "load environment files": "Make the file that EnvironmentFile= of {name} names, or correct the setting.",
    "no such file or directory": "Correct the command or the mounts of {name}: what it names is not there.",
    "permission denied": "Let {name} run what it should: the file is not executable for its user.",
    "mount a directory onto a file": "Correct the mount of {name}: where a file should be is a folder, or the other "
    "way round. An engine makes a folder where the file to mount does not exist.",
    "not found": "Make what {name} refers to again (a network, an image, a container), or correct the reference.",
}
_START_ADVICE = "Remove what keeps {name} from starting, as it is told above, then start it."


def _match_dependency(case: Case) -> Sequence[Hypothesis]:
    failing = [workload for workload in case.workloads if workload.state is not None and workload.is_failing]
    # Why it does not stay up says more than that it is missed.
    down = [workload for workload in failing if not any(judge_release(case, workload))]
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
    failures = [occurrence for occurrence in caller.errors if is_unreachable(occurrence) or is_unresolved(occurrence)]
    others = [workload for workload in down if not _is_same(workload.entity, caller.entity)]
    found = []
    for other in others:
        fitting = (failure for failure in reversed(failures) if not was_well(failure, other))
        linked = next((failure for failure in fitting if leads_to(failure, caller, other)), None)
        if linked is not None:
            found.append(_propose_dependency(case, caller, other, linked, confidence=0.8))
    if not found and len(others) == 1:
        lone = find_lone(case.workloads, caller, others[0], failures)
        if lone is not None and not calls_another(lone, others[0]):
            return [_propose_dependency(case, caller, others[0], lone, confidence=0.5)]
    return found


def _is_same(one: Entity, other: Entity) -> bool:
    """Answer whether two objects are one service, however their sources know it: nobody is its own dependency.

    A log is a service's, the state beside it a container's or a process's, and either may number its instances.
    """
    apart = one.namespace and other.namespace and one.namespace != other.namespace
    return not apart and is_same_service(one.name, other.name)


def _propose_dependency(
    case: Case, caller: Workload, other: Workload, failure: Occurrence, *, confidence: float
) -> Hypothesis:
    name, state = other.entity.name, other.condition
    # What could not be started fails alike at the next start.
    cannot_start = other.state is not None and bool(other.state.facts.start_error)
    is_ended = other.phase in _ENDED and not is_paused(other) and not cannot_start
    suggestions = propose(case, other.entity, Intent.RESTART) if is_ended else ()
    person_must = f"Start {name} again." if is_ended else f"Find out why {name} does not stay up."
    if is_paused(other):
        state, person_must = "paused", _UNPAUSE.format(name=name)
    return Hypothesis(
        cause="dependency_refused",
        text=f"{name} is {state}, and {caller.entity.name} cannot reach what it calls: "
        f"{clip(failure.error.raised.text).rstrip('.')}.",
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
    if state is None or not citations or not _has_ended_quietly(state) or is_paused(workload):
        return None
    how = "was stopped" if state.facts.phase is WorkloadPhase.STOPPED else "ended by itself without an error"
    again = " again"
    if state.facts.system_state == "created":
        how, again = "was made and never started,", ""
    suggestions = propose(case, workload.entity, Intent.RESTART)
    return Hypothesis(
        cause="stopped_process",
        text=f"{name} {how} and nothing started it{again}. If somebody stopped it on purpose, it should stay so.",
        confidence=0.6,
        entity=workload.entity,
        citations=citations,
        suggestions=suggestions,
        person_must="" if suggestions else f"Find out who stopped {name}, and start it again.",
    )


def _match_paused(case: Case) -> Sequence[Hypothesis]:
    return [
        Hypothesis(
            cause="paused_process",
            text=f"{workload.entity.name} is paused: its processes are frozen, and go on where they stood once it is "
            "unpaused.",
            confidence=0.9,
            entity=workload.entity,
            citations=workload.cite_state("paused"),
            person_must=_UNPAUSE.format(name=workload.entity.name),
        )
        for workload in case.workloads
        if workload.alerted and is_paused(workload) and workload.cite_state("paused")
    ]


def _match_unstartable(case: Case) -> Sequence[Hypothesis]:
    found = []
    for workload in case.workloads:
        error = workload.state.facts.start_error if workload.state else ""
        citations = workload.cite_state(error, "error", "created") if error else ()
        if citations and _is_of_alerted(case, workload):
            name = workload.entity.name
            advice = next((text for words, text in _START_ERRORS.items() if words in error.lower()), _START_ADVICE)
            release = find_release(case, workload) if _IN_THE_IMAGE.search(error) else None
            suggestions = go_back(case, workload) if release is not None else ()
            found.append(
                Hypothesis(
                    cause="start_refused",
                    text=f"{name} could not be started: {clip(error, 300)}",
                    confidence=0.9,
                    entity=workload.entity,
                    citations=(*citations, *cite_words(release, "was created")),
                    suggestions=suggestions,
                    person_must="" if suggestions else advice.format(name=name),
                )
            )
    return found


def _is_of_alerted(case: Case, workload: Workload) -> bool:
    """Answer whether the alerts are about an object, or what they are about fails at it."""
    return workload.alerted or any(
        leads_to(failure, caller, workload)
        for caller in case.workloads
        if caller.alerted
        for failure in caller.errors
        if (is_unreachable(failure) or is_unresolved(failure)) and not was_well(failure, workload)
    )


def _has_ended_quietly(state: Sighting[StateFacts]) -> bool:
    exited_well = state.facts.phase is WorkloadPhase.EXITED and state.facts.exit_code == 0
    return state.facts.phase is WorkloadPhase.STOPPED or exited_well


def _match_crash(case: Case) -> Sequence[Hypothesis]:
    return [found for workload in case.workloads if (found := _judge_crash(workload)) is not None]


def _judge_crash(workload: Workload) -> Hypothesis | None:
    state = workload.state
    if state is None or not workload.is_failing or _has_ended_quietly(state) or state.facts.start_error:
        return None
    ended_for = state.facts.ended_for
    citations = (
        *workload.cite_state(*([ended_for] if ended_for else []), "exit code", "by itself", "exit"),
        *(found for log in workload.logs for found in _cite_end(log)),
    )
    if not citations:
        return None
    name, code = workload.entity.name, state.facts.exit_code
    end = "it does not stay up" if code is None else f"it ends with exit code {code}{_tell_signal(code)}"
    said = (words for log in reversed(workload.logs) if (words := _say_end(log)))
    look = next(said, "read its log around the last exit")
    must = f"Find out why {name} ends: {look}."
    if ended_for:
        end = f"its system ended it ({ended_for})"
        must = f"Find out what {name} waited for when its system ended it ({ended_for}): {look}."
    elif _find_signal(code) in _CRASHES:
        must = (
            f"Find out why {name} crashes: {look}. Where that tells nothing, look at what changed of its image and its "
            "native libraries, at the kernel's log (`dmesg`), and at a core dump."
        )
    return Hypothesis(
        cause="crash_loop",
        text=f"{name} is {state.facts.system_state}: {end}. Why is not known from this alone.",
        confidence=0.2,
        entity=workload.entity,
        citations=citations,
        person_must=must,
    )


def _find_signal(code: int | None) -> int:
    """Return the signal that an exit code tells of, 0 for none.

    It is negative (Python, supervisord), or comes on top of 128 (shells, engines).
    """
    if code is None:
        return 0
    return -code if code < 0 else max(0, code - _BY_SIGNAL)


def _tell_signal(code: int) -> str:
    name = _SIGNALS.get(_find_signal(code))
    return f" ({name})" if name else ""


def _cite_end(log: Evidence) -> tuple[Citation, ...]:
    last = _find_last(log)
    return (cite(log, last.number),) if last is not None else ()


def _say_end(log: Evidence) -> str:
    """Return what a log says last, in words; empty for an empty one. Advice leads nobody to an address of a log's."""
    last = _find_last(log)
    if last is None:
        return ""
    place = f"line {last.number} of '{log.title}'"
    return f"read {place}, its last" if "://" in last.text else f"it says last {clip(last.text)!r} ({place})"


def _find_last(log: Evidence) -> EvidenceLine | None:
    return next((line for line in reversed(log.lines) if line.text.strip()), None)


DEPENDENCY_REFUSED = Signature(
    id="dependency_refused",
    title="A process cannot reach another one, which is down",
    looks_at=(EvidenceKind.LOGS, EvidenceKind.STATE, EvidenceKind.ENVIRONMENT),
    ruled_out_by="Every other observed process runs; several are down and no failure leads to one of them; the failure "
    "came before that one was down; or, where none leads to the only one that is down, the failure names another "
    "process or host, does not resolve a name, or is not what a process that does not stay up ended on.",
    confidence_note="0.8 when the failure names the process, its address or its port, 0.5 when it is merely the only "
    "one down.",
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
    ruled_out_by="It ended with an error; it runs; it is paused; or the alerts are not about it.",
    confidence_note="0.6: that it is down is certain, that nobody meant it is not.",
    action="<system>.restart",
    specificity=Specificity.STATE,
    match=_match_stopped,
)
"""What is down and has no other explanation."""

PAUSED_PROCESS = Signature(
    id="paused_process",
    title="A process is paused",
    looks_at=(EvidenceKind.STATE,),
    ruled_out_by="Its system has another word for its state; or the alerts are not about it.",
    confidence_note="0.9: its system says so.",
    action="none: a person must unpause it; a restart would lose what it holds in memory",
    specificity=Specificity.STATE,
    match=_match_paused,
)
"""Frozen, not ended: what cures an end would do harm."""

START_REFUSED = Signature(
    id="start_refused",
    title="A container cannot be started, and its engine says why",
    looks_at=(EvidenceKind.STATE, EvidenceKind.LOGS, EvidenceKind.ENVIRONMENT),
    ruled_out_by="It runs; its last start succeeded; or the alerts are not about it, and no failure of what they are "
    "about leads to it.",
    confidence_note="0.9: the engine's own words about its last try.",
    action="<system>.recreate_with_previous_image where what the new image holds cannot be started; otherwise none: a "
    "person must remove what keeps it from starting, since the next start would fail alike",
    specificity=Specificity.ORIGIN,
    match=_match_unstartable,
    blames_change=True,
)
"""What never ran has no log: the engine's words are all there is, and enough."""

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
