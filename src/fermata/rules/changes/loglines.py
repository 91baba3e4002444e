"""When a log line was written and what it says, in the forms that programs and runtimes write.

`rules.logs` refuses times without a zone, since a wrong time is worse than none. Here the window of the incident is
known: a time without a zone is read as UTC, or in the zone that `rules.changes.clocks` found for its log, and thrown
away unless it lies within the window, give or take a day.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta, timezone

from fermata.domain.evidence import Evidence
from fermata.rules.logs import ZONES

_ISO = re.compile(
    r"(\d{4})[-/](\d{2})[-/](\d{2})[T ]([ \d]\d):(\d{2}):(\d{2})(?:[.,]\d{1,9})?\s?(Z|UTC|[+-]\d{2}:?\d{2})?"
)
_NAMED = re.compile(r" ?([A-Z]{3,4})\b")
_APACHE = re.compile(r"(\d{2})/([A-Z][a-z]{2})/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-]\d{4})")
_SYSLOG = re.compile(r"^(?:<\d{1,3}>)?([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d{2}):(\d{2}):(\d{2})")
_ASCTIME = re.compile(
    r"^\[?[A-Z][a-z]{2} ([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})? (\d{4})\b"
)
"""As C's `asctime`, `dmesg -T` and Apache's error log write it."""
_DAY_FIRST = re.compile(
    r"^(?:\[|\d{1,9}:[A-Z] )?(\d{1,2})[ -]([A-Z][a-z]{2})[ -](\d{4}) "
    r"(\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?(?: (Z|UTC)\b)?"
)
"""Tomcat's and PHP's `28-Nov-2026 06:10:00`, Redis' `1:M 28 Nov 2026 06:10:00.123`."""
_MONTH_FIRST = re.compile(r"^([A-Z][a-z]{2}) (\d{1,2}), (\d{4}),? (\d{1,2}):(\d{2}):(\d{2}) ([AP])M\b")
"""As Java's own logging writes it: `Nov 28, 2026 6:10:00 AM`."""
_SLASHED = re.compile(
    r"^(?:\[[A-Z]{4,8}\] |\[Nest\] \d{1,9}  ?- )?"
    r"\[?(\d{1,2})/(\d{1,2})/(\d{4}),? (\d{1,2}):(\d{2}):(\d{2})(?:[.,]\d{1,9})?(?: ?([AaPp])[Mm]\b)?"
)
"""Month or day first; behind a level (Akka) or a process (Nest), too."""
_KLOG = re.compile(r"^[IWEF](\d{2})(\d{2}) (\d{2}):(\d{2}):(\d{2})")
_CLOCK = re.compile(r"^\[?(\d{2}):(\d{2}):(\d{2})\b")
_EPOCH = re.compile(
    r"\"?(?:ts|time|timestamp|@timestamp|t)\"?\s{0,2}[:=]\s{0,2}\"?(\d{10})(\d{3})?(?:\.\d{1,9})?\b|^(?:\[)?(\d{10})(\d{3})?\b"
)
_MONTHS = {
    name: number
    for number, name in enumerate(
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], start=1
    )
}
_HEAD = 300
_LONG_AGO = datetime(1970, 7, 1, tzinfo=UTC)
"""What gives year and day to times that lack them, where nobody is to take them for told: no log is that old."""
_A_YEAR = timedelta(days=366)
_LAST_MONTH = 12
_DAY_MINUTES = 24 * 60


def read_time(text: str, near: datetime, local: timezone = UTC) -> datetime | None:
    """Return when a line was written, in UTC; `None` when it does not say, or says a time far from the incident.

    Args:
        near: An instant of the incident, which also gives the year to formats that leave it out.
        local: The zone of times that state none.
    """
    try:
        found = _read(text[:_HEAD], near.astimezone(local))
    except (ValueError, OverflowError, KeyError):
        return None
    return found if found is not None and abs(found - near) < timedelta(days=2) else None


def read_dated(text: str) -> datetime | None:
    """Return when a line was written that states its day whole, whenever that was; `None` for any other.

    A time without a zone is read as UTC.
    """
    try:
        found = _read(text[:_HEAD], _LONG_AGO)
    except (ValueError, OverflowError, KeyError):
        return None
    return found if found is not None and abs(found - _LONG_AGO) > _A_YEAR else None


def read_zone(item: Evidence) -> timezone:
    """Return in which zone a log's times are that state none."""
    minutes = item.facts.get("offset_minutes", 0)
    is_known = isinstance(minutes, int) and abs(minutes) < _DAY_MINUTES
    return timezone(timedelta(minutes=minutes)) if is_known else UTC


def find_offset(text: str) -> timedelta | None:
    """Return how far east of Greenwich a line's time is, where it says so; `None` where it does not, or has no time."""
    head = text[:_HEAD]
    try:
        if match := _ISO.search(head):
            zone = _find_zone(match, head)
        else:
            found = _APACHE.search(head)
            zone = _read_zone(found[7]) if found is not None else None
    except ValueError:
        return None
    return zone.utcoffset(None) if zone is not None else None


def _read(head: str, near: datetime) -> datetime | None:
    local = near.tzinfo
    if match := _ISO.search(head):
        zone = _find_zone(match, head) or local
        return datetime(*(int(match[part]) for part in range(1, 7)), tzinfo=zone).astimezone(UTC)  # type: ignore[misc,arg-type]  # six numbers, by the pattern
    if match := _APACHE.search(head):
        day, month, year = int(match[1]), _MONTHS[match[2]], int(match[3])
        clock = (int(match[4]), int(match[5]), int(match[6]))
        return datetime(year, month, day, *clock, tzinfo=_read_zone(match[7])).astimezone(UTC)
    if match := _SYSLOG.search(head):
        clock = (int(match[3]), int(match[4]), int(match[5]))
        return datetime(near.year, _MONTHS[match[1]], int(match[2]), *clock, tzinfo=local).astimezone(UTC)
    if match := _ASCTIME.search(head):
        clock = (int(match[3]), int(match[4]), int(match[5]))
        return datetime(int(match[6]), _MONTHS[match[1]], int(match[2]), *clock, tzinfo=local).astimezone(UTC)
    if match := _DAY_FIRST.search(head):
        zone = UTC if match[7] else local
        clock = (int(match[4]), int(match[5]), int(match[6]))
        return datetime(int(match[3]), _MONTHS[match[2]], int(match[1]), *clock, tzinfo=zone).astimezone(UTC)
    if match := _MONTH_FIRST.search(head):
        hour = int(match[4]) % 12 + (12 if match[7] == "P" else 0)
        clock = (hour, int(match[5]), int(match[6]))
        return datetime(int(match[3]), _MONTHS[match[1]], int(match[2]), *clock, tzinfo=local).astimezone(UTC)
    if match := _SLASHED.search(head):
        return _read_slashed(match, near)
    if match := _KLOG.search(head):
        return datetime(near.year, *(int(match[part]) for part in range(1, 6)), tzinfo=local).astimezone(UTC)  # type: ignore[misc,arg-type]  # five numbers, by the pattern
    if match := _CLOCK.search(head):
        hour, minute, second = (int(match[part]) for part in (1, 2, 3))
        return datetime(near.year, near.month, near.day, hour, minute, second, tzinfo=local).astimezone(UTC)
    match = _EPOCH.search(head)
    return datetime.fromtimestamp(int(match[1] or match[3]), UTC) if match else None


def _read_slashed(match: re.Match[str], near: datetime) -> datetime:
    """Return a date whose month and day stand in an order of the place: with a half of the day the month goes first."""
    first, second, year, hour, minute, clock = (int(match[part]) for part in range(1, 7))
    if match[7]:
        hour = hour % 12 + (12 if match[7] in "Pp" else 0)
    orders = [(first, second)] if match[7] else [(first, second), (second, first)]
    read = [
        datetime(year, month, day, hour, minute, clock, tzinfo=near.tzinfo).astimezone(UTC)
        for month, day in orders
        if month <= _LAST_MONTH
    ]
    return min(read, key=lambda at: abs(at - near))  # None is left where neither is a month: an error of the value.


def _find_zone(match: re.Match[str], head: str) -> timezone | None:
    """Return the zone that stands behind a time; `None` where none does, or a name that has several meanings."""
    if match[7]:
        return _read_zone(match[7])
    named = _NAMED.match(head, match.end())
    hours = ZONES.get(named[1]) if named is not None else None
    return None if hours is None else timezone(timedelta(hours=hours))


def _read_zone(text: str) -> timezone:
    if text in ("Z", "UTC"):
        return UTC
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(-offset if text[0] == "-" else offset)


_META = re.compile(
    r"^(?:@?time(?:stamp)?|ts|t|level|lvl|severity|logger|logger_name|pid|hostname|host|thread|v|trace_?id|span_?id|req(?:uest)?_?id|service|name|app|env|caller)$",
    re.IGNORECASE,
)


def _write_error(value: object) -> object:
    """Return an error that a logger of Node takes apart as a program prints it: `Error: timed out (ETIMEDOUT)`."""
    if not isinstance(value, dict) or "stack" not in value or "message" not in value:
        return value
    code = value.get("code")
    said = f"{value.get('type') or value.get('name') or 'Error'}: {value['message']}"
    return said if code is None or str(code) in said else f"{said} ({code})"


def read_message(text: str) -> str:
    """Return what a line says, without its date; of a JSON line the fields that are not about the line itself."""
    if text.lstrip().startswith("{"):
        try:
            record = json.loads(text)
        except (ValueError, RecursionError):
            return text
        return " ".join(
            f"{value}" if key in ("msg", "message") else f"{key}={_write_error(value)}"
            for key, value in record.items()
            if not _META.match(key)
        )
    return _ISO.sub("", text, count=1)
