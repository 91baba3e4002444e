"""What goes on for hours is told once a minute, and counted."""

import pytest

from fermata.kit import seldom
from fermata.kit.seldom import Seldom, write_kept_back


@pytest.fixture
def clock(monkeypatch):
    """Give seconds that pass when they are told to."""
    seconds = [1000.0]
    monkeypatch.setattr(seldom.time, "monotonic", lambda: seconds[0])
    return seconds


def test_same_is_told_once_a_minute_and_counted(clock):
    """What was kept back is counted with the next that is told; another kind is told at once."""
    told = Seldom()

    first = [told.count("away") for _ in range(3)]
    other = told.count("full")
    clock[0] += 60.0
    later = told.count("away")

    assert (first, other, later, told.count("away")) == ([0, None, None], 0, 2, None)


def test_fact_is_written_where_something_was_kept_back():
    """A line that stands for itself says nothing of others."""
    assert (write_kept_back(0), write_kept_back(3)) == ({}, {"kept_back": 3})
