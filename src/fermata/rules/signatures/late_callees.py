"""A workload that runs and is called by another one, which waits for it in vain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from fermata.domain.diagnosis import Hypothesis
from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import WorkloadPhase
from fermata.kit.listing import write_some
from fermata.rules.signatures.base import Case, Signature, Specificity
from fermata.rules.signatures.reach import is_called_by, is_late
from fermata.rules.signatures.workloads import ONSET_MARGIN, Occurrence, Workload, clip, contains_word, is_same_service

_ENOUGH = 3
"""Calls in vain: one of them may be anything."""
_QUOTED = 2
_MOST_CALLEES = 5


def _match(case: Case) -> Sequence[Hypothesis]:
    callers = (one for one in case.workloads if one.alerted and one.phase is WorkloadPhase.RUNNING)
    return [
        _propose(caller, callee, failures)
        for caller in callers
        if _has_run_well(case, caller)
        for callee, failures in _find_late(case, caller)
    ]


def ask_who_answers(case: Case, caller: Workload) -> str:
    """Return what to look at where a workload only waits in vain, and does not say for whom; empty elsewhere.

    Whom it may mean a graph of calls knows.
    """
    if not caller.errors or not all(is_late(failure) for failure in caller.errors):
        return ""
    names = {caller.entity.name, caller.entity.namespace, *(caller.state.facts.names if caller.state else ())} - {""}
    calls = (callee for own, callee in case.cluster.calls if any(is_same_service(own, name) for name in names))
    callees = sorted(set(calls))
    texts = [line.text for failure in caller.errors for line in failure.error.lines]
    if not callees or any(contains_word(text, callee) for text in texts for callee in callees):
        return ""
    name, known = caller.entity.name, write_some(callees, _MOST_CALLEES)
    asked = f"See whether {known} answers: {name} is known to call nothing else"
    if len(callees) > 1:
        asked = f"See which of {known} does not answer: {name} is known to call them"
    return (
        f"{asked}, and each of its {len(caller.errors)} failures is that something, it does not say what, was too late."
    )


def _has_run_well(case: Case, caller: Workload) -> bool:
    """Answer whether the caller had run for a while when it began.

    One that was started shortly before may be of a new version, which waits for less long, or asks for more.
    """
    started_at = caller.state.facts.started_at if caller.state else None
    return started_at is not None and started_at < case.scope.onset - ONSET_MARGIN


def _find_late(case: Case, caller: Workload) -> Iterator[tuple[Workload, Sequence[Occurrence]]]:
    """Yield the only one whose calls end in timeouts: where they are several, what they share is to blame."""
    late = [failure for failure in caller.errors if is_late(failure)]
    others = [one for one in case.workloads if one.entity != caller.entity and one.phase is WorkloadPhase.RUNNING]
    named = [
        (one, failure) for failure in late for one in others if is_called_by(failure, one) and _has_begun(one, failure)
    ]
    counts = Counter(one.entity.ref for one, _ in named)
    if len(counts) == 1 and len(named) >= _ENOUGH:
        yield named[-1][0], [failure for _, failure in named]


def _has_begun(callee: Workload, failure: Occurrence) -> bool:
    """Answer whether a callee ran when a caller waited for it: what is made anew keeps nobody waiting before."""
    started_at = callee.state.facts.started_at if callee.state else None
    return started_at is None or failure.written_by is None or failure.written_by >= started_at


def _propose(caller: Workload, callee: Workload, failures: Sequence[Occurrence]) -> Hypothesis:
    name, called = caller.entity.name, callee.entity.name
    return Hypothesis(
        cause="dependency_slow",
        text=f"{name} waits for {called} in vain, {len(failures)} times, and {called} runs: it is slow, or hangs. "
        f"Last: {clip(failures[-1].error.raised.text)}",
        confidence=0.5,
        entity=callee.entity,
        citations=(*(failure.cite() for failure in failures[-_QUOTED:]), *callee.cite_state("running")),
        person_must=f"Find out what {called} is busy with: its log, its CPU and memory, and what it waits for itself. "
        f"Should it be well, look at the network between it and {name}.",
    )


DEPENDENCY_SLOW = Signature(
    id="dependency_slow",
    title="A process waits in vain for another one, which runs",
    looks_at=(EvidenceKind.LOGS, EvidenceKind.STATE),
    ruled_out_by=f"Fewer than {_ENOUGH} failures are timeouts that name whom they called; they name several; who is "
    "called does not run, or was started since; or the caller was started within 15 minutes before it began.",
    confidence_note="0.5: who does not answer in time is certain, why is not.",
    action="none: a person must find out what it is busy with",
    specificity=Specificity.STATE,
    match=_match,
)
"""Where to look next, when the one that complains is not the one that is ill."""
