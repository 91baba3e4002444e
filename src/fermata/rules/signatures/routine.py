"""Failures that a log shows all the time: before the alert, while it fired and since it resolved, no more and no less.

Clients close connections and people mistype passwords on every day of a service's life. Where an alert came and went
and they did not change, they are not what it was about, and not what keeps a service from being called well.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from fermata.domain.evidence import Evidence, EvidenceLine
from fermata.rules.changes.loglines import read_message, read_time, read_zone
from fermata.rules.levels import LogLevel, find_level
from fermata.rules.signatures.base import Case

_MARGIN = timedelta(minutes=15)
# Alert rules wait (`for:`) up to that long, so what came that shortly before an alert may belong to it.
_LEAST_BEFORE = timedelta(minutes=30)
# Less cannot tell a rate from a chance.
_FEWEST = 3
_MOST_TIMES = 2.0
# How much more often a failure may come since: few occurrences scatter.
_MOST_SHARE = 0.1
# A log that fails in more of its lines is not well on any day.
_READ = 5000
_FRONT = 400
_VARIABLE = re.compile(r"0x[0-9a-fA-F]+|\b[0-9a-fA-F]*\d[0-9a-fA-F-]*\b|\d+")


def mask(text: str) -> str:
    """Return what a line says, whatever its time, numbers and ids."""
    return _VARIABLE.sub("#", read_message(text)[:_FRONT])


def list_routine(case: Case, log: Evidence, failures: Sequence[EvidenceLine]) -> frozenset[int]:
    """Return the numbers of those failing lines of a log that came as often long before the first alert.

    None without an alert, which says when it was well; nor where the log does not reach back that far, or fails in
    more than a tenth of its lines.

    Args:
        failures: All of the log's failing lines, those from before the alert, too.
    """
    near, zone = case.scope.onset, read_zone(log)
    timed = [at for line in log.lines[-_READ:] if (at := read_time(line.text, near, zone)) is not None]
    usual = near - _MARGIN
    if not case.alerts or not timed or len(failures) > _MOST_SHARE * len(timed):
        return frozenset()
    if usual - timed[0] < _LEAST_BEFORE:
        return frozenset()
    told: dict[str, list[tuple[datetime, int]]] = defaultdict(list)
    for line in failures:
        at = read_time(line.text, near, zone)
        # What ended a process is no routine, however often.
        if at is not None and find_level(line.text) is not LogLevel.FATAL:
            told[mask(line.text)].append((at, line.number))
    span = (timed[0], usual, timed[-1])
    routine = (lines for lines in told.values() if _is_routine([at for at, _ in lines], span))
    return frozenset(number for lines in routine for _, number in lines)


def _is_routine(told: Sequence[datetime], span: tuple[datetime, datetime, datetime]) -> bool:
    """Answer whether a message came about as often since as it did before.

    Args:
        span: When the log begins, until when it was as usual, and when it ends.
    """
    start, usual, end = span
    before, since = sum(start <= at < usual for at in told), sum(at >= usual for at in told)
    if before < _FEWEST:
        return False
    often = before / (usual - start).total_seconds()
    return since <= max(_MOST_TIMES * often * (end - usual).total_seconds(), 1)
