"""What is searched for, and how it stands in an address."""

import pytest

from fermata.kit.errors import UserError
from fermata.web.query import parse_query


def test_nothing_typed_is_no_search():
    """An empty form shows the whole list."""
    query = parse_query("   ", "")

    assert (query.is_asked, query.words, query.write_address(0)) == (False, (), "/")


def test_search_stands_in_the_address_escaped():
    """Words and state come back as they were, and cannot add a parameter of their own."""
    query = parse_query('  50% "slow"&state=x  ', "held")

    assert query.words == ("50%", '"slow"&state=x')
    assert query.write_address(50) == "/?q=50%25+%22slow%22%26state%3Dx&state=held&offset=50"
    assert query.write_address(0, base="/fragments/home").startswith("/fragments/home?q=50%25")


@pytest.mark.parametrize(("text", "state"), [("x", "gone"), ("x" * 201, "")])
def test_search_that_no_form_of_ours_sends_is_refused(text, state):
    """An unknown state, or more words than the field takes."""
    with pytest.raises(UserError):
        parse_query(text, state)


def test_state_alone_is_a_search():
    """All that are held."""
    assert parse_query("", "held").is_asked


def test_words_are_bounded():
    """Each is one more look at every incident."""
    assert len(parse_query("a " * 50, "").words) == 8
