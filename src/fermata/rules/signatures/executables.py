"""A program that its system cannot execute at all: it is made for another processor, or for no system."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fermata.domain.diagnosis import Citation, Hypothesis
from fermata.domain.evidence import EvidenceKind
from fermata.rules.citations import cite
from fermata.rules.signatures.base import Case, Signature, Specificity
from fermata.rules.signatures.releases import find_release, go_back
from fermata.rules.signatures.workloads import Workload, cite_words

# What starts a container says it in the container's log, and nothing after it: runc 1.1 and later, and before
# (libcontainer/standard_init_linux.go, read 2026-11). ENOEXEC of a program's own child says less of the image.
_NOT_EXECUTABLE = re.compile(
    r"^(?:standard_init_linux\.go:\d+: )?exec (?:user process caused|(?P<path>/\S{1,300}))(?: \"|: )"
    r"exec format error\"?$"
)

BUILD_FOR_HOST = (
    "Build what {name} runs for the processor of its host (`uname -m` there), or give the script that it starts a "
    "first line that says what runs it."
)
"""What a person does about a program that its host cannot execute."""


def _match(case: Case) -> Sequence[Hypothesis]:
    return [found for workload in case.workloads if (found := _judge(case, workload)) is not None]


def _judge(case: Case, workload: Workload) -> Hypothesis | None:
    said = _find_last_words(workload) if workload.is_failing else None
    if said is None:
        return None
    citation, path = said
    name, release = workload.entity.name, find_release(case, workload)
    suggestions = go_back(case, workload) if release is not None else ()
    return Hypothesis(
        cause="program_of_another_system",
        text=f"The host of {name} cannot execute {path or 'its program'}: it is made for another processor, or it is a "
        "script whose first line does not say what runs it (`#!/bin/sh`).",
        confidence=0.9,
        entity=workload.entity,
        citations=(citation, *workload.cite_state("exit"), *cite_words(release, "was created")),
        suggestions=suggestions,
        person_must="" if suggestions else BUILD_FOR_HOST.format(name=name),
    )


def _find_last_words(workload: Workload) -> tuple[Citation, str] | None:
    """Return the refusal to execute that a log ends on, with the program's path where it is told."""
    for log in workload.logs:
        last = next((line for line in reversed(log.lines) if line.text.strip()), None)
        found = _NOT_EXECUTABLE.search(last.text.strip()) if last is not None else None
        if last is not None and found is not None:
            return cite(log, last.number), found["path"] or ""
    return None


PROGRAM_OF_ANOTHER_SYSTEM = Signature(
    id="program_of_another_system",
    title="A host cannot execute a program: it is made for another processor",
    looks_at=(EvidenceKind.LOGS, EvidenceKind.STATE, EvidenceKind.CHANGE),
    ruled_out_by="It runs; or its log does not end on its host's refusal to execute it.",
    confidence_note="0.9: the host's own words, and the last ones.",
    action="<system>.recreate_with_previous_image after a new image; otherwise none: a person must build it for its "
    "host",
    specificity=Specificity.ORIGIN,
    match=_match,
    blames_change=True,
)
"""What is wrong with the image is known; that it came with a new one makes the one before the way back."""
