"""In which zone a log is written whose times state none, told from the other logs of the incident.

One host writes its access log with `+0200` and its error log without a zone, in the same local time. Read as UTC, the
errors come hours after what brought them. A zone is taken only if another log states it, and only where the times fit
the incident with it and do not without; anything less is said, and nothing is moved.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from fermata.rules.changes.loglines import find_offset, read_time

_SAMPLE = 200  # Lines of a log, spread over all of it.
_SLACK = timedelta(minutes=5)  # Logs are pulled a little after the window was written down.
_FITS = 0.75
_FITS_NOT = 0.25
_NOWHERE = timedelta(0)
_ELSEWHERE = timezone(timedelta(minutes=-1))  # A zone that nobody lives in: what it moves states none.


@dataclass(frozen=True, slots=True)
class LogClock:
    """How a log tells the time."""

    name: str
    stated: frozenset[timedelta]
    """How far east of Greenwich its times say they are."""
    bare: tuple[datetime, ...]
    """Its times that state no zone, as if they were UTC."""


@dataclass(frozen=True, slots=True)
class LocalTime:
    """What times without a zone are taken as."""

    offset: timedelta
    """How far east of Greenwich; zero where it stays open."""
    why: str
    """For people."""
    other: str = ""
    """The log that states a zone it may be in; empty where none does."""


def read_clock(name: str, texts: Sequence[str], near: datetime) -> LogClock:
    """Return how a log tells the time, by a sample of its lines.

    Args:
        near: An instant of the incident.
    """
    step = max(1, len(texts) // _SAMPLE)
    stated, bare = set(), []
    for text in (*texts[::step], *texts[-1:]):
        offset = find_offset(text)
        at = read_time(text, near)
        if offset is not None:
            stated.add(offset)
        elif at is not None and at != read_time(text, near, _ELSEWHERE):  # An epoch is the same everywhere.
            bare.append(at)
    return LogClock(name, frozenset(stated), tuple(bare))


def find_local(clock: LogClock, others: Iterable[LogClock], window: tuple[datetime, datetime]) -> LocalTime | None:
    """Return what a log's bare times are taken as, or `None` where UTC is as good as anything or each states its own.

    Args:
        others: Every log of the incident.
        window: What the logs are about.
    """
    if not clock.bare or clock.stated:
        return None
    stated: dict[timedelta, str] = {}
    for other in others:
        for offset in sorted(other.stated):
            stated.setdefault(offset, other.name)
    as_utc = _measure(clock, _NOWHERE, window)
    fits = [offset for offset in sorted(stated) if offset and _measure(clock, offset, window) >= _FITS]
    if len(fits) == 1 and as_utc <= _FITS_NOT:
        witness = stated[fits[0]]
        why = f"{say_offset(fits[0])}, which {witness} states: as UTC they would lie outside of the window"
        return LocalTime(fits[0], f"its times state no zone and are taken as {why}", witness)
    if fits and _NOWHERE not in stated:
        witness = stated[fits[0]]
        why = f"they may be {say_offset(fits[0])}, which {witness} states"
        return LocalTime(_NOWHERE, f"its times state no zone and are taken as UTC; {why}", witness)
    if not as_utc:
        return LocalTime(
            _NOWHERE, "its times state no zone, and as UTC all of them lie outside of the window: they may be local"
        )
    return None


def say_offset(offset: timedelta) -> str:
    """Return an offset as times state it: `+02:00`."""
    minutes = round(offset.total_seconds() / 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _measure(clock: LogClock, offset: timedelta, window: tuple[datetime, datetime]) -> float:
    """Return the share of a log's times that lie in the window, 0..1."""
    inside = sum(window[0] - _SLACK <= at - offset <= window[1] + _SLACK for at in clock.bare)
    return inside / len(clock.bare)
