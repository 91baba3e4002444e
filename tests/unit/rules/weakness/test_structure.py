"""Reach, dominators, cycles and depth on small graphs whose answers are seen at a glance."""

from fermata.rules.weakness.structure import (
    build_adjacency,
    count_dominated,
    find_cycles,
    find_dominators,
    find_longest_path,
    list_reachable,
)


def graph(arrows):
    """Give the adjacency of `ab bc`."""
    return build_adjacency((arrow[0], arrow[1]) for arrow in arrows.split())


def test_adjacency_keeps_each_once_and_no_self_call():
    """Two calls of one kind are one way, and a call to itself leads nowhere."""
    assert graph("ab ab aa ac") == {"a": ["b", "c"]}


def test_everything_behind_is_reached():
    """A cycle is walked once."""
    assert list_reachable(graph("ab bc ca de"), "a") == {"a", "b", "c"}


def test_diamond_is_dominated_by_its_top():
    """Neither side of a diamond is on every way to its foot."""
    assert find_dominators(graph("ab ac bd cd de"), "a") == {"a": "a", "b": "a", "c": "a", "d": "a", "e": "d"}


def test_dominators_settle_in_a_cycle():
    """The irreducible graph of Cooper, Harvey and Kennedy's figure 4 needs a second round."""
    found = find_dominators(graph("rx ry xa yb yc ab bc cb ba"), "r")

    assert found == {"r": "r", "x": "r", "y": "r", "a": "r", "b": "r", "c": "r"}


def test_dominated_are_counted_through_all_generations():
    """Who leads to one that leads to two leads to three."""
    assert count_dominated(find_dominators(graph("ab bc bd"), "a")) == {"a": 3, "b": 2, "c": 0, "d": 0}


def test_chain_of_thousands_does_not_end_in_the_stack():
    """Depth costs no recursion."""
    chain = build_adjacency((str(n), str(n + 1)) for n in range(5000))

    assert count_dominated(find_dominators(chain, "0"))["0"] == 5000
    assert len(find_longest_path(chain, "0")) == 5001
    assert find_cycles(chain) == []


def test_cycles_are_grouped():
    """Two cycles that meet are one; a way between two leads to none."""
    assert find_cycles(graph("ab ba bc cb de ef fd af")) == [{"a", "b", "c"}, {"d", "e", "f"}]


def test_longest_path_is_the_deepest_service():
    """A shortcut makes a service less deep; nothing below is a path of one."""
    assert find_longest_path(graph("ab bc cd ad de"), "a") in (["a", "b", "c"], ["a", "d", "e"])
    assert find_longest_path({}, "a") == ["a"]
