"""The weekly slot is open when it says, and nowhere else."""

from datetime import UTC, datetime, time, timedelta

import pytest

from fermata.rules.slots import Slot, find_next, find_open

TUESDAY = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
SLOT = Slot(weekday=1, begins=time(10), lasts=timedelta(hours=2))


@pytest.mark.parametrize(
    ("now", "began"),
    [
        (TUESDAY, TUESDAY),
        (TUESDAY + timedelta(minutes=119), TUESDAY),
        (TUESDAY + timedelta(hours=2), None),
        (TUESDAY - timedelta(seconds=1), None),
        (TUESDAY + timedelta(days=1), None),
        (TUESDAY + timedelta(days=7), TUESDAY + timedelta(days=7)),
    ],
)
def test_slot_is_open_from_its_beginning_to_its_end(now, began):
    """Its end is outside of it."""
    assert find_open(SLOT, now) == began


def test_slot_that_reaches_over_midnight_is_open_on_the_next_day():
    """It belongs to the day it began on."""
    late = Slot(weekday=1, begins=time(23), lasts=timedelta(hours=3))

    assert find_open(late, datetime(2026, 11, 25, 1, 0, tzinfo=UTC)) == datetime(2026, 11, 24, 23, 0, tzinfo=UTC)


def test_next_slot_is_after_now():
    """While one is open, the next is in a week."""
    assert find_next(SLOT, TUESDAY) == TUESDAY + timedelta(days=7)
    assert find_next(SLOT, TUESDAY - timedelta(hours=1)) == TUESDAY
