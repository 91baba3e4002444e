import pytest
from tests.unit.rules.timeline.trail_scene import heard

from fermata.domain.trail import Participant
from fermata.rules.timeline.reports import tells_trouble

PEOPLE = {"sue": Participant("sue", role="customer support")}


@pytest.mark.parametrize(
    ("who", "text", "expected"),
    [
        ("bob", "hey riders in lyon cant unlock, spinner forever", True),
        ("bob", "people on reddit say their thumbnails are gone??", True),
        ("bob", "the queue is slow", False),
        ("sue", "two calls: check-in does not work", True),
        ("sue", "good morning", False),
        ("bob", "customers see errors at checkout", True),
        ("pager", "customers cannot log in", False),
        ("sue", 'a forwarder writes: "your map says my truck is in the ocean"', True),
        ("bob", 'the log says "ready to serve"', False),
        ("bob", "search is empty, only me?", True),
        ("bob", "lunch, anyone else?", False),
    ],
)
def test_trouble_of_users_is_told_by_their_words_or_by_who_speaks_for_them(who, text, expected):
    """A question counts, a monitor's word is another matter, and what machines suffer is no report."""
    (item,) = heard(("12:00", who, text))

    assert tells_trouble(item, PEOPLE) is expected
