"""A process that has as many files and sockets open as it may have: the next connection is refused, whoever asks.

Libraries say of it what they were about to do (`connection is bad`, `getaddrinfo failed`), and some say nothing: then
the count beside the limit is all that tells. Where a log says it, that line is the better witness.
"""

from __future__ import annotations

from collections.abc import Sequence

from fermata.domain.diagnosis import Hypothesis
from fermata.domain.evidence import EvidenceKind
from fermata.rules.signatures.base import Case, Signature, Specificity
from fermata.rules.signatures.workloads import Workload, cite_words

_FULL = 0.97
"""Of the limit: a program that is refused closes a few, and opens them again (a guess)."""
_SAID = ("oo many open files", "EMFILE")
_CONFIDENCE = 0.8


def _match(case: Case) -> Sequence[Hypothesis]:
    return [found for workload in case.workloads if (found := _judge(workload)) is not None]


def _judge(workload: Workload) -> Hypothesis | None:
    if workload.resources is None or not workload.alerted:
        return None
    count, limit = workload.resources.facts.open_files, workload.resources.facts.open_files_limit
    if count is None or not limit or count < _FULL * limit:
        return None
    if any(words in line.text for one in workload.errors for line in one.error.lines for words in _SAID):
        return None
    citations = cite_words(workload.resources, "open files")
    name = workload.entity.name
    return Hypothesis(
        cause="open_files_at_limit",
        text=f"{name} has {count:,} of the {limit:,} files and sockets open that it may have: the next one is refused.",
        confidence=_CONFIDENCE,
        entity=workload.entity,
        citations=citations,
        person_must=f"Find what {name} leaves open, or raise its limit on open files. A restart frees them for now.",
    )


OPEN_FILES_AT_LIMIT = Signature(
    id="open_files_at_limit",
    title="A process has as many files and sockets open as it may",
    looks_at=(EvidenceKind.RESOURCES, EvidenceKind.LOGS),
    ruled_out_by="Fewer than 97 % of the limit are open; or its own log says so, which is another signature's.",
    confidence_note="0.8: it is counted; what it was about to open nobody says.",
    action="none: a person must find out what is left open",
    specificity=Specificity.ORIGIN,
    match=_match,
)
"""The limit is where it shows; a leak, or more clients than before, is why."""
