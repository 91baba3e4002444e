"""What nobody calls a failure and what nothing that is well shows: a stop, a queue that fills, a log of warnings only.

A worker that hangs logs no error, and nothing fires where nobody thought of an alert for it. None of this names a
cause. It keeps anybody from saying that all is well, and says where to look.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.rules.changes.loglines import read_time, read_zone
from fermata.rules.levels import LogLevel, find_level
from fermata.rules.logs import find_time
from fermata.rules.metrics.moved import is_present, list_moved
from fermata.rules.metrics.series import Series
from fermata.rules.metrics.shift import Shift
from fermata.rules.metrics.words import describe_shift
from fermata.rules.signatures.base import Case
from fermata.rules.signatures.routine import mask
from fermata.rules.signatures.workloads import clip

SILENT_AFTER = timedelta(minutes=10)
"""A message that came for this long all the time, and has not for as long, has stopped (a guess; revisit when
measured)."""
_MARGIN = timedelta(minutes=15)
# Alert rules wait (`for:`) up to that long, so the quarter of an hour before an alert is no reference.
_MOST_READ, _MOST_READ_EACH = 40_000, 5_000
# Lines of all logs, and of one from its end: half a second's reading at the most.
_REGULAR = 20
# Times from which on a message is one that comes all the time.
_LONGEST_PAUSES = 4
# How many times the longest pause so far a silence must last: bursts and night hours make pauses, too.
_SHARE = 0.25
# Of its log a message must be, in lines and in time, while it came: what starts once or retries for a while is less.
_EARLY = 0.2
# The part of a log within which a message must first come: what came later belongs to what happened.
_FEWEST_WARNINGS = 5
_MOSTLY = 0.5


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A line of a log with its time."""

    at: datetime
    number: int
    text: str
    level: LogLevel | None


def find_standstill(case: Case) -> str:
    """Return, as a check for people, what stopped, piles up or only warns at present; empty when nothing does."""
    shift = _find_moved(case)
    if shift is not None:
        since = f"{datetime.fromtimestamp(shift.onset, UTC):%H:%M} UTC"
        told = " ".join(filter(None, (shift.series.service, describe_shift(shift))))
        return f"Explain why {told}, since {since} and to the end."
    logs = [item for item in case.evidence if item.kind is EvidenceKind.LOGS]
    share = min(_MOST_READ_EACH, _MOST_READ // max(1, len(logs)))
    for log in logs:
        spoken = _read(log, case.scope.onset, share)
        said = _describe_warnings(log, spoken) or _describe_silence(log, spoken, case.scope.window_end)
        if said:
            return said
    return ""


def _find_moved(case: Case) -> Shift | None:
    """Return the farthest move that goes on, a stop first: what stopped is the origin of what piles up more often."""
    series: Sequence[Series] = case.cluster.series
    lasting = [
        shift for time in list_baselines(case) for shift in list_moved(series, baseline=time) if is_present(shift)
    ]
    return min(lasting, key=lambda shift: abs(shift.after) > abs(shift.before) / 10, default=None)


def list_baselines(case: Case) -> tuple[tuple[float, float] | None, ...]:
    """Return what may be taken for normal: well before the first alert, and the head of the metrics (`None`).

    Either may hold a part of the fault: an alert comes late, and a recording may begin with it.
    """
    start = min((item.times[0] for item in case.cluster.series if item.times), default=0.0)
    end = (case.scope.onset - _MARGIN).timestamp()
    return ((start, end), None) if case.alerts and start < end else (None,)


def _read(log: Evidence, near: datetime, share: int) -> list[_Spoken]:
    zone = read_zone(log)
    lines = ((read_time(line.text, near, zone), line) for line in log.lines[-share:])
    return [_Spoken(at, line.number, line.text, find_level(line.text)) for at, line in lines if at is not None]


def _describe_silence(log: Evidence, spoken: Sequence[_Spoken], end: datetime) -> str:
    """Say that a log stopped, or that what it said all the time is no longer said although it goes on."""
    last = _find_stop(spoken, spoken, end)
    # A time without a zone may be hours off, which looks like silence.
    if last is not None and find_time(last.text) is not None:
        return (
            f"Find out why the log of {log.entity.name} is silent since {last.at:%H:%M:%S} UTC "
            f"(line {last.number} of '{log.title}')."
        )
    for told in _list_messages(spoken):
        last = _find_stop(told, spoken, spoken[-1].at)
        if last is not None:
            return (
                f"Find out why {log.entity.name} no longer logs what it logged until {last.at:%H:%M:%S} UTC: "
                f"{clip(last.text)!r} (line {last.number} of '{log.title}')."
            )
    return ""


def _list_messages(spoken: Sequence[_Spoken]) -> Iterator[list[_Spoken]]:
    """Yield the lines of each message that is no failure, whatever numbers stand in it; the most frequent first."""
    messages: dict[str, list[_Spoken]] = defaultdict(list)
    for line in spoken:
        messages[mask(line.text)].append(line)
    for told in sorted(messages.values(), key=len, reverse=True):
        # That a failure is no longer logged is good news.
        if told[0].level is None or not (told[0].level.is_severe or told[0].level is LogLevel.WARNING):
            yield told


def _find_stop(told: Sequence[_Spoken], spoken: Sequence[_Spoken], end: datetime) -> _Spoken | None:
    """Return the last line of a message that came all the time and stopped; `None` when it did not."""
    if len(told) < _REGULAR:
        return None
    first, last = told[0], told[-1]
    whole = spoken[-1].at - spoken[0].at
    if first.at - spoken[0].at > _EARLY * whole or last.at - first.at < max(_SHARE * whole, SILENT_AFTER):
        return None
    beside = sum(first.at <= line.at <= last.at for line in spoken)
    longest = max(later.at - earlier.at for earlier, later in pairwise(told))
    stopped = end - last.at >= max(SILENT_AFTER, _LONGEST_PAUSES * longest)
    return last if stopped and len(told) >= _SHARE * beside else None


def _describe_warnings(log: Evidence, spoken: Sequence[_Spoken]) -> str:
    """Say that a log does little but warn at present, or warns of what it did not in its first half."""
    if not spoken:
        return ""
    now = [line for line in spoken if spoken[-1].at - line.at < SILENT_AFTER]
    warned = [line for line in now if line.level is LogLevel.WARNING]
    if len(warned) < _FEWEST_WARNINGS:
        return ""
    half = spoken[0].at + (spoken[-1].at - spoken[0].at) / 2
    is_new = not any(line.level is LogLevel.WARNING for line in spoken if line.at <= half)
    if not is_new and len(warned) < _MOSTLY * len(now):
        return ""
    last = warned[-1]
    return f"Explain {clip(last.text)!r} (line {last.number} of '{log.title}'): it goes on warning of it."
