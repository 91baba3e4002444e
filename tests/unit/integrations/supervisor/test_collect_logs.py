"""When the lines of a log were written whose times have no zone."""

from datetime import UTC, datetime, timedelta

import pytest

from fermata.integrations.supervisor.collect_logs import list_instants

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.mark.parametrize("hours", [0, 1, -5, 5.75])
def test_zone_of_a_log_is_told_by_the_time_of_its_file(hours):
    """Python's and nginx's lines say no zone; the file was written to at the same instant as its last line."""
    east = timedelta(hours=hours)
    lines = [
        "Traceback (most recent call last):",
        f"{NOON + east - timedelta(minutes=3):%Y-%m-%d %H:%M:%S},123 ERROR checkout failed",
        "KeyError: 'sku'",
        f"{NOON + east - timedelta(seconds=2):%Y/%m/%d %H:%M:%S} [error] 7#7: connect() failed",
    ]

    found = list_instants(lines, NOON)

    assert [NOON - at for at in found] == [timedelta(minutes=3)] * 3 + [timedelta(seconds=2)]


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["no time at all"],
        ["2026-11-28 11:53:00 INFO long before the file was written to"],
        ["2026-11-28 11:44:50 INFO a quarter before, which is no zone"],
        ["2026-11-25 11:59:50 INFO days before"],
        ["2026-11-28T12:00:00Z INFO it says its zone"],
        ["2026-13-45 12:00:00 INFO no such day"],
    ],
)
def test_what_does_not_fit_tells_nothing(lines):
    """A wrong time is worse than none."""
    assert list_instants(lines, NOON) == ()
