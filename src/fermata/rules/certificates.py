"""When certificates end, as OpenSSL prints it in either form, and objects of cert-manager. Pure."""

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
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LATELY = timedelta(days=7)
"""What ended before that has been borne since: nobody presents it, or nobody minds."""
_AFTER = timedelta(minutes=5)
"""Clocks differ, and alert rules are older than what they tell."""


class Ended(NamedTuple):
    """A certificate that had ended."""

    at: datetime
    index: int
    """Of its line."""


def list_ended(lines: Iterable[str], near: datetime) -> tuple[Ended, ...]:
    """Return the certificates among some lines that ended shortly before an instant, in their order."""
    found = []
    for index, line in enumerate(lines):
        match = _END.search(line)
        at = _read(match) if match is not None else None
        if at is not None and near - _LATELY <= at <= near + _AFTER:
            found.append(Ended(at, index))
    return tuple(found)


def _read(match: re.Match[str]) -> datetime | None:
    try:
        if match["iso"]:
            return datetime.fromisoformat(f"{match['iso']}+00:00")
        month = _MONTHS.index(match["month"].lower()) + 1
        text = f"{match['year']}-{month:02d}-{int(match['day']):02d}T{match['clock']}"
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:  # No month, or no day of it.
        return None
