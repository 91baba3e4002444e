"""Days on which code about time fails: where clocks change, and where months and years end."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta


def find_calendar_edge(at: datetime) -> float:
    """Return how likely a fault that began then has to do with the date, 0..1, before anything else is known.

    Clocks change on the last Sundays of March and October in Europe (Directive 2000/84/EC), on the second Sunday of
    March and the first of November in North America (Energy Policy Act of 2005). Zones west of Greenwich still have
    the day before in UTC, so the hours around midnight count for both days.
    """
    days = {(at + shift).date() for shift in (timedelta(hours=-3), timedelta(), timedelta(hours=3))}
    return max(_weigh(day) for day in days)


def _weigh(day: date) -> float:
    is_last_week = (day + timedelta(days=7)).month != day.month
    is_european = day.month in (3, 10) and is_last_week
    is_american = (day.month == 3 and 8 <= day.day <= 14) or (day.month == 11 and day.day <= 7)
    if day.weekday() == 6 and (is_european or is_american):  # Sunday.
        return 0.8
    if (day.month, day.day) in ((2, 29), (12, 31), (1, 1)):
        return 0.6
    return 0.3 if day.day == 1 else 0.0


_CRON = re.compile(r"(?<![\w*/,-])(\d{1,2}) (\d{1,2}) [\d*/,?-]{1,9} [\w*/,-]{1,9} [\w*/,?#-]{1,9}(?![\w*/])")
_INSTANT = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::\d{2})?(?:Z|\+00:00)?)?(?![\d:])")
_AFTER = timedelta(minutes=15)  # A job needs a while before it hurts.
_BEFORE = timedelta(minutes=2)


def find_due(text: str, at: datetime) -> datetime | None:
    """Return the instant that a line of a change names or schedules, if a fault began then or soon after.

    Only what names hour and minute counts, and a date its midnight: what runs all the time comes due all the time.

    Args:
        text: Schedules are read in UTC, as schedulers do unless they are told otherwise.
        at: When the fault began.
    """
    found = [at.replace(hour=int(hour), minute=int(minute), second=0) for minute, hour in _list_clocks(text)]
    for year, month, day, hour, minute in _INSTANT.findall(text):
        try:
            found.append(datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), tzinfo=UTC))
        except ValueError:  # The thirtieth of February.
            continue
    return next((due for due in found if -_BEFORE <= at - due <= _AFTER), None)


def _list_clocks(text: str) -> list[tuple[str, str]]:
    return [(minute, hour) for minute, hour in _CRON.findall(text) if int(minute) < 60 and int(hour) < 24]
