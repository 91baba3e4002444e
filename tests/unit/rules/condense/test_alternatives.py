"""Many alternatives as one pattern, sorted by first letters: the same matches, found sooner."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermata.rules.condense.alternatives import compile_any

PATTERN = r"fail(?:ed|ure)|fen(?:ced|cing)| oom\b|out ?of|o?verflow|[x|y]z|\|bar|f|exit[ =:]{1,3}[1-9]|e\d"


@pytest.mark.parametrize("text", ["it failed", "an oom", "verflow", "overflow", "|z", "a |bar", "exit: 7", "e5", "if"])
def test_each_alternative_is_found(text):
    """Groups, classes and escapes hold bars of their own."""
    assert compile_any(PATTERN).search(text).start() == re.search(PATTERN, text).start()


@given(st.text(alphabet="failedcngouxyz |br=:17\n", max_size=30))
def test_it_matches_where_the_plain_pattern_does(text):
    """Whatever the text is."""
    plain, sorted_ = re.search(PATTERN, text), compile_any(PATTERN).search(text)

    assert (plain and plain.start()) == (sorted_ and sorted_.start())


def test_optional_first_letter_is_not_taken_for_one():
    """`u?x` begins with an x as well."""
    assert compile_any("u?x|uy").search("x")
    assert compile_any("u?x|uy").search("uy")
    assert not compile_any("u?x|uy").search("u")
