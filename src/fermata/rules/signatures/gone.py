"""Changes that cannot bring about what happens now: taken back before what runs was started, or made as an answer.

A commit that was reverted goes on to stand in the history, and so do the failures that it brought in the log. Neither
tells anything of the present; and an answer of Fermata's own, which a person approved, is nobody's fault.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from fermata.domain.facts import ChangeFacts
from fermata.rules.changes.replaced import is_anew
from fermata.rules.logs import Frame, LoggedError
from fermata.rules.sightings import Sighting
from fermata.rules.signatures.workloads import Workload, is_same_file

IMAGE_SYSTEMS = frozenset({"docker", "kubernetes"})
"""Systems that run images: a commit taken back changes nothing there before it is built and deployed."""

_OWN = "Fermata made it, as a person approved"
_AFTER = "it took away the very lines that fail: they ran before it"
_COMPARED = 200  # Characters of a source line: stacks and diffs cut long ones.


def list_gone(workloads: Sequence[Workload], changes: Sequence[Sighting[ChangeFacts]]) -> Mapping[str, str]:
    """Return the ids of the changes that are no cause of what happens now, each with why, for people.

    Where the alerts are about several workloads, all of them have to have left a change behind.
    """
    alerted = [workload for workload in workloads if workload.alerted]
    found = {change.facts.id: _OWN for change in changes if change.facts.is_own}
    for change in changes:
        back = change.facts.taken_back_at
        if back is not None and all(has_left(workload, change.facts, changes) for workload in alerted):
            found.setdefault(change.facts.id, f"it was taken back at {back:%Y-%m-%d %H:%M:%S} UTC")
    failures = [item.error for workload in alerted for item in workload.errors if item.error.frames]
    for change in changes if failures else ():
        if all(removes_failing(change, error) for error in failures):
            found.setdefault(change.facts.id, _AFTER)
    return found


def has_left(workload: Workload, facts: ChangeFacts, changes: Sequence[Sighting[ChangeFacts]]) -> bool:
    """Answer whether a workload runs without a change that it may have run with: taken back, and started since."""
    if facts.taken_back_at is None:
        return False
    if workload.entity.system in IMAGE_SYSTEMS:
        return any(_is_deployed(change, workload, facts.taken_back_at, changes) for change in changes)
    started_at = workload.state.facts.started_at if workload.state else None
    # What does not run is started from what stands there now.
    return started_at is None or started_at >= facts.taken_back_at


def _is_deployed(
    change: Sighting[ChangeFacts], workload: Workload, since: datetime, changes: Sequence[Sighting[ChangeFacts]]
) -> bool:
    facts = change.facts
    is_own = facts.kind == "deployment" and change.evidence.entity == workload.entity and facts.changed_at >= since
    return is_own and (brings_release(facts) or _is_made_since(facts.sha, since, changes))


def _is_made_since(sha: str, since: datetime, changes: Sequence[Sighting[ChangeFacts]]) -> bool:
    """Answer whether the commit that an image says it was built from was made since: it brings none from before."""
    return any(change.facts.id == sha and change.facts.changed_at >= since for change in changes)


def brings_release(facts: ChangeFacts) -> bool:
    """Answer whether a change is a deployment of something else: what is created anew from the same image is not."""
    return facts.kind == "deployment" and not is_anew(facts)


def removes_failing(change: Sighting[ChangeFacts], error: LoggedError) -> bool:
    """Answer whether a change took away a line that the failure's stack quotes: what failed so ran before it."""
    return any(_removes(change, frame) for link in error.links for frame in link.frames)


def _removes(change: Sighting[ChangeFacts], frame: Frame) -> bool:
    touches = any(is_same_file(frame.file, touched.path) for touched in change.facts.files)
    signs = list_signs(change, frame.code) if touches and frame.code else frozenset()
    return signs == {"-"}


def list_signs(change: Sighting[ChangeFacts], code: str) -> frozenset[str]:
    """Return with which signs lines of a change's diff hold a source line: `+`, `-` or a space."""
    whole = code[:_COMPARED]
    texts = (line.text for line in change.evidence.lines if line.text[:1] in ("+", "-", " "))
    return frozenset(text[0] for text in texts if text[1:].strip()[:_COMPARED] == whole)
