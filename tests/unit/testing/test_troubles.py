"""A fault meets the calls it was announced for, and no others."""

from fermata.testing.troubles import Troubles


def test_fault_meets_its_calls_as_often_as_it_was_announced():
    """Another call passes, and so does the next one afterwards."""
    troubles = Troubles()
    troubles.add("post", "lost", 2)

    assert [troubles.take(call) for call in ("get", "post", "post", "post")] == [None, "lost", "lost", None]


def test_star_meets_every_call_and_the_first_announced_comes_first():
    """One fault for each call."""
    troubles = Troubles()
    troubles.add("post", "lost", 1)
    troubles.add("*", "down", 2)

    assert [troubles.take(call) for call in ("post", "get", "post", "get")] == ["lost", "down", "down", None]


def test_cleared_troubles_meet_nothing():
    """Everything works again."""
    troubles = Troubles()
    troubles.add("*", "down", 1000)
    troubles.clear()

    assert troubles.take("get") is None
