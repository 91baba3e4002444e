"""Days on which code about time fails."""

from datetime import UTC, datetime

import pytest

from fermata.rules.changes.calendar import find_calendar_edge


@pytest.mark.parametrize(
    ("day", "likely"),
    [
        ((2026, 3, 29, 12), 0.8),  # European clocks go forward.
        ((2026, 10, 25, 12), 0.8),
        ((2026, 3, 8, 12), 0.8),  # American ones.
        ((2026, 11, 1, 12), 0.8),
        ((2028, 2, 29, 12), 0.6),
        ((2026, 12, 31, 12), 0.6),
        ((2026, 6, 1, 12), 0.3),
        ((2026, 6, 17, 12), 0.0),
        ((2026, 3, 15, 12), 0.0),
    ],
)
def test_edge_of_the_calendar_is_known(day, likely):
    """Changes of clocks weigh most, then the ends of a year and leap days, then the first of a month."""
    assert find_calendar_edge(datetime(*day, tzinfo=UTC)) == likely


def test_hours_around_midnight_count_for_both_days():
    """A zone east of Greenwich is already in the next day."""
    assert find_calendar_edge(datetime(2026, 12, 30, 22, 30, tzinfo=UTC)) == 0.6
