"""What people read about reach and time."""

import pytest

from fermata.rules.weakness.standing import Felt
from fermata.rules.weakness.wording import list_some, name_journeys, write_ms


@pytest.mark.parametrize(
    ("felt", "sure", "words"),
    [
        (Felt(("buy",), (), (), 1), True, "it takes buy with it"),
        (Felt(("buy",), (), (), 1), False, "it may reach buy, unless something on the way handles it"),
        (Felt((), ("buy",), (), 1), True, "it may reach buy, unless something on the way handles it"),
        (Felt((), (), ("buy",), 1), True, "what calls it keeps it from buy"),
        (Felt((), (), (), 0), True, "no journey is known to use it"),
    ],
)
def test_reach_is_said_as_far_as_it_is_known(felt, sure, words):
    """A possible hit is never worded as a certain one."""
    assert name_journeys(felt, sure=sure) == words


def test_long_lists_are_cut():
    """Three names, and how many more."""
    assert list_some(("a", "b", "c")) == "a, b, c"
    assert list_some(("a", "b", "c", "d")) == "a, b, c and 1 more"


def test_durations_read_as_people_say_them():
    """Seconds from one second on."""
    assert write_ms(1500) == "1.5 s"
    assert write_ms(350) == "350 ms"
