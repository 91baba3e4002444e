"""When a failure began that no alert tells of, from the logs alone: what a folder of files is asked about.

The first line of a folder is no onset: a change that lies between it and the failure would be called too late. What
counts is the kind of failing line that is still written at the end of its log and was not there at its beginning. Of a
log that begins with failures alone the beginning tells nothing: it was pulled by its level, or starts with the fault.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fermata.rules.changes.loglines import read_dated, read_time
from fermata.rules.changes.statuses import read_answer
from fermata.rules.levels import LogLevel, find_level

_STILL = timedelta(minutes=10)
_END = 0.1  # Of the log's time, before its end: what stopped earlier was got over.
_START = 0.1  # Of the log's time, after its start: what came by then came before anybody asked.
_VARYING = re.compile(r"[\w-]*\d[\w-]*")
_FRONT = 240
_MOST_KINDS = 5_000
_FEWEST = 5
"""Times that the same status has to be answered from then on: one page that is not there is every day's."""
_REFUSED = 400
_OFTEN = 0.1  # Of the requests that were answered from then on.


_Row = tuple[datetime, LogLevel | None, str]
"""A line of a log that has a time: when, how severe, its text."""


@dataclass(frozen=True, slots=True)
class LogSpan:
    """What the times of one log say."""

    first_at: datetime
    last_at: datetime
    fails_since: datetime | None
    """The first line of a failure that came up within the log and is there at its end; `None` where there is none."""


def read_spans(logs: Iterable[Sequence[str]], near: datetime | None = None) -> tuple[LogSpan, ...]:
    """Return what the logs' times say; those without any are left out.

    Args:
        logs: The lines of each, oldest or newest first.
        near: An instant of the incident, where one is known: for times that state no year. Without it the newest time
            of the other logs is taken, and where none states a year nothing is told.
    """
    texts = [list(lines) for lines in logs]
    if near is None:
        stated = [at for lines in texts for text in (*lines[:20], *lines[-20:]) if (at := read_dated(text))]
        near = max(stated, default=None)
    if near is None:
        return ()
    read = [rows for lines in texts if (rows := _read_rows(lines, near))]
    spans = tuple(map(_read_span, read))
    if any(span.fails_since for span in spans):
        return spans
    # What programs call an error says more than what requests are answered with.
    return tuple(replace(span, fails_since=_find_refused(rows, span)) for rows, span in zip(read, spans, strict=True))


def _read_rows(lines: Sequence[str], near: datetime) -> list[_Row]:
    return [(at, find_level(text), text) for text in lines if (at := read_time(text, near)) is not None]


def _read_span(rows: Sequence[_Row]) -> LogSpan:
    first, last = min(row[0] for row in rows), max(row[0] for row in rows)
    kinds: dict[str, tuple[datetime, datetime]] = {}
    for at, level, text in rows:
        if _is_severe(level):
            key = _VARYING.sub("#", text[:_FRONT])
            if key in kinds or len(kinds) < _MOST_KINDS:
                since, until = kinds.get(key, (at, at))
                kinds[key] = (min(since, at), max(until, at))  # Exports often begin with the newest line.
    known_until, still_from = _find_edges(first, last)
    was_well = any(at <= known_until and not _is_severe(level) for at, level, _ in rows)
    began = [since for since, until in kinds.values() if until >= still_from and (since > known_until or not was_well)]
    return LogSpan(first, last, min(began, default=None))


def _find_edges(first: datetime, last: datetime) -> tuple[datetime, datetime]:
    """Return until when what comes up came before the log, and from when on what is said is there at its end."""
    return first + (last - first) * _START, last - max(_STILL, (last - first) * _END)


def _find_refused(rows: Sequence[_Row], span: LogSpan) -> datetime | None:
    """Return since when requests are answered with a status that is a failure, where many are and to the end.

    Servers write no level beside what they answered: without any other failure, that is what somebody asks about.
    """
    known_until, still_from = _find_edges(span.first_at, span.last_at)
    answered: list[datetime] = []
    refused: dict[int, list[datetime]] = {}
    for at, _, text in rows:
        code = read_answer(text)
        if code is not None:
            answered.append(at)
        if code is not None and code >= _REFUSED:
            refused.setdefault(code, []).append(at)
    answered.sort()
    began = []
    for times in refused.values():
        since = min(times)
        after = len(answered) - bisect_left(answered, since)
        if since > known_until and len(times) >= max(_FEWEST, _OFTEN * after) and max(times) >= still_from:
            began.append(since)
    return min(began, default=None)


def _is_severe(level: LogLevel | None) -> bool:
    return level is not None and level.is_severe
