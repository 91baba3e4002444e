"""Whether metrics show that what an alert was about serves as usual again, where nobody can say that it runs.

A process that answers as fast as before the alert, to the end of what was measured, runs. That takes its own latency or
failures: a queue or a processor at its usual level says nothing of who waits. What people said, pages of providers and
traces may know better than metrics do, and nobody has read them to the end.
"""

from __future__ import annotations

from datetime import timedelta

from fermata.domain.evidence import EvidenceKind
from fermata.rules.metrics.moved import is_present
from fermata.rules.metrics.series import Series, as_rate
from fermata.rules.metrics.shift import detect_shift
from fermata.rules.metrics.symptoms import find_signal
from fermata.rules.signatures.base import Case
from fermata.rules.signatures.standstill import list_baselines
from fermata.rules.signatures.workloads import is_same_service

_READ = frozenset(
    {
        *(EvidenceKind.METRICS, EvidenceKind.GRAPH, EvidenceKind.LOGS, EvidenceKind.ALERT, EvidenceKind.OBJECTS),
        *(EvidenceKind.STATE, EvidenceKind.RESOURCES, EvidenceKind.ENVIRONMENT, EvidenceKind.DESIRED),
        *(EvidenceKind.CHANGE, EvidenceKind.RUNBOOK),
    }
)
"""Evidence that is read whole before anything is called healthy, or that says nothing of how anything is."""
_NEAR_END = timedelta(minutes=10)
"""What was measured last longer before the window's end says nothing of its end."""
_FEWEST = 20
"""Points below which a series is too short to tell what is usual."""


def is_measured_calm(case: Case) -> bool:
    """Answer whether each alerted name has series of latency or failures, and all of them are as usual at the end."""
    if any(item.kind not in _READ for item in case.evidence):
        return False
    names = case.scope.list_names()
    told = [item for item in case.cluster.series if find_signal(item.metric) is not None]
    own = {name: [item for item in told if is_same_service(item.service, name)] for name in names}
    return any(own.values()) and all(_is_calm(case, item) for items in own.values() for item in items)


def _is_calm(case: Case, series: Series) -> bool:
    """Answer whether a series is measured to the end and within its normal range there."""
    times = [time for time, value in zip(series.times, series.values, strict=True) if value is not None]
    if len(times) < _FEWEST or times[-1] < (case.scope.window_end - _NEAR_END).timestamp():
        return False
    shifts = (detect_shift(as_rate(series), baseline=baseline) for baseline in list_baselines(case))
    return not any(shift is not None and is_present(shift) for shift in shifts)
