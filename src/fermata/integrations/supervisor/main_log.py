"""supervisord's own log: when and how its processes ended. XML-RPC tells only the last state.

Format: `2026-11-23 12:00:00,123 WARN exited: checkout (exit status 1; not expected)`, in supervisord's local time
without a zone (supervisor 4.3.0, `loggers.py` and `process.py`). Pure.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fermata.integrations.supervisor.client import ProcessInfo

_LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),(\d{3}) [A-Z]{4} (.*)")
_EXITED = re.compile(r"exited: (\S+) \((?:exit status (\d+)|terminated by (SIG\w+)|)")
_TURN = re.compile(r"(exited|stopped|gave up): (\S+)")
"""What may come before a start: after `exited` supervisord starts it anew, after the others only somebody does."""
_SPAWNED = re.compile(r"spawned: '([^']+)' with pid (\d+)")
_QUARTER_S = 900  # Zones differ by quarters of an hour.


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of the log."""

    at: datetime
    """Aware UTC."""
    text: str
    """The line as it stands in the file."""
    message: str


@dataclass(frozen=True, slots=True)
class Ending:
    """One end of a process that nobody had asked for."""

    at: datetime
    exit_code: int | None
    """Negative for a signal; `None` when the log names none."""
    text: str
    """As logged: `exited: checkout (exit status 1; not expected)`."""


def parse_main_log(text: str, infos: Sequence[ProcessInfo], local_offset: timedelta) -> tuple[LogEntry, ...]:
    """Return the log's lines that carry a time, oldest first.

    Args:
        text: The end of the log; a cut first line is dropped.
        infos: Processes now; the start of one that the log names by pid gives the zone the log is written in.
        local_offset: Zone to assume when no process gives it away.
    """
    rows = [
        (datetime.fromisoformat(match[1]).replace(tzinfo=UTC) + timedelta(milliseconds=int(match[2])), line, match[3])
        for line in text.splitlines()
        if (match := _LINE.fullmatch(line))
    ]
    offset = _find_offset(((at, message) for at, _, message in rows), infos)
    offset = local_offset if offset is None else offset
    return tuple(LogEntry(at - offset, line, message) for at, line, message in rows)


def _find_offset(rows: Iterable[tuple[datetime, str]], infos: Sequence[ProcessInfo]) -> timedelta | None:
    starts = {(info.name, info.pid): info.start for info in infos if info.pid}
    found = None
    for at, message in rows:
        match = _SPAWNED.match(message)
        start = starts.get((match[1], int(match[2]))) if match else None
        if start is not None:
            # The latest line wins: the clock may have changed between summer and winter within the log.
            found = timedelta(seconds=round((at.timestamp() - start) / _QUARTER_S) * _QUARTER_S)
    return found


def list_endings(entries: Sequence[LogEntry], info: ProcessInfo, infos: Sequence[ProcessInfo]) -> tuple[Ending, ...]:
    """Return the unrequested ends of a process, oldest first; empty when its name is not unique.

    The log names a process without its group: two groups with a process of the same name cannot be told apart.
    """
    if sum(other.name == info.name for other in infos) > 1:
        return ()
    return tuple(
        Ending(entry.at, _read_code(match), entry.message)
        for entry in entries
        if (match := _EXITED.match(entry.message)) and match[1] == info.name
    )


def is_restarted_by_supervisord(entries: Sequence[LogEntry], info: ProcessInfo, infos: Sequence[ProcessInfo]) -> bool:
    """Answer whether supervisord started the present run by itself, because the one before had ended unasked.

    False where the log does not tell: its name is not unique, or the start lies before what was read.
    """
    if not info.pid or sum(other.name == info.name for other in infos) > 1:
        return False
    last = ""
    was_ended = False
    for entry in entries:
        if (spawned := _SPAWNED.match(entry.message)) and spawned[1] == info.name and int(spawned[2]) == info.pid:
            was_ended = last == "exited"
        elif (told := _TURN.match(entry.message)) and told[2] == info.name:
            last = told[1]
    return was_ended


def _read_code(match: re.Match[str]) -> int | None:
    if match[2]:
        return int(match[2])
    if match[3] and match[3] in signal.Signals.__members__:
        return -int(signal.Signals[match[3]])
    return None


def list_mentions(entries: Sequence[LogEntry], name: str) -> tuple[LogEntry, ...]:
    """Return the lines that speak of the process."""
    word = re.compile(rf"(?<![\w./-]){re.escape(name)}(?![\w-]|\.\w)")
    return tuple(entry for entry in entries if word.search(entry.message))
