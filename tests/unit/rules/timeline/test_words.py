"""Phrases are found whichever way their patterns begin, in any case of letters."""

import pytest

from fermata.rules.timeline.words import Words

WORDS = Words(
    r"^(?:ok|so) (?:go|stop)|\bhalt(?:ed|ing)?\b|^\W*over\b", r"\bend[|)]ed|[]|(]x", r"then\|now|\ball \(clear\b"
)


@pytest.mark.parametrize(
    "text",
    [
        "ok stop",
        "-- over and out",
        "we HALTED it",
        "what end|ed",
        "what end)ed",
        "is ]x",
        "is |x",
        "is (x",
        "athen|nowhere",
        "is all (clear",
    ],
)
def test_given_any_alternative_then_it_is_found_where_it_may_stand(text: str) -> None:
    """Sets of characters and what is escaped are no part of how a pattern is put together."""
    assert WORDS.search(text) is not None


@pytest.mark.parametrize(
    "text", ["we ok stop", "that is over", "asphalt", "spend|ed", "is x", "then", "overall (clear"]
)
def test_given_an_alternative_where_it_may_not_begin_then_it_is_not_found(text: str) -> None:
    """What begins a text is found nowhere else, and what begins a word in no other."""
    assert WORDS.search(text) is None


def test_given_a_text_to_begin_with_them_then_nothing_later_counts() -> None:
    """A match begins at the beginning, whichever alternative it is of."""
    assert WORDS.match("halt it") is not None
    assert WORDS.match("we halt it") is None


def test_given_several_at_one_place_then_the_earlier_of_one_kind_is_returned() -> None:
    """The order of alternatives that begin alike is the order in which they are written."""
    found = Words(r"\bstop|\bstopped at once").search("it stopped at once")

    assert found is not None
    assert found[0] == "stop"
