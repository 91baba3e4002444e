"""When certificates end, as OpenSSL prints it in either form, objects of cert-manager, and tables of istioctl. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

_END = re.compile(
    r"(?i)\bnot ?after\s*[:=]\s*[\"']?(?:"
    r"(?P<month>[a-z]{3}) {1,2}(?P<day>\d{1,2}) (?P<clock>\d\d:\d\d:\d\d) (?P<year>\d{4}) GMT"
    r"|(?P<iso>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)Z)"
)
_HEAD = re.compile(r"(?<=  )NOT AFTER(?=  |$)")
_CELL = re.compile(r"(?P<iso>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)Z")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LATELY = timedelta(days=7)
"""What ended before that has been borne since: nobody presents it, or nobody minds."""
_AFTER = timedelta(minutes=5)
"""Clocks differ, and alert rules are older than what they tell."""


class Ended(NamedTuple):
    """A certificate that had ended."""

    at: datetime
    row: int
    """Index of its line."""


def tells_ends(lines: Iterable[str]) -> bool:
    """Answer whether lines tell when certificates end."""
    return any(_HEAD.search(line) or _END.search(line) for line in lines)


def list_ended(lines: Iterable[str], near: datetime) -> tuple[Ended, ...]:
    """Return the certificates among some lines that ended shortly before an instant, in their order."""
    found = []
    column = -1
    for index, line in enumerate(lines):
        head = _HEAD.search(line)
        match = _CELL.match(line, column) if column >= 0 else _END.search(line)
        column = head.start() if head is not None else column if match is not None else -1
        at = _read(match) if match is not None else None
        if at is not None and near - _LATELY <= at <= near + _AFTER:
            found.append(Ended(at, index))
    return tuple(found)


def _read(match: re.Match[str]) -> datetime | None:
    parts = match.groupdict()
    try:
        if parts["iso"]:
            return datetime.fromisoformat(f"{parts['iso']}+00:00")
        month = _MONTHS.index(parts["month"].lower()) + 1
        text = f"{parts['year']}-{month:02d}-{int(parts['day']):02d}T{parts['clock']}"
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:  # No month, or no day of it.
        return None
