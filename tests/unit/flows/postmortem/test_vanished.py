"""What a whole history does not have was deleted; of anything less than a whole one nothing is concluded."""

from datetime import timedelta

import pytest
from tests.unit.flows.postmortem.talk import make_heard
from tests.unit.flows.stage import NOON

from fermata.flows.postmortem.vanished import find_vanished
from fermata.ports.trail import TrailPart, TrailScope

HOUR = timedelta(hours=1)
SCOPE = TrailScope(start=NOON, end=NOON + HOUR, rooms=("C1",))
TOLD = TrailPart(messages=[make_heard(1, "a"), make_heard(3, "c")])


def find(*kept, part=TOLD, scope=SCOPE):
    """Give the ids of what has vanished."""
    return [message.id for message in find_vanished(kept, part, scope)]


def test_message_that_the_history_lacks_has_vanished():
    """Those that it has stay."""
    assert find(make_heard(1, "a"), make_heard(2, "b"), make_heard(3, "c")) == ["2.0"]


@pytest.mark.parametrize(
    "message",
    [
        make_heard(2, "b", thread="1.0"),
        make_heard(2, "b", room="C2"),
        make_heard(2, "b", platform="discord"),
        make_heard(0, "b"),
        make_heard(60, "b"),
        make_heard(99, "b"),
    ],
)
def test_message_that_was_not_asked_for_has_not_vanished(message):
    """A thread, another room, another chat, the edges of the time and what lies outside of it."""
    assert find(message) == []


def test_history_with_a_gap_proves_nothing():
    """Nor does one that told nothing, or that was asked only for what is older than the message."""
    gap = TrailPart(messages=TOLD.messages, gaps=("slack C1: history not read",))
    recent = SCOPE.model_copy(update={"known_from": NOON + timedelta(minutes=1)})

    assert find(make_heard(2, "b"), part=gap) == []
    assert find(make_heard(2, "b"), part=TrailPart()) == []
    assert find(make_heard(2, "b"), scope=recent) == []
