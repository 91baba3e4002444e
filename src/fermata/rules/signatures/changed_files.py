"""A file that a process's command names, changed shortly before the trouble, and no commit that is known did it.

Somebody edits a file on the machine, a tool writes it anew, a deployment copies it: history knows nothing of it. When
it was changed is known, and what in it is not, so it is blamed only where the process itself fails over it by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from fermata.domain.diagnosis import Hypothesis
from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import NamedFile
from fermata.rules.signatures.base import Case, Signature, Specificity
from fermata.rules.signatures.change import CLOCK_TOLERANCE
from fermata.rules.signatures.workloads import Occurrence, Workload, clip, is_same_file

_CONFIDENCE = 0.7
_LONGEST = 2000


def _match(case: Case) -> Sequence[Hypothesis]:
    changed = [(workload, file) for workload in case.workloads for file in _list_changed(case, workload)]
    return [
        _blame(workload, file, said) for workload, file in changed if (said := _find_saying(workload, file)) is not None
    ]


def ask_about_file(case: Case) -> str:
    """Return, as a check for people, the last such file that no run went well with; empty without any."""
    changed = [
        (file, workload)
        for workload in case.workloads
        for file in _list_changed(case, workload)
        if not _has_run_with(case, workload, file)
    ]
    if not changed:
        return ""
    file, workload = max(changed, key=lambda pair: pair[0].changed_at)
    return f"Look at what was changed in {file.path}{_date(workload, file)}."


def _list_changed(case: Case, workload: Workload) -> Iterator[NamedFile]:
    for file in workload.state.facts.files if workload.state is not None and workload.alerted else ():
        is_near = case.scope.window_start <= file.changed_at <= case.scope.onset + CLOCK_TOLERANCE
        touched = (one.path for change in case.known_changes for one in change.facts.files)
        if is_near and not any(is_same_file(file.path, path) for path in touched):
            yield file


def _has_run_with(case: Case, workload: Workload, file: NamedFile) -> bool:
    """Answer whether a process was started with what a file holds now, and went on until the trouble came."""
    started_at = workload.state.facts.started_at if workload.state is not None else None
    return started_at is not None and file.changed_at <= started_at < case.scope.onset - CLOCK_TOLERANCE


def _find_saying(workload: Workload, file: NamedFile) -> Occurrence | None:
    """Return the last failure that names a file, where none that was written before its change does."""
    saying = [one for one in workload.past if _names(one, file)]
    if any(one.written_by is not None and one.written_by < file.changed_at for one in saying):
        return None
    return next((one for one in reversed(saying) if one in workload.errors), None)


def _names(said: Occurrence, file: NamedFile) -> bool:
    name = file.path.rpartition("/")[2]
    # A bare `config` is a word like any other, and half of what is said of a unit begins with its name, which is its
    # file's too: such files are named by their whole paths only.
    name = re.escape(name if "." in name and not file.is_declaration else file.path)
    # A stack names the program in each of its lines; what fails is said in the last one.
    return re.search(rf"(?<![\w.-]){name}(?![\w-]|\.\w)", said.error.raised.text[:_LONGEST]) is not None


def _date(workload: Workload, file: NamedFile) -> str:
    started_at = workload.state.facts.started_at if workload.state is not None else None
    at = f" at {file.changed_at:%H:%M:%S} UTC"
    if started_at is not None:
        side = "after" if file.changed_at > started_at else "before"
        at += f", {side} {workload.entity.name} was started at {started_at:%H:%M:%S}"
    what = f"it says how {workload.entity.name} is started" if file.is_declaration else "its command names it"
    return f"{at}: {what}, and no commit that is known did it"


def _blame(workload: Workload, file: NamedFile, said: Occurrence) -> Hypothesis:
    name = workload.entity.name
    return Hypothesis(
        cause="named_file_changed",
        text=f"{name} fails over {file.path}, which was changed{_date(workload, file)}. It says: "
        f"{clip(said.error.raised.text).rstrip('.')}.",
        confidence=_CONFIDENCE,
        entity=workload.entity,
        citations=(said.cite(), *workload.cite_state(file.path)),
        person_must=f"Find out who or what wrote {file.path} then, and compare it with what it was before (a backup, "
        "the repository, the template that it is made from); take that back or mend it.",
    )


NAMED_FILE_CHANGED = Signature(
    id="named_file_changed",
    title="A process fails over a file of its command that was changed without a commit",
    looks_at=(EvidenceKind.STATE, EvidenceKind.LOGS, EvidenceKind.CHANGE),
    ruled_out_by="No failure names the file; one that was written before the change does; a known commit touched the "
    "file; or it was changed before the window or after the onset.",
    confidence_note="0.7: the process names the file, and when it was changed is known; what was changed is not.",
    action="none: a person must find out what was changed in it",
    specificity=Specificity.ORIGIN,
    match=_match,
)
"""The settings that somebody mended on the machine at night."""
