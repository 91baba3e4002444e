"""Days on which code about time fails: where clocks change, and where months and years end."""

from __future__ import annotations

from datetime import date, datetime, timedelta


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
