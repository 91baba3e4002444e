"""What servers' answers tell about their clocks."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from fermata.ports.server_clock import listen_to_clocks, note_server_time

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def test_difference_is_kept_for_whoever_listens():
    """Ahead is positive, behind negative."""
    with listen_to_clocks() as heard:
        note_server_time("Wed, 25 Nov 2026 12:01:00 GMT", NOON)
        note_server_time("Wed, 25 Nov 2026 11:59:58 -0000", NOON)

    assert heard == [timedelta(minutes=1), timedelta(seconds=-2)]


@pytest.mark.parametrize("date", ["", "yesterday", "Wed, 99 Nov 2026 12:01:00 GMT"])
def test_header_that_tells_no_time_is_passed_over(date):
    """A missing or malformed header is no finding about a clock."""
    with listen_to_clocks() as heard:
        note_server_time(date, NOON)

    assert heard == []


def test_nothing_is_kept_while_nobody_listens():
    """An answer outside of a check leaves no trace, before or after."""
    with listen_to_clocks() as heard:
        pass

    note_server_time("Wed, 25 Nov 2026 12:01:00 GMT", NOON)

    assert heard == []


async def test_tasks_of_two_listeners_are_kept_apart():
    """Checks run at the same time; each hears what its own calls were told, from tasks that it starts too."""

    async def ask(seconds):
        with listen_to_clocks() as heard:
            await asyncio.gather(*(asyncio.to_thread(note_one, seconds) for _ in range(2)))
        return heard

    def note_one(seconds):
        note_server_time(f"Wed, 25 Nov 2026 12:00:{seconds:02} GMT", NOON)

    first, second = await asyncio.gather(ask(1), ask(2))

    assert first == [timedelta(seconds=1)] * 2
    assert second == [timedelta(seconds=2)] * 2
