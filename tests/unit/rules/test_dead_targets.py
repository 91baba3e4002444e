"""Targets by which no rehearsal can ever run are found before somebody wants one."""

import pytest

from fermata.rules.dead_targets import find_dead_targets

EDGES = ("checkout->payment", "stock")


@pytest.mark.parametrize("target", ["checkout->payment", "checkout", "stock", "web->stock", "web"])
def test_target_that_a_proxy_stands_at_is_alive(target):
    """Its own call, one of its caller's, and whatever goes through a proxy of all callers."""
    assert find_dead_targets([target], EDGES) == []


@pytest.mark.parametrize(
    ("target", "near"),
    [
        ("checkout -> payment", "checkout->payment"),
        ("chekout->payment", "checkout->payment"),
        ("checkout=>payment", "checkout->payment"),
        ("payment->checkout", ""),
        ("search->index", ""),
    ],
)
def test_target_that_no_proxy_stands_at_is_dead_and_says_what_is_near(target, near):
    """A blank, a slip and another arrow are compared letter by letter when it counts."""
    (fault,) = find_dead_targets([target], EDGES)

    assert fault.startswith(f"{target!r} opens nothing: no proxy of systems.faultproxy stands there")
    assert fault.endswith(f"; perhaps {near} is meant" if near else "letter by letter")
