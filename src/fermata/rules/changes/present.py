"""Failures of now in logs whose lines carry no time, as supervisors capture them from programs that write none.

When such a line was written nobody says. That its log was written to during the incident, that it stands near the
end, and that it is not from before a steady run does: enough to say what it is about, and less sure than a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from fermata.domain.facts import WorkloadPhase
from fermata.domain.scope import Scope
from fermata.rules.changes.outside import find_outside
from fermata.rules.changes.outside_cause import Outside
from fermata.rules.changes.shapes import find_newest
from fermata.rules.changes.symptoms import Symptoms, Telling
from fermata.rules.ended_runs import find_kill_border
from fermata.rules.levels import LogLevel

if TYPE_CHECKING:
    from fermata.rules.signatures.base import Case
    from fermata.rules.signatures.workloads import Occurrence, Workload

_LAST = 100
"""Lines from a log's end: a few stacks, or a few minutes of what a busy server writes."""
_SURE = 0.6
_WEIGHT = 0.4  # It may be old after all: as much as a warning.
_AHEAD = timedelta(minutes=15)  # So long may an alert's rule wait: an end before that did not raise it.
_LONGEST = 2000
_MOST = 200


def find_present(case: Case, symptoms: Symptoms) -> tuple[Outside, ...]:
    """Return the causes outside that lines without times speak for, the surest first; at most 0.6 sure."""
    tellings = [telling for workload in case.workloads for telling in _list_tellings(workload)]
    if not tellings:
        return ()
    found = find_outside(replace(symptoms, tellings=tuple(tellings[-_MOST:])))
    return tuple(
        replace(one, confidence=min(one.confidence, _SURE), text=f"{one.text.rstrip('.')}; its lines have no times.")
        for one in found
    )


def drop_outlived(case: Case, symptoms: Symptoms) -> Symptoms:
    """Return symptoms without what only an earlier run of a process wrote: the run that has the trouble did not.

    A log's end goes back beyond the last start. What failed before it and never since tells nothing of now.
    """
    began: dict[str, datetime | None] = {}
    for one in case.workloads:
        start = _find_start(one, case.scope)
        for log in one.logs:
            # Two may write one log: who wrote a line nobody says, so it is outlived only by all of them.
            known = began.setdefault(log.query, start)
            began[log.query] = min(known, start) if known and start else None
    kept = tuple(one for one in symptoms.tellings if not _is_outlived(one, began.get(one.evidence.query)))
    return symptoms if len(kept) == len(symptoms.tellings) else replace(symptoms, tellings=kept)


def _find_start(workload: Workload, scope: Scope) -> datetime | None:
    """Return from when on failures are of the run that has the trouble; `None` where it may have ended the last one."""
    facts = workload.state.facts if workload.state is not None else None
    if facts is None or facts.phase is not WorkloadPhase.RUNNING:
        return None
    if facts.started_at is None or facts.started_at > scope.onset:
        return None
    is_calm = not facts.exits or facts.is_asked_for
    if is_calm or facts.started_at < scope.onset - _AHEAD:
        return facts.started_at
    return find_kill_border(facts)


def _is_outlived(telling: Telling, started_at: datetime | None) -> bool:
    last_at = telling.last_at or find_newest(telling.evidence)
    return last_at is not None and started_at is not None and last_at < started_at


def _list_tellings(workload: Workload) -> Iterator[Telling]:
    """Yield the current failures of a workload that stand near the end of a log whose last write is known."""
    for occurrence in workload.errors:
        raised, evidence = occurrence.error.raised, occurrence.evidence
        is_last = raised.number > evidence.lines[-1].number - _LAST
        if is_last and _is_undated(occurrence):
            yield Telling(
                evidence=evidence,
                number=raised.number,
                text=raised.text,
                service=workload.entity.name,
                at=None,
                level=LogLevel.ERROR,
                count=1,
                before=0,
                weight=_WEIGHT,
                samples=(raised.text[:_LONGEST],),
            )


def _is_undated(occurrence: Occurrence) -> bool:
    """Answer whether only the file, and no line, says by when a failure was written."""
    return occurrence.error.at is None and occurrence.written_by is not None
