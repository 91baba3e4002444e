"""Which rare kinds say nearly the same: those that share most of the words that are not everybody's."""

import pytest

from fermata.rules.condense.likeness import find_likes

OFTEN = ("INFO served", 400)


def find(*templates):
    """Find likes among kinds that come once, in a log of many lines of another kind; leave that one out."""
    told, often = zip(OFTEN, *((template, 1) for template in templates), strict=True)
    likes = find_likes(told, often, rare=3)
    return [likes[number] - 1 for number in range(1, len(told))]


def test_kinds_that_share_most_words_stand_for_each_other():
    """Names differ in two places, the sentence is the same."""
    assert find("client elm sent <*> of oak", "peer lost", "client fir sent <*> of ash", "lock is held") == [0, 1, 0, 3]


@pytest.mark.parametrize("other", ["client elm closed the connection while writing", "client left", "lock is held"])
def test_kinds_that_share_a_word_or_two_are_not_alike(other):
    """Most of the longer sentence must be the same."""
    assert find("client elm sent field", other) == [0, 1]


def test_flood_of_what_is_alike_is_no_less_alike():
    """Words are usual by the lines that have them, not by the kinds: these are nearly all of the kinds."""
    assert find(*(f"page {name} was slow at {name}" for name in "abcdefghijkl")) == [0] * 12


def test_words_that_many_lines_have_make_none_alike():
    """A host and a level stand in every line; what varies is no word."""
    templates = [f"<*> web1 app INFO {word}" for word in ("alpha", "beta", "gamma", "delta")]

    assert find_likes(templates, [90, 1, 1, 1], rare=3) == {1: 1, 2: 2, 3: 3}


def test_what_comes_often_stands_for_none():
    """Only rare kinds are compared."""
    assert find_likes(["page gale was slow", "page dune was slow", "served"], [4, 2, 400], rare=3) == {1: 1}
