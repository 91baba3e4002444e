"""What was heard is found by one key."""

from __future__ import annotations

from datetime import UTC, datetime

from fermata.domain.heard import HeardMessage


def test_same_id_in_two_rooms_has_two_keys() -> None:
    """Slack's `ts` is unique in its room only."""
    at = datetime(2026, 11, 2, tzinfo=UTC)
    first = HeardMessage(platform="slack", room="C1", id="1700000000.000100", at=at)

    assert first.key == "slack:C1/1700000000.000100"
    assert first.model_copy(update={"room": "C2"}).key != first.key
