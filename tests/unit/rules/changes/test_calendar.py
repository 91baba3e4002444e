"""Days on which code about time fails."""

from datetime import UTC, datetime

import pytest

from fermata.rules.changes.calendar import find_calendar_edge, find_due


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


@pytest.mark.parametrize(
    ("text", "is_due"),
    [
        ('schedule: "55 11 * * *"', True),
        ('schedule: "55 10 * * *"', False),
        ('schedule: "*/5 * * * *"', False),
        ('schedule: "75 11 * * *"', False),
        ('"from": "2026-05-20T11:55:00Z",', True),
        ('"from": "2026-05-20",', False),
        ('"from": "2026-02-30",', False),
        ("retries: 3", False),
    ],
)
def test_line_is_due_when_what_it_sets_came_with_the_fault(text, is_due):
    """Only an hour and a minute, or a date, can come due; what runs every five minutes always does."""
    began = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)

    found = find_due(text, began)

    assert found == (datetime(2026, 5, 20, 11, 55, tzinfo=UTC) if is_due else None)


def test_date_comes_due_at_its_midnight():
    """Campaigns and licences begin and end there."""
    assert find_due("valid_from = 2026-06-01", datetime(2026, 6, 1, 0, 4, tzinfo=UTC)) is not None
