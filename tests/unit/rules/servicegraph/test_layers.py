"""Entries first, stores last, and every call forward but those that close a ring."""

from itertools import pairwise

from fermata.rules.servicegraph.layers import arrange, name_lane


def calls(text):
    """Give the pairs of `ab bc`."""
    return [(pair[0], pair[1]) for pair in text.split()]


def test_longest_way_decides_the_layer():
    """A callee stands behind all of its callers."""
    layers = arrange("abcd", calls("ab bc ac cd ac aa"))

    assert layers.rows == (("a",), ("b",), ("c",), ("d",))
    assert layers.backward == frozenset()


def test_ring_is_broken_once_and_where_it_closes():
    """From the entry on."""
    layers = arrange("cbae", calls("ea ab bc ca"))

    assert layers.backward == {("c", "a")}
    assert layers.rows == (("e",), ("a",), ("b",), ("c",))


def test_stores_go_last_unless_nobody_calls_them():
    """Where the eye looks for them; one that calls others stays where it is."""
    layers = arrange("abcxyz", calls("ab bc ax ay yb"), last="xyz")

    assert layers.rows[-1] == ("x", "c") or layers.rows[-1] == ("c", "x")
    assert "z" in layers.rows[0]
    assert "y" in layers.rows[1]


def test_neighbours_stand_near_each_other():
    """Two crossing pairs are uncrossed."""
    layers = arrange("abyx", calls("ax by"))

    assert layers.rows in ((("a", "b"), ("x", "y")), (("b", "a"), ("y", "x")))


def test_nothing_has_no_layers():
    """An empty graph is drawn as nothing."""
    assert arrange([], []).rows == ()


def test_chain_of_thousands_does_not_end_in_the_stack():
    """Depth costs no recursion."""
    names = [str(number) for number in range(3000)]

    assert len(arrange(names, pairwise(names)).rows) == 3000


def test_calls_that_pass_a_layer_have_a_lane_in_it():
    """One for each callee, however many pass."""
    layers = arrange("abcd", calls("ab bc cd ad bd"), has_lanes=True)

    lanes = [[name for name in row if name.startswith("\n")] for row in layers.rows]
    assert lanes == [[], [name_lane("d", 1)], [name_lane("d", 2)], []]
    assert arrange("abcd", calls("ab bc cd ad bd")).rows == (("a",), ("b",), ("c",), ("d",))
