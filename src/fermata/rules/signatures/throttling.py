"""A workload that waits for its own CPU limit most of the time."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fermata.domain.diagnosis import Hypothesis
from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import WorkloadPhase
from fermata.rules.signatures.base import Case, Signature, Specificity
from fermata.rules.signatures.workloads import Workload, cite_words

_MOSTLY = 0.5  # Many a workload is throttled now and then, and lives well (a guess; revisit when measured).
_FEWEST_PERIODS = 5
_LATE = re.compile(
    r"slow|latency|time[sd]?[ _-]?out|deadline exceeded|response[ _-]?time|duration|unhealthy|not ready|throttl|lag\b"
    r"|takes .{0,20}\b(?:s|ms|seconds)\b",
    re.IGNORECASE,
)


def _match(case: Case) -> Sequence[Hypothesis]:
    if not _is_late(case):
        return []
    return [found for workload in case.workloads if workload.alerted and (found := _judge(workload)) is not None]


def _is_late(case: Case) -> bool:
    """Answer whether an alert, or the log of what it is about, speaks of slowness: that is all a limit of CPU does."""
    told = [text for alert in case.alerts for text in (alert.name, *alert.annotations.values())]
    errors = [found.error for workload in case.workloads if workload.alerted for found in workload.errors]
    told += [line.text for error in errors for line in error.lines]
    return any(_LATE.search(text[:2000]) for text in told)


def _judge(workload: Workload) -> Hypothesis | None:
    if workload.resources is None or workload.phase is not WorkloadPhase.RUNNING:
        return None
    facts, name = workload.resources.facts, workload.entity.name
    limit, periods, throttled = facts.cpu_limit_cores, facts.cpu_periods or 0, facts.cpu_throttled_periods or 0
    citations = (*cite_words(workload.resources, "throttled now"), *cite_words(workload.resources, "cpu limit"))
    if not limit or not citations or periods < _FEWEST_PERIODS or throttled < _MOSTLY * periods:
        return None
    return Hypothesis(
        cause="cpu_limit_reached",
        text=f"{name} has used up its CPU limit of {limit:g} cores in {throttled} of {periods} periods, and waits for "
        "the next ones: whatever it does takes longer.",
        confidence=0.7,
        entity=workload.entity,
        citations=tuple(dict.fromkeys(citations)),
        person_must=f"Raise the CPU limit of {name} where it is declared, or find out what it computes so much. An "
        "engine of containers raises it without a restart (`docker update --cpus`).",
    )


CPU_LIMIT_REACHED = Signature(
    id="cpu_limit_reached",
    title="A process waits for its own CPU limit",
    looks_at=(EvidenceKind.RESOURCES, EvidenceKind.STATE, EvidenceKind.LOGS, EvidenceKind.ALERT),
    ruled_out_by="Neither an alert nor its log speaks of slowness; it has no limit, or does not run; or it was "
    f"throttled in less than {_MOSTLY:.0%} of the periods in which it was watched.",
    confidence_note="0.7: that it waits is measured; whether it should compute less is not known.",
    action="none: a person must raise the limit, or find out what it computes",
    specificity=Specificity.STATE,
    match=_match,
)
"""A change that makes it compute more leads over it: the limit is then how that shows."""
