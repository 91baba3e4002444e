"""Time comes from a clock that is handed in, and is written one way."""

import asyncio
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from fermata.kit.clock import SystemClock, format_instant, is_within


def test_system_clock_is_aware_and_utc():
    """The machine's clock never gives a naive time."""
    before = time.time()
    now = SystemClock().now()
    after = time.time()

    assert now.tzinfo is UTC
    assert before - 0.001 <= now.timestamp() <= after + 0.001


async def test_system_clock_waits_on_the_loop():
    """Sleeping lets other tasks run, and lasts as long as asked."""
    loop = asyncio.get_running_loop()
    seen = []
    loop.call_soon(seen.append, "ran")

    started = loop.time()
    await SystemClock().sleep(0.02)

    assert seen == ["ran"]
    assert loop.time() - started >= 0.015


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (datetime(2026, 11, 23, 9, 51, tzinfo=UTC), "2026-11-23T09:51:00.000Z"),
        (datetime(2026, 11, 23, 9, 51, 0, 123999, tzinfo=UTC), "2026-11-23T09:51:00.123Z"),
        (datetime(2026, 11, 23, 1, 0, tzinfo=timezone(timedelta(hours=2))), "2026-11-22T23:00:00.000Z"),
    ],
)
def test_instant_is_written_in_utc_with_milliseconds(instant, text):
    """One instant has one text, whatever the zone it came in."""
    assert format_instant(instant) == text


def test_naive_instant_is_refused():
    """Python would take it for local time without a word."""
    with pytest.raises(ValueError, match="time zone"):
        format_instant(datetime(2026, 11, 23))  # noqa: DTZ001 - being naive is the point


@pytest.mark.parametrize(
    ("seconds", "within"), [(0, True), (59, True), (60, False), (-30, True), (-31, False), (-7200, False)]
)
def test_what_is_of_a_time_to_come_is_not_young(seconds, within):
    """A clock was set back since; what was kept under it would else count for hours. Another worker's may be ahead."""
    noon = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

    assert is_within(timedelta(minutes=1), noon, noon + timedelta(seconds=seconds)) is within
