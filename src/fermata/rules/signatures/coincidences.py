"""What else began when a service left its normal range: a host that has no room left for it, a job that was started.

Neither is a cause by itself. Where nothing better explains a slowness, both are where a person looks first, and both
may stand in what was collected: a backup fills the disks of the host that a search engine runs on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from fermata.domain.evidence import EvidenceKind
from fermata.rules.changes.loglines import read_time, read_zone
from fermata.rules.claims import Quote
from fermata.rules.metrics.semantics import RESOURCES
from fermata.rules.metrics.series import as_rate
from fermata.rules.metrics.shift import Shift, detect_shift
from fermata.rules.metrics.words import describe_shift
from fermata.rules.signatures.kubernetes_findings import quote_point
from fermata.rules.signatures.workloads import clip

if TYPE_CHECKING:
    from fermata.rules.signatures.base import Case

_BEFORE, _AFTER = timedelta(minutes=5), timedelta(minutes=1)
"""A full disk is felt within a few minutes; and what is sampled each minute may show after what it brings about."""
_CLEAR = 0.8
_MOST = 2
_FRONT = 400
_JOB = re.compile(
    r"(?i)\bCRON\[\d+\]: \(\S+\) CMD \((?P<command>[^)\n]{1,200})\)|"
    r"\bsystemd(?:\[\d+\])?: Start(?:ing|ed) (?P<unit>\S.{0,120})|"
    r"(?P<said>\b(?:backup|snapshot|batch|nightly|cron ?job|reindex\w*|vacuum|rsync|etl|export|import|report)\b"
    r".{0,60}\b(?:start(?:ed|ing)|begins?|began|launched))\b"
)
"""A job that begins, in the words of cron, of systemd and of programs."""
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Coincidence:
    """One thing that began at the time."""

    words: str
    """A clause, for people."""
    name: str
    """Where to look: a host, or a job."""
    quote: Quote


def find_coincidences(
    case: Case, began: datetime, *, baseline: tuple[float, float] | None, apart: frozenset[str]
) -> tuple[Coincidence, ...]:
    """Return what began then, or a few minutes before: at most two hosts and one job, the clearest first.

    Args:
        began: When the service left its normal range.
        baseline: Epoch seconds of the first and last instant of what was normal; `None` where that is not known.
        apart: Services that were looked at already.
    """
    strained: dict[str, Shift] = {}
    for shift in _list_strained(case, began, baseline, apart):
        strained.setdefault(shift.series.service, shift)
    hosts = [
        Coincidence(f"{describe_shift(shift)} on {name}", name, quote_point(shift.series, shift.indexes[0]))
        for name, shift in strained.items()
    ]
    # A program mostly says itself, too, that the job began: one line is enough to look for it.
    return (*hosts[:_MOST], *_list_jobs(case, began)[:1])


def _list_strained(
    case: Case, began: datetime, baseline: tuple[float, float] | None, apart: frozenset[str]
) -> list[Shift]:
    others = (item for item in case.cluster.series if item.service and item.service not in apart)
    shifts = (detect_shift(as_rate(item), baseline=baseline) for item in others if item.meaning.kind in RESOURCES)
    found = [
        shift
        for shift in shifts
        if shift is not None and shift.after > shift.before and shift.strength >= _CLEAR and _is_near(shift, began)
    ]
    return sorted(found, key=lambda shift: -(shift.ratio or 0.0))


def _is_near(shift: Shift, began: datetime) -> bool:
    return (began - _BEFORE).timestamp() <= shift.onset <= (began + _AFTER).timestamp()


def _list_jobs(case: Case, began: datetime) -> list[Coincidence]:
    """Return the jobs that were started at the time and not before: one that runs each five minutes is routine."""
    started: dict[str, list[tuple[datetime, Coincidence]]] = {}
    for at, job in _read_starts(case, began):
        started.setdefault(_DIGITS.sub("#", job.name), []).append((at, job))
    return [
        starts[0][1]
        for starts in started.values()
        if min(at for at, _ in starts) >= began - _BEFORE and starts[0][0] <= began + _AFTER
    ]


def _read_starts(case: Case, near: datetime) -> Iterator[tuple[datetime, Coincidence]]:
    for item in case.evidence:
        for line in item.lines if item.kind is EvidenceKind.LOGS else ():
            match = _JOB.search(line.text[:_FRONT])
            at = read_time(line.text, near, read_zone(item)) if match is not None else None
            if match is not None and at is not None:
                name = clip(match["command"] or match["unit"] or match["said"], 80)
                said = "a log says" if match["said"] else "this was started:"
                words = f"{said} {name!r} at {at:%H:%M:%S} UTC"
                yield at, Coincidence(words, name, Quote(item.id, line.number, line.text))
