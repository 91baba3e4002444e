"""Failures of now in logs whose lines carry no time, as supervisors capture them from programs that write none.

When such a line was written nobody says. That its log was written to during the incident, that it stands near the
end, and that it is not from before a steady run does: enough to say what it is about, and less sure than a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from fermata.domain.evidence import Evidence
from fermata.rules.changes.outside import find_outside
from fermata.rules.changes.outside_cause import Outside
from fermata.rules.changes.shapes import find_newest
from fermata.rules.changes.symptoms import Symptoms, Telling
from fermata.rules.levels import LogLevel

if TYPE_CHECKING:
    from fermata.rules.signatures.base import Case
    from fermata.rules.signatures.workloads import Occurrence, Workload

_LAST = 100
"""Lines from a log's end: a few stacks, or a few minutes of what a busy server writes."""
_SURE = 0.6
_WEIGHT = 0.4  # It may be old after all: as much as a warning.
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
    """Return symptoms without the logs that nobody wrote to since a steady run began: that run has not failed so."""
    outlived = {log.query for workload in case.workloads for log in workload.logs if _is_outlived(log, workload)}
    if not outlived:
        return symptoms
    kept = tuple(one for one in symptoms.tellings if one.evidence.query not in outlived)
    return replace(symptoms, tellings=kept)


def _is_outlived(log: Evidence, workload: Workload) -> bool:
    newest_at = find_newest(log)
    started_at = workload.state.facts.started_at if workload.state is not None and workload.is_steady else None
    return newest_at is not None and started_at is not None and newest_at < started_at


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
