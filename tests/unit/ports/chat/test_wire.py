import pytest

from fermata.ports.chat.wire import add_count, clean, find_text, get_fields, list_fields


@pytest.mark.parametrize(
    ("value", "text"), [("a\x00b", "ab"), ("\ud83d x", "? x"), ("ü😀", "ü😀"), (None, ""), (7, ""), ({}, "")]
)
def test_text_is_what_every_store_takes(value, text):
    """No NUL, no half of a character, and nothing that is no text."""
    assert clean(value) == text


def test_fields_are_there_or_empty():
    """Whatever a stranger wrote in their place."""
    value = {"a": {"b": 1}, "c": [{"d": 1}, 7], "e": "x", "f": " y "}

    assert (get_fields(value, "a"), get_fields(value, "c"), get_fields(value, "z")) == ({"b": 1}, {}, {})
    assert (list_fields(value, "c"), list_fields(value, "e"), list_fields(value, "z")) == ([{"d": 1}], [], [])
    assert (find_text(value, "z", "f", "e"), find_text(value, "a")) == ("y", "")


@pytest.mark.parametrize(("count", "added"), [(3, 3), (0, 0), (-1, 1), (None, 1), (True, 1), ("2", 1)])
def test_count_that_is_no_number_is_one(count, added):
    """Somebody reacted."""
    counts = {"eyes": 1}

    add_count(counts, "eyes", count)

    assert counts == {"eyes": 1 + added}
