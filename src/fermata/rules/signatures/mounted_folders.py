"""A folder of the host that stands where a program reads a file."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fermata.domain.diagnosis import Citation, Hypothesis
from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import MountFacts
from fermata.rules.citations import cite
from fermata.rules.signatures.base import Case, Signature, Specificity
from fermata.rules.signatures.workloads import Workload

_BIND = "bind of "
# EISDIR as libc, Go and Java word it, and as Node.js and Python name it.
_IS_FOLDER = re.compile(r"\bis a directory\b|\bEISDIR\b|\bIsADirectory", re.IGNORECASE)
_LONGEST = 2000


def _match(case: Case) -> Sequence[Hypothesis]:
    callers = (workload for workload in case.workloads if workload.alerted or workload.is_failing)
    return [found for workload in callers if (found := _judge(workload)) is not None]


def _judge(workload: Workload) -> Hypothesis | None:
    found = _find_folder(workload)
    if found is None:
        return None
    mount, citation = found
    name, source = workload.entity.name, mount.source.removeprefix(_BIND)
    return Hypothesis(
        cause="mounted_folder_for_file",
        text=f"{name} reads a file at {mount.path}, and what is mounted there, {source} of its host, is a folder. An "
        "engine makes an empty folder where what it should mount does not exist.",
        confidence=0.9,
        entity=workload.entity,
        citations=(citation, *workload.cite_state(f"mount: {mount.source} at {mount.path}", "mount: ")),
        person_must=f"Put the file at {source} of the host of {name} (a folder that was made there goes first, if it "
        f"is empty), or correct the mount; then create {name} anew: in the present one that place is a folder, too.",
    )


def _find_folder(workload: Workload) -> tuple[MountFacts, Citation] | None:
    """Return the mount that the last failure of its kind is about, with the line that says so."""
    binds = [one for one in workload.state.facts.mounts if one.source.startswith(_BIND)] if workload.state else []
    for occurrence in reversed(workload.errors if binds else ()):
        for line in occurrence.error.lines:
            text = line.text[:_LONGEST]
            mount = next((one for one in binds if _IS_FOLDER.search(text) and _names(text, one.path)), None)
            if mount is not None:
                return mount, cite(occurrence.evidence, line.number)
    return None


def _names(text: str, path: str) -> bool:
    """Answer whether a text names exactly this path, and not one above or below it."""
    return re.search(rf"(?<![\w/.-]){re.escape(path)}(?![\w/-]|\.\w)", text) is not None


MOUNTED_FOLDER = Signature(
    id="mounted_folder_for_file",
    title="A folder is mounted where a program reads a file",
    looks_at=(EvidenceKind.LOGS, EvidenceKind.STATE),
    ruled_out_by="Nothing of its host is mounted at the very path that the failure calls a folder; or the failure is "
    "older than this incident.",
    confidence_note="0.9: the program says what it found, and the engine what it put there.",
    action="none: a person must put the file there, or correct the mount",
    specificity=Specificity.ORIGIN,
    match=_match,
)
"""`docker run -v` of a file that is not there: nothing fails until somebody reads it."""
