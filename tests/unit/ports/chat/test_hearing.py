from datetime import UTC, datetime, timedelta

import pytest

from fermata.ports.chat.hearing import Hearing

NOON = datetime(2026, 7, 2, 12, 0, tzinfo=UTC)
END = NOON + timedelta(hours=1)


@pytest.mark.parametrize(
    ("heard", "known_from", "end"),
    [
        (None, None, END),
        (None, NOON, END),
        (NOON - timedelta(seconds=1), NOON, END),
        (NOON, NOON, NOON),
        (NOON, END + timedelta(hours=1), END),
        (END, NOON, NOON),
        (END, None, END),
    ],
)
def test_history_is_needed_until_messages_are_known_to_come_in(heard, known_from, end):
    """A connection alone proves nothing: one message over it does, for its room."""
    hearing = Hearing()
    if heard is not None:
        hearing.note("C1", heard)

    assert hearing.find_end("C1", END, known_from) == end
    assert hearing.find_end("C2", END, known_from) == END
